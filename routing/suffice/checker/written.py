"""The lines that a patch writes and takes away, those that only move set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.edits.edit import FileChange
from suffice.positions import split_lines

LONGEST_LINE = 1000
"""So much of a line is looked at: a longer one is data, and looking at all of it costs more than it says."""


class Line(NamedTuple):
    """A line of a file without its line end; `number` is 1-based, in the text after (or before, if taken away)."""

    number: int
    text: str


class Written(NamedTuple):
    """What a patch does to one file, by lines.

    `added` and `removed` hold no line that stands in both (but for its indentation); `all_added` and `all_removed`
    count those too. `path` is where the file stands afterwards.
    """

    path: str
    old_path: str
    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    all_added: int
    all_removed: int


def written(change: FileChange) -> Written:
    """Return the lines that *change* writes and takes away."""
    added, removed = tuple(_added(change)), tuple(_removed(change))
    moved = _counted(added) & _counted(removed)
    return Written(
        path=change.target,
        old_path=change.path,
        added=_without(added, moved) if moved else added,
        removed=_without(removed, moved) if moved else removed,
        all_added=len(added),
        all_removed=len(removed),
    )


def _added(change: FileChange) -> Iterator[Line]:
    shift = 0
    for edit in change.line_edits:
        new = split_lines(edit.new_text)
        for number, text in enumerate(new, edit.start_line + shift):
            yield Line(number, text.rstrip("\r\n"))
        shift += len(new) - (edit.end_line - edit.start_line + 1)


def _removed(change: FileChange) -> Iterator[Line]:
    old = split_lines(change.before or "")
    for edit in change.line_edits:
        for number, text in enumerate(old[edit.start_line - 1 : edit.end_line], edit.start_line):
            yield Line(number, text.rstrip("\r\n"))


def _counted(lines: Sequence[Line]) -> Counter[str]:
    return Counter(line.text.strip() for line in lines)


def _without(lines: Sequence[Line], moved: Counter[str]) -> tuple[Line, ...]:
    left = Counter(moved)
    kept = []
    for line in lines:
        text = line.text.strip()
        if left[text] > 0:
            left[text] -= 1
        else:
            kept.append(line)
    return tuple(kept)
