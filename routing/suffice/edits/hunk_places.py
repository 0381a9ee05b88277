"""Where the hunks of a patch stand in the lines of a file: as they say, or at the one other place with their old lines.

As `git apply` does it, without its fuzz: no old line is left out of account. A hunk that speaks of the first line, or
that has no line after its changes, is not looked for elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.edits.hunk_text import HunkText, Refused
from suffice.edits.line_diff import Run

MAX_MOVED_HUNKS = 100
"""So many hunks of a file may stand elsewhere than they say: each is searched for in all of it. Our own number."""


class Placed(NamedTuple):
    """A hunk and the 0-based index of its first old line, or of the line before which it puts its own."""

    hunk: HunkText
    at: int

    @property
    def end(self) -> int:
        """The index after its last old line."""
        return self.at + self.hunk.old_count


def placed(hunks: Sequence[HunkText], lines: Sequence[str], *, name: str) -> list[Placed]:
    """Return where *hunks* stand in *lines*. Raises Refused if one does not fit; *name* is the file's."""
    found: list[Placed] = []
    shift = moved = 0
    for number, hunk in enumerate(hunks, 1):
        called = f"hunk {number} of {name} (line {hunk.line} of the patch)"
        if found and hunk.old_index < found[-1].hunk.old_index + found[-1].hunk.old_count:
            raise Refused(f"{called} begins before the one above it ends; order them, and let none overlap")
        is_sure = not moved and hunk.new_index == hunk.old_index + shift
        if is_sure and _fits(hunk.old, lines, hunk.old_index):
            found.append(Placed(hunk, hunk.old_index))
        else:
            moved += 1
            if moved > MAX_MOVED_HUNKS:
                raise Refused(
                    f"over {MAX_MOVED_HUNKS} hunks of {name} are elsewhere than they say; make the patch again"
                )
            found.append(Placed(hunk, _searched(hunk, lines, found[-1].end if found else 0, called)))
        shift += hunk.new_count - hunk.old_count
    return found


def lines_after(hunks: Sequence[Placed], lines: Sequence[str], *, name: str) -> list[str]:
    """Return what *hunks* make of *lines*. Raises Refused if two lines would become one."""
    new: list[str] = []
    end = 0
    for hunk, index in hunks:
        new += lines[end:index]
        end = index + hunk.old_count
        own = hunk.new
        if own and ((new and not new[-1].endswith("\n")) or (end < len(lines) and not own[-1].endswith("\n"))):
            raise Refused(
                f"the hunk at line {hunk.line} of the patch would join two lines of {name} "
                "(\\ No newline at end of file); make the patch again"
            )
        new += own
    return [*new, *lines[end:]]


def runs_of(hunks: Sequence[Placed]) -> Iterator[Run]:
    """Return the runs of lines that *hunks* take away and put in."""
    shift = 0
    for hunk, index in hunks:
        a = index
        b = index + shift
        a1, b1 = a, b
        for mark, _ in hunk.body:
            if mark == " " and (a1 < a or b1 < b):
                yield Run(a1, a, b1, b)
            a, b = a + (mark != "+"), b + (mark != "-")
            if mark == " ":
                a1, b1 = a, b
        if a1 < a or b1 < b:
            yield Run(a1, a, b1, b)
        shift += hunk.new_count - hunk.old_count


def _fits(old: list[str], lines: Sequence[str], index: int) -> bool:
    return index <= len(lines) and old == list(lines[index : index + len(old)])


def _searched(hunk: HunkText, lines: Sequence[str], start: int, called: str) -> int:
    """Return the one index from *start* on where the old lines of *hunk* stand."""
    old = hunk.old
    if not old:
        raise Refused(f"{called} has no old line to find its place by, and its numbers are off; make it with context")
    indices = [index for index in _occurrences(old, lines, start) if _may_move(hunk, index, len(lines))]
    if len(indices) > 1:
        raise Refused(f"{called} fits at several places and its line numbers are off; correct them")
    if not indices:
        raise Refused(f"{called} does not fit: {_misfit(hunk, lines)}; make it from this version of the file")
    return indices[0]


def _occurrences(old: Sequence[str], lines: Sequence[str], start: int) -> list[int]:
    """Return the first two indices from *start* on where *old* stands."""
    hay, needle = "\n" + "".join(lines[start:]), "\n" + "".join(old)
    if not needle.endswith("\n"):
        return [len(lines) - len(old)] if hay.endswith(needle) else []
    first = hay.find(needle)
    second = hay.find(needle, first + 1) if first >= 0 else -1
    return [start + hay.count("\n", 0, at) for at in (first, second) if at >= 0]


def _may_move(hunk: HunkText, index: int, count: int) -> bool:
    """Whether *hunk* may stand at *index*: at the start or end of the file only if it says so by lacking context."""
    at_start = index == 0 or hunk.old_start > 1
    at_end = index + hunk.old_count == count or hunk.body[-1][0] == " "
    return at_start and at_end


def _misfit(hunk: HunkText, lines: Sequence[str]) -> str:
    for offset, text in enumerate(hunk.old):
        at = hunk.old_index + offset
        if at >= len(lines):
            return f"the file has {len(lines)} lines"
        if lines[at] != text:
            shown = text.rstrip("\r\n")
            return f"line {at + 1} of the file is not {shown[:60]!r}" + _about_end(text, lines[at])
    return "its lines are there, but not where it says"


def _about_end(text: str, line: str) -> str:
    return " with that line end" if text.rstrip("\r\n") == line.rstrip("\r\n") else ""
