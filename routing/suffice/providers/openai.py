"""GPT models over the Responses API.

Nothing is stored at the provider (`store` is true by default there), the answer is asked for by a JSON schema,
strictly if it is ours, and edits by offering the `apply_patch` tool. A failure, a refusal and a truncated answer come
with status 200: only the body tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suffice.lanes import Usage
from suffice.providers.model_status import retrieved_status
from suffice.providers.reply import Ended, ModelStatus, NoReply, Reply, Request
from suffice.providers.transport import (
    Payload,
    Service,
    ended_by_code,
    exchange,
    http_client,
    http_timeout,
    one_line,
)
from suffice.providers.validate import at, count, joined_text, objects, read_edits, read_reply, unfenced

if TYPE_CHECKING:
    import httpx2

DEFAULT_BASE_URL = "https://api.openai.com/v1"
_CACHE_KEY_CHARS = 64
_EDIT_TOOLS = {"tools": [{"type": "apply_patch"}], "tool_choice": "auto", "parallel_tool_calls": True}
_CALL_TYPES = frozenset({"apply_patch_call", "custom_tool_call", "function_call"})
"""The latter two are not offered; a model that writes its patch so all the same has said what it wants."""


class OpenAIProvider:
    """The adapter for GPT models. Importing the SDK takes about 0.3 s and happens here."""

    def __init__(self, *, api_key: str, base_url: str = DEFAULT_BASE_URL) -> None:
        import openai

        self._service = Service(provider="openai", sdk=openai, api_key=api_key, request_id_header="x-request-id")
        self._client = openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client())
        # Left out, these are read from OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_ADMIN_KEY; the headers of
        # OPENAI_CUSTOM_HEADERS are added to every request, Authorization included, and no argument switches
        # that off: https://github.com/openai/openai-python/blob/main/src/openai/_client.py
        self._client.organization = self._client.project = self._client.admin_api_key = None
        self._client._custom_headers = {}  # noqa: SLF001

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none. Raises ProviderError."""

        async def send() -> httpx2.Response:
            raw = await self._client.responses.with_raw_response.create(**parameters(request))
            response: httpx2.Response = raw.http_response
            return response

        payload = await exchange(send, request=request, service=self._service)
        return payload if isinstance(payload, NoReply) else _read(payload, request, self._service)

    async def look_up(self, model: str) -> ModelStatus | NoReply:
        """Return what the provider says about *model*. Raises ProviderError."""
        return await retrieved_status(self._client.models.with_raw_response, model=model, service=self._service)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def parameters(request: Request) -> dict[str, Any]:
    """Return the arguments of `responses.create`."""
    as_it_is = request.strict or request.wants_edits
    reasoning = {"reasoning": {"effort": request.lane.effort}} if request.lane.efforts else {}
    return {
        "model": request.lane.model,
        "instructions": request.stable,
        "input": request.prompt if as_it_is else request.prompt_with_schema(),
        "max_output_tokens": request.max_output_tokens,
        "store": False,
        "prompt_cache_key": request.cache_key[:_CACHE_KEY_CHARS],
        "timeout": http_timeout(request.timeout_s),
        **_answer_form(request),
        **reasoning,
    }


def _answer_form(request: Request) -> dict[str, Any]:
    if request.wants_edits:
        return _EDIT_TOOLS
    if not request.strict:  # a form of the user's own may be none that the API takes
        return {}
    form = {"type": "json_schema", "name": request.schema_name, "schema": request.schema, "strict": True}
    return {"text": {"format": form}}


def _read(payload: Payload, request: Request, service: Service) -> Reply | NoReply:
    content, paid = payload.content, _usage(payload.content)
    ended, cause = _ended(content)
    if ended is not Ended.ANSWERED:
        return NoReply(
            ended=ended,
            cause=one_line(cause, hidden=service.api_key),
            paid=paid,
            retry_after_s=payload.retry_after_s,
            request_id=payload.request_id,
        )
    items, request_id = content.get("output"), payload.request_id
    text = joined_text(_parts(content), part_type="output_text", key="text")
    if request.wants_edits:
        return read_edits(items, call_types=_CALL_TYPES, text=text, paid=paid, request_id=request_id)
    answer = text if request.strict else unfenced(text)
    return read_reply(answer, schema=request.schema, paid=paid, request_id=request_id)


def _ended(content: Mapping[str, Any]) -> tuple[Ended, str]:
    """Return how the call ended, and why it did not end with an answer."""
    refusal = joined_text(_parts(content), part_type="refusal", key="refusal")
    match content.get("status"):
        case "completed":
            return (Ended.REFUSED, f"refused: {refusal}") if refusal else (Ended.ANSWERED, "")
        case "incomplete":
            reason = at(content, "incomplete_details", "reason")
            return ended_by_code(reason) or Ended.TRUNCATED, f"incomplete: {reason}"
        case "failed":
            error = content.get("error")
            ended = ended_by_code(at(error, "code")) or Ended.UNAVAILABLE
            return ended, f"failed: {at(error, 'code')}: {at(error, 'message')}"
        case str(status):
            return Ended.MALFORMED, f"status {status}"
        case _:
            return Ended.MALFORMED, "the response has no status"


def _parts(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    messages = (item for item in objects(content.get("output")) if item.get("type") == "message")
    return tuple(part for message in messages for part in objects(message.get("content")))


def _usage(content: Mapping[str, Any]) -> Usage:
    """Return the tokens paid for. OpenAI's counts include what the cache read and what the model reasoned."""
    usage = content.get("usage")
    return Usage(
        input_tokens=count(at(usage, "input_tokens")),
        cached_tokens=count(at(usage, "input_tokens_details", "cached_tokens")),
        cache_write_tokens=count(at(usage, "input_tokens_details", "cache_write_tokens")),
        output_tokens=count(at(usage, "output_tokens")),
        reasoning_tokens=count(at(usage, "output_tokens_details", "reasoning_tokens")),
    )
