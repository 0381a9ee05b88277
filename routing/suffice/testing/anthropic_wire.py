"""The Messages API as the double speaks it: bodies, the event sequence of a stream, errors, a model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from suffice.lanes import Usage
from suffice.testing.edit_calls import tool_use_blocks
from suffice.testing.model_list import ModelEntry
from suffice.testing.replies import (
    ScriptedCalls,
    ScriptedError,
    ScriptedFailure,
    ScriptedFilter,
    ScriptedRefusal,
    ScriptedSpeech,
    ScriptedTruncation,
    pieces,
    speech_text,
)

REQUEST_ID_HEADER = "request-id"
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_ERROR_TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def prompt_of(body: Mapping[str, Any]) -> Any:
    """Return what the user says in a request."""
    return body.get("messages")


def stable_of(body: Mapping[str, Any]) -> Any:
    """Return what stands before it."""
    return body.get("system")


def message(speech: ScriptedSpeech, *, usage: Usage, model: str, call_id: str) -> dict[str, Any] | ScriptedError:
    """Return the body of the response, or the error that stands for it on this API."""
    if isinstance(speech, ScriptedFailure):
        return ScriptedError(status=500, message=speech.message)
    return {
        "id": f"msg_{call_id}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": _content(speech, call_id=call_id),
        "stop_reason": _stop_reason(speech),
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": "general_harms"} if _is_refusal(speech) else None,
        "usage": _usage(usage),
    }


def events(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the stream that adds up to *body*, as names and data."""
    start = {**body, "content": [], "stop_reason": None, "stop_details": None}
    start["usage"] = {**body["usage"], "output_tokens": 1}
    yield _event("message_start", message=start)
    for index, block in enumerate(body["content"]):
        yield _event("content_block_start", index=index, content_block=_begun(block))
        for delta in _deltas(block):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    ending = {key: body[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield _event("message_delta", delta=ending, usage=body["usage"])
    yield _event("message_stop")


def error_body(error: ScriptedError) -> dict[str, Any]:
    """Return the body of an error response."""
    error_type = error.type or _ERROR_TYPES.get(error.status, "api_error")
    return {"type": "error", "error": {"type": error_type, "message": error.message}}


def model_info(entry: ModelEntry) -> dict[str, Any]:
    """Return what the API tells about a model."""
    retires = f"{entry.retires_on}T00:00:00Z" if entry.retires_on else None
    return {
        "type": "model",
        "id": entry.model,
        "display_name": entry.model,
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "deprecated" if retires else "active",
        "deprecated_at": "2026-07-01T00:00:00Z" if retires else None,
        "retires_at": retires,
        "line": None,
        "max_input_tokens": entry.lane.context_tokens if entry.lane else None,
        "max_tokens": 128_000,
        "capabilities": _capabilities(entry.lane.efforts if entry.lane else ()),
    }


def model_page(entries: Sequence[ModelEntry]) -> dict[str, Any]:
    """Return the only page of the list of models."""
    data = [model_info(entry) for entry in entries]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"data": data, "has_more": False, **ends}


def _capabilities(accepted: Sequence[str]) -> dict[str, Any]:
    yes, no = {"supported": True}, {"supported": False}
    efforts = {effort: {"supported": effort in accepted} for effort in _EFFORTS}
    thinking = {"adaptive": yes, "between_tools": no, "disabled": yes, "enabled": no}
    return {
        "batch": yes,
        "citations": yes,
        "code_execution": yes,
        "context_management": {"supported": True},
        "effort": {"supported": bool(accepted), **efforts},
        "image_input": yes,
        "pdf_input": yes,
        "server_tools": {"supported": True, "code_execution": yes, "web_search": yes},
        "structured_outputs": yes,
        "thinking": {"supported": True, "types": thinking},
    }


def _event(name: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return name, {"type": name, **fields}


def _content(speech: ScriptedSpeech, *, call_id: str) -> list[dict[str, Any]]:
    text = "" if _is_refusal(speech) else speech_text(speech)
    calls = tool_use_blocks(speech, call_id=call_id) if isinstance(speech, ScriptedCalls) else []
    return [*([{"type": "text", "text": text}] if text else []), *calls]


def _begun(block: Mapping[str, Any]) -> dict[str, Any]:
    return {**block, "input": {}} if block["type"] == "tool_use" else {**block, "text": ""}


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "tool_use":
        yield from ({"type": "input_json_delta", "partial_json": part} for part in pieces(json.dumps(block["input"])))
    else:
        yield from ({"type": "text_delta", "text": part} for part in pieces(block["text"]))


def _is_refusal(speech: ScriptedSpeech) -> bool:
    return isinstance(speech, ScriptedRefusal | ScriptedFilter)


def _stop_reason(speech: ScriptedSpeech) -> str:
    if _is_refusal(speech):
        return "refusal"
    if isinstance(speech, ScriptedCalls) and speech.calls:
        return "tool_use"
    return "max_tokens" if isinstance(speech, ScriptedTruncation) else "end_turn"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "service_tier": "standard",
    }
