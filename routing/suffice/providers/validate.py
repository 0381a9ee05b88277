"""Reading what a provider sent as if a stranger had sent it.

The SDKs build their model objects without checking them, so nothing here takes a type for granted: a value
is read by `at`, `objects` and `count`, which never raise, and an answer is held against the schema that was
asked for. The schema check knows the keywords that our own schemas use and lets all others pass; a schema of the
user's may hold anything. Of calls of an edit tool only this much is checked: that none is lost, none is half written
and all can be stored. What they ask for is for the applier to judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from suffice.lanes import Usage
from suffice.providers.reply import Ended, NoReply, Reply

Schema = Mapping[str, Any]

_HALF_WRITTEN = frozenset({"in_progress", "incomplete"})
"""The statuses of a call that its model had not finished (source: openai 3.54, response_apply_patch_tool_call.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Why a text is not the answer that was asked for."""

    reason: str


def read_reply(text: str, *, schema: Schema, paid: Usage, request_id: str | None) -> Reply | NoReply:
    """Return *text* as the answer, or as malformed with what was paid for it."""
    answer = parse_answer(text, schema=schema)
    if isinstance(answer, Flaw):
        return NoReply(ended=Ended.MALFORMED, cause=answer.reason, paid=paid, request_id=request_id)
    return Reply(answer=answer, paid=paid, request_id=request_id)


def read_edits(
    items: Any, *, call_types: frozenset[str], text: str, paid: Usage, request_id: str | None
) -> Reply | NoReply:
    """Return the calls among *items* of a response and the *text* beside them: what `Request.wants_edits` asks for.

    The calls are as they came. Without a call and without text, or where *items* holds what nobody can read, the
    reply is malformed; with a call that is only half written it is truncated.
    """
    calls = [item for item in objects(items) if _is_one_of(item.get("type"), call_types)]
    answer = {"calls": calls, "text": text}
    reason = _edits_flaw(items, answer)
    if reason is not None:
        return NoReply(ended=Ended.MALFORMED, cause=reason, paid=paid, request_id=request_id)
    if any(_is_one_of(call.get("status"), _HALF_WRITTEN) for call in calls):
        return NoReply(ended=Ended.TRUNCATED, cause="a call is not complete", paid=paid, request_id=request_id)
    return Reply(answer=answer, paid=paid, request_id=request_id)


def _edits_flaw(items: Any, answer: Mapping[str, Any]) -> str | None:
    if isinstance(items, list) and len(objects(items)) < len(items):
        return "the response holds an item that is no object"
    if not (answer["calls"] or answer["text"].strip()):
        return "the response holds no call and no text"
    return None if _can_be_stored(answer) else "the answer holds what is no text, or is too deep"


def _is_one_of(value: Any, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _can_be_stored(value: Any) -> bool:
    r"""Tell whether *value* can be written as JSON in UTF-8: it may hold half of a pair, like "\ud83d", or 1e999."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def parse_answer(text: str, *, schema: Schema) -> Mapping[str, Any] | Flaw:
    """Return the JSON object in *text*, if it has the keys and types of *schema*."""
    if not text.strip():
        return Flaw(reason="the answer is empty")
    answer = parse_object(text)
    if answer is None:
        return Flaw(reason="the answer is not a JSON object")
    reason = flaw(answer, schema=schema)
    return answer if reason is None else Flaw(reason=reason)


def unfenced(text: str) -> str:
    """Return what stands between the two fences of *text*, all of it if it has no single block of code.

    Models that nobody holds to a schema put their answer into a block, often with a sentence around it.
    """
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
    if len(fences) != 2 or lines[fences[0]].strip() not in {"```", "```json"} or lines[fences[1]].strip() != "```":  # noqa: PLR2004
        return text
    return "\n".join(lines[fences[0] + 1 : fences[1]])


def parse_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object in *text*, None if it holds anything else."""
    try:
        value = json.loads(text, parse_constant=_no_such_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_such_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def at(value: Any, *keys: str) -> Any:
    """Return what stands under *keys*, None where anything on the way is missing or no object."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the objects in the list *value*, none if it is no list."""
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def count(value: Any) -> int:
    """Return *value* if it is a number of tokens, else 0."""
    return value if _is_integer(value) and value > 0 else 0


def joined_text(parts: tuple[Mapping[str, Any], ...], *, part_type: str, key: str) -> str:
    """Return the text under *key* of all parts of this type, in order."""
    texts = (part.get(key) for part in parts if part.get("type") == part_type)
    return "".join(text for text in texts if isinstance(text, str))


def flaw(value: Any, *, schema: Any, where: str = "answer") -> str | None:
    """Return the first way in which *value* breaks *schema*, None if it keeps it. *where* is its path."""
    if not isinstance(schema, Mapping):
        return f"{where} was not asked for" if schema is False else None
    choices, values = schema.get("anyOf"), schema.get("enum")
    if isinstance(choices, list):
        kept = any(flaw(value, schema=choice, where=where) is None for choice in choices)
        return None if kept else f"{where} is none of the types asked for"
    if isinstance(values, list) and value not in values:
        return f"{where} is none of the values asked for"
    return _type_flaw(value, schema, where) or _object_flaw(value, schema, where) or _list_flaw(value, schema, where)


def _type_flaw(value: Any, schema: Schema, where: str) -> str | None:
    asked = schema.get("type")
    names = [name for name in (asked if isinstance(asked, list) else [asked]) if isinstance(name, str)]
    if not names or any(name not in _IS_OF_TYPE or _IS_OF_TYPE[name](value) for name in names):
        return None
    return f"{where} is not {' or '.join(names)}"


def _object_flaw(value: Any, schema: Schema, where: str) -> str | None:
    if not isinstance(value, dict):
        return None
    properties, required = schema.get("properties"), schema.get("required")
    known = properties if isinstance(properties, Mapping) else {}
    missing = [key for key in required if key not in value] if isinstance(required, list) else []
    if missing:
        return f"{where} lacks {missing[0]!r}"
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    if closed and not value.keys() <= known.keys():
        return f"{where} has keys that were not asked for"
    flaws = (flaw(value[key], schema=known[key], where=f"{where}.{key}") for key in known if key in value)
    return next(filter(None, flaws), None)


def _list_flaw(value: Any, schema: Schema, where: str) -> str | None:
    if not isinstance(value, list):
        return None
    items = schema.get("items")
    flaws = (flaw(item, schema=items, where=f"{where}[{n}]") for n, item in enumerate(value))
    return next(filter(None, flaws), None)


def _is_text(value: Any) -> bool:
    r"""Tell whether *value* can be written to a file: JSON may hold half of a pair, like "\ud83d"."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_IS_OF_TYPE: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": _is_text,
    "integer": lambda value: _is_integer(value) or (isinstance(value, float) and value.is_integer()),
    "number": lambda value: _is_integer(value) or isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
