"""The Responses API as the double speaks it: bodies, the event sequence of a stream, errors, a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from suffice.lanes import Usage
from suffice.testing.edit_calls import apply_patch_items
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

REQUEST_ID_HEADER = "x-request-id"
CREATED = 1_767_225_600
"""2026-01-01 in seconds since 1970."""

_ERROR_TYPES: Mapping[int, str] = {429: "rate_limit_exceeded", 401: "invalid_request_error"}


def prompt_of(body: Mapping[str, Any]) -> Any:
    """Return what the user says in a request."""
    return body.get("input")


def stable_of(body: Mapping[str, Any]) -> Any:
    """Return what stands before it."""
    return body.get("instructions")


def response(speech: ScriptedSpeech, *, usage: Usage, model: str, call_id: str) -> dict[str, Any]:
    """Return the body of the response."""
    status, reason = _status(speech)
    failure = {"code": speech.code, "message": speech.message} if isinstance(speech, ScriptedFailure) else None
    return {
        "id": f"resp_{call_id}",
        "object": "response",
        "created_at": CREATED,
        "model": model,
        "status": status,
        "error": failure,
        "incomplete_details": {"reason": reason} if reason else None,
        "instructions": None,
        "metadata": {},
        "output": _output(speech, status=status, call_id=call_id),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": _usage(usage),
    }


def events(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the stream that adds up to *body*, as names and data."""
    numbers = count()
    for name, fields in _events(body):
        yield name, {"type": name, "sequence_number": next(numbers), **fields}


def error_body(error: ScriptedError) -> dict[str, Any]:
    """Return the body of an error response."""
    server = "server_error" if error.status >= 500 else "invalid_request_error"  # noqa: PLR2004
    error_type = error.type or _ERROR_TYPES.get(error.status, server)
    return {"error": {"message": error.message, "type": error_type, "param": None, "code": error.code}}


def model_info(entry: ModelEntry) -> dict[str, Any]:
    """Return what the API tells about a model."""
    return {
        "id": entry.model,
        "object": "model",
        "created": CREATED,
        "owned_by": "openai",
        "shutdown_date": entry.retires_on.isoformat() if entry.retires_on else None,
    }


def model_page(entries: Sequence[ModelEntry]) -> dict[str, Any]:
    """Return the list of models."""
    return {"object": "list", "data": [model_info(entry) for entry in entries]}


def _status(speech: ScriptedSpeech) -> tuple[str, str | None]:
    match speech:
        case ScriptedFailure():
            return "failed", None
        case ScriptedTruncation():
            return "incomplete", "max_output_tokens"
        case ScriptedFilter():
            return "incomplete", "content_filter"
        case _:
            return "completed", None


def _output(speech: ScriptedSpeech, *, status: str, call_id: str) -> list[dict[str, Any]]:
    if isinstance(speech, ScriptedFailure):
        return []
    text = speech_text(speech)
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    if isinstance(speech, ScriptedRefusal):
        part = {"type": "refusal", "refusal": text}
    thought = {"id": f"rs_{call_id}", "type": "reasoning", "summary": []}
    said = {"id": f"msg_{call_id}", "type": "message", "role": "assistant", "status": status, "content": [part]}
    if not isinstance(speech, ScriptedCalls):
        return [thought, said]
    return [thought, *([said] if text else []), *apply_patch_items(speech, call_id=call_id)]


def _events(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    start = {**body, "status": "in_progress", "output": [], "usage": None, "error": None}
    start["incomplete_details"] = None
    yield "response.created", {"response": start}
    yield "response.in_progress", {"response": start}
    for index, item in enumerate(body["output"]):
        yield "response.output_item.added", {"output_index": index, "item": _begun(item)}
        for part_index, part in enumerate(item.get("content", [])):
            where = {"item_id": item["id"], "output_index": index, "content_index": part_index}
            yield from _part_events(part, where)
        yield from _diff_events(item, {"item_id": item["id"], "output_index": index})
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield f"response.{body['status']}", {"response": body}


def _begun(item: Mapping[str, Any]) -> dict[str, Any]:
    match item["type"]:
        case "message":
            return {**item, "status": "in_progress", "content": []}
        case "apply_patch_call":
            bare = {"diff": ""} if "diff" in item["operation"] else {}
            return {**item, "status": "in_progress", "operation": {**item["operation"], **bare}}
        case _:
            return dict(item)


def _diff_events(item: Mapping[str, Any], where: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    diff = item["operation"].get("diff") if item["type"] == "apply_patch_call" else None
    if isinstance(diff, str):
        for piece in pieces(diff):
            yield "response.apply_patch_call_operation_diff.delta", {**where, "delta": piece}
        yield "response.apply_patch_call_operation_diff.done", {**where, "diff": diff}


def _part_events(part: Mapping[str, Any], where: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    key = "refusal" if part["type"] == "refusal" else "text"
    name = "response.refusal" if key == "refusal" else "response.output_text"
    extra: dict[str, Any] = {} if key == "refusal" else {"logprobs": []}
    yield "response.content_part.added", {**where, "part": {**part, key: ""}}
    for piece in pieces(part[key]):
        yield f"{name}.delta", {**where, "delta": piece, **extra}
    yield f"{name}.done", {**where, key: part[key], **extra}
    yield "response.content_part.done", {**where, "part": part}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
