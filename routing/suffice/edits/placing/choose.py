"""Decides between several places where all lines of a hunk stand to the letter, by what else the reply says of it.

In this order: the `@@` lines that it stands under, the end of the file, the hunks before and after it, and last its
line number. What decided is said; what does not decide is ambiguous.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from suffice.edits.applied import Step
from suffice.edits.operation import Hunk, HunkLine
from suffice.edits.placing.page import Page
from suffice.edits.placing.place import Place
from suffice.edits.placing.shift import indent_of


class Chosen(NamedTuple):
    """The one place of a hunk, and what decided if there were several."""

    place: Place
    note: str = ""


class Open(NamedTuple):
    """The places that are left, all as good: none or several."""

    places: tuple[Place, ...]


def choose(hunks: Sequence[Hunk], places: Sequence[Sequence[Place]], page: Page) -> list[Chosen | Open]:
    """Return for each hunk its one place, or those that are left."""
    chosen = [_by_itself(hunk, own, page) for hunk, own in zip(hunks, places, strict=True)]
    chosen = _by_number_of_equals(hunks, chosen, page)
    chosen = [_by_order(n, hunks, chosen, page) for n in range(len(hunks))]
    return [_by_number(hunk, each, chosen, hunks, page) for hunk, each in zip(hunks, chosen, strict=True)]


def _settled(places: Sequence[Place], hunk: Hunk, page: Page, *, why: str) -> Chosen | Open:
    if len(places) != 1:
        return Open(tuple(places))
    line = places[0].start + 1
    return Chosen(
        places[0], f"{hunk.name} of {page.path} stands at several places; {why} chose line {line}" if why else ""
    )


def _by_itself(hunk: Hunk, places: Sequence[Place], page: Page) -> Chosen | Open:
    """Return the place of *hunk* by its anchors and its word that nothing follows; none where these contradict it."""
    scope = anchor_scope(hunk.anchors, page)
    allowed = [place for place in places if scope is None or place.end > scope.start]
    if len(places) == 1 or not _is_exact(places):
        return _settled(allowed if len(places) == 1 else places, hunk, page, why="")
    if scope is not None:
        inside = [place for place in allowed if place.end <= scope.stop]
        if len(inside) == 1 or len(allowed) == 1:
            return _settled(inside or allowed, hunk, page, why=f"@@ {hunk.anchors[-1]}")
    if hunk.at_end:
        return _settled([place for place in allowed if _ends_file(place, page)], hunk, page, why="*** End of File")
    return Open(tuple(allowed))


def _is_exact(places: Sequence[Place]) -> bool:
    return all(place.step is Step.EXACT for place in places)


def _ends_file(place: Place, page: Page) -> bool:
    return not any(line.strip() for line in page.lines[place.end :])


def anchor_scope(anchors: Sequence[str], page: Page) -> range | None:
    """Return the lines of the block that the innermost of *anchors* begins, None where they name no one line."""
    scope: range | None = None
    for anchor in anchors:
        within = scope or range(len(page.lines))
        found = [n for n in _lines_with(anchor.strip(), page) if n in within]
        if len(found) != 1:
            return scope
        scope = range(found[0], _block_end(found[0], page))
    return scope


def _lines_with(wanted: str, page: Page) -> list[int]:
    """Return a few lines that are *wanted* but for their indentation or, where none is, that begin so."""
    keys = [wanted] if wanted in page.bare.codes else [key for key in page.bare.codes if key.startswith(wanted)]
    return [n for key in keys[:_MOST_ANCHORS] for n in islice(page.bare.places([key]), _MOST_ANCHORS)]


_MOST_ANCHORS = 50


def _block_end(start: int, page: Page) -> int:
    """Return the line after the block that line *start* begins, by indentation."""
    own = len(indent_of(page.lines[start]))
    numbers = page.without_blanks.numbers
    for number in islice(numbers, bisect_right(numbers, start), None):
        line = page.lines[number]
        if len(indent_of(line)) <= own and not line.lstrip().startswith(_STILL_HEADER):
            return number
    return len(page.lines)


_STILL_HEADER = (")", "]", "}", "{")
"""Lines that begin so, no deeper than the first, still belong to the block: the end of its header or its body."""


def _by_number_of_equals(hunks: Sequence[Hunk], chosen: Sequence[Chosen | Open], page: Page) -> list[Chosen | Open]:
    """Return *chosen* where a reply holds an edit as often as there are places for it: each place gets one."""
    equals: dict[tuple[HunkLine, ...], list[int]] = {}
    for number, own in enumerate(chosen):
        if isinstance(own, Open):
            equals.setdefault(hunks[number].lines, []).append(number)
    decided = list(chosen)
    for numbers in equals.values():
        own = chosen[numbers[0]]
        places = own.places if isinstance(own, Open) else ()
        if len(places) == len(numbers) > 1 and all(chosen[number] == own for number in numbers):
            for number, place in zip(numbers, places, strict=True):
                note = f"{hunks[number].name} of {page.path} is there {len(places)} times, once for each of its places"
                decided[number] = Chosen(place, note)
    return decided


def _by_order(number: int, hunks: Sequence[Hunk], chosen: Sequence[Chosen | Open], page: Page) -> Chosen | Open:
    """Return the place of hunk *number* between the hunks around it that have theirs."""
    own, hunk = chosen[number], hunks[number]
    if isinstance(own, Chosen) or not hunk.in_order or not _is_exact(own.places):
        return own
    before = [each.place.end for each in chosen[:number] if isinstance(each, Chosen)]
    after = [each.place.start for each in chosen[number + 1 :] if isinstance(each, Chosen)]
    low, high = max(before, default=0), min(after, default=len(page.lines))
    left = [place for place in own.places if low <= place.start and place.end <= high]
    decided = _settled(left, hunk, page, why="the order of the hunks")
    return decided if isinstance(decided, Chosen) else own


def _by_number(
    hunk: Hunk, own: Chosen | Open, chosen: Sequence[Chosen | Open], hunks: Sequence[Hunk], page: Page
) -> Chosen | Open:
    """Return the place of *hunk* nearest to its line number, corrected by how far other hunks are off theirs."""
    if isinstance(own, Chosen) or hunk.near_line is None or not own.places or not _is_exact(own.places):
        return own
    offs = [
        each.place.start + 1 - other.near_line
        for other, each in zip(hunks, chosen, strict=True)
        if isinstance(each, Chosen) and other.near_line is not None
    ]
    wanted = hunk.near_line + (min(offs, key=abs) if offs else 0)
    nearest = sorted(own.places, key=lambda place: abs(place.start + 1 - wanted))
    distances = [abs(place.start + 1 - wanted) for place in nearest[:2]]
    clear = distances[0] == 0 or (len(distances) == 2 and distances[0] * 2 < distances[1])  # noqa: PLR2004 - two places
    return _settled(nearest[:1], hunk, page, why="its line number") if clear else own
