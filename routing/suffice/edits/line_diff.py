"""Which runs of lines differ between two texts: few and small ones, and never in more than about linear time.

The texts may be anybody's. Equal ends are trimmed first; what is left is small nearly always and difflib decides.
Where it is large, difflib could take minutes: the lines that stand once on both sides part it into pieces, and a piece
that is still too much is one run.
"""

from __future__ import annotations

import difflib
import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from suffice.positions import common_ends

BUDGET = 10_000_000
"""How many looks at lines difflib may need for one text at worst, about a second. Our own number."""


class Run(NamedTuple):
    """Old lines `a1` to `a2` became new lines `b1` to `b2` (0-based, end exclusive)."""

    a1: int
    a2: int
    b1: int
    b2: int


@lru_cache(maxsize=8)
def git_lines(text: str) -> tuple[str, ...]:
    """Return the lines of *text* as git counts them: they end with LF alone."""
    return tuple(io.StringIO(text, newline="\n"))


def has_lone_cr(text: str) -> bool:
    """Whether a carriage return in *text* ends a line of ours that is none of git's."""
    return "\r" in text and "\r" in text.replace("\r\n", "")


def differing_runs(old: Sequence[str], new: Sequence[str]) -> tuple[Run, ...]:
    """Return the runs of lines that differ, in order."""
    return tuple(_Pieces(old, new).runs(Run(0, len(old), 0, len(new)), may_part=True))


def trimmed(run: Run, old: Sequence[str], new: Sequence[str]) -> Run:
    """Return *run* without the lines at its ends that are the same on both sides."""
    head, tail = common_ends(old[run.a1 : run.a2], new[run.b1 : run.b2])
    return Run(run.a1 + head, run.a2 - tail, run.b1 + head, run.b2 - tail)


class _Pieces:
    """Two texts under comparison, and how much more of it there may be."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self._old, self._new = old, new
        self._budget = BUDGET

    def runs(self, whole: Run, *, may_part: bool) -> Iterator[Run]:
        run = trimmed(whole, self._old, self._new)
        if run.a1 == run.a2 or run.b1 == run.b2:
            if run.a1 < run.a2 or run.b1 < run.b2:
                yield run
            return
        old, new = self._old[run.a1 : run.a2], self._new[run.b1 : run.b2]
        in_old, in_new = Counter(old), Counter(new)
        looks = _most_looks(in_old, in_new)
        if looks <= self._budget:
            self._budget -= looks
            for a1, a2, b1, b2 in _by_difflib(old, new):
                yield Run(run.a1 + a1, run.a1 + a2, run.b1 + b1, run.b1 + b2)
            return
        anchors = _anchors(old, new, in_old, in_new) if may_part else []
        if not anchors:
            yield run
            return
        a, b = run.a1, run.b1
        for i, j in [*anchors, (len(old), len(new))]:
            yield from self.runs(Run(a, run.a1 + i, b, run.b1 + j), may_part=False)
            a, b = run.a1 + i + 1, run.b1 + j + 1


def _most_looks(in_old: Counter[str], in_new: Counter[str]) -> int:
    """Return how often difflib looks at a line at worst: at all, and at all equal pairs, for each that it matches."""
    shared = [(count, in_new[line]) for line, count in in_old.items() if line in in_new]
    matches = sum(min(pair) for pair in shared)
    return (matches + 1) * (in_old.total() + sum(old * new for old, new in shared))


def _by_difflib(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return (Run(a1, a2, b1, b2) for tag, a1, a2, b1, b2 in matcher.get_opcodes() if tag != "equal")


def _anchors(
    old: Sequence[str], new: Sequence[str], in_old: Counter[str], in_new: Counter[str]
) -> list[tuple[int, int]]:
    """Return the longest rising series of lines that stand once in both: (old index, new index)."""
    place = {line: j for j, line in enumerate(new) if in_new[line] == 1}
    pairs = [(i, place[line]) for i, line in enumerate(old) if in_old[line] == 1 and line in place]
    lasts: list[int] = []
    at_end: list[int] = []
    earlier = [-1] * len(pairs)
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(lasts, j)
        earlier[n] = at_end[length - 1] if length else -1
        lasts[length : length + 1] = [j]
        at_end[length : length + 1] = [n]
    series = []
    n = at_end[-1] if at_end else -1
    while n >= 0:
        series.append(pairs[n])
        n = earlier[n]
    return series[::-1]
