"""What a reply asks for, whatever form it was written in: files to create, delete, move, and lines to change.

The parsers of all forms end here and the applier starts here, so that a form is only a way of writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from suffice.edits.line_diff import differing_runs
from suffice.positions import split_lines


class Mark(StrEnum):
    """What a hunk does with a line, as unified diffs write it."""

    KEEP = " "
    DROP = "-"
    ADD = "+"


class HunkLine(NamedTuple):
    """One line of a hunk, without its line end."""

    mark: Mark
    text: str


class Hunk(NamedTuple):
    """Lines to find and what becomes of them.

    `name` is how a reader finds it in the reply ("block 2"). What else the reply says of the place only decides
    between several: `anchors` are lines above it, outermost first; `near_line` (1-based) is where it thinks it is;
    `at_end`: nothing follows. `in_order`: it stands below the hunks of the same file before it.
    `final_newline` is what it says of the end of the new file, None for nothing.
    """

    name: str
    lines: tuple[HunkLine, ...]
    anchors: tuple[str, ...] = ()
    near_line: int | None = None
    at_end: bool = False
    in_order: bool = False
    final_newline: bool | None = None

    @property
    def old(self) -> tuple[str, ...]:
        """The lines to find."""
        return tuple(line.text for line in self.lines if line.mark is not Mark.ADD)

    @property
    def new(self) -> tuple[str, ...]:
        """The lines that are to stand there afterwards."""
        return tuple(line.text for line in self.lines if line.mark is not Mark.DROP)


class Create(NamedTuple):
    """A file that is not there yet."""

    path: str
    text: str


class Delete(NamedTuple):
    """A file to remove. `lines` are what the reply says it holds, None where it does not say."""

    path: str
    lines: tuple[str, ...] | None = None


class Update(NamedTuple):
    """Hunks of one file, perhaps to stand at `new_path` afterwards."""

    path: str
    hunks: tuple[Hunk, ...]
    new_path: str | None = None


class Replace(NamedTuple):
    """A text, perhaps less than a line, that stands once in a file, and what takes its place."""

    path: str
    name: str
    old: str
    new: str


class Insert(NamedTuple):
    """Lines to put after line `after_line` (1-based; 0: before all)."""

    path: str
    name: str
    after_line: int
    text: str


Operation: TypeAlias = Create | Delete | Update | Replace | Insert

Rounds: TypeAlias = tuple[tuple[Operation, ...], ...]
"""The operations of a reply: those of a round all speak of the same text, a later round of what the earlier left."""


class Parsed(NamedTuple):
    """What a form's parser makes of a reply. `prose` are the lines that it read as no part of an edit."""

    rounds: Rounds
    prose: Sequence[str] = ()


def plain_lines(text: str) -> tuple[str, ...]:
    """Return the lines of *text* without their line ends."""
    return tuple([line.rstrip("\r\n") for line in split_lines(text)])


def replacement(name: str, old: Sequence[str], new: Sequence[str]) -> Hunk:
    """Return the hunk that turns the lines *old* into *new*, what both share marked as kept."""
    lines: list[HunkLine] = []
    kept = 0
    for run in differing_runs(old, new):
        lines += (HunkLine(Mark.KEEP, text) for text in old[kept : run.a1])
        lines += (HunkLine(Mark.DROP, text) for text in old[run.a1 : run.a2])
        lines += (HunkLine(Mark.ADD, text) for text in new[run.b1 : run.b2])
        kept = run.a2
    return Hunk(name, (*lines, *(HunkLine(Mark.KEEP, text) for text in old[kept:])))
