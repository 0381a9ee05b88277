"""What a Python file defines, by name, and how a definition is shown to a model: whole if it is short, else in part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from suffice.checker.file_roles import is_python
from suffice.outline import Block, around, outline
from suffice.positions import LineIndex
from suffice.snapshot import SourceFile

_SHORT_LINES = 10
"""A definition of at most so many lines is shown whole."""

_MOST_HEADER_LINES = 40
_MOST_LINE_CHARS = 160
_ASSIGNED = re.compile(r"[ \t]*(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*(?::|=(?!=))")
_DOCSTRING = re.compile(r"""[ \t]*[rRuU]?(\"{3}|'{3}|["'])\s*(.*)""")
_WORD = re.compile(r"\w+")
_IMPORT = re.compile(r"[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import\b([^#]*)")


@lru_cache(maxsize=512)
def defined(text: str) -> Mapping[str, Block]:
    """Return the functions, classes and variables of the module *text*; none where this Python cannot parse it."""
    outlined = outline(text)
    return by_name(outlined.blocks, LineIndex(text)) if outlined else {}


def by_name(blocks: Iterable[Block], index: LineIndex) -> Mapping[str, Block]:
    """Return what *blocks* define, under conditions too; of several with one name the last."""
    return dict(_each(blocks, index))


def _each(blocks: Iterable[Block], index: LineIndex) -> Iterator[tuple[str, Block]]:
    for block in blocks:
        if block.name:
            yield block.name, block
        elif block.children:
            yield from _imported(block.children, index)
            yield from _each(block.children, index)
        elif assigned := _ASSIGNED.match(index.text(block.first, block.first)):
            yield from ((name, block) for name in _WORD.findall(assigned[1]))


def _imported(blocks: Iterable[Block], index: LineIndex) -> Iterator[tuple[str, Block]]:
    """Yield what the imports among *blocks* bind: those under a condition are none of the module's own list."""
    for block in blocks:
        if not block.name and (imported := _IMPORT.match(index.text(block.first, block.last))):
            yield from ((name, block) for name in _WORD.findall(imported[1]))


def statements_around(file: SourceFile, first: int, last: int) -> tuple[Block, ...] | None:
    """Return the statements that hold lines *first* to *last*, outermost first; None where we know none."""
    outlined = outline(file.text) if is_python(file.path) else None
    return tuple(around(outlined.blocks, first, last)) if outlined else None


def forms(block: Block, index: LineIndex) -> tuple[str, ...]:
    """Return the texts that can stand for *block*, the fullest first. `...` stands for what is left out."""
    if block.last - block.first < _SHORT_LINES:
        return (index.text(block.first, block.last).rstrip("\r\n"),)
    if not block.name:
        return (opening(block, index),)
    header = _header(block, index)
    if not block.is_class:
        return (f"{header}\n{_indent(block, index)}...",)
    outlined = "\n".join([header, *_members(block, index)])
    return (outlined, f"{header}\n{_indent(block, index)}...")


def _members(block: Block, index: LineIndex) -> Iterator[str]:
    """Yield the fields of a class, each by its first line, and the signatures of its methods."""
    for child in block.children:
        if child.name:
            yield f"{_signature(child, index)} ..."
        elif _ASSIGNED.match(line := opening(child, index)):
            yield line


def _header(block: Block, index: LineIndex) -> str:
    """Return the signature of *block* and the first line of its docstring."""
    first = block.children[0]
    quoted = _DOCSTRING.match(index.text(first.first, first.last)) if first.first > block.line else None
    if quoted is None:
        return _signature(block, index)
    said = quoted[2].partition(quoted[1])[0].rstrip()
    return f"{_signature(block, index)}\n{_indent(block, index)}{quoted[1]}{said}{quoted[1]}"


def _signature(block: Block, index: LineIndex) -> str:
    """Return the decorators and the `def` or `class` lines of *block*, up to its first statement."""
    before_body = max(block.line, block.children[0].first - 1)
    return index.text(block.first, min(before_body, block.first + _MOST_HEADER_LINES - 1)).rstrip()


def _indent(block: Block, index: LineIndex) -> str:
    line = index.text(block.children[0].first, block.children[0].first)
    return line[: len(line) - len(line.lstrip(" \t"))] if block.children[0].first > block.line else "    "


def opening(block: Block, index: LineIndex) -> str:
    """Return the first line of *block*, without its decorators."""
    line = index.text(block.line, block.line).rstrip()
    is_whole = block.line == block.last and len(line) <= _MOST_LINE_CHARS
    return line if is_whole else f"{line[:_MOST_LINE_CHARS]} ..."
