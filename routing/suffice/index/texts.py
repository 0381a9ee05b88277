"""The texts that an index searches: read at their first use, nearest first, and never more than a bounded part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from suffice.checker.file_roles import is_test
from suffice.errors import InputError
from suffice.index.language import Family, family_of
from suffice.index.unindexed import is_generated, is_minified, is_named_generated, is_vendored
from suffice.snapshot import Snapshot, SourceFile

MOST_FILES = 20_000
MOST_CHARS = 256 * 1024 * 1024
"""What is read of one repository: it stays in memory. The sources of the largest ones are more; then the files nearest
to the place are searched, and it is said that there are others."""

_MOST_ORDERS = 64
_LOOKED_AT_CHARS = 200

_MOST_PLACES = 2000
"""Of one name in one file: to look at more takes longer than to parse it, which tells for certain."""

Where = Callable[[str, str], bool]
"""Whether a place counts, by what stands before it on its line and what comes after it."""


class Texts:
    """The files of *snapshot* among *paths* that may be searched. `is_whole` is False once some were not read."""

    def __init__(self, snapshot: Snapshot, paths: Iterable[str]) -> None:
        self._snapshot = snapshot
        self._by_family: dict[Family, list[str]] = {}
        for path in sorted(set(paths)):
            family = family_of(path)
            if family is not None and not is_vendored(path) and not is_named_generated(path):
                self._by_family.setdefault(family, []).append(path)
        self._read: dict[str, SourceFile | None] = {}
        self._orders: dict[str, Sequence[str]] = {}
        self._chars = 0
        self.is_whole = True

    def file(self, path: str) -> SourceFile | None:
        """Return the file at *path*, None where it cannot be read or no hand wrote it."""
        if path not in self._read:
            if len(self._read) >= MOST_FILES or self._chars > MOST_CHARS:
                self.is_whole = False
                return None
            self._read[path] = file = self._searchable(path)
            self._chars += len(file.text) if file else 0
        return self._read[path]

    def _searchable(self, path: str) -> SourceFile | None:
        try:
            file = self._snapshot.file(path)
        except InputError:
            return None
        return None if is_minified(file.text) or is_generated(file.text) else file

    def naming(self, name: str, *, near: str, where: Where) -> Iterator[SourceFile]:
        """Yield the files that hold the word *name* at a place that counts, in the order of `nearness` to *near*."""
        for path in self._ordered(near):
            file = self.file(path)
            if file is not None and holds(file.text, name, where=where):
                yield file

    def _ordered(self, near: str) -> Sequence[str]:
        """Return the files in the languages of *near*, nearest first."""
        family = family_of(near)
        if near not in self._orders:
            if len(self._orders) >= _MOST_ORDERS:
                self._orders.clear()
            paths = () if family is None else self._by_family.get(family, ())
            self._orders[near] = sorted(paths, key=nearness(near))
        return self._orders[near]


def holds(text: str, name: str, *, where: Where) -> bool:
    """Whether *name* stands in *text* as a word, and *where* says of one of its places that it counts.

    That is taken for true of a text in which it stands more often than anybody looks.
    """
    at = text.find(name)
    for _ in range(_MOST_PLACES):
        if at < 0:
            return False
        end = at + len(name)
        if not is_part_of_word(text[at - 1 : at]) and not is_part_of_word(text[end : end + 1]):
            start = max(text.rfind("\n", max(0, at - _LOOKED_AT_CHARS), at) + 1, at - _LOOKED_AT_CHARS)
            if where(text[start:at], text[end : end + _LOOKED_AT_CHARS]):
                return True
        at = text.find(name, end)
    return at >= 0


def anywhere(_before: str, _after: str) -> bool:
    """Count every place."""
    return True


def is_part_of_word(char: str) -> bool:
    """Whether *char*, which may be "", can stand in a name."""
    return char == "_" or char.isalnum()


def nearness(near: str) -> Callable[[str], tuple[bool, int, int, str]]:
    """Return a key that sorts paths: source before tests, the folder of *near* before others, the nearest first."""
    own = near.split("/")[:-1]

    def key(path: str) -> tuple[bool, int, int, str]:
        parts = path.split("/")[:-1]
        shared = next(
            (n for n, (a, b) in enumerate(zip(own, parts, strict=False)) if a != b), min(len(own), len(parts))
        )
        return path != near and is_test(path), len(own) + len(parts) - 2 * shared, len(parts), path

    return key
