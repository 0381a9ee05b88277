"""Which definitions of a text hold its lines: by the outline for Python, by tree-sitter for other languages.

A text that cannot be parsed, or that no grammar knows, has none; nobody guesses.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from suffice.checker.file_roles import is_python
from suffice.checker.grammars import tree_of
from suffice.checker.languages import grammar_of
from suffice.edits.line_diff import has_lone_cr
from suffice.outline import Block, outline
from suffice.positions import split_lines

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_HEADER_CHARS = 200

_MOST_DEPTH = 200
"""Deeper trees are not gone into: nobody writes them by hand."""

_DEFINES = re.compile(
    r"(?:\w+_)?(?:function|method|constructor|class|struct|trait|impl|interface|enum|record|module|mod|namespace|type)"
    r"(?:_(?:declaration|definition|item|specifier|signature))|method|class|module|singleton_method"
)
_VALUES = frozenset({"arrow_function", "function_expression", "generator_function", "class", "func_literal"})
_NAMES_A_VALUE = frozenset({"variable_declarator", "pair", "assignment_expression", "public_field_definition"})


class Definition(NamedTuple):
    """A function, class or the like: its lines (1-based, inclusive), its first own line, and those inside it."""

    first: int
    last: int
    header: str
    inner: tuple[Definition, ...] = ()


@lru_cache(maxsize=64)
def definitions(text: str, path: str) -> tuple[Definition, ...]:
    """Return the outermost definitions of *text* in order, each with those inside it."""
    if is_python(path):
        outlined = outline(text)
        return tuple(_of_blocks(outlined.blocks, split_lines(text))) if outlined else ()
    grammar = grammar_of(path)
    root = tree_of(text, grammar) if grammar and not has_lone_cr(text) else None  # to a grammar it ends no line
    return tuple(_of_nodes(root, split_lines(text), 0)) if root else ()


def holding(outer: Sequence[Definition], first: int, last: int) -> tuple[Definition, ...]:
    """Return the definitions that hold all lines *first* to *last*, outermost first."""
    found: list[Definition] = []
    while outer:
        place = bisect_right(outer, first, key=lambda definition: definition.first) - 1
        if place < 0 or outer[place].last < last:
            break
        found.append(outer[place])
        outer = outer[place].inner
    return tuple(found)


def _of_blocks(blocks: Sequence[Block], lines: Sequence[str]) -> Iterator[Definition]:
    for block in blocks:
        inner = _of_blocks(block.children, lines)
        if block.name:
            yield Definition(block.first, block.last, _header(lines, block.line), tuple(inner))
        else:
            yield from inner


def _of_nodes(node: Node, lines: Sequence[str], depth: int) -> Iterator[Definition]:
    """Yield the definitions below *node*; what is on one line is not gone into."""
    if depth > _MOST_DEPTH:
        return
    for child in node.children:
        first, last = child.start_point.row + 1, child.end_point.row + (child.end_point.column > 0)
        if last <= first and not _DEFINES.fullmatch(child.type):
            continue
        inner = _of_nodes(child, lines, depth + 1)
        if _is_definition(child):
            yield Definition(first, max(first, last), _header(lines, first), tuple(inner))
        else:
            yield from inner


def _is_definition(node: Node) -> bool:
    if node.is_named and _DEFINES.fullmatch(node.type):
        return True
    return node.type in _NAMES_A_VALUE and any(child.type in _VALUES for child in node.children)


def _header(lines: Sequence[str], line: int) -> str:
    return lines[line - 1].strip()[:MOST_HEADER_CHARS] if line <= len(lines) else ""
