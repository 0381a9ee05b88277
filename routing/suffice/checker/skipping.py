"""Tests that were run and asserted something, and that a patch sets aside: skipped, expected to fail, always true.

A new test may be skipped where it cannot run: nothing that was tested before is lost by it. Text inside a string, as
tests of test runners hold it, is no test.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from suffice.checker.file_roles import is_python
from suffice.checker.written import LONGEST_LINE, Line, Written
from suffice.edits.edit import FileChange
from suffice.outline import parse

_PYTHON = re.compile(r"skip|xfail|expectedFailure|\bassert|\bpytestmark|\breturn\b|\btry\b|\bsuppress\b", re.IGNORECASE)
_SCRIPT = re.compile(
    r"^[ \t]*(?:x(?:it|describe|test|context|specify)\b|(?:it|test|describe|context|suite)\.(?:skip|todo|fixme|only)\b"
    r"|f(?:it|describe)[ \t]*\(|t\.Skip(?:Now|f)?\(|@(?:Disabled|Ignore)\b|#\[ignore\b"
    r"|expect\([ \t]*true[ \t]*\)\.(?:toBe\([ \t]*true|toBeTruthy|toEqual\([ \t]*true))"
)
_TITLE = re.compile(r"\([ \t]*(['\"`])(.{1,200}?)\1")

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SKIPS = re.compile(r"skip|skip[iI]f|skip[A-Z]\w*|xfail|importorskip|expectedFailure")


def set_aside(change: FileChange, file: Written) -> str | None:
    """Say in words which line of *change*, a patched test file, takes an earlier test out of the run."""
    if change.before is None or change.after is None:
        return None
    pattern = _PYTHON if is_python(change.path) else _SCRIPT
    suspect = [line for line in file.added if pattern.search(line.text[:LONGEST_LINE])]
    found = _in_python if is_python(change.path) else _in_script
    line = next(found(suspect, change.before, change.after), None) if suspect else None
    return f"line {line.number} of {file.path} tests nothing: {line.text.strip()[:60]}" if line else None


def _in_script(suspect: list[Line], before: str, _after: str) -> Iterator[Line]:
    for line in suspect:
        title = _TITLE.search(line.text[:LONGEST_LINE])
        if title is None or title[2] in before:
            yield line


def _in_python(suspect: list[Line], before: str, after: str) -> Iterator[Line]:
    tree, earlier = parse(after), parse(before)
    if tree is None or earlier is None:
        return
    known = {node.name for node in ast.walk(earlier) if isinstance(node, _Definition)}
    places = {line.number: line for line in suspect}
    for number, name in _set_aside(tree, frozenset(places)):
        if name is None or name in known:
            yield places[number]


def _set_aside(tree: ast.Module, lines: frozenset[int]) -> Iterator[tuple[int, str | None]]:
    """Yield those of *lines* where a test is set aside, and the definition that it belongs to."""
    waiting: list[tuple[ast.AST, _Definition | None]] = [(tree, None)]
    early = set[ast.stmt]()
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, _Definition):
            around = node
            early.update(one for one in node.body[:-1] if isinstance(one, ast.Return))
        line = getattr(node, "lineno", None)
        if line in lines and (node in early or _sets_aside(node)):
            yield line, around.name if around else None
        waiting += ((child, around) for child in ast.iter_child_nodes(node))


def _sets_aside(node: ast.AST) -> bool:
    """Whether *node* skips a test, expects it to fail, or keeps it from failing."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return _SKIPS.fullmatch(name) is not None
        case ast.Assert(test=condition) | ast.Call(func=ast.Attribute(attr="assertTrue"), args=[condition, *_]):
            return _is_always_true(condition)
        case ast.Try(body=body, handlers=handlers):
            return _holds_assertion(body) and any(_swallows(handler) for handler in handlers)
        case ast.With(items=items, body=body):
            return _holds_assertion(body) and any(_is_suppression(item.context_expr) for item in items)
        case _:
            return False


def _is_always_true(condition: ast.expr) -> bool:
    match condition:
        case ast.Constant(value=value):
            return bool(value)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(_is_always_true, values))
        case _:
            return False


def _holds_assertion(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Assert) for statement in body for node in ast.walk(statement))


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Whether *handler* keeps a failed assertion from failing its test."""
    raises = any(isinstance(node, ast.Raise | ast.Assert) for part in handler.body for node in ast.walk(part))
    fails = any(
        isinstance(node, ast.Attribute) and node.attr == "fail" for part in handler.body for node in ast.walk(part)
    )
    return (handler.type is None or _takes_failures(handler.type)) and not raises and not fails


def _is_suppression(expression: ast.expr) -> bool:
    match expression:
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=caught):
            return any(map(_takes_failures, caught))
        case _:
            return False


def _takes_failures(caught: ast.expr) -> bool:
    """Whether the exception, or one of a tuple of them, is what a failed assertion raises."""
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(one, ast.Name) and one.id in _FAILURES for one in each)


_FAILURES = {"AssertionError", "Exception", "BaseException"}
