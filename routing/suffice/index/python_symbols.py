"""The symbols of a Python file, from its syntax tree; the tree itself is not kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import islice

from suffice.index.symbols import MOST_DEFINITIONS, MOST_IMPORTS, NOTHING, Import, Symbol, Symbols, What, cut_header
from suffice.outline import parse
from suffice.positions import split_lines

_HOLDERS = ("body", "orelse", "finalbody")


def python_symbols(text: str) -> Symbols:
    """Return the symbols of the module *text*; none where this Python cannot parse it."""
    module = parse(text)
    if module is None:
        return NOTHING
    uses: dict[str, set[int]] = {}
    members: dict[str, set[int]] = {}
    imports: list[Import] = []
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                uses.setdefault(name, set()).add(node.lineno)
            case ast.Attribute(attr=name, ctx=ast.Load()):
                members.setdefault(name, set()).add(node.end_lineno or node.lineno)
            case ast.Import() | ast.ImportFrom():
                imports.extend(_imports(node))
    return Symbols(
        definitions=tuple(islice(_definitions(module, split_lines(text)), MOST_DEFINITIONS)),
        uses={name: tuple(sorted(lines)) for name, lines in uses.items()},
        members={name: tuple(sorted(lines)) for name, lines in members.items()},
        imports=tuple(sorted(imports, key=lambda one: one.line)[:MOST_IMPORTS]),
    )


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, "", alias.asname or alias.name.partition(".")[0], node.lineno)
        return
    specifier = "." * node.level + (node.module or "")
    for alias in node.names:
        bound = "" if alias.name == "*" else alias.asname or alias.name
        yield Import(specifier, alias.name, bound, node.lineno)


def _definitions(module: ast.Module, lines: Sequence[str]) -> Iterator[Symbol]:
    """Yield what stands at the top or in classes, under conditions too, in the order of the file."""
    waiting: list[tuple[ast.stmt, str]] = [(node, "") for node in reversed(module.body)]
    while waiting:
        node, within = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield _symbol(node, within, lines)
            if isinstance(node, ast.ClassDef):
                waiting.extend((child, node.name) for child in reversed(node.body))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _variables(node, within, lines)
        else:
            waiting.extend((child, within) for child in reversed(list(_children(node))))


def _symbol(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, within: str, lines: Sequence[str]) -> Symbol:
    what = What.CLASS if isinstance(node, ast.ClassDef) else What.METHOD if within else What.FUNCTION
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    before_body = max(node.lineno, node.body[0].lineno - 1)
    header = cut_header(lines[node.lineno - 1 : before_body])
    return Symbol(node.name, what, first, node.end_lineno or node.lineno, node.lineno, header, within)


def _variables(node: ast.Assign | ast.AnnAssign, within: str, lines: Sequence[str]) -> Iterator[Symbol]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    last = node.end_lineno or node.lineno
    header = cut_header(lines[node.lineno - 1 : min(last, node.lineno)])
    for target in targets:
        for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
            if isinstance(each, ast.Name):
                yield Symbol(each.id, What.VARIABLE, node.lineno, last, each.lineno, header, within)


def _children(node: ast.stmt) -> Iterator[ast.stmt]:
    for holder in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        for name in _HOLDERS:
            yield from getattr(holder, name, None) or ()
