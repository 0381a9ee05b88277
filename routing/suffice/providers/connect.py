"""Which providers there are, which of them have a key, and how to reach one.

An adapter, and with it its SDK, is imported when it is connected and not before. Keys and addresses come
from the variables named here and from nowhere else: what the SDKs would read on their own has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from suffice.errors import ConfigError, ProviderError
from suffice.providers.reply import Provider

KEY_VARIABLES: Mapping[str, str] = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
"""The environment variable that holds a provider's key."""

BASE_URL_VARIABLES: Mapping[str, str] = {
    "anthropic": "SUFFICE_ANTHROPIC_BASE_URL",
    "openai": "SUFFICE_OPENAI_BASE_URL",
}
"""The environment variable with another address of a provider: Anthropic's without, OpenAI's with /v1."""


def with_key(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the providers that *environment* holds a key for."""
    return frozenset(provider for provider in KEY_VARIABLES if _key(provider, environment))


def connect(provider: str, environment: Mapping[str, str]) -> Provider:
    """Return the adapter of *provider*. Raises ProviderError without a key, ConfigError for a bad address."""
    if provider not in _ADAPTERS:
        raise ConfigError(f"There is no provider {provider!r}: expected {' or '.join(sorted(_ADAPTERS))}.")
    key = _key(provider, environment)
    if not key:
        raise ProviderError(f"There is no key for {provider}: set {KEY_VARIABLES[provider]}.")
    if not (key.isascii() and key.isprintable()):
        raise ProviderError(
            f"The key for {provider} holds characters that no key has: check {KEY_VARIABLES[provider]}."
        )
    return _ADAPTERS[provider](key, _base_url(provider, environment))


def _key(provider: str, environment: Mapping[str, str]) -> str:
    return environment.get(KEY_VARIABLES[provider], "").strip()


def _base_url(provider: str, environment: Mapping[str, str]) -> str | None:
    variable = BASE_URL_VARIABLES[provider]
    url = environment.get(variable, "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"{variable} is no address: expected something like https://host.example, change it.")
    return url


def _anthropic(api_key: str, base_url: str | None) -> Provider:
    from suffice.providers.anthropic import DEFAULT_BASE_URL, AnthropicProvider

    return AnthropicProvider(api_key=api_key, base_url=base_url or DEFAULT_BASE_URL)


def _openai(api_key: str, base_url: str | None) -> Provider:
    from suffice.providers.openai import DEFAULT_BASE_URL, OpenAIProvider

    return OpenAIProvider(api_key=api_key, base_url=base_url or DEFAULT_BASE_URL)


_ADAPTERS: Mapping[str, Callable[[str, str | None], Provider]] = {"anthropic": _anthropic, "openai": _openai}
