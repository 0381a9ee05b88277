"""Finds where a hunk stands: step after step farther from the letter, and the first step that finds any place ends it.

Every line that a hunk changes has to be there. What may differ is layout, typographic marks, blank lines and comments
around the change, and one character of one line of its context. Nothing that is merely similar is ever a place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from suffice.edits.applied import Step
from suffice.edits.operation import Hunk
from suffice.edits.placing.elided import elided_places
from suffice.edits.placing.page import Coded, Page, plain
from suffice.edits.placing.place import At, Place, runs, shifted
from suffice.edits.placing.typo import typo_places

Finder: TypeAlias = Callable[[Hunk, Page], list[Place]]


def places_of(hunk: Hunk, page: Page) -> list[Place]:
    """Return all places of *hunk* at the nearest step that has one, at most MOST_PLACES; none for blank lines alone."""
    if not any(line.strip() for line in hunk.old):
        return []
    return next((places for find in _STEPS if (places := find(hunk, page))), [])


def _exact(hunk: Hunk, page: Page) -> list[Place]:
    return runs(Step.EXACT, hunk, page.exact.places(hunk.old))


def _trailing_space(hunk: Hunk, page: Page) -> list[Place]:
    keys = [line.rstrip() for line in hunk.old]
    return runs(Step.TRAILING_SPACE, hunk, page.without_trailing_space.places(keys))


def _indent(hunk: Hunk, page: Page) -> list[Place]:
    return shifted(Step.INDENT, hunk, page, _bare(hunk, page), first_too=False)


def _first_line_indent(hunk: Hunk, page: Page) -> list[Place]:
    return shifted(Step.FIRST_LINE_INDENT, hunk, page, _bare(hunk, page), first_too=True)


def _bare(hunk: Hunk, page: Page) -> Iterator[At]:
    size = len(hunk.old)
    keys = [line.strip() for line in hunk.old]
    return (tuple(range(start, start + size)) for start in page.bare.places(keys))


def _punctuation(hunk: Hunk, page: Page) -> list[Place]:
    size = len(hunk.old)
    starts = page.plain.places([plain(line) for line in hunk.old])
    found = (tuple(range(start, start + size)) for start in starts)
    return shifted(Step.PUNCTUATION, hunk, page, found, first_too=True)


def _skipped_blank(hunk: Hunk, page: Page) -> list[Place]:
    kept = [n for n, line in enumerate(hunk.old) if line.strip()]
    return _skipped(Step.SKIPPED_BLANK, hunk, page, page.without_blanks, kept)


def _skipped_comment(hunk: Hunk, page: Page) -> list[Place]:
    kept = [n for n, line in enumerate(hunk.old) if line.strip() and not page.is_comment(line)]
    return _skipped(Step.SKIPPED_COMMENT, hunk, page, page.without_comments, kept)


def _skipped(step: Step, hunk: Hunk, page: Page, coded: Coded, kept: Sequence[int]) -> list[Place]:
    """Return the places of *hunk* by its old lines *kept* alone, among the lines that *coded* has."""
    old = hunk.old

    def found() -> Iterator[At]:
        for start in coded.places([plain(old[n]) for n in kept]):
            own = coded.numbers[start : start + len(kept)]
            yield _with_skipped(old, page, dict(zip(kept, own, strict=True)))

    return shifted(step, hunk, page, found(), first_too=True)


_MOST_SKIPPED = 100
"""So far a skipped line is looked for among those that the file has in its place."""


def _with_skipped(old: Sequence[str], page: Page, at: dict[int, int]) -> At:
    """Return *at* with those skipped old lines too that the file has between the same neighbours."""
    filled: list[int | None] = []
    free: int | None = None
    following = _following(len(old), at)
    for n, sent in enumerate(old):
        line = at.get(n)
        if line is None and free is not None:
            gap = range(free, min(following[n], free + _MOST_SKIPPED))
            line = next((m for m in gap if plain(page.lines[m]) == plain(sent)), None)
        filled.append(line)
        free = free if line is None else line + 1
    return tuple(filled)


def _following(size: int, at: dict[int, int]) -> list[int]:
    """Return for each old line where the next one that was found stands; 0 where there is none."""
    following, last = [0] * size, 0
    for n in range(size - 1, -1, -1):
        last = at.get(n, last)
        following[n] = last
    return following


_STEPS: tuple[Finder, ...] = (
    _exact,
    _trailing_space,
    _indent,
    _first_line_indent,
    _punctuation,
    _skipped_blank,
    _skipped_comment,
    elided_places,
    typo_places,
)
