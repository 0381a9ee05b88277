"""Where the lines of an older version of a text stand in a newer one, or that they were changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from suffice.edits.edit import LineEdit, line_edits
from suffice.positions import common_ends, split_lines

_MOST_COMPARED_LINES = 2000
"""A larger rewrite is not compared line by line, which takes seconds: it changed everything in it."""


def moved_by(before: str, after: str, first: int, last: int) -> int | None:
    """Return by how many lines the lines *first* to *last* (1-based) of *before* stand lower in *after*.

    None if one of them was changed.
    """
    if before == after:
        return 0
    shift = 0
    for edit in _edits(before, after):
        if edit.end_line < first and edit.start_line <= first:
            shift += len(split_lines(edit.new_text)) - (edit.end_line - edit.start_line + 1)
        elif edit.start_line <= last:
            return None
    return shift


def _edits(before: str, after: str) -> Iterable[LineEdit]:
    old, new = split_lines(before), split_lines(after)
    head, tail = common_ends(old, new)
    if max(len(old), len(new)) - head - tail <= _MOST_COMPARED_LINES:
        return line_edits(before, after)
    middle = "".join(new[head : len(new) - tail])
    return (LineEdit(start_line=head + 1, end_line=len(old) - tail, new_text=middle),)
