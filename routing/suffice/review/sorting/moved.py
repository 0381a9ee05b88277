"""Which hunks only move code: every run of their lines was taken away in one place and put in, whole, in another.

The order within a definition is behaviour, so what only changes its place inside one is not moved in this sense; nor
are statements that steer unless they move with the definition, or the module, that they belong to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from suffice.edits.operation import Mark
from suffice.review.hunks.code_lines import steers
from suffice.review.hunks.hunk import Hunk

LEAST_LINES = 3
"""Fewer lines that say anything stand in two places by chance."""

_SAYS_SOMETHING = re.compile(r"\w{3}")
_OPENS = re.compile(
    r"\s*(?:@|#|//|/\*|(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub|unsafe"
    r"|virtual|override|inline)\s)*(?:def|class|function|func|fn|impl|struct|trait|interface|enum|type|record|mod|module"
    r"|namespace|import|from|use)\b)"
)
_SIDES = 2


class _Block(NamedTuple):
    """A run of added or removed lines: without blank ones, and as far indented as its first."""

    hunk: str
    mark: Mark
    lines: tuple[str, ...]
    within: tuple[str, ...]

    @property
    def is_movable(self) -> bool:
        """Whether its place says nothing, and there is enough of it to be sure that it is the same."""
        if sum(bool(_SAYS_SOMETHING.search(line)) for line in self.lines) < LEAST_LINES:
            return False
        return len(self.within) == 1 or _OPENS.match(self.lines[0]) is not None or not any(map(steers, self.lines))


def moved(hunks: Sequence[Hunk]) -> frozenset[str]:
    """Return the ids of the hunks of which all lines stand elsewhere in the change, taken away or put in."""
    blocks = [block for hunk in hunks for block in _blocks(hunk)]
    matched = _matched(block for block in blocks if block.is_movable)
    rest = {block.hunk for block in blocks if block not in matched}
    return frozenset(block.hunk for block in matched) - rest


def _blocks(hunk: Hunk) -> Iterator[_Block]:
    for mark, run in groupby(hunk.lines, key=lambda line: line.mark):
        lines = [line.text for line in run if line.text.strip()]
        if mark is not Mark.KEEP and lines:
            yield _Block(hunk.id, mark, tuple(_dedented(lines)), (hunk.path, *hunk.around))


def _dedented(lines: Sequence[str]) -> Iterator[str]:
    """Yield *lines* moved to the left as far as the first of them can be."""
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    return (line.removeprefix(margin).rstrip() for line in lines)


def _matched(blocks: Iterable[_Block]) -> frozenset[_Block]:
    """Return those of *blocks* that stand as often on the other side, and not within the same definition."""
    by_lines: dict[tuple[str, ...], list[_Block]] = {}
    for block in blocks:
        by_lines.setdefault(block.lines, []).append(block)
    return frozenset(block for alike in by_lines.values() if _is_a_move(alike) for block in alike)


def _is_a_move(alike: Sequence[_Block]) -> bool:
    sides = Counter(block.mark for block in alike)
    if len(sides) < _SIDES or sides[Mark.ADD] != sides[Mark.DROP]:
        return False
    places = [{block.within for block in alike if block.mark is mark} for mark in (Mark.ADD, Mark.DROP)]
    shared = places[0] & places[1]
    return not any(len(place) > 1 for place in shared)
