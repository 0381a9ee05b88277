"""Applies a model's reply, in whatever form, to a snapshot: all of it in memory, or none with the reason.

The way of a reply, and where each step stands:

    forms/form.py       which form it is written in; the other files of forms/ read it
    operation.py        what it asks for, whatever the form: files to create, delete and move, and hunks
    desk.py             carries the operations out, one after the other, on drafts (draft.py) of the files
      update.py           the hunks of one file, all or none
        placing/            where each stands: found by steps (locate.py), one of several chosen (choose.py)
        rebase.py           new lines between the file's own; reindent.py: other indentations, for Python to parse
      replace.py          a text that may be less than a line
    edit.py             what differs then, file by file, and whether it can be said and made at all
    unified.py          the same as a diff

A unified diff that is right to the letter takes the short way: patch_in.py, as for anybody's patch. write.py writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from suffice.edits.applied import Applied, Rejected, Step
from suffice.edits.desk import Desk
from suffice.edits.draft import Draft
from suffice.edits.edit import FileChange, clash_of, flaw_of
from suffice.edits.forms.calls import parse_call, parse_calls
from suffice.edits.forms.form import Form, calls_in, form_of_lines
from suffice.edits.forms.messages import calls_of
from suffice.edits.forms.search_replace import parse_search_replace
from suffice.edits.forms.tagged import parse_tagged
from suffice.edits.forms.unified import parse_unified
from suffice.edits.forms.v4a import parse_v4a
from suffice.edits.operation import Create, Operation, Parsed, Update, plain_lines
from suffice.edits.reindent import Parses, still_parses, unasked
from suffice.edits.reply_paths import allowed_path, is_taken, known_path
from suffice.edits.unified import unified_diff
from suffice.snapshot import MAX_FILE_BYTES, Snapshot

MAX_REPLY_CHARACTERS = 4 * MAX_FILE_BYTES
"""No model writes more in one reply. Our own number."""

MOST_OPERATIONS = 500
"""No honest reply asks for more edits. Our own number."""

MOST_PARSED_CHARACTERS = 8 * MAX_FILE_BYTES
"""What may be parsed after each edit where all edits together leave no Python: some 10 seconds. Our own number."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_EDIT = (
    "the reply holds no edit; send SEARCH/REPLACE blocks, <file> <original> <patched> tags, a V4A patch, a unified diff"
    " or, as JSON, calls of an edit tool or the provider's answer that holds them"
)


def apply_reply(text: str, *, snapshot: Snapshot, expected: Form | None = None) -> Applied | Rejected:
    """Return what the edits in *text* make of *snapshot*; with *expected*, only if they have that form."""
    text = text.removeprefix("\ufeff")
    unreadable = _unreadable(text)
    if unreadable is not None:
        return unreadable
    calls = calls_in(text)
    form = Form.CALLS if calls is not None else form_of_lines(plain_lines(text))
    if form is None or expected not in {None, form}:
        return _wrong_form(form, expected)
    if calls is not None:
        return apply_calls(calls, snapshot=snapshot)
    match _read(text, form, snapshot):
        case Rejected() as rejected:
            return rejected
        case Parsed() as parsed:
            return _mixed(parsed, form) or _carried_out(parsed, snapshot)
        case changes:
            return _taken(changes, snapshot)


def _wrong_form(form: Form | None, expected: Form | None) -> Rejected:
    if form is None:
        return Rejected(_NO_EDIT)
    return Rejected(f"the reply is written as {form} where {expected} was asked for; send it so")


def _unreadable(text: str) -> Rejected | None:
    if len(text) > MAX_REPLY_CHARACTERS:
        return Rejected(f"the reply has {len(text)} characters, more than {MAX_REPLY_CHARACTERS}; send smaller edits")
    if _SURROGATE.search(text):
        return Rejected("the reply holds half a surrogate pair, which is no text; send it as UTF-8")
    return None


def _mixed(parsed: Parsed, form: Form) -> Rejected | None:
    """Return why *parsed* is not all that the reply says, None if it is."""
    other = form_of_lines(parsed.prose)
    return Rejected(f"the reply mixes {form} and {other}; send all edits in one form") if other else None


def apply_calls(calls: Sequence[Any], *, snapshot: Snapshot) -> Applied | Rejected:
    """Return what *calls* of the providers' edit tools (JSON objects) make of *snapshot*, one after the other."""
    parsed = parse_calls(calls)
    return parsed if isinstance(parsed, Rejected) else _carried_out(parsed, snapshot)


class Fitting(NamedTuple):
    """What those calls of a reply come to that can be carried out, and what is wrong with each of the others."""

    changes: tuple[FileChange, ...]
    wrong: tuple[Rejected, ...]


def fitting_calls(calls: Sequence[Any], *, snapshot: Snapshot) -> Fitting:
    """Return what *calls* make of *snapshot*, one after the other, without those that cannot be carried out."""
    single = tuple(call for value in calls for call in calls_of(value))
    fitting = _fitting(single, snapshot, unasked)
    broken = next((change for change in fitting.changes if not _parses_as_before(change)), None)
    if broken is None:
        return fitting
    asked = (operation for call in single for operation in _operations(call))
    if _can_be_parsed_each_time(asked, snapshot):
        return _fitting(single, snapshot, still_parses)
    return Fitting((), (*fitting.wrong, _unparsable(broken)))


def _operations(call: Any) -> tuple[Operation, ...]:
    asked = parse_call(call, "")
    return () if isinstance(asked, Rejected) else asked


