"""Finds the calls in what a provider answers with, so that a whole answer can be saved and applied as it came.

Known are Anthropic's message, OpenAI's Responses and chat completions, lists of their items and single calls. What the
model only says or thinks is no call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_TALK = ("text", "thinking", "redacted_thinking", "message", "reasoning", "output_text", "refusal")


def calls_of(value: Any) -> Iterator[Any]:
    """Yield the calls in *value*: a provider's answer, an item of one, or a list of either."""
    # A list in a list is no answer: it stays one item, which the reader of calls rejects.
    for item in value if isinstance(value, list) else [value]:
        inner = _inside(item)
        yield from [item] if inner is None else inner


def _inside(item: Any) -> list[Any] | None:
    """Return the calls inside the answer *item*, None where it is a call of its own."""
    if not isinstance(item, Mapping):
        return None
    for inner in (item.get("content"), item.get("output"), item.get("tool_calls"), _first_choice(item)):
        if isinstance(inner, list):
            return [each for each in inner if not _is_talk(each)]
    return [] if _is_talk(item) else None


def _first_choice(item: Mapping[str, Any]) -> Any:
    """Return the calls of the first choice of a chat completion; the others say the same change in another way."""
    choices = item.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    return message.get("tool_calls") if isinstance(message, Mapping) else None


def _is_talk(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("type") in _TALK


def name_of(call: Any) -> str:
    """Return the name of the tool that *call* is for, "" where it has none."""
    function = call.get("function") if isinstance(call, Mapping) else None
    named = function if isinstance(function, Mapping) else call
    name = named.get("name") if isinstance(named, Mapping) else None
    return name if isinstance(name, str) else ""


def arguments_of(call: Any) -> Mapping[str, Any]:
    """Return the arguments of *call*, which may stand inside the provider's own item, and there as JSON text."""
    if not isinstance(call, Mapping):
        return {}
    function = call.get("function")
    call = function if isinstance(function, Mapping) else call
    return _unpacked(_unpacked(_unpacked(call, "arguments"), "operation"), "input")


def _unpacked(call: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = call.get(key)
    if isinstance(inner, str) and key != "input":
        try:
            inner = json.loads(inner)
        except (ValueError, RecursionError):
            return call
    return inner if isinstance(inner, Mapping) else call
