"""The edit tools: Anthropic's text editor and OpenAI's `apply_patch`, as the calls of one reply.

Anthropic's can neither delete nor rename a file, so two tools of ours stand beside it: `delete_file` and `rename_file`.

Each call sees what the earlier ones left. Calls are data from outside: a missing or wrong argument is a reason to
reject them all, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from suffice.edits.applied import Rejected
from suffice.edits.forms.messages import arguments_of, calls_of, name_of
from suffice.edits.forms.v4a import MARKER, created_text, parse_update, parse_v4a
from suffice.edits.operation import Create, Delete, Insert, Operation, Parsed, Replace, Update, plain_lines

_COMMANDS = ("str_replace", "create", "insert", "view")
_OPERATIONS = ("create_file", "update_file", "delete_file")


def parse_calls(calls: Sequence[Any]) -> Parsed | Rejected:
    """Return what *calls* ask for, each a round of its own."""
    rounds: list[tuple[Operation, ...]] = []
    for number, call in enumerate((call for value in calls for call in calls_of(value)), 1):
        asked = parse_call(call, f"call {number}")
        if isinstance(asked, Rejected):
            return asked
        rounds += [asked] if asked else []
    if not rounds:
        return Rejected("no call edits a file; call the tool with the change")
    return Parsed(tuple(rounds))


def is_call(value: Any) -> bool:
    """Whether *value* looks like a call of one of the tools, or holds one."""
    return any(
        name_of(call) in _FILE_TOOLS
        or (arguments := arguments_of(call)).get("command") in _COMMANDS
        or arguments.get("type") in _OPERATIONS
        or _patch(arguments) is not None
        for call in calls_of(value)
    )


def _patch(arguments: Mapping[str, Any]) -> str | None:
    """Return the whole V4A patch that a function or a free-form tool takes as its `input`."""
    text = arguments.get("input")
    return text if isinstance(text, str) and any(map(MARKER.fullmatch, plain_lines(text))) else None


def parse_call(call: Any, name: str) -> tuple[Operation, ...] | Rejected:
    """Return what one *call*, named *name* in what is said of it, asks for; nothing where it only looks."""
    asked = _round(call, name)
    return Rejected(f"{name}: {asked.reason}") if isinstance(asked, Rejected) else asked


def _round(call: Any, name: str) -> tuple[Operation, ...] | Rejected:
    arguments = arguments_of(call)
    patch = _patch(arguments)
    if patch is not None:
        parsed = parse_v4a(patch)
        return parsed if isinstance(parsed, Rejected) else tuple(each for part in parsed.rounds for each in part)
    operation = _operation(name_of(call), arguments, name)
    if isinstance(operation, Rejected):
        return operation
    return () if operation is None else (operation,)


def _operation(tool: str, arguments: Mapping[str, Any], name: str) -> Operation | Rejected | None:
    """Return what one call of *tool* asks for, None where it only looks."""
    path = arguments.get("path")
    if not isinstance(path, str) or not path.strip():
        return Rejected("it names no path; send the path of the file, relative to the root")
    if tool in _FILE_TOOLS:
        return _FILE_TOOLS[tool](arguments, path)
    match arguments.get("command"), arguments.get("type"):
        case "view", _:
            return None
        case ("str_replace" | "create" | "insert") as command, _:
            return _EDITS[command](arguments, path, name)
        case None, ("create_file" | "update_file" | "delete_file") as kind:
            return _patched(arguments, path, kind)
        case _:
            known = dict.fromkeys((*_COMMANDS, *_OPERATIONS, *_FILE_TOOLS))
            return Rejected(f"it is none of {', '.join(known)}; call one of them")


def _text(arguments: Mapping[str, Any], key: str, otherwise: str | None = None) -> str | Rejected:
    text = arguments.get(key, otherwise)
    return text if isinstance(text, str) else Rejected(f"{key} is no text; send it as a string")


def _replace(arguments: Mapping[str, Any], path: str, name: str) -> Replace | Rejected:
    old, new = _text(arguments, "old_str"), _text(arguments, "new_str", "")
    if isinstance(old, Rejected):
        return old
    if isinstance(new, Rejected):
        return new
    if not old.strip():
        return Rejected("old_str is empty; send the lines to replace, or create the file")
    return Replace(path, name, old, new)


def _create(arguments: Mapping[str, Any], path: str, _: str) -> Create | Rejected:
    text = _text(arguments, "file_text")
    return text if isinstance(text, Rejected) else Create(path, text)


def _insert(arguments: Mapping[str, Any], path: str, name: str) -> Insert | Rejected:
    line = arguments.get("insert_line")
    text = _text(arguments, "insert_text", arguments.get("new_str"))
    if isinstance(text, Rejected):
        return text
    if not isinstance(line, int) or isinstance(line, bool) or line < 0:
        return Rejected("insert_line is no line number; send the line to insert after, 0 for the top")
    return Insert(path, name, line, text)


_EDITS: Mapping[str, Callable[[Mapping[str, Any], str, str], Operation | Rejected]] = {
    "str_replace": _replace,
    "create": _create,
    "insert": _insert,
}


def _deletion(arguments: Mapping[str, Any], path: str) -> Delete | Rejected:
    if "new_path" in arguments:
        return Rejected("a deletion takes no new_path; call rename_file to move the file")
    return Delete(path)


def _renaming(arguments: Mapping[str, Any], path: str) -> Update | Rejected:
    target = arguments.get("new_path")
    if not isinstance(target, str) or not target.strip():
        return Rejected("it names no new_path; send where the file goes, relative to the root")
    return Update(path, (), new_path=target)


_FILE_TOOLS: Mapping[str, Callable[[Mapping[str, Any], str], Operation | Rejected]] = {
    "delete_file": _deletion,
    "rename_file": _renaming,
}
"""Tools of ours, known by name: {path} and {path, new_path}."""


def _patched(arguments: Mapping[str, Any], path: str, kind: str) -> Operation | Rejected:
    if kind == "delete_file":
        return Delete(path)
    diff = _text(arguments, "diff")
    if isinstance(diff, Rejected):
        return diff
    body = [line for line in plain_lines(diff) if not _is_envelope(line, path)]
    if kind == "create_file":
        text = created_text(body)
        return text if isinstance(text, Rejected) else Create(path, text)
    return parse_update(path, body)


def _is_envelope(line: str, path: str) -> bool:
    """Whether *line* only repeats what the call itself says, as models do that put a whole patch into the diff."""
    marker = MARKER.fullmatch(line)
    return bool(marker and (marker["envelope"] or (marker["path"] or "").strip() == path))
