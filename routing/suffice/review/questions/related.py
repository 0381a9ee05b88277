"""What the index of a repository knows of the names a claim turns on, as passages of a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from suffice.checker.file_roles import is_test
from suffice.index.index import Definition, Index, Tie, Use
from suffice.positions import split_lines
from suffice.privacy import Names
from suffice.review.hunks.cutting import MOST_LINE_CHARS
from suffice.review.hunks.shown import one_line
from suffice.review.questions.beside import Passage, Related
from suffice.snapshot import Snapshot

_MOST_CALLERS, _MOST_TESTS, _MOST_DEFINITIONS = 3, 2, 2
_LINES_AROUND = 3
_MOST_LINES = 40
"""Of a definition: its head and the start of its body say what it promises."""


def related_in(index: Index, snapshot: Snapshot) -> Related:
    """Return what *index*, which is over *snapshot*, knows, without secrets."""
    return Related(partial(_callers, index, snapshot), partial(_definitions, index, snapshot))


def _callers(index: Index, snapshot: Snapshot, name: str, path: str) -> Iterator[Passage]:
    uses = [use for use in index.callers(name, of=path) if use.tie is not Tie.NAME_ALONE]
    code = [use for use in uses if not is_test(use.path)][:_MOST_CALLERS]
    tests = [use for use in uses if is_test(use.path)][:_MOST_TESTS]
    for use in (*code, *tests):
        heading = "A test that names it" if is_test(use.path) else "What uses it"
        yield Passage(heading, use.path, _around(use, snapshot))


def _definitions(index: Index, snapshot: Snapshot, name: str, path: str) -> Iterator[Passage]:
    named = index.definitions(name, near=path).definitions
    for one in [one for one in named if one.tie is not Tie.NAME_ALONE][:_MOST_DEFINITIONS]:
        yield Passage("What it calls", one.path, _whole(one, snapshot))


def _around(use: Use, snapshot: Snapshot) -> str:
    first = use.line - _LINES_AROUND
    if use.inside is not None:
        first = max(first, use.inside.first)
    head = [use.inside.header] if use.inside is not None and first > use.inside.first else []
    return _numbered(use.path, head, first, use.line + _LINES_AROUND, snapshot)


def _whole(one: Definition, snapshot: Snapshot) -> str:
    return _numbered(one.path, [], one.first, min(one.last, one.first + _MOST_LINES - 1), snapshot)


def _numbered(path: str, head: list[str], first: int, last: int, snapshot: Snapshot) -> str:
    text = Names().hidden(snapshot.text(path)) if snapshot.has(path) else ""
    lines = split_lines(text)
    shown = [
        f"{number:>5}  |{lines[number - 1].rstrip()[:MOST_LINE_CHARS]}"
        for number in range(max(first, 1), min(last, len(lines)) + 1)
    ]
    return "\n".join([one_line(path), *head, *shown])
