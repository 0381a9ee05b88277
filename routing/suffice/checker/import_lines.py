"""Which lines of a file are imports, as a parser sees them: what only looks like one is none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from suffice.checker.file_roles import is_python
from suffice.checker.grammars import tree_of
from suffice.checker.languages import grammar_of
from suffice.outline import parse

_NODES = frozenset(
    {
        "import_statement",  # JavaScript, TypeScript
        "import_declaration",  # Go, Java
        "use_declaration",  # Rust
        "preproc_include",  # C, C++
        "using_directive",  # C#
    }
)


Statement = tuple[int, int, bool]
"""The first and last line of a top-level statement, and whether it is an import."""


@lru_cache(maxsize=64)
def import_lines(text: str, path: str) -> frozenset[int]:
    """Return the lines (1-based) of *text* that hold top-level imports and nothing else.

    There are none where nobody can parse the file at *path*.
    """
    statements = list(_of_python(text) if is_python(path) else _by_grammar(text, path))
    imports, others = (
        {line for first, last, is_one in statements for line in range(first, last + 1) if is_one is wanted}
        for wanted in (True, False)
    )
    return frozenset(imports - others)


def _of_python(text: str) -> Iterator[Statement]:
    module = parse(text)
    for node in module.body if module else ():
        yield node.lineno, node.end_lineno or node.lineno, _is_import(node)


def _is_import(node: ast.stmt) -> bool:
    """Whether *node* imports and does nothing else: alone, for type checkers, or where a module may be missing."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body, orelse=[]):
            return all(map(_is_import, body))
        case _:
            return False


def _by_grammar(text: str, path: str) -> Iterator[Statement]:
    grammar = grammar_of(path)
    root = tree_of(text, grammar) if grammar else None
    for node in root.children if root else ():
        ends_before = node.end_point.column == 0 and node.end_point.row > node.start_point.row
        yield node.start_point.row + 1, node.end_point.row + 1 - ends_before, node.type in _NODES
