"""How large the source files are: lines of all of them, definitions of those that are spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.checker.file_roles import Role, is_python, role
from suffice.errors import InputError
from suffice.index.unindexed import is_named_generated, is_vendored
from suffice.outline import Block, outline
from suffice.snapshot import Snapshot

HOW = "lines of the text, definitions of its syntax tree"


class Definitions(NamedTuple):
    """How many functions and classes a file defines, and its longest function with its lines ("" for none)."""

    number: int
    longest: str
    longest_lines: int


def line_counts(snapshot: Snapshot, *, paths: Iterable[str]) -> Mapping[str, int]:
    """Return the lines of each source or test file among *paths* that can be read as text, and is the project's own."""
    counts = {}
    for path in sorted(set(paths)):
        if role(path) in {Role.SOURCE, Role.TEST} and is_own(path):
            try:
                text = snapshot.text(path)
            except InputError:
                continue
            counts[path] = text.count("\n") + (not text.endswith("\n") and bool(text))
    return counts


def definitions(snapshot: Snapshot, *, path: str) -> Definitions | None:
    """Return what the Python file at *path* defines, None where it is not known."""
    try:
        found = outline(snapshot.text(path)) if is_python(path) else None
    except InputError:
        return None
    if found is None:
        return None
    named = list(_named(found.blocks))
    functions = [block for block in named if not block.is_class]
    longest = max(functions, key=lambda block: block.last - block.first, default=None)
    if longest is None:
        return Definitions(len(named), "", 0)
    return Definitions(len(named), longest.name, longest.last - longest.first + 1)


def is_own(path: str) -> bool:
    """Whether the project itself wrote the file *path*, as far as its name tells."""
    return not is_vendored(path) and not is_named_generated(path)


def largest(counts: Mapping[str, int], *, at_least: int, times_the_median: int) -> Sequence[str]:
    """Return the source files of *at_least* lines and so many *times_the_median*, the largest first."""
    source = {path: count for path, count in counts.items() if role(path) is Role.SOURCE}
    if not source:
        return []
    median = sorted(source.values())[len(source) // 2]
    outstanding = (path for path, count in source.items() if count >= max(at_least, times_the_median * median))
    return sorted(outstanding, key=lambda path: (-source[path], path))


def _named(blocks: Sequence[Block]) -> Iterator[Block]:
    waiting = list(blocks)
    while waiting:
        block = waiting.pop()
        waiting += block.children
        if block.name:
            yield block
