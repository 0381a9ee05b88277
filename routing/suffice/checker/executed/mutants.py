"""Small defects put into code, to see whether a test notices: one changed expression or dropped statement each.

Nothing is written here; a mutant is a text. Chosen are defects that give wrong results rather than crashes, since
a test that asserts nothing notices a crash too.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from suffice.outline import parse
from suffice.positions import split_lines

MOST = 20
"""Mutants of one check: what the first twenty do not show, more rarely do. The project's own figure."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_NOT_RUN = frozenset({"annotation", "returns", "decorator_list", "type_params"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Mutant(NamedTuple):
    """The `text` of a whole file with one defect, on `line` (1-based); `what` says which."""

    line: int
    what: str
    text: str


class _Site(NamedTuple):
    """A node, and the source that takes its place."""

    node: ast.expr | ast.stmt
    source: str


def mutants(text: str, *, called: Collection[str], most: int = MOST) -> tuple[Mutant, ...]:
    """Return up to *most* mutants of the functions in *text*, in order and always the same.

    Only of functions that *called* names, or whose class it names, and of those that these call; of all functions if
    there is none such. Empty for a text that cannot be parsed.
    """
    tree = parse(text)
    if tree is None:
        return ()
    try:
        sites = [site for function in _chosen(tree, called) for site in _sites(function)]
    except (RecursionError, ValueError):  # nested too deeply to walk, or an f-string that has no other spelling
        return ()
    made = (_mutant(text, site) for site in _spread(sites, most))
    return tuple(mutant for mutant in made if mutant)


def names_called(tree: ast.AST) -> frozenset[str]:
    """Return the names that *tree* calls, of methods without what they are called on."""
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    names = (f.id if isinstance(f, ast.Name) else f.attr if isinstance(f, ast.Attribute) else "" for f in called)
    return frozenset(filter(None, names))


def defines(text: str, called: Collection[str]) -> bool:
    """Whether *text* defines a function or class that *called* names."""
    tree = parse(text)
    nodes = ast.walk(tree) if tree else ()
    return any(node.name in called for node in nodes if isinstance(node, _Function | ast.ClassDef))


def _chosen(tree: ast.Module, called: Collection[str]) -> list[_Function]:
    functions = list(_functions(tree, ""))
    wanted = {node for owner, node in functions if node.name in called or owner in called}
    further = {name for node in wanted for name in names_called(node)}
    chosen = [node for owner, node in functions if node in wanted or node.name in further or owner in further]
    return chosen if wanted else [node for _, node in functions]


def _functions(tree: ast.Module | ast.ClassDef, owner: str) -> Iterator[tuple[str, _Function]]:
    """Yield functions and methods, each with the name of its class."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, node.name)
        elif isinstance(node, _Function):
            yield owner, node


def _spread(sites: Sequence[_Site], most: int) -> list[_Site]:
    """Return *most* of *sites* at even distances, so that no single function takes them all."""
    if len(sites) <= most:
        return list(sites)
    return [sites[number * len(sites) // most] for number in range(most)]


def _sites(node: ast.AST) -> Iterator[_Site]:
    """Yield what can be changed below *node*, in the order of the text."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if name in _NOT_RUN or not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue  # the parts of an f-string have no positions of their own before Python 3.12
            if source := _changed(child, node):
                yield source
            yield from _sites(child)


def _changed(node: ast.AST, parent: ast.AST) -> _Site | None:  # noqa: C901, PLR0911 - a flat list of defects
    match node:
        case ast.Compare(ops=[op, *others]) if type(op) in _COMPARISONS:
            return _instead(node, ops=[_COMPARISONS[type(op)](), *others])
        case ast.BinOp(op=op) if type(op) in _OPERATORS and not _holds_text(node):
            return _instead(node, op=_OPERATORS[type(op)]())
        case ast.BoolOp(op=ast.And()):
            return _instead(node, op=ast.Or())
        case ast.BoolOp(op=ast.Or()):
            return _instead(node, op=ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _Site(node, f"({ast.unparse(operand)})")
        case ast.Constant(value=bool() as value):
            return _Site(node, str(not value))
        case ast.Constant(value=int() | float() as value):
            return _Site(node, repr(value + 1))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            return _Site(node, "return None")
        case ast.If(test=test) | ast.IfExp(test=test) if isinstance(test, ast.Name | ast.Call | ast.Attribute):
            return _Site(test, f"(not {ast.unparse(test)})")
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            return _Site(node, "pass")
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) if not isinstance(parent, ast.ClassDef):
            return _Site(node, "pass")
        case _:
            return None


def _instead(node: ast.expr, **changed: object) -> _Site:
    mutated = copy.copy(node)
    for name, value in changed.items():
        setattr(mutated, name, value)
    return _Site(node, f"({ast.unparse(mutated)})")


def _holds_text(node: ast.BinOp) -> bool:
    literals = [side.value for side in (node.left, node.right) if isinstance(side, ast.Constant)]
    return any(isinstance(value, str | bytes) for value in literals) or isinstance(node.left, ast.JoinedStr)


def _mutant(text: str, site: _Site) -> Mutant | None:
    """Return *text* with *site* changed, None if that is no Python any more."""
    node = site.node
    if node.end_lineno is None or node.end_col_offset is None:
        return None
    lines = [line.encode() for line in split_lines(text)]
    first, last = node.lineno - 1, node.end_lineno - 1
    old = b"".join(lines[first : last + 1])
    end = len(old) - len(lines[last]) + node.end_col_offset
    new = old[: node.col_offset] + site.source.encode() + old[end:]
    mutated = b"".join([*lines[:first], new, *lines[last + 1 :]]).decode()
    if parse(mutated) is None:
        return None
    was = " ".join(old[node.col_offset : end].decode().split())
    return Mutant(node.lineno, f"{was[:60]} -> {site.source[:60]}", mutated)
