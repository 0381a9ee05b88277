"""Finds a hunk of which one context line has one wrong letter, while all other lines stand there.

A slip of one letter in a line that stays as it is changes nothing in the result, since the file's own line is kept.
Only a line that stands nowhere in the file can be a slip, and a digit never is one: `test_1` is not `test_2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suffice.edits.applied import Step
from suffice.edits.operation import Hunk, Mark
from suffice.edits.placing.page import Page, plain
from suffice.edits.placing.place import At, Place, shifted
from suffice.positions import common_ends

_OTHERS = 2
"""At least so many other lines, none of them blank, have to stand there too."""

_SHORTEST = 4
"""A shorter line says too little to be the same with another letter."""


def typo_places(hunk: Hunk, page: Page) -> list[Place]:
    """Return the places of *hunk* if one of its context lines is taken for a line with one other letter."""
    keys = [plain(line) for line in hunk.old]
    unknown = [n for n, key in enumerate(keys) if key not in page.plain.codes]
    if len(unknown) != 1 or _is_dropped(hunk, unknown[0]):
        return []
    slip = unknown[0]
    if sum(bool(key) for key in keys) <= _OTHERS or len(keys[slip]) < _SHORTEST:
        return []
    return shifted(Step.CONTEXT_TYPO, hunk, page, _around(keys, slip, page), first_too=True)


def _is_dropped(hunk: Hunk, number: int) -> bool:
    old = [line for line in hunk.lines if line.mark is not Mark.ADD]
    return old[number].mark is Mark.DROP


def _around(keys: Sequence[str], slip: int, page: Page) -> Iterator[At]:
    """Yield where the lines before and after *slip* stand, with a line between them that differs in one letter."""
    above, below = keys[:slip], keys[slip + 1 :]
    part, offset = (above, 0) if sum(map(len, above)) >= sum(map(len, below)) else (below, slip + 1)
    needle, size = "".join(page.plain.codes[key] for key in [*above, *below]), len(keys)
    for place in page.plain.places(part):
        start = place - offset
        own = page.plain.text[max(start, 0) : start + size]
        fits = start >= 0 and len(own) == size and f"{own[:slip]}{own[slip + 1 :]}" == needle
        if fits and is_one_letter_off(keys[slip], plain(page.lines[start + slip])):
            yield tuple(range(start, start + size))


def is_one_letter_off(one: str, other: str) -> bool:
    """Whether the two differ in one letter that is another, missing or too much, or in two that changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    head, tail = common_ends(one, other)
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    if any(char.isdigit() for char in left + right):
        return False
    return max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])  # noqa: PLR2004 - a pair
