"""The places that a text which stands nowhere was perhaps meant for: shown to the model, never applied.

Similar is not the same: applied, such places broke the syntax in 42 of 100 real cases (our own study, 2026-11).
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from suffice.edits.applied import Candidate
from suffice.edits.placing.page import Page, plain
from suffice.edits.placing.place import Place

MOST = 3
"""So many candidates are shown."""

_LEAST = 0.5
"""Less similar ones are not."""

_COMMON = 20
"""A line that stands at more places says nothing of which is meant."""

_MOST_LINES = 40
_MOST_CHARACTERS = 1_000
_MOST_COMPARED = 400
"""Bounds of the work: lines of a text that are compared, its characters, and lines of a file a line is held against."""


def nearest(wanted: Sequence[str], page: Page) -> tuple[Candidate, ...]:
    """Return the places of *page* most similar to the lines *wanted*, the most similar first."""
    starts = [start for start, _ in _votes(wanted, page).most_common(2 * MOST)] or list(_by_one_line(wanted, page))
    starts = [max(0, min(start, len(page.lines) - 1)) for start in starts]
    found = [_candidate(page, start, start + len(wanted), wanted) for start in dict.fromkeys(starts) if page.lines]
    found = sorted(found, key=lambda candidate: -candidate.similarity)
    return tuple(candidate for candidate in found if candidate.similarity >= _LEAST)[:MOST]


def several(places: Iterable[Place], page: Page) -> tuple[Candidate, ...]:
    """Return *places*, all as good, as candidates."""
    return tuple(
        Candidate(page.path, place.start + 1, place.end, _shown(page, place.start, place.end), 1.0) for place in places
    )


def _votes(wanted: Sequence[str], page: Page) -> Counter[int]:
    """Return how many lines speak for each first line."""
    keys = [plain(line) for line in wanted]
    places = _rare_lines({key for key in keys if key}, page)
    return Counter(place - offset for offset, key in enumerate(keys) for place in places.get(key, ()))


def _rare_lines(keys: AbstractSet[str], page: Page) -> dict[str, list[int]]:
    """Return where each of *keys* stands that is no common line."""
    coded = page.plain
    codes = {coded.codes[key]: key for key in keys if key in coded.codes}
    found: dict[str, list[int]] = {key: [] for key in codes.values()}
    for number, code in enumerate(coded.text):
        if code in codes:
            found[codes[code]].append(number)
    return {key: places for key, places in found.items() if len(places) <= _COMMON}


def _by_one_line(wanted: Sequence[str], page: Page) -> Iterator[int]:
    """Yield first lines by the longest line of *wanted* and what is most like it."""
    offset, line = max(enumerate(wanted[:_MOST_LINES]), key=lambda each: len(each[1].strip()), default=(0, ""))
    key = plain(line)[:_LONGEST]
    if not key:
        return
    alike = (own for own in page.plain.codes if own and abs(len(own) - len(key)) <= len(key) // 3)
    for own in difflib.get_close_matches(key, islice(alike, _MOST_COMPARED), n=MOST, cutoff=_LEAST):
        yield from (place - offset for place in islice(page.plain.places([own]), MOST))


_LONGEST = 200


def _candidate(page: Page, start: int, end: int, wanted: Sequence[str]) -> Candidate:
    text = _shown(page, start, end)
    sent = "\n".join(plain(line) for line in wanted[:_MOST_LINES])[:_MOST_CHARACTERS]
    own = "\n".join(plain(line) for line in page.lines[start : min(end, start + _MOST_LINES)])[:_MOST_CHARACTERS]
    similarity = difflib.SequenceMatcher(None, sent, own).ratio()
    return Candidate(page.path, start + 1, min(end, len(page.lines)), text, round(similarity, 2))


def _shown(page: Page, start: int, end: int) -> str:
    return "\n".join(page.lines[start : min(end, start + _MOST_LINES)])[:_MOST_CHARACTERS]
