"""Which source files no test speaks of: no test is called after them, imports them, or has their name in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from suffice.checker.file_roles import Role, role
from suffice.errors import InputError
from suffice.review.structure.cycles import Edges
from suffice.snapshot import Snapshot

HOW = "tests called after the file, importing it, or with its name as a word in their text"

_MARKS = re.compile(r"^tests?_|_tests?$|[.-](?:test|spec|e2e)$|(?:Tests?|Spec|IT)$")
"""What is taken off the name of a test: `test_cart.py`, `CartTest.java`, `cart.spec.ts`."""


class Tests(NamedTuple):
    """What the tests of a repository speak of: whom they are called after, the files they import, their texts."""

    files: tuple[str, ...]
    called_after: frozenset[str]
    imported: frozenset[str]
    texts: tuple[str, ...]

    def name(self, path: str) -> bool:
        """Whether some test speaks of the file *path*: it imports it, or has its name."""
        stem = _stem(path)
        if path in self.imported or stem in self.called_after:
            return True
        word = re.compile(rf"\b{re.escape(stem)}\b")
        return any(stem in text and word.search(text) for text in self.texts)  # `in` is ten times as fast


def tests_of(snapshot: Snapshot, *, paths: Iterable[str], edges: Edges) -> Tests:
    """Return what the tests among *paths* speak of."""
    files = tuple(sorted(path for path in set(paths) if role(path) is Role.TEST))
    return Tests(
        files=files,
        called_after=frozenset(_MARKS.sub("", _stem(path)) for path in files),
        imported=frozenset(target for path in files for target in edges.get(path, ())),
        texts=tuple(_text(snapshot, path) for path in files),
    )


def untested(ranked: Sequence[str], *, tests: Tests) -> list[str]:
    """Return those of the source files *ranked* that no test speaks of, in their order."""
    return [path for path in ranked if role(path) is Role.SOURCE and not tests.name(path)]


def _stem(path: str) -> str:
    """Return the name of the file *path* without its ending; that of its folder for one that stands for the folder."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return folder.rpartition("/")[2] if stem in {"__init__", "index", "mod"} and folder else stem


def _text(snapshot: Snapshot, path: str) -> str:
    try:
        return snapshot.text(path)
    except InputError:
        return ""
