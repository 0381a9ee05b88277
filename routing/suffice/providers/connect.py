"""Which providers there are, which of them have a key, and how to reach one.

Two are hosted. The third, `local`, is any server with OpenAI's Chat Completions (llama.cpp, Ollama, vLLM): its
address is all that it needs, and counts as its key. An adapter, and with it its SDK, is imported when it is
connected and not before. Keys and addresses come from the variables named here and from nowhere else: what the SDKs
would read on their own has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from suffice.errors import ConfigError, ProviderError
from suffice.providers.reply import Provider

LOCAL = "local"
"""The provider that is a server of the user's own."""

KEY_VARIABLES: Mapping[str, str] = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
"""The environment variable that holds a hosted provider's key."""

BASE_URL_VARIABLES: Mapping[str, str] = {
    "anthropic": "SUFFICE_ANTHROPIC_BASE_URL",
    "openai": "SUFFICE_OPENAI_BASE_URL",
    LOCAL: "SUFFICE_LOCAL_BASE_URL",
}
"""The environment variable with the address of a provider: Anthropic's without, OpenAI's and `local` with /v1.
A hosted provider has one without it, `local` has none."""

_LOCAL_KEY_VARIABLE = "SUFFICE_LOCAL_API_KEY"


def with_key(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the providers that *environment* holds a key for, and `local` if it holds its address."""
    hosted = frozenset(provider for provider in KEY_VARIABLES if _key(provider, environment))
    return hosted | {LOCAL} if _url(LOCAL, environment) else hosted


def needs_consent(providers: frozenset[str], environment: Mapping[str, str]) -> frozenset[str]:
    """Return those of *providers* that code leaves this machine for: all but `local` at a loopback address."""
    stays = is_loopback(_url(LOCAL, environment))
    return providers - {LOCAL} if stays else providers


def is_loopback(url: str) -> bool:
    """Tell whether *url* names this machine: localhost, or a loopback address. A name is not looked up."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def key_variable(provider: str) -> str:
    """Return the environment variable that holds the key of *provider*; a local server may have none."""
    return KEY_VARIABLES.get(provider, _LOCAL_KEY_VARIABLE)


def addresses(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the addresses of the providers that are not reached at their own."""
    named = {provider: environment.get(variable, "").strip() for provider, variable in BASE_URL_VARIABLES.items()}
    return {provider: address for provider, address in named.items() if address}


def connect(provider: str, environment: Mapping[str, str]) -> Provider:
    """Return the adapter of *provider*.

    Raises ProviderError without a key (without an address for `local`), ConfigError for a bad address, and for
    certificates that cannot be read.
    """
    if provider not in _ADAPTERS:
        raise ConfigError(f"There is no provider {provider!r}: expected {' or '.join(sorted(_ADAPTERS))}.")
    if provider not in with_key(environment):
        raise ProviderError(_what_is_missing(provider))
    key = _key(provider, environment)
    if not (key.isascii() and key.isprintable()):
        raise ProviderError(f"The key for {provider} holds characters that no key has: check {key_variable(provider)}.")
    address = _base_url(provider, environment)
    try:
        return _ADAPTERS[provider](key, address)
    except OSError as error:  # nothing else is read from a disk here
        raise ConfigError(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read ({error}); mend or unset it."
        ) from error


def _what_is_missing(provider: str) -> str:
    if provider == LOCAL:
        return f"There is no address for {LOCAL}: set {BASE_URL_VARIABLES[LOCAL]}."
    return f"There is no key for {provider}: set {KEY_VARIABLES[provider]}."


def _key(provider: str, environment: Mapping[str, str]) -> str:
    return environment.get(key_variable(provider), "").strip()


def _url(provider: str, environment: Mapping[str, str]) -> str:
    return environment.get(BASE_URL_VARIABLES[provider], "").strip()


def _base_url(provider: str, environment: Mapping[str, str]) -> str:
    """Return the address that is set, empty if none is."""
    url = _url(provider, environment)
    if url and not _is_address(url):
        raise ConfigError(
            f"{BASE_URL_VARIABLES[provider]} is no address: expected something like https://host.example, change it."
        )
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _anthropic(api_key: str, base_url: str) -> Provider:
    from suffice.providers.anthropic import DEFAULT_BASE_URL, AnthropicProvider

    return AnthropicProvider(api_key=api_key, base_url=base_url or DEFAULT_BASE_URL)


def _openai(api_key: str, base_url: str) -> Provider:
    from suffice.providers.openai import DEFAULT_BASE_URL, OpenAIProvider

    return OpenAIProvider(api_key=api_key, base_url=base_url or DEFAULT_BASE_URL)


def _local(api_key: str, base_url: str) -> Provider:
    from suffice.providers.local import LocalProvider

    return LocalProvider(api_key=api_key, base_url=base_url)


_ADAPTERS: Mapping[str, Callable[[str, str], Provider]] = {"anthropic": _anthropic, "openai": _openai, LOCAL: _local}
