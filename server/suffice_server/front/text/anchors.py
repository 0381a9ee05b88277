"""Where the lines of an older version of a text stand in a newer one, or that they were changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

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
    for edit in differences(before, after):
        if edit.end_line < first and edit.start_line <= first:
            shift += len(split_lines(edit.new_text)) - (edit.end_line - edit.start_line + 1)
        elif edit.start_line <= last:
            return None
    return shift


@lru_cache(maxsize=2)
def differences(before: str, after: str) -> tuple[LineEdit, ...]:
    """Return the runs of lines that differ, found once for all the lines that are asked about."""
    old, new = split_lines(before), split_lines(after)
    head, tail = common_ends(old, new)
    if max(len(old), len(new)) - head - tail <= _MOST_COMPARED_LINES:
        return line_edits(before, after)
    middle = "".join(new[head : len(new) - tail])
    return (LineEdit(start_line=head + 1, end_line=len(old) - tail, new_text=middle),)


class UnchangedEnds(NamedTuple):
    """Which lines of an older text stand unchanged at the start and at the end of a newer one.

    The first `head` lines do, and those behind line `tail_from` (1-based), now lower by `shift`.
    """

    head: int
    tail_from: int
    shift: int


def unchanged_ends(before: Sequence[str], after: Sequence[str]) -> UnchangedEnds:
    """Return which lines of *before* stand unchanged at the ends of *after*, by comparing slices: it is often asked."""
    most = min(len(before), len(after))
    head = _same(most, lambda a, b: before[a:b] == after[a:b])
    old, new = len(before), len(after)
    tail = _same(most - head, lambda a, b: before[old - b : old - a] == after[new - b : new - a])
    return UnchangedEnds(head=head, tail_from=old - tail, shift=new - old)


def _same(most: int, is_same: Callable[[int, int], bool]) -> int:
    """Return how many of the first *most* are the same, where *is_same* tells of those from a to b."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if is_same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
