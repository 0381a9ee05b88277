"""Whether two syntax trees say the same: compared side by side up to the first difference, and never changed."""

from __future__ import annotations

import ast
from enum import StrEnum
from math import inf
from typing import Any, NamedTuple

from suffice.positions import common_ends, split_lines


class Docstrings(StrEnum):
    """How far docstrings, and other strings that stand alone, count."""

    COUNT = "count"
    BLANKS_ASIDE = "blanks-aside"
    ASIDE = "aside"
    """Neither do lone constants of other types, nor `pass`."""


class Alike(NamedTuple):
    """Which lines (1-based) of two texts are the same: up to `head`, and from `tail` in one, `other_tail` in the other.

    What lies there is not compared again.
    """

    head: int = 0
    tail: float = inf
    other_tail: float = inf


def alike(one: str, other: str, *, shift: int = 0) -> Alike:
    """Return which lines of two texts are the same, *shift* lines farther down in their trees."""
    mine, others = split_lines(one), split_lines(other)
    head, tail = common_ends(mine, others)
    return Alike(head + shift, len(mine) - tail + 1 + shift, len(others) - tail + 1 + shift)


def differ(
    one: ast.AST | None,
    other: ast.AST | None,
    docstrings: Docstrings = Docstrings.COUNT,
    *,
    known: Alike = Alike(),  # noqa: B008 - it cannot be changed
) -> bool:
    """Whether two trees differ by more than places and the `u` in front of strings; one that is not there does."""
    if one is None or other is None:
        return True
    waiting: list[tuple[Any, Any]] = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if left.__class__ is not right.__class__:
            return True
        if isinstance(left, ast.AST):
            waiting += reversed(_fields(left, right, docstrings))
        elif not isinstance(left, list):
            if left != right:
                return True
        else:
            mine, others = (_saying(left), _saying(right)) if docstrings is Docstrings.ASIDE else (left, right)
            if len(mine) != len(others):
                return True
            waiting += reversed([pair for pair in zip(mine, others, strict=True) if not _is_alike(*pair, known)])
    return False


def _is_alike(one: Any, other: Any, known: Alike) -> bool:
    """Whether both are statements on lines that are the same."""
    if not (isinstance(one, ast.stmt) and isinstance(other, ast.stmt)):
        return False
    if max(one.end_lineno or inf, other.end_lineno or inf) <= known.head:
        return True
    from_tail, from_other_tail = _first_line(one) - known.tail, _first_line(other) - known.other_tail
    return from_tail >= 0 and from_tail == from_other_tail


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min((statement.lineno, *(decorator.lineno for decorator in decorators)))


def _fields(one: ast.AST, other: ast.AST, docstrings: Docstrings) -> list[tuple[Any, Any]]:
    """Return what is in two nodes of one kind and not the same object; the mark of a string's kind says nothing."""
    if docstrings is Docstrings.BLANKS_ASIDE and isinstance(one, ast.Expr) and _same_words(one, other):
        return []
    pairs = ((getattr(one, name, None), getattr(other, name, None)) for name in one._fields if name != "kind")
    return [pair for pair in pairs if pair[0] is not pair[1]]


def _same_words(one: ast.AST, other: ast.AST) -> bool:
    """Whether both are strings that stand alone and differ by white space at most."""
    match one, other:
        case ast.Expr(value=ast.Constant(value=str(mine))), ast.Expr(value=ast.Constant(value=str(others))):
            return mine.split() == others.split()
        case _:
            return False


def _saying(items: list[Any]) -> list[Any]:
    """Return *items* without statements that say nothing."""
    return [item for item in items if not isinstance(item, ast.Expr | ast.Pass) or not _is_silent(item)]


def _is_silent(statement: ast.Expr | ast.Pass) -> bool:
    return isinstance(statement, ast.Pass) or isinstance(statement.value, ast.Constant)
