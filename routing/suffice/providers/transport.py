"""The way to a provider and back, the same for all adapters.

One call is one HTTP request: no retry, no redirect (it would carry code to another host), never longer than
the request allows. What comes back is a JSON object that is not yet trusted, or NoReply, or ProviderError.
Neither a key nor more than one line of a provider's text gets into a message.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

from suffice.errors import ProviderError
from suffice.lanes import Usage
from suffice.providers.connect import BASE_URL_VARIABLES, LOCAL, key_variable
from suffice.providers.reply import Ended, NoReply, Request
from suffice.providers.validate import at, parse_object

if TYPE_CHECKING:
    import httpx2

LOOK_UP_TIMEOUT_S = 10.0
"""The limit of asking a provider about a model."""

_CONNECT_TIMEOUT_S = 5.0
_MESSAGE_CHARS = 200
_NOT_FOUND = 404
_TRANSIENT = frozenset({408, 409, 425, 429})
"""Client errors that say "not now"; both SDKs retry 408, 409 and 429. All of 5xx are transient too."""

_ENDED_BY_CODE: Mapping[str, Ended] = {
    "bio_policy": Ended.REFUSED,
    "content_filter": Ended.REFUSED,
    "content_policy_violation": Ended.REFUSED,
    "invalid_prompt": Ended.REFUSED,
    "misalignment_policy_violation": Ended.REFUSED,
    "context_length_exceeded": Ended.TRUNCATED,
    "exceed_context_size_error": Ended.TRUNCATED,
    "request_too_large": Ended.TRUNCATED,
    "rate_limit_exceeded": Ended.UNAVAILABLE,
    "server_error": Ended.UNAVAILABLE,
}
"""Codes of a provider's error object that another lane may not stumble over (openai 3.54, response_error.py,
anthropic 2.12, error_type.py, and llama.cpp, tools/server)."""

_TOO_LONG = ("prompt is too long", "This model's maximum context length")
"""How messages without such a code begin: Anthropic's, vLLM's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A provider as its SDK presents it: both SDKs name their errors alike."""

    provider: str
    sdk: ModuleType
    api_key: str = field(repr=False)
    request_id_header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The JSON object of a response with status 200, before anybody has looked into it."""

    content: Mapping[str, Any]
    request_id: str | None
    retry_after_s: float | None


def http_client() -> httpx2.AsyncClient:
    """Return a client that follows no redirect. Proxy and certificates come from the environment."""
    import httpx2

    return httpx2.AsyncClient(follow_redirects=False)


def direct_http_client() -> httpx2.AsyncClient:
    """Return a client for this machine: it follows no redirect and goes through no proxy, whatever is set."""
    import httpx2

    return httpx2.AsyncClient(follow_redirects=False, mounts=dict.fromkeys(("all://", "http://", "https://")))


def http_timeout(timeout_s: float) -> httpx2.Timeout:
    """Return the limits of a single read and of connecting; `exchange` and `look_up` limit the whole call."""
    import httpx2

    return httpx2.Timeout(timeout_s, connect=min(_CONNECT_TIMEOUT_S, timeout_s))


async def exchange(
    send: Callable[[], Awaitable[httpx2.Response]], *, request: Request, service: Service
) -> Payload | NoReply:
    """Return what *send* received within the request's time limit. Raises ProviderError."""
    response = await _send(send, timeout_s=request.timeout_s, service=service)
    if isinstance(response, NoReply):
        return response
    if response.is_success:
        return _payload(response, service)
    lane = request.lane
    return _no_reply_for_status(response, model=lane.model, lane=lane.name, service=service)


async def look_up(
    send: Callable[[], Awaitable[httpx2.Response]], *, model: str, service: Service
) -> Payload | NoReply | None:
    """Return what *send* received about *model* within `LOOK_UP_TIMEOUT_S`, None for status 404.

    Raises ProviderError.
    """
    response = await _send(send, timeout_s=LOOK_UP_TIMEOUT_S, service=service)
    if isinstance(response, NoReply):
        return response
    if response.is_success:
        return _payload(response, service)
    not_found = response.status_code == _NOT_FOUND
    return None if not_found else _no_reply_for_status(response, model=model, lane="", service=service)


