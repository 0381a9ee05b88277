"""Many accepted patches of one file become one text, each kept or left out as a whole.

The most confident goes first. One that touches the characters of an earlier one cannot be placed and is handed
back, to be redone on the merged text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from suffice.edits.edit import Edit, apply_edits

_IMPORT = re.compile(r"(?:(?:from|import)[ \t][^\r\n]*[\r\n]+)+")


class Part(NamedTuple):
    """One accepted patch of a file: which item it is of, its edits of the file, how sure it is (0..1)."""

    item: int
    edits: tuple[Edit, ...]
    confidence: float


class Placed(NamedTuple):
    """The parts that stand together, and for each that does not the item it runs into."""

    parts: tuple[Part, ...]
    conflicts: dict[int, int]


def place(parts: Sequence[Part]) -> Placed:
    """Return which of *parts* (all of one version of one file) can stand together."""
    kept: list[Part] = []
    conflicts: dict[int, int] = {}
    for part in sorted(parts, key=lambda part: (-part.confidence, part.edits[0].start, part.item)):
        rival = next((other for other in kept if _collide(part, other)), None)
        if rival is None:
            kept.append(part)
        else:
            conflicts[part.item] = rival.item
    return Placed(parts=tuple(kept), conflicts=conflicts)


def merged(text: str, parts: Sequence[Part]) -> str:
    """Return *text* with the edits of *parts*, one that several share made once."""
    edits = {(e.start, e.end, e.new_text): e for part in parts for e in part.edits}
    return apply_edits(text, [edits[key] for key in sorted(edits)])


def _collide(left: Part, right: Part) -> bool:
    return any(_touch(mine, other) for mine in left.edits for other in right.edits)


def _touch(mine: Edit, other: Edit) -> bool:
    """Whether two edits cannot both be made: equal ones, and imports put at one place, can."""
    if mine == other:
        return False
    if mine.start == mine.end == other.start == other.end:
        return not (_IMPORT.fullmatch(mine.new_text) and _IMPORT.fullmatch(other.new_text))
    return (mine.start < other.end and other.start < mine.end) or mine.start == other.start


def bad_parts(parts: Sequence[Part], is_good: Callable[[Sequence[Part]], bool]) -> list[Part]:
    """Return the parts to leave out so that the rest is good together: about log2(n) checks for each bad one."""
    if is_good(parts):
        return []
    kept: list[Part] = []
    bad: list[Part] = []
    rest = list(parts)
    while rest:
        low, high = 0, len(rest)  # kept + rest[:low] is good; find the longest such start
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if is_good([*kept, *rest[:middle]]) else (low, middle - 1)
        kept += rest[:low]
        bad += rest[low : low + 1]
        rest = rest[low + 1 :]
    return bad