def _fitting(calls: Sequence[Any], snapshot: Snapshot, parses: Parses) -> Fitting:
    desk = Desk(snapshot, parses=parses)
    changes: tuple[FileChange, ...] = ()
    wrong: list[Rejected] = []
    for number, call in enumerate(calls, 1):
        tried = desk.copy()
        made = _tried(parse_call(call, f"call {number}"), tried, snapshot)
        if isinstance(made, Rejected):
            wrong.append(made)
        else:
            desk, changes = tried, made
    return Fitting(changes, tuple(wrong))


def _tried(
    asked: tuple[Operation, ...] | Rejected, desk: Desk, snapshot: Snapshot
) -> tuple[FileChange, ...] | Rejected:
    """Return what is on *desk* after *asked*; what a rejected call leaves there is not to be used."""
    if isinstance(asked, Rejected):
        return asked
    rejected = _carried_out_on(desk, asked, snapshot)
    if rejected is not None:
        return rejected
    changes = tuple(desk.changes())
    flaw = clash_of(changes, snapshot) or next(filter(None, map(flaw_of, changes)), None)
    return Rejected(flaw) if flaw else changes


def _read(text: str, form: Form, snapshot: Snapshot) -> Parsed | tuple[FileChange, ...] | Rejected:
    match form:
        case Form.SEARCH_REPLACE:
            return parse_search_replace(text, known=lambda path: is_taken(path, snapshot))
        case Form.TAGGED:
            return parse_tagged(text)
        case Form.V4A:
            return parse_v4a(text)
        case _:
            return parse_unified(text, snapshot)


def _carried_out(parsed: Parsed, snapshot: Snapshot) -> Applied | Rejected:
    count = sum(map(len, parsed.rounds))
    if count > MOST_OPERATIONS:
        return Rejected(f"the reply has {count} edits, more than {MOST_OPERATIONS}; send fewer and larger ones")
    if len(parsed.rounds) > 1:
        # One call may open a bracket that a later one closes: only what all of them leave has to parse.
        made = _made(parsed, snapshot, unasked)
        changes = made.changes if isinstance(made, Applied) else ()
        broken = next((change for change in changes if not _parses_as_before(change)), None)
        if isinstance(made, Applied) and broken is None:
            return made
        if not _can_be_parsed_each_time((each for own in parsed.rounds for each in own), snapshot):
            return made if broken is None else _unparsable(broken)
    return _made(parsed, snapshot, still_parses)


def _can_be_parsed_each_time(operations: Iterable[Operation], snapshot: Snapshot) -> bool:
    paths = (known_path(operation.path, snapshot) for operation in operations)
    return sum(len(snapshot.text(path)) for path in paths if snapshot.has(path)) <= MOST_PARSED_CHARACTERS


def _made(parsed: Parsed, snapshot: Snapshot, parses: Parses) -> Applied | Rejected:
    desk = Desk(snapshot, parses=parses)
    for operations in parsed.rounds:
        rejected = _carried_out_on(desk, operations, snapshot)
        if rejected is not None:
            return rejected
    changes = tuple(desk.changes())
    clash = clash_of(changes, snapshot)
    return Rejected(clash) if clash else _applied(changes, step=desk.step, notes=desk.notes)


def _carried_out_on(desk: Desk, operations: Iterable[Operation], snapshot: Snapshot) -> Rejected | None:
    for operation in _merged(operations, snapshot):
        rejected = operation if isinstance(operation, Rejected) else desk.carry_out(operation)
        if rejected is not None:
            return rejected
    return None


def _merged(operations: Iterable[Operation], snapshot: Snapshot) -> Iterator[Operation | Rejected]:
    """Yield *operations*, which all speak of the same text, joined to one for each file."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(known_path(operation.path, snapshot), []).append(operation)
    for path, own in by_path.items():
        yield own[0] if len(own) == 1 else _joined(path, own)


def _joined(path: str, operations: Sequence[Operation]) -> Update | Rejected:
    updates = [operation for operation in operations if isinstance(operation, Update)]
    targets = [update.new_path for update in updates if update.new_path]
    if len(updates) < len(operations) or len(targets) > 1:
        what = "created" if isinstance(operations[1], Create) else "named"
        return Rejected(f"{path[:100]} is {what} twice; send one edit of it")
    hunks = tuple(hunk for update in updates for hunk in update.hunks)
    if len({hunk.name for hunk in hunks}) < len(hunks):
        hunks = tuple(hunk._replace(name=f"hunk {n}") for n, hunk in enumerate(hunks, 1))
    return Update(path, hunks, targets[0] if targets else None)


def _taken(changes: Sequence[FileChange], snapshot: Snapshot) -> Applied | Rejected:
    """Return *changes*, which a diff says to the letter, if they may be made."""
    for change in changes:
        for path in dict.fromkeys((change.path, change.target)):
            allowed = allowed_path(path, snapshot)
            if isinstance(allowed, Rejected):
                return allowed
        if change.before is not None and not _parses_as_before(change):
            return _unparsable(change)
    return _applied(changes, step=Step.EXACT)


def _unparsable(change: FileChange) -> Rejected:
    return Rejected(f"{change.target} would no longer parse; check the indentation and brackets of the new lines")


def _parses_as_before(change: FileChange) -> bool:
    before, after = (Draft.new(change.target, text or "") for text in (change.before, change.after))
    return still_parses(before, after)


def _applied(changes: Sequence[FileChange], *, step: Step, notes: tuple[str, ...] = ()) -> Applied | Rejected:
    flaw = next((flaw for change in changes if (flaw := flaw_of(change))), None)
    if flaw is not None:
        return Rejected(flaw)
    changed = tuple(change for change in changes if change.before != change.after or change.target != change.path)
    if not changed:
        return Rejected("the reply changes nothing; send the lines as they are to be")
    files = {change.path: None for change in changed} | {change.target: change.after for change in changed}
    return Applied(files=files, patch=unified_diff(changed), step=step, changes=changed, notes=notes)
