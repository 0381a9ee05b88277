"""What each command is called with: one JSON object, read into a small tuple, or refused in one sentence.

Clients may echo anything: older arguments, those of another server, or none. What is read here is well-formed, not
true: whoever uses it looks the document up and compares versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from lsprotocol.types import Position, Range
from pygls.exceptions import JsonRpcInvalidParams

from suffice.task import Kind, Span
from suffice_server.capabilities import Command

T = TypeVar("T")

EDIT_KINDS = (Kind.EDIT, Kind.CODEGEN, Kind.REFACTOR, Kind.TEST_WRITING, Kind.DEBUG)
"""What `suffice.edit` may be asked to do."""

LONGEST_INSTRUCTION = 20_000
"""In characters; a longer one is a file that went astray. Our own number."""

_LARGEST = 2**31 - 1
"""The largest number of a line, a column or a version in LSP."""


class FixOrder(NamedTuple):
    """Mend one diagnostic. `version` is the one that it was listed for; `free`: without a model."""

    uri: str
    version: int
    rule: str
    message: str
    span: Span
    free: bool = False


class FixAllOrder(NamedTuple):
    """Mend all that `rule` says of a document; "": all that any rule says."""

    uri: str
    version: int
    rule: str = ""


class EditOrder(NamedTuple):
    """Do as `instruction` says at `range`; None: anywhere in the file."""

    uri: str
    range: Range | None
    instruction: str
    kind: Kind = Kind.EDIT
    version: int | None = None


class PlaceOrder(NamedTuple):
    """Something about a place; `range` None: about the whole file."""

    uri: str
    range: Range | None


class ResultOrder(NamedTuple):
    """Something about one result; `id` "": about the last one in the document."""

    uri: str
    id: str = ""


class RuleOrder(NamedTuple):
    """Something about one rule in the project of a document."""

    uri: str
    rule: str


class FolderOrder(NamedTuple):
    """Something about the folder of a document; `uri` "": of the only or first folder."""

    uri: str = ""


Arguments = tuple[Any, ...]


def fix_order(arguments: Arguments) -> FixOrder:
    """Return what *arguments* order. Raises JsonRpcInvalidParams, as all of these."""
    return _read(Command.FIX, "uri, version, rule, message, span", arguments, _fix)


def fix_rule_order(arguments: Arguments) -> FixAllOrder:
    """Return what *arguments* order."""
    return _read(
        Command.FIX_RULE,
        "uri, version, rule",
        arguments,
        lambda given: FixAllOrder(_text(given, "uri"), _number(given, "version"), _text(given, "rule")),
    )


def fix_file_order(arguments: Arguments) -> FixAllOrder:
    """Return what *arguments* order."""
    return _read(
        Command.FIX_FILE,
        "uri, version",
        arguments,
        lambda given: FixAllOrder(_text(given, "uri"), _number(given, "version")),
    )


def edit_order(arguments: Arguments) -> EditOrder:
    """Return what *arguments* order."""
    return _read(Command.EDIT, "uri, instruction and perhaps range, kind, version", arguments, _edit)


def place_order(command: Command, arguments: Arguments) -> PlaceOrder:
    """Return what *arguments* of *command* order."""
    return _read(
        command,
        "uri and perhaps range",
        arguments,
        lambda given: PlaceOrder(_text(given, "uri"), _range_or_none(given)),
    )


def result_order(command: Command, arguments: Arguments) -> ResultOrder:
    """Return what *arguments* of *command* order."""
    return _read(
        command,
        "uri and perhaps id",
        arguments,
        lambda given: ResultOrder(_text(given, "uri"), _text(given, "id") if given.get("id") is not None else ""),
    )


def rule_order(arguments: Arguments) -> RuleOrder:
    """Return what *arguments* order."""
    return _read(
        Command.IGNORE_RULE,
        "uri, rule",
        arguments,
        lambda given: RuleOrder(_text(given, "uri"), _text(given, "rule")),
    )


def folder_order(command: Command, arguments: Arguments) -> FolderOrder:
    """Return what *arguments* of *command* order; none at all is fine."""
    return _read(
        command,
        "perhaps uri",
        arguments or ({},),
        lambda given: FolderOrder(_text(given, "uri") if given.get("uri") is not None else ""),
    )


def _read(command: Command, needed: str, arguments: Arguments, read: Callable[[Mapping[str, Any]], T]) -> T:
    refusal = JsonRpcInvalidParams(f"{command} takes one object: {needed}.")
    if len(arguments) != 1 or not isinstance(arguments[0], dict):
        raise refusal
    try:
        return read(arguments[0])
    except (ValueError, KeyError, TypeError) as error:
        raise refusal from error


def _fix(given: Mapping[str, Any]) -> FixOrder:
    return FixOrder(
        uri=_text(given, "uri"),
        version=_number(given, "version"),
        rule=_text(given, "rule"),
        message=_text(given, "message", may_be_empty=True),
        span=_span(given["span"]),
        free=given.get("free") is True,
    )


def _edit(given: Mapping[str, Any]) -> EditOrder:
    instruction = _text(given, "instruction").strip()
    kind = Kind(given.get("kind") or Kind.EDIT)
    if not instruction or len(instruction) > LONGEST_INSTRUCTION or kind not in EDIT_KINDS:
        raise ValueError("no such edit")
    return EditOrder(
        uri=_text(given, "uri"),
        range=_range_or_none(given),
        instruction=instruction,
        kind=kind,
        version=_number(given, "version") if given.get("version") is not None else None,
    )


def _text(given: Mapping[str, Any], name: str, *, may_be_empty: bool = False) -> str:
    value = given[name]
    if not isinstance(value, str) or not (value or may_be_empty):
        raise TypeError(f"{name} is no text")
    return value


def _number(given: Mapping[str, Any], name: str) -> int:
    value = given[name]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Lua has one kind of number
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise TypeError(f"{name} is no number")
    return value


def _span(given: Any) -> Span:
    span = Span(*(_number(given, name) for name in Span._fields))
    if min(span) < 1:
        raise ValueError("a span counts from 1")
    return span


def _range_or_none(given: Mapping[str, Any]) -> Range | None:
    if given.get("range") is None:
        return None
    start, end = (_position(given["range"][name]) for name in ("start", "end"))
    return Range(start=min(start, end), end=max(start, end))


def _position(given: Any) -> Position:
    return Position(line=_number(given, "line"), character=_number(given, "character"))
