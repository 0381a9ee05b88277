"""Where a hunk stands in a file: for each of its old lines the file's own, and how the indentation differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from suffice.edits.applied import Step
from suffice.edits.operation import Hunk, Mark
from suffice.edits.placing.page import Page
from suffice.edits.placing.shift import AS_SENT, Shift, shift_between

LEFT_OUT = -1
"""Stands for an old line such as `...`, in place of lines that the reply left out."""

MOST_PLACES = 6
"""A text that stands at more places is ambiguous enough."""

_MOST_LOOKS = 200_000
"""So many lines of possible places are compared for their indentation, then the text is too repetitive."""

At: TypeAlias = tuple[int | None, ...]


class Place(NamedTuple):
    """A place of a hunk. `at` has for each old line the line of the file (0-based), None for one that it lacks.

    `shift` is for all new lines; where the first line lost its indentation, `first` is for that one.
    """

    step: Step
    at: At
    shift: Shift = AS_SENT
    first: Shift | None = None

    @property
    def start(self) -> int:
        """The first line of the file that is part of it."""
        return min(self._lines())

    @property
    def end(self) -> int:
        """The line after the last that is part of it."""
        return max(self._lines()) + 1

    def _lines(self) -> Iterable[int]:
        return [line for line in self.at if line is not None and line >= 0]


def runs(step: Step, hunk: Hunk, starts: Iterator[int]) -> list[Place]:
    """Return the places at *starts* where all old lines stand one after the other."""
    size = len(hunk.old)
    return [Place(step, tuple(range(start, start + size))) for start in islice(starts, MOST_PLACES)]


def shifted(step: Step, hunk: Hunk, page: Page, found: Iterable[At], *, first_too: bool) -> list[Place]:
    """Return the places among *found* whose indentation differs as a whole.

    With *first_too*, also those where only the first line has lost its own, or lines inside of brackets differ.
    """
    old = hunk.old
    places: list[Place] = []
    for at in islice(found, max(MOST_PLACES, _MOST_LOOKS // max(len(old), 1))):
        place = _shifted(step, old, page, at, first_too=first_too)
        if place is not None and keeps_its_word(hunk, place):
            places.append(place)
        if len(places) == MOST_PLACES:
            break
    return places


def _shifted(step: Step, old: Sequence[str], page: Page, at: At, *, first_too: bool) -> Place | None:
    pairs = [
        (sent, page.lines[line])
        for sent, line in zip(old, at, strict=True)
        if line is not None and line >= 0 and sent.strip()
    ]
    shift = shift_between(pairs)
    if shift is not None or not first_too:
        return None if shift is None else Place(step, at, shift)
    first, rest = shift_between(pairs[:1]), shift_between(pairs[1:])
    if first is not None and first.added and rest is not None:
        return Place(step, at, rest, first)
    free = inside_brackets([sent for sent, _ in pairs])
    shift = shift_between(pair for pair, inside in zip(pairs, free, strict=True) if not inside)
    return None if shift is None else Place(step, at, shift)


def inside_brackets(lines: Sequence[str]) -> Iterator[bool]:
    """Yield for each line whether it goes on inside of brackets, where indentation is a matter of taste."""
    depth = 0
    for line in lines:
        yield depth > 0
        code = _STRING.sub("", line)
        depth = max(0, depth + sum(map(code.count, "([{")) - sum(map(code.count, ")]}")))


_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")


def keeps_its_word(hunk: Hunk, place: Place) -> bool:
    """Whether every line that the hunk takes away, unless it is blank, is one that the file has there."""
    old = [line for line in hunk.lines if line.mark is not Mark.ADD]
    return all(
        line is not None
        for sent, line in zip(old, place.at, strict=True)
        if sent.mark is Mark.DROP and sent.text.strip()
    )
