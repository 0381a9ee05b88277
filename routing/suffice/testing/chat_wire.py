"""Chat Completions as the double speaks them: bodies and the chunks of a stream; errors are OpenAI's.

A failure with status 200 does not exist on this API: it is a status 500.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.lanes import Usage
from suffice.testing.openai_wire import CREATED, REQUEST_ID_HEADER, error_body
from suffice.testing.replies import (
    ScriptedError,
    ScriptedFailure,
    ScriptedFilter,
    ScriptedRefusal,
    ScriptedSpeech,
    ScriptedTruncation,
    pieces,
    speech_text,
)

__all__ = ["REQUEST_ID_HEADER", "completion", "error_body", "events", "prompt_of", "stable_of"]

_STABLE_ROLES = frozenset({"system", "developer"})


def prompt_of(body: Mapping[str, Any]) -> Any:
    """Return what the user says in a request."""
    return [message for message in _messages(body) if message.get("role") not in _STABLE_ROLES]


def stable_of(body: Mapping[str, Any]) -> Any:
    """Return what stands before it."""
    return [message for message in _messages(body) if message.get("role") in _STABLE_ROLES]


def completion(speech: ScriptedSpeech, *, usage: Usage, model: str, call_id: str) -> dict[str, Any] | ScriptedError:
    """Return the body of the response, or the error that stands for it on this API."""
    if isinstance(speech, ScriptedFailure):
        return ScriptedError(status=500, message=speech.message, code=speech.code)
    refused = isinstance(speech, ScriptedRefusal)
    text = speech_text(speech)
    said = {"content": None if refused else text, "refusal": text if refused else None}
    message = {"role": "assistant", **said}
    return {
        "id": f"chatcmpl-{call_id}",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": _finish_reason(speech), "logprobs": None}],
        "usage": _usage(usage),
    }


def events(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the stream that adds up to *body*; its events have no names."""
    (choice,) = body["choices"]
    key = "refusal" if choice["message"]["refusal"] else "content"
    yield "", _chunk(body, delta={"role": "assistant"})
    for piece in pieces(choice["message"][key]):
        yield "", _chunk(body, delta={key: piece})
    yield "", _chunk(body, delta={}, finish_reason=choice["finish_reason"])
    yield "", {**_chunk(body, delta={}), "choices": [], "usage": body["usage"]}


def _messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = body.get("messages")
    return [message for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []


def _chunk(body: Mapping[str, Any], *, delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    same = {key: body[key] for key in ("id", "created", "model")}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {**same, "object": "chat.completion.chunk", "choices": [choice]}


def _finish_reason(speech: ScriptedSpeech) -> str:
    if isinstance(speech, ScriptedFilter):
        return "content_filter"
    return "length" if isinstance(speech, ScriptedTruncation) else "stop"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens": usage.output_tokens,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
