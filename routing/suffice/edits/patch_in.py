"""A unified diff, in: what anybody's patch makes of a snapshot, or why it cannot be taken. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange, LineEdit, clash_of, flaw_of
from suffice.edits.hunk_places import Placed, lines_after, placed, runs_of
from suffice.edits.hunk_text import HunkText, Refused
from suffice.edits.line_diff import git_lines, has_lone_cr, trimmed
from suffice.edits.patch_names import Names, names_of
from suffice.edits.patch_text import FileText, read_patch
from suffice.errors import InputError
from suffice.snapshot import Snapshot

_BOM = "\ufeff"


def parse_patch(text: str, *, snapshot: Snapshot) -> tuple[FileChange, ...] | Rejected:
    """Return what the unified diff *text* makes of *snapshot*, or why it cannot be taken."""
    try:
        files = read_patch(text)
    except Refused as refused:
        return Rejected(reason=str(refused))
    return changes_of(files, snapshot=snapshot)


def changes_of(files: Sequence[FileText], *, snapshot: Snapshot) -> tuple[FileChange, ...] | Rejected:
    """Return what *files*, read from a unified diff, make of *snapshot*, or why they cannot be taken."""
    changes: list[FileChange] = []
    taken: set[str] = set()
    try:
        for file in files:
            change = _change(file, names_of(file, snapshot), snapshot)
            paths = {change.path, change.target}
            if taken & paths:
                return Rejected(reason=f"the patch names {change.target} twice; give one diff with all of its changes")
            taken |= paths
            changes.append(change)
    except Refused as refused:
        return Rejected(reason=str(refused))
    except InputError as error:
        return Rejected(reason=str(error).removesuffix("."))
    clash = clash_of(changes, snapshot)
    return Rejected(reason=clash) if clash else tuple(changes)


class _Before(NamedTuple):
    """The old text without its byte order mark, and its lines with it."""

    text: str
    bom: bool
    lines: tuple[str, ...]


def _change(file: FileText, names: Names, snapshot: Snapshot) -> FileChange:
    if names.new is not None and names.new != names.old and (snapshot.exists(names.new) or snapshot.has(names.new)):
        raise Refused(f"{names.new} is to be created but is there already; make the patch from this version")
    if not file.hunks and names.old == names.new:
        raise Refused(f"{names.new} has no hunk (line {file.line} of the patch); add one, or take the file out")
    before = _before(names, snapshot)
    return _made_of_crlf(file, names, before) if file.has_crlf else _made(file.hunks, names, before)


def _made_of_crlf(file: FileText, names: Names, before: _Before) -> FileChange:
    """Return what a patch that was saved with CRLF makes of *before*, which may have CRLF itself."""
    try:
        return _made([_without_carriage(hunk) for hunk in file.hunks], names, before)
    except Refused as refused:
        try:
            return _made(file.hunks, names, before)
        except Refused as as_it_is:
            raise (as_it_is if "\r\n" in before.text else refused) from None


def _before(names: Names, snapshot: Snapshot) -> _Before:
    if names.old is None:
        return _Before("", bom=False, lines=())
    file = snapshot.file(names.old)
    return _Before(file.text, file.bom, git_lines(f"{_BOM}{file.text}" if file.bom else file.text))


def _without_carriage(hunk: HunkText) -> HunkText:
    return hunk._replace(body=tuple((mark, _lf(text)) for mark, text in hunk.body))


def _lf(line: str) -> str:
    return f"{line[:-2]}\n" if line.endswith("\r\n") else line.removesuffix("\r")


def _made(hunks: Sequence[HunkText], names: Names, before: _Before) -> FileChange:
    name = names.new or names.old or ""
    places = placed(hunks, before.lines, name=name)
    lines = lines_after(places, before.lines, name=name)
    if names.new is None:
        if lines:
            raise Refused(f"{name} is to be deleted but text would be left; make the patch from this version")
        return FileChange(path=name, before=before.text, after=None, bom=before.bom)
    raw = "".join(lines)
    if names.old is None or names.is_copy:
        change = FileChange(path=name, before=None, after=raw.removeprefix(_BOM), bom=raw.startswith(_BOM))
    else:
        if raw.startswith(_BOM) != before.bom:
            raise Refused(f"{name} would gain or lose its byte order mark; keep the first characters as they are")
        change = FileChange(
            path=names.old,
            before=before.text,
            after=raw.removeprefix(_BOM),
            new_path=None if names.new == names.old else names.new,
            bom=before.bom,
            known_edits=_line_edits(places, before, lines),
        )
    flaw = flaw_of(change)
    if flaw:
        raise Refused(flaw)
    return change


def _line_edits(places: Sequence[Placed], before: _Before, lines: Sequence[str]) -> tuple[LineEdit, ...] | None:
    """Return the hunks as line edits; None where a lone CR makes our lines others than git's."""
    if has_lone_cr(before.text) or any(has_lone_cr(text) for place in places for text in place.hunk.new):
        return None
    runs = [trimmed(run, before.lines, lines) for run in runs_of(places)]
    return tuple(
        LineEdit(run.a1 + 1, run.a2, _text("".join(lines[run.b1 : run.b2]), is_first=before.bom and run.a1 == 0))
        for run in runs
        if run.a1 < run.a2 or run.b1 < run.b2
    )


def _text(text: str, *, is_first: bool) -> str:
    return text.removeprefix(_BOM) if is_first else text
