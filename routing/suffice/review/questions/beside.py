"""What is shown beside a claim to who judges it: the hunk in its definition, who uses it, tests that name it.

Rich context is for refuting: with it models invent less (8 to 3.5 % of what they say, on 100 changes), though they find
less, too (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from suffice.lanes import estimate_tokens
from suffice.review.claims.finding import Finding
from suffice.review.hunks.change import Change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import shown_hunk

BUDGET_TOKENS = 3000
"""Of what is shown beside the hunk itself, which is always shown whole."""

_MOST_NAMES = 4
_DEFINED = re.compile(
    r"\b(?:def|class|func|function|fn|struct|trait|interface|type|enum)\s+(?:\([^()]{0,80}\)\s*)?([A-Za-z_]\w*)"
)
_CALLED = re.compile(r"\b([A-Za-z_]\w{2,80})\(")
_MOST_SEARCHED = 2000


class Passage(NamedTuple):
    """A text from the file at `path`, and what it is to the claim, in one line."""

    heading: str
    path: str
    text: str


MayShow = Callable[[str], bool]
"""Tells whether the file at a path may be shown to whoever is asked."""


Look = Callable[[str, str], Iterable[Passage]]
"""Gives what a repository holds about a name as it is meant in the file at a path."""


def _nothing(name: str, path: str) -> Iterable[Passage]:
    del name, path
    return ()


class Related(NamedTuple):
    """What a repository knows: who uses what a file defines, and what is defined where a file uses it."""

    callers: Look = _nothing
    definitions: Look = _nothing


NOTHING_RELATED = Related()


def beside(
    finding: Finding,
    hunk: Hunk,
    change: Change,
    *,
    tests: Sequence[Hunk] = (),
    related: Related = NOTHING_RELATED,
    may_show: MayShow = lambda _path: True,
) -> tuple[str, ...]:
    """Return the texts that are shown with the claim of *finding*, each under a heading, the nearest first."""
    texts = [f"The hunk in its definition\n{shown_hunk(hunk, change, 'h1')}"]
    left = BUDGET_TOKENS
    for passage in _passages(finding, hunk, change, tests, related):
        needed = estimate_tokens(passage.text)
        if needed <= left and may_show(passage.path):  # one that is too long is left out whole
            left -= needed
            texts.append(f"{passage.heading}\n{passage.text}")
    return tuple(texts)


def _passages(
    finding: Finding, hunk: Hunk, change: Change, tests: Sequence[Hunk], related: Related
) -> Iterator[Passage]:
    defined, called = defined_names(hunk), called_names(finding)
    for name in defined:
        yield from related.callers(name, hunk.path)
    for name in called:
        yield from related.definitions(name, hunk.path)
    for test in tests:
        text = shown_hunk(test, change, "test", with_definition=False)
        if any(name in text for name in (*defined, *called)):
            yield Passage("A test that the change touches", test.path, text)


def defined_names(hunk: Hunk) -> tuple[str, ...]:
    """Return the names of the definitions around *hunk*, the innermost first."""
    found = (_DEFINED.search(header[:_MOST_SEARCHED]) for header in reversed(hunk.around))
    return tuple(dict.fromkeys(match[1] for match in found if match))[:_MOST_NAMES]


def called_names(finding: Finding) -> tuple[str, ...]:
    """Return the names that the lines of *finding* call."""
    lines = dict.fromkeys((finding.first_line[:_MOST_SEARCHED], finding.last_line[:_MOST_SEARCHED]))
    return tuple(dict.fromkeys(match[1] for line in lines for match in _CALLED.finditer(line)))[:_MOST_NAMES]