async def _send(
    send: Callable[[], Awaitable[httpx2.Response]], *, timeout_s: float, service: Service
) -> httpx2.Response | NoReply:
    import httpx2

    try:
        async with asyncio.timeout(timeout_s):
            return await send()
    except (TimeoutError, service.sdk.APITimeoutError) as error:
        if isinstance(error.__cause__, httpx2.ConnectTimeout):  # nothing was sent, so that nothing is paid
            limit_s = min(_CONNECT_TIMEOUT_S, timeout_s)
            return _nothing(Ended.UNAVAILABLE, f"the connection failed: not made within {limit_s:g} s")
        return _nothing(Ended.TIMED_OUT, f"no answer within {timeout_s:g} s")
    except service.sdk.APIConnectionError as error:
        reason = one_line(str(error.__cause__ or error), hidden=service.api_key)
        return _nothing(Ended.UNAVAILABLE, f"the connection failed: {reason}")
    except service.sdk.APIStatusError as error:
        response: httpx2.Response = error.response
        return response


def _payload(response: httpx2.Response, service: Service) -> Payload | NoReply:
    request_id = response.headers.get(service.request_id_header)
    content = parse_object(response.content)
    if content is None:
        return _nothing(Ended.MALFORMED, "the response is not a JSON object", request_id=request_id)
    return Payload(content=content, request_id=request_id, retry_after_s=retry_after_s(response.headers))


def _no_reply_for_status(response: httpx2.Response, *, model: str, lane: str, service: Service) -> NoReply:
    status = response.status_code
    cause = f"status {status}: {_api_message(response, service)}"
    ended = ended_by_status(response)
    if ended is None and service.provider == LOCAL:  # one server of the user's own; the other lanes still help
        ended, cause = Ended.UNAVAILABLE, _local_cause(status, cause)
    if ended is None:
        raise _provider_error(status, cause, model=model, lane=lane, service=service)
    return _nothing(
        ended,
        cause,
        request_id=response.headers.get(service.request_id_header),
        wait_s=retry_after_s(response.headers),
    )


def _local_cause(status: int, cause: str) -> str:
    if status in {401, 403}:  # its text may quote parts of the key
        return f"status {status}: check {key_variable(LOCAL)}"
    return f"{cause}; name a model that the server has under [lanes.local] in your settings"


def ended_by_status(response: httpx2.Response) -> Ended | None:
    """Return how a ladder should take this response, None if no rung mends it."""
    if response.status_code in _TRANSIENT or response.is_server_error:
        return Ended.UNAVAILABLE
    if response.status_code in {401, 403, _NOT_FOUND}:
        return None
    error = at(parse_object(response.content), "error")
    if str(at(error, "message")).startswith(_TOO_LONG):
        return Ended.TRUNCATED
    return ended_by_code(at(error, "code")) or ended_by_code(at(error, "type"))


def ended_by_code(code: Any) -> Ended | None:
    """Return how a call ended that a provider explains with this error code, None for an unknown one."""
    return _ENDED_BY_CODE.get(code) if isinstance(code, str) else None


def _provider_error(status: int, cause: str, *, model: str, lane: str, service: Service) -> ProviderError:
    variable = key_variable(service.provider)
    match status:
        case 401:  # its text may quote parts of the key
            return ProviderError(f"{service.provider} rejected the key (status 401): check {variable}")
        case 403:
            return ProviderError(f"{service.provider} rejected the key ({cause}): check the rights of {variable}")
        case 404:  # never for a look-up
            return ProviderError(
                f"{service.provider} knows no model {model!r} (status 404): "
                f"check the model id of lane {lane} in lanes.toml, or "
                f"{BASE_URL_VARIABLES[service.provider]} if it is set, and run `suffice doctor`"
            )
        case _:
            return ProviderError(f"{service.provider} rejected the request for {model} ({cause}): run `suffice doctor`")


def _api_message(response: httpx2.Response, service: Service) -> str:
    content = parse_object(response.content)
    message = at(content, "error", "message") or at(content, "message")
    text = message if isinstance(message, str) and message.strip() else response.reason_phrase
    return one_line(text, hidden=service.api_key)


def one_line(text: str, *, hidden: str) -> str:
    """Return the beginning of *text* on one line, without the key *hidden* (empty: there is none)."""
    line = " ".join((text.replace(hidden, "***") if hidden else text).split())
    return line if len(line) <= _MESSAGE_CHARS else line[: _MESSAGE_CHARS - 1] + "…"


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return for how long the provider asks to be left alone, None if it does not say so."""
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    seconds = _seconds(asked)
    return seconds if seconds is not None else _seconds_until(asked)


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(value, 0.0) if math.isfinite(value) else None


def _seconds_until(date: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return max(moment.timestamp() - time.time(), 0.0)


def _nothing(ended: Ended, cause: str, *, request_id: str | None = None, wait_s: float | None = None) -> NoReply:
    return NoReply(ended=ended, cause=cause, paid=Usage(), retry_after_s=wait_s, request_id=request_id)
