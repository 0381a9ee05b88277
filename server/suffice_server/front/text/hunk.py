"""Where two versions of a text differ, and whether a later one still has the new lines or the old ones again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from suffice.positions import split_lines
from suffice_server.front.text.anchors import differences, unchanged_ends
from suffice_server.front.text.documents import Document


class Fate(StrEnum):
    """What became of an edit."""

    STANDING = "standing"
    TAKEN_BACK = "taken back"
    REWRITTEN = "rewritten"


class Hunk(NamedTuple):
    """Lines `old` became lines `new`, between the lines `above` and `below` (one each, none at an end of the text).

    `first` is where the new ones begin (0-based). Without lines of its own one side is only known by what is around it.
    """

    first: int
    old: Sequence[str]
    new: Sequence[str]
    above: Sequence[str]
    below: Sequence[str]


def hunk_between(before: Sequence[str], after: Sequence[str]) -> Hunk:
    """Return the one run of lines in which *before* and *after* differ."""
    ends = unchanged_ends(before, after)
    return Hunk(
        first=ends.head,
        old=before[ends.head : ends.tail_from],
        new=after[ends.head : ends.tail_from + ends.shift],
        above=before[max(ends.head - 1, 0) : ends.head],
        below=before[ends.tail_from : ends.tail_from + 1],
    )


def hunks_between(before: Document, after: Document) -> tuple[Hunk, ...]:
    """Return all runs of lines in which *before* and *after* differ, in their order."""
    hunks, shift = [], 0
    for edit in differences(before.text, after.text):
        first, end = edit.start_line - 1, edit.end_line
        size = len(split_lines(edit.new_text))
        hunks.append(
            Hunk(
                first=first + shift,
                old=before.lines[first:end],
                new=after.lines[first + shift : first + shift + size],
                above=before.lines[max(first - 1, 0) : first],
                below=before.lines[end : end + 1],
            )
        )
        shift += size - (end - first)
    return tuple(hunks)


def fate(hunk: Hunk, lines: Sequence[str]) -> Fate:
    """Return what became of *hunk* in *lines*, a later version or the part of it that it may be in."""
    has_new = place_of(hunk.new, hunk, lines) is not None
    has_old = place_of(hunk.old, hunk, lines) is not None
    if has_new and has_old:  # one of them stands somewhere else, or is a part of the other
        return Fate.STANDING if _is_new(hunk, lines) else Fate.TAKEN_BACK
    if has_new:
        return Fate.STANDING
    return Fate.TAKEN_BACK if has_old else Fate.REWRITTEN


def _is_new(hunk: Hunk, lines: Sequence[str]) -> bool:
    if _index([*hunk.above, *hunk.new, *hunk.below], lines) is not None:
        return True
    if _index([*hunk.above, *hunk.old, *hunk.below], lines) is not None:
        return False
    return len(hunk.new) >= len(hunk.old)


def place_of(part: Sequence[str], hunk: Hunk, lines: Sequence[str]) -> int | None:
    """Return where *part*, one of the sides of *hunk*, stands in *lines* (0-based), best where its surroundings do."""
    around = _index([*hunk.above, *part, *hunk.below], lines)
    if around is not None:
        return around + len(hunk.above)
    return _index(part, lines) if part else None


def _index(part: Sequence[str], lines: Sequence[str]) -> int | None:
    if not part:
        return 0 if not lines else None
    at = -1
    while True:
        try:
            at = lines.index(part[0], at + 1)
        except ValueError:
            return None
        if list(lines[at : at + len(part)]) == list(part):
            return at
