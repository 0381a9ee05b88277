"""Unified diffs as models type them: with wrong counts and numbers, `@@ ... @@`, fences, prose and lost marks.

A diff that is right to the letter is taken as anybody's patch is. Otherwise its hunks are found by their lines; counts
are ignored and line numbers only choose among several places where all lines stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange
from suffice.edits.forms.marked_lines import cut_at_prose, hunk_lines
from suffice.edits.hunk_text import Refused, starts_file
from suffice.edits.operation import Create, Delete, Hunk, Mark, Operation, Parsed, Update, plain_lines
from suffice.edits.patch_in import changes_of
from suffice.edits.patch_names import Names, names_of
from suffice.edits.patch_text import FileText, read_names, read_patch
from suffice.snapshot import Snapshot

_NUMBERS = re.compile(r"@@ *-(\d{1,9})")
_COUNTS = re.compile(r"@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_BEYOND_TEXT = re.compile(r"(?:old mode|new mode|copy from|copy to|GIT binary patch|Binary files) ?|@@@ |diff --cc ")
_LIST_ITEM = re.compile(r"- \S")
_ADVICE = "send --- a/PATH and +++ b/PATH above the hunks"


def parse_unified(text: str, snapshot: Snapshot) -> tuple[FileChange, ...] | Parsed | Rejected:
    """Return what the unified diff in *text* makes of *snapshot* where it is right to the letter, else what it asks."""
    changes = _taken_to_the_letter(text, snapshot)
    if changes is not None:
        return changes
    lines = plain_lines(text)
    refused = next((line for line in lines if _BEYOND_TEXT.match(line)), None)
    if refused is not None:
        return Rejected(f"{refused[:60]!r} is more than a change of text lines, which is never applied; take it out")
    return _loosely_read(lines, snapshot)


def _taken_to_the_letter(text: str, snapshot: Snapshot) -> tuple[FileChange, ...] | None:
    """Return what *text* makes of *snapshot* if it is right to the letter and no hunk stands on its number alone."""
    try:
        files = read_patch(text)
    except Refused:
        return None
    if any(not hunk.old and hunk.old_start for file in files for hunk in file.hunks):
        return None
    changes = changes_of(files, snapshot=snapshot)
    return None if isinstance(changes, Rejected) else changes


class _Part(NamedTuple):
    """What the diff says of one file: the names and the lines after them."""

    names: FileText
    body: Sequence[str]


def _loosely_read(lines: Sequence[str], snapshot: Snapshot) -> Parsed | Rejected:
    operations: list[Operation] = []
    prose: list[str] = []
    try:
        parts = [(names_of(part.names, snapshot), part.body) for part in _parts(lines, prose)]
    except Refused as refused:
        return Rejected(str(refused))
    for names, body in parts:
        hunks = _hunks(body, prose)
        if isinstance(hunks, Rejected):
            return hunks
        operation = _operation(names, hunks)
        if isinstance(operation, Rejected):
            return operation
        operations.append(operation)
    if any(line.startswith("@@ ") for line in prose):
        return Rejected(f"a hunk belongs to no file; {_ADVICE}")
    if not operations:
        return Rejected(f"the diff names no file; {_ADVICE}")
    return Parsed((tuple(operations),), prose=prose)


def _parts(lines: Sequence[str], prose: list[str]) -> Iterator[_Part]:
    """Yield the part of each file; what stands before the first goes to *prose*. Raises Refused."""
    starts: list[int] = []
    bodies: list[tuple[FileText, int]] = []
    at = 0
    while at < len(lines):
        if starts_file(lines, at):
            starts.append(at)
            names, at = read_names(lines, at)
            bodies.append((names, at))
        else:
            at += 1
    prose += lines[: starts[0] if starts else len(lines)]
    ends = [*starts[1:], len(lines)][: len(starts)]
    for (names, begin), end in zip(bodies, ends, strict=True):
        old, new = (name and name.rstrip() for name in (names.old, names.new))
        yield _Part(names._replace(old=old, new=new), lines[begin:end])


def _hunks(body: Sequence[str], prose: list[str]) -> tuple[Hunk, ...] | Rejected:
    starts = [n for n, line in enumerate(body) if line.startswith("@@")]
    head = cut_at_prose(body[: starts[0]] if starts else body)
    if isinstance(head, Rejected) or any(line.strip() for line in head[0]):
        return Rejected("lines of a hunk stand above its @@ line; begin every hunk with @@")
    prose += head[1]
    hunks: list[Hunk] = []
    for start, end in pairwise([*starts, len(body)]):
        hunk = _hunk(body[start], body[start + 1 : end], len(hunks) + 1, prose)
        if isinstance(hunk, Rejected):
            return hunk
        hunks.append(hunk)
    return tuple(hunks)


def _hunk(header: str, body: Sequence[str], number: int, prose: list[str]) -> Hunk | Rejected:
    own = [line for line in body if not line.startswith("\\ ")]
    promised = _promised(header, own)
    cut = cut_at_prose(own) if promised is None else (own[:promised], own[promised:])
    if isinstance(cut, Rejected):
        return cut
    prose += cut[1]
    lines = hunk_lines(cut[0])
    if not lines:
        return Rejected(f"hunk {number} is empty; send the lines around the change and the change")
    numbers = _NUMBERS.match(header)
    return Hunk(
        f"hunk {number}",
        lines,
        near_line=int(numbers[1]) or None if numbers else None,
        in_order=True,
        final_newline=_final_newline(body),
    )


def _promised(header: str, body: Sequence[str]) -> int | None:
    """Return how many lines the counts promise, where they are right and only prose follows; else None."""
    counts = _COUNTS.match(header)
    if not counts:
        return None
    old, new = int(counts[1] or 1), int(counts[2] or 1)
    for number, line in enumerate(body):
        if not old and not new:
            return None if any(map(_is_change, body[number:])) or line.startswith(" ") else number
        old -= not line.startswith("+")
        new -= not line.startswith("-")
        if min(old, new) < 0:
            return None
    return None


def _is_change(line: str) -> bool:
    return line.startswith("+") or (line.startswith("-") and not _LIST_ITEM.match(line))


def _final_newline(body: Sequence[str]) -> bool | None:
    r"""Return what `\ No newline at end of file` says of the new file, None for nothing."""
    said = {body[n - 1][:1] for n, line in enumerate(body) if n and line.startswith("\\ ")}
    if not said & {"-", "+"}:
        return None
    return "+" not in said


def _operation(names: Names, hunks: tuple[Hunk, ...]) -> Operation | Rejected:
    if names.old is None:
        if any(line.mark is not Mark.ADD for hunk in hunks for line in hunk.lines):
            return Rejected(f"{names.new} is to be created, so all its lines begin with '+'; send only such lines")
        text = "".join(f"{line}\n" for hunk in hunks for line in hunk.new)
        cut = bool(hunks) and hunks[-1].final_newline is False
        return Create(names.new or "", text.removesuffix("\n") if cut else text)
    if names.new is None:
        return Delete(names.old, tuple(line for hunk in hunks for line in hunk.old) or None)
    if not hunks and names.new == names.old:
        return Rejected(f"{names.old} has no hunk; send @@ and the lines to change")
    return Update(names.old, hunks, new_path=names.new if names.new != names.old else None)
