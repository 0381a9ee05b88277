"""Where the statements of a Python file stand: parsed once per version, kept as line numbers alone.

Syntax trees are not kept, a large project's would fill the memory; whoever needs one parses the few lines that
the outline names.
"""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from suffice.positions import split_lines

_WARNINGS = threading.Lock()

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_MOST_ELIFS = 200
"""Each `elif` lies within the one before it, and nothing else nests so deep: whoever walks a longer chain breaks down.
"""


class Block(NamedTuple):
    """A statement: its lines (1-based, inclusive, decorators with it) and the statements inside it.

    `name` is that of a function or class, "" for other statements; `line` is where `def` or `class` stands.
    """

    first: int
    last: int
    line: int
    name: str
    is_class: bool
    children: tuple[Block, ...]


class Outline(NamedTuple):
    """The top-level statements of a text, and its top-level import statements as text."""

    blocks: tuple[Block, ...]
    imports: str


def parse(text: str) -> ast.Module | None:
    """Return the syntax tree of *text*, None where this Python cannot parse it, or nobody could walk it."""
    try:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a hostile file must not write to our stderr
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return None if text.count("elif") > _MOST_ELIFS and _is_chained(tree) else tree


def _is_chained(tree: ast.Module) -> bool:
    """Whether more than `_MOST_ELIFS` of them follow one another."""
    chains: dict[ast.AST, int] = {}
    for node in ast.walk(tree):  # from the outside to the inside
        if isinstance(node, ast.If):
            for child in node.orelse:
                chains[child] = chains.get(node, 0) + 1
    return max(chains.values(), default=0) > _MOST_ELIFS


@lru_cache(maxsize=512)
def outline(text: str) -> Outline | None:
    """Return the outline of *text*, None where this Python cannot parse it."""
    module = parse(text)
    if module is None:
        return None
    lines = split_lines(text)
    imports = [
        "".join(lines[node.lineno - 1 : node.end_lineno])
        for node in module.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return Outline(blocks=tuple(map(_block, module.body)), imports="".join(imports))


def around(blocks: Sequence[Block], first: int, last: int) -> Iterator[Block]:
    """Yield the blocks that hold all lines *first* to *last*, outermost first."""
    while True:
        block = next((b for b in blocks if b.first <= first and last <= b.last), None)
        if block is None:
            return
        yield block
        blocks = block.children


def _block(node: ast.stmt) -> Block:
    is_definition = isinstance(node, _DEFINITIONS)
    decorators = node.decorator_list if isinstance(node, _DEFINITIONS) else ()
    return Block(
        first=min([node.lineno, *(d.lineno for d in decorators)]),
        last=node.end_lineno or node.lineno,
        line=node.lineno,
        name=getattr(node, "name", "") if is_definition else "",
        is_class=isinstance(node, ast.ClassDef),
        children=tuple(_block(child) for child in _children(node)),
    )


def _children(node: ast.stmt) -> Iterator[ast.stmt]:
    for holder in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        for block in ("body", "orelse", "finalbody"):
            yield from getattr(holder, block, None) or ()
