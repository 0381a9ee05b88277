"""What a window stands inside: the headers around it, and where its function bound the names that it uses.

Of a function too long to be a window the statement alone would say little: what `rows` is stands some lines above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from suffice.context.definitions import opening
from suffice.outline import Block, around, outline
from suffice.positions import LineIndex
from suffice.windows import Window

_MOST_HEADER_LINES = 40
_MOST_HEADER_CHARS = 2000
_MOST_BINDINGS = 12
_MOST_BINDING_CHARS = 500

_LATER_BRANCH = re.compile(r"[ \t]*(?:else|elif|except|finally|case)\b")
_WORD = re.compile(r"\w+")
_BINDING = re.compile(
    r"""
    \s*(?:async\s+)?
    (?: for\b([^:]*?)\bin\b
      | with\b.*?\bas\s+\(?([\w\s,]+)
      | (?:from\s+[\w.]+\s+)?import\b([^#]*)
      | (\(?\*?\w+(?:\s*+,\s*+\(?\*?\w+\)?)*+\s*+,?\s*+\)?)\s*+(?::[^=\n]*)?(?:=(?!=)|(?:[-+*/|&^%@]|//|>>|<<|\*\*)=)
    )
    """,
    re.VERBOSE | re.DOTALL,
)


class _Row(NamedTuple):
    """Lines `first` to `last` of the file as they are shown."""

    first: int
    last: int
    text: str


def inside(text: str, index: LineIndex, window: Window, *, names: Iterable[str] = ()) -> tuple[str, str]:
    """Return what *window* of *text* stands inside, with the statements that bind *names*, and by its headers alone.

    Both are empty at the top of a module, and where we know no statements.
    """
    outlined = outline(text)
    holding = list(around(outlined.blocks, window.first, window.last)) if outlined else []
    outer = [block for block in holding if block.first < window.first or block.last > window.last]
    rows = [row for block in outer if block.children for row in _headers(block, window, index)]
    bound = _bindings(outer, window, set(names), index)
    return _joined([*rows, *bound], window, index), _joined(rows, window, index)


def _headers(block: Block, window: Window, index: LineIndex) -> Iterator[_Row]:
    """Yield the header of *block*, and the `else`, `except` or the like of its part that holds *window*."""
    last = max(block.line, min(block.children[0].first - 1, window.first - 1))
    shown = min(last, block.line + _MOST_HEADER_LINES - 1)
    header = index.text(block.line, shown).rstrip()
    cut = " ..." if shown < last or len(header) > _MOST_HEADER_CHARS else ""
    yield _Row(block.line, last, f"{header[:_MOST_HEADER_CHARS]}{cut}")
    if block.name:
        return
    indent = _indent(index.text(block.line, block.line))
    for number in range(window.first - 1, last, -1):
        line = index.text(number, number)
        if _LATER_BRANCH.match(line) and _indent(line) == indent:
            yield _Row(number, number, line.rstrip())
            return


def _bindings(outer: Sequence[Block], window: Window, names: set[str], index: LineIndex) -> list[_Row]:
    """Return the statements in the functions among *outer* that bind *names* last before *window*."""
    in_function = next((n for n, block in enumerate(outer) if block.name and not block.is_class), len(outer))
    before = [leaf for block in outer[in_function:] for leaf in _leaves(block.children, window)]
    rows: dict[int, _Row] = {}
    for leaf in sorted(before, key=lambda leaf: -leaf.line):
        found = names & _bound(leaf, index)
        if found and len(rows) < _MOST_BINDINGS:
            names -= found
            rows.setdefault(leaf.line, _Row(leaf.line, leaf.line, opening(leaf, index)))
    return list(rows.values())


def _leaves(blocks: Iterable[Block], window: Window) -> Iterator[Block]:
    """Yield the statements above *window*, those inside of others too, but not those that hold it."""
    for block in blocks:
        if block.last < window.first:
            yield block
            if not block.name:
                yield from _leaves(block.children, window)


def _bound(block: Block, index: LineIndex) -> set[str]:
    if block.name:
        return {block.name}
    end = max(block.line, block.children[0].first - 1 if block.children else block.last)
    found = _BINDING.match(index.text(block.line, end)[:_MOST_BINDING_CHARS])
    return set(_WORD.findall(next(filter(None, found.groups()), ""))) if found else set()


def _joined(rows: Iterable[_Row], window: Window, index: LineIndex) -> str:
    """Return *rows* in their order, with `...` where lines between them are left out."""
    shown: list[str] = []
    end = None
    for row in sorted(rows, key=lambda row: row.first):
        if end is not None and index.text(end + 1, row.first - 1).strip():
            shown.append(f"{_indent(row.text)}...")
        shown.append(row.text)
        end = row.last
    if end is not None and index.text(end + 1, window.first - 1).strip():
        shown.append(f"{_indent(index.text(window.first, window.first))}...")
    return "".join(f"{line}\n" for line in shown)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
