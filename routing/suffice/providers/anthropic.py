"""Claude models over the Messages API.

The answer is asked for by a JSON schema; one of the user's own, which the API may not take, stands at the end of the
prompt instead. Edits are asked for by offering the text editor tool, which is never forced: models that always think
do not take that. The stable part of the prompt is marked for the provider's cache.
A refusal and a truncated answer come with status 200: only `stop_reason` tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suffice.lanes import Usage
from suffice.providers.model_status import retrieved_status
from suffice.providers.reply import Ended, ModelStatus, NoReply, Reply, Request
from suffice.providers.transport import Payload, Service, exchange, http_client, http_timeout
from suffice.providers.validate import at, count, joined_text, objects, read_edits, read_reply, unfenced

if TYPE_CHECKING:
    import httpx2

DEFAULT_BASE_URL = "https://api.anthropic.com"

_ENDED_BY_STOP_REASON: Mapping[str, Ended] = {
    "end_turn": Ended.ANSWERED,
    "max_tokens": Ended.TRUNCATED,
    "model_context_window_exceeded": Ended.TRUNCATED,
    "refusal": Ended.REFUSED,
}
"""Any other stop reason belongs to stop sequences or tools, which are not asked for but by edits: malformed."""

_STOPPED_TO_CALL = "tool_use"
_CALL_TYPES = frozenset({"tool_use"})


def _file_tool(name: str, description: str, *paths: str) -> dict[str, Any]:
    properties = {path: {"type": "string"} for path in paths}
    schema = {"type": "object", "properties": properties, "required": list(paths), "additionalProperties": False}
    return {"name": name, "description": description, "strict": True, "input_schema": schema}


_EDIT_TOOLS = (
    {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "strict": True},
    _file_tool("delete_file", "Delete the file at path.", "path"),
    _file_tool("rename_file", "Move the file at path to new_path, where no file is.", "path", "new_path"),
)
"""Its commands edit files, or show one, which a single call has no answer for: no `max_characters` is needed."""


class AnthropicProvider:
    """The adapter for Claude models. Importing the SDK takes about 0.6 s and happens here."""

    def __init__(self, *, api_key: str, base_url: str = DEFAULT_BASE_URL) -> None:
        import anthropic

        self._service = Service(provider="anthropic", sdk=anthropic, api_key=api_key, request_id_header="request-id")
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key, base_url=base_url, max_retries=0, open_telemetry=False, http_client=http_client()
        )
        # The SDK adds ANTHROPIC_CUSTOM_HEADERS to every request, Authorization included, and no argument
        # switches that off: https://github.com/anthropics/anthropic-sdk-python/blob/main/src/anthropic/_client.py
        self._client._custom_headers = {}  # noqa: SLF001

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none. Raises ProviderError."""

        async def send() -> httpx2.Response:
            raw = await self._client.messages.with_raw_response.create(**parameters(request))
            response: httpx2.Response = raw.http_response
            return response

        payload = await exchange(send, request=request, service=self._service)
        return payload if isinstance(payload, NoReply) else _read(payload, request)

    async def look_up(self, model: str) -> ModelStatus | NoReply:
        """Return what the provider says about *model*. Raises ProviderError."""
        return await retrieved_status(self._client.models.with_raw_response, model=model, service=self._service)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def parameters(request: Request) -> dict[str, Any]:
    """Return the arguments of `messages.create`."""
    output: dict[str, Any] = {}
    if request.strict and not request.wants_edits:
        output["format"] = {"type": "json_schema", "schema": request.schema}
    if request.lane.efforts:
        output["effort"] = request.lane.effort
    as_it_is = request.strict or request.wants_edits
    prompt = request.prompt if as_it_is else request.prompt_with_schema()
    tools = {"tools": list(_EDIT_TOOLS), "tool_choice": {"type": "auto", "disable_parallel_tool_use": False}}
    return {
        "model": request.lane.model,
        "max_tokens": request.max_output_tokens,
        "system": [{"type": "text", "text": request.stable, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": prompt}],
        **({"output_config": output} if output else {}),
        **(tools if request.wants_edits else {}),
        "timeout": http_timeout(request.timeout_s),
    }


def _read(payload: Payload, request: Request) -> Reply | NoReply:
    content, paid = payload.content, _usage(payload.content)
    stop_reason = content.get("stop_reason")
    ended = _ended(stop_reason, request)
    if ended is not Ended.ANSWERED:
        cause = _cause(stop_reason, category=at(content, "stop_details", "category"))
        return NoReply(ended=ended, cause=cause, paid=paid, request_id=payload.request_id)
    blocks, request_id = content.get("content"), payload.request_id
    text = joined_text(objects(blocks), part_type="text", key="text")
    if request.wants_edits:
        return read_edits(blocks, call_types=_CALL_TYPES, text=text, paid=paid, request_id=request_id)
    answer = text if request.strict else unfenced(text)
    return read_reply(answer, schema=request.schema, paid=paid, request_id=request_id)


def _ended(stop_reason: Any, request: Request) -> Ended:
    if request.wants_edits and stop_reason == _STOPPED_TO_CALL:
        return Ended.ANSWERED
    return _ENDED_BY_STOP_REASON.get(str(stop_reason), Ended.MALFORMED)


def _cause(stop_reason: Any, *, category: Any) -> str:
    if not isinstance(stop_reason, str):
        return "the response has no stop reason"
    return f"stop reason {stop_reason}" + (f" ({category})" if isinstance(category, str) else "")


def _usage(content: Mapping[str, Any]) -> Usage:
    """Return the tokens paid for. Anthropic's `input_tokens` leaves out what the cache read or wrote."""
    usage = content.get("usage")
    cached = count(at(usage, "cache_read_input_tokens"))
    written = count(at(usage, "cache_creation_input_tokens"))
    return Usage(
        input_tokens=count(at(usage, "input_tokens")) + cached + written,
        cached_tokens=cached,
        cache_write_tokens=written,
        output_tokens=count(at(usage, "output_tokens")),
        reasoning_tokens=count(at(usage, "output_tokens_details", "thinking_tokens")),
    )
