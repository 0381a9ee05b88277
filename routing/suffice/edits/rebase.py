"""Turns a hunk that was found into changes of whole lines: the file's own lines stay, new ones get its indentation.

So a reply that copied a line with other blanks, quotes or a slip never changes that line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from suffice.edits.operation import Hunk, HunkLine, Mark
from suffice.edits.placing.page import Page
from suffice.edits.placing.place import Place
from suffice.edits.placing.shift import indent_of


class Splice(NamedTuple):
    """Puts `new` in the place of the lines `start` to `end` (0-based, end exclusive) of a text."""

    start: int
    end: int
    new: tuple[str, ...]

    def collides(self, other: Splice) -> bool:
        """Whether it cannot be said what both make of the text."""
        return (self.start < other.end and other.start < self.end) or self.start == other.start


class Run(NamedTuple):
    """Lines that a hunk changes together: `dropped` are lines of the file, `new` the new ones as they were sent.

    `first` says that the first of the new lines is the first line of the hunk, `alone` that only one line was found to
    tell the indentation by. `above` and `below` are the file's lines beside it (0-based), None where the hunk does not
    say.
    """

    dropped: tuple[int, ...]
    new: tuple[str, ...]
    first: bool
    alone: bool
    above: int | None
    below: int | None

    @property
    def beside(self) -> tuple[int, ...]:
        """The lines of the file whose indentation the new ones may have, the likeliest first."""
        near = [*self.dropped[:1], self.above, self.below]
        return tuple(line for line in near if line is not None)


Indent: TypeAlias = Callable[[Run, Place, Page], tuple[str, ...]]
"""How new lines get the indentation of the file."""


def as_the_place(run: Run, place: Place, page: Page) -> tuple[str, ...]:
    """Return the new lines moved as those around them are; not those for a lone line if they are where it is."""
    first = next((text for text in run.new if text.strip()), "")
    if run.alone and run.dropped and indent_of(first) == indent_of(page.lines[run.dropped[0]]):
        return run.new
    moved = [place.shift.line(text) for text in run.new]
    if run.first and run.new and place.first is not None:
        moved[0] = place.first.line(run.new[0])
    return tuple(moved)


def rebased(hunk: Hunk, place: Place, page: Page, *, indent: Indent = as_the_place) -> tuple[Splice, ...] | None:
    """Return what *hunk* makes of the lines of *page*; None if it does not say where a new line goes."""
    splices: list[Splice] = []
    for run in runs_of(hunk, place):
        new = indent(run, place, page)
        if run.dropped:
            splices += _replaced(run.dropped, new, page)
            continue
        start = _between(run, page)
        if start is None:
            return None
        splices.append(Splice(start, start, new))
    return _joined(splices)


def _joined(splices: Sequence[Splice]) -> tuple[Splice, ...]:
    """Return *splices* with those joined that meet because the line between them is none of the file's."""
    joined: list[Splice] = []
    for splice in splices:
        if joined and joined[-1].end >= splice.start and joined[-1].start <= splice.start:
            last = joined.pop()
            joined.append(Splice(last.start, max(last.end, splice.end), (*last.new, *splice.new)))
        else:
            joined.append(splice)
    return tuple(joined)


def runs_of(hunk: Hunk, place: Place) -> Iterator[Run]:
    """Yield the runs of changed lines of *hunk*, without those that change nothing."""
    aboves, belows = _neighbours(place.at), _neighbours(place.at[::-1])[::-1]
    alone = sum(bool(text.strip()) for text in hunk.old) == 1
    number = start = 0
    dropped: list[int] = []
    new: list[str] = []
    for line in (*hunk.lines, _END):
        match line.mark:
            case Mark.ADD:
                new.append(line.text)
                continue
            case Mark.DROP:
                own = place.at[number]
                dropped += [own] if own is not None else []
            case Mark.KEEP:
                if new or dropped:
                    above, below = (
                        (aboves[start - 1] if start else None),
                        (belows[number] if number < len(belows) else None),
                    )
                    yield Run(tuple(dropped), tuple(new), start == 0, alone, above, below)
                dropped, new, start = [], [], number + 1
        number += 1


_END = HunkLine(Mark.KEEP, "")


def _neighbours(at: Sequence[int | None]) -> list[int | None]:
    """Return for each old line the file's line for it or, where it has none, for the nearest before it."""
    found: list[int | None] = []
    for line in at:
        before = found[-1] if found else None
        found.append(before if line is None else line if line >= 0 else None)
    return found


def _replaced(dropped: Sequence[int], new: tuple[str, ...], page: Page) -> Iterator[Splice]:
    """Yield the changes that put *new* in the place of the lines *dropped*, and of blank lines between them."""
    start = dropped[0]
    for line, following in zip(dropped, [*dropped[1:], None], strict=True):
        if following is not None and not any(text.strip() for text in page.lines[line + 1 : following]):
            continue
        yield Splice(start, line + 1, new)
        if following is not None:
            start, new = following, ()


def _between(run: Run, page: Page) -> int | None:
    """Return before which line new ones go where none are taken away."""
    if run.above is None:
        return run.below
    if run.below is None:
        return run.above + 1
    gap = page.lines[run.above + 1 : run.below]
    sets_apart = run.new and not run.new[-1].strip() and run.new[0].strip()
    if sets_apart and gap and not any(line.strip() for line in gap):
        return run.below
    return run.above + 1
