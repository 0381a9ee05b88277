"""Reads one hunk of a unified diff, strictly: the counts of its `@@` line are those of its lines, and nothing follows.

Lines end with LF alone; a carriage return, a form feed or U+2028 is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_HEADER = re.compile(r"@@ -([0-9]{1,9})(?:,([0-9]{1,9}))? \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@")
_BLANK = ("", "\r")


class Refused(Exception):  # noqa: N818 - no error: it carries a reason to where a patch is read
    """Why a patch cannot be taken, in one sentence without a full stop."""


class HunkText(NamedTuple):
    """One hunk: `line` is its place in the patch (1-based), the counts are those of its lines.

    `body` holds a mark (blank, minus or plus) and the text of each line, with its line end unless the patch says that
    there is none.
    """

    line: int
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    body: tuple[tuple[str, str], ...]

    @property
    def old(self) -> list[str]:
        """The lines that have to be there."""
        return [text for mark, text in self.body if mark != "+"]

    @property
    def new(self) -> list[str]:
        """The lines that take their place."""
        return [text for mark, text in self.body if mark != "-"]

    @property
    def old_index(self) -> int:
        """How many old lines stand before it, as it says; where it has no old lines, `@@` names the line before."""
        return self.old_start - 1 if self.old_count else self.old_start

    @property
    def new_index(self) -> int:
        """How many new lines stand before it, as it says."""
        return self.new_start - 1 if self.new_count else self.new_start


def read_hunk(lines: Sequence[str], at: int, *, name: str) -> tuple[HunkText, int]:
    """Return the hunk whose `@@` line is *lines*[*at*], and where it ends. Raises Refused; it is called *name*."""
    found = _HEADER.match(lines[at])
    if not found:
        raise Refused(
            f"line {at + 1} of the patch is no hunk with line numbers; write it as @@ -START,COUNT +START,COUNT @@"
        )
    old_count, new_count = int(found[2] or 1), int(found[4] or 1)
    body, end = _body(lines, at + 1, old_count, new_count)
    if body is None or _goes_on(lines, end):
        old, new = _counted(lines, at + 1)
        raise Refused(
            f"{name} says {old_count} old and {new_count} new lines but has {old} and {new}; correct its @@ line"
        )
    hunk = HunkText(at + 1, int(found[1]), old_count, int(found[3]), new_count, tuple(body))
    if any(not text.endswith("\n") for side in (hunk.old, hunk.new) for text in side[:-1]):
        raise Refused(f"{name} says in its middle that the file ends (\\ No newline); make the patch again")
    return hunk, end


def starts_file(lines: Sequence[str], at: int) -> bool:
    """Whether the patch begins to speak of a file at *lines*[*at*]."""
    return lines[at].startswith("diff --git ") or names_both(lines, at)


def names_both(lines: Sequence[str], at: int) -> bool:
    """Whether both lines with the names of a file, old and new, stand at *lines*[*at*]."""
    return at + 1 < len(lines) and lines[at].startswith("--- ") and lines[at + 1].startswith("+++ ")


def is_signature(lines: Sequence[str], at: int) -> bool:
    """Whether a mail's signature begins at *lines*[*at*]; some mailers take its blank away."""
    line = lines[at].removesuffix("\r")
    after = lines[at + 1] if at + 1 < len(lines) else ""
    return line == "-- " or (line == "--" and bool(re.match(r"[0-9]+\.[0-9]", after)))


def _body(lines: Sequence[str], at: int, old: int, new: int) -> tuple[list[tuple[str, str]] | None, int]:
    """Return the lines of a hunk of *old* and *new* lines, and where they end; None if they are not there."""
    body: list[tuple[str, str]] = []
    while at < len(lines) and (old or new or lines[at].startswith("\\")):
        line = lines[at]
        mark = " " if line in _BLANK else line[0]
        match mark:
            case " ":
                old, new = old - 1, new - 1
            case "-":
                old -= 1
            case "+":
                new -= 1
            case "\\" if body:
                body[-1] = (body[-1][0], body[-1][1].removesuffix("\n"))
            case _:
                return None, at
        if min(old, new) < 0:
            return None, at
        if mark != "\\":
            body.append((mark, f"{line if line in _BLANK else line[1:]}\n"))
        at += 1
    return (None, at) if old or new else (body, at)


def _goes_on(lines: Sequence[str], at: int) -> bool:
    """Whether a line of a hunk stands at *lines*[*at*], though all that its counts promise was read."""
    if at >= len(lines) or starts_file(lines, at) or is_signature(lines, at):
        return False
    return lines[at].startswith((" ", "-", "+"))


def _counted(lines: Sequence[str], at: int) -> tuple[int, int]:
    """Return how many old and new lines follow in truth, without blank ones at the end."""
    marks = ""
    while at < len(lines) and not starts_file(lines, at) and not is_signature(lines, at):
        mark = " " if lines[at] in _BLANK else lines[at][0]
        if mark not in " -+\\":
            break
        marks += "_" if lines[at] in _BLANK else mark
        at += 1
    marks = marks.rstrip("_").replace("_", " ").replace("\\", "")
    return len(marks) - marks.count("+"), len(marks) - marks.count("-")
