"""Finds a hunk that leaves lines out, with `...` in their place, on both of its sides.

The lines between two such marks have to stand in the file in their order, in one way only. A mark on one side alone
is no place: what it stands for would be lost or made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from suffice.edits.applied import Step
from suffice.edits.operation import Hunk, Mark
from suffice.edits.placing.page import Page, is_elision, plain
from suffice.edits.placing.place import LEFT_OUT, MOST_PLACES, At, Place, shifted

_MOST_OF_ONE = 50
"""A part that stands at more places says too little."""


def elided_places(hunk: Hunk, page: Page) -> list[Place]:
    """Return the places of *hunk* if its lines such as `...` stand for lines of the file."""
    old = [line for line in hunk.lines if line.mark is not Mark.ADD]
    marks = [n for n, line in enumerate(old) if is_elision(line.text)]
    if not marks or any(old[n].mark is Mark.DROP for n in marks):
        return []
    parts = [part for part in _parts(len(old), marks) if any(old[n].text.strip() for n in part)]
    if not parts:
        return []
    starts = []
    for part in parts:
        keys = [plain(old[n].text) for n in part]
        starts.append(list(islice(page.plain.places(keys), _MOST_OF_ONE + 1)))
        if len(starts[-1]) > _MOST_OF_ONE:
            return []
    found = islice(_chains(parts, starts, marks, len(old)), MOST_PLACES)
    return shifted(Step.ELISION, hunk, page, found, first_too=False)


def _parts(size: int, marks: Sequence[int]) -> Iterator[range]:
    """Yield the runs of lines between the marks."""
    start = 0
    for mark in [*marks, size]:
        if start < mark:
            yield range(start, mark)
        start = mark + 1


def _chains(parts: Sequence[range], starts: Sequence[Sequence[int]], marks: Sequence[int], size: int) -> Iterator[At]:
    """Yield every way to put the parts one below the other."""
    ways: list[tuple[int, ...]] = [()]
    size_above = 0
    for part, places in zip(parts, starts, strict=True):
        ways = [(*way, place) for way in ways for place in places if not way or place >= way[-1] + size_above]
        size_above = len(part)
        if not 0 < len(ways) <= _MOST_OF_ONE:
            return
    for way in ways:
        at: list[int | None] = [None] * size
        for mark in marks:
            at[mark] = LEFT_OUT
        for part, place in zip(parts, way, strict=True):
            at[part.start : part.stop] = range(place, place + len(part))
        yield tuple(at)


def left_out(hunk: Hunk) -> str | None:
    """Return a new line of *hunk* that only stands for lines that were left out, None if there is none.

    A bare `...` is code where it is the body of what the line above begins, and so is `# ...` where nothing is taken
    away beside it.
    """
    dropped = {line.text.strip() for line in hunk.lines if line.mark is Mark.DROP}
    above = ""
    for line, is_addition in zip(hunk.lines, _pure_additions(hunk), strict=True):
        bare = line.text.strip()
        is_bare = bare == "..." or (is_addition and bare in _BARE_COMMENTS)
        is_body = is_bare and above.rstrip().endswith((":", '"""', "'''"))
        if line.mark is Mark.ADD and is_elision(line.text) and bare not in dropped and not is_body:
            return line.text
        if line.mark is not Mark.DROP and line.text.strip():
            above = line.text
    return None


_BARE_COMMENTS = ("# ...", "// ...")


def _pure_additions(hunk: Hunk) -> list[bool]:
    """Return for each line of *hunk* whether it and all that change together with it are new."""
    pure: list[bool] = []
    for is_kept, run in groupby(hunk.lines, key=lambda line: line.mark is Mark.KEEP):
        lines = list(run)
        pure += [not is_kept and all(line.mark is Mark.ADD for line in lines)] * len(lines)
    return pure
