"""Which lines of a text say nothing to the machine: blank ones, comments and docstrings, by its syntax tree.

A line counts as quiet only if the tree says so; where there is no sound tree, nothing is. Comments that speak to a
tool (`noqa`, `//go:build`) are not quiet, nor is a line that holds code beside its remark.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from suffice.checker.file_roles import is_python
from suffice.checker.grammars import tree_of
from suffice.checker.languages import grammar_of
from suffice.edits.line_diff import has_lone_cr
from suffice.outline import parse
from suffice.positions import split_lines

if TYPE_CHECKING:
    from tree_sitter import Node

_DIRECTIVE = re.compile(
    r"noqa|nosec|nolint|pragma|pylint|eslint|tslint|prettier|istanbul|pyright|mypy|ruff|clippy|type:\s*ignore"
    r"|@ts-|go:|\+build|coding[:=]|^\s*#!|fmt:|isort|suppress|sourceMappingURL|webpack|@jsx|@flow",
    re.IGNORECASE,
)
_PYTHON_REMARK = re.compile(r"\s*#")
_MOST_LINE_CHARS = 500
"""So much of a comment is searched for words to a tool."""

_MOST_DEPTH = 200


@lru_cache(maxsize=32)
def quiet_lines(text: str, path: str) -> frozenset[int]:
    """Return the lines (1-based) of *text* that say nothing; none where the file at *path* cannot be parsed."""
    lines = split_lines(text)
    if is_python(path):
        tree = parse(text)
        found = _of_python(tree, lines) if tree else set()
    else:
        grammar = grammar_of(path)
        root = tree_of(text, grammar) if grammar and not has_lone_cr(text) else None  # to a grammar it ends no line
        found = _of_nodes(root, lines) if root and not root.has_error else set()
    return frozenset(n for n in found if not _DIRECTIVE.search(lines[n - 1][:_MOST_LINE_CHARS]))


def _of_python(tree: ast.Module, lines: Sequence[str]) -> set[int]:
    """Return docstrings, comments and blank lines that lie in no other string and beside no statement."""
    silent: set[int] = set()
    strings: set[int] = set()
    statements: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                silent.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
                strings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            case ast.stmt():
                is_compound = any(getattr(node, name, None) for name in ("body", "cases"))
                last = node.lineno if is_compound else node.end_lineno or node.lineno
                statements.update(range(node.lineno, last + 1))
            case _:
                pass
    remarks = {n for n, line in enumerate(lines, 1) if not line.strip() or _PYTHON_REMARK.match(line)}
    alone = silent - statements
    return alone | (remarks - (strings - alone))


def _of_nodes(root: Node, lines: Sequence[str]) -> set[int]:
    """Return comments that stand alone on their lines, and blank lines that lie in no string."""
    comments: set[int] = set()
    strings: set[int] = set()
    for node in _long_nodes(root, 0):
        first, last = node.start_point.row + 1, node.end_point.row + (node.end_point.column > 0)
        if "comment" not in node.type:
            strings.update(range(first, last + 1))
        elif _stands_alone(node, lines):
            comments.update(range(first, max(first, last) + 1))
    blank = {n for n, line in enumerate(lines, 1) if not line.strip()}
    return comments | (blank - strings)


def _long_nodes(node: Node, depth: int) -> Iterator[Node]:
    """Yield the comments, and the strings over several lines, below *node*; what is on one line is not gone into."""
    if depth > _MOST_DEPTH:
        return
    for child in node.children:
        is_long = child.end_point.row > child.start_point.row
        if "comment" in child.type or (is_long and _is_text(child.type)):
            yield child
        elif is_long:
            yield from _long_nodes(child, depth + 1)


def _is_text(kind: str) -> bool:
    return any(word in kind for word in ("string", "template", "heredoc", "text", "regex", "scalar"))


def _stands_alone(node: Node, lines: Sequence[str]) -> bool:
    """Whether nothing but blanks stands before *node* on its first line and behind it on its last."""
    (first, before), (last, behind) = node.start_point, node.end_point
    head = lines[first].encode("utf-8", errors="surrogatepass")[:before]
    tail = lines[last].encode("utf-8", errors="surrogatepass")[behind:] if last < len(lines) and behind else b""
    return not head.strip() and not tail.strip()
