"""What a function does with one of its parameters, in the order in which it runs, as far as the text says.

Where it cannot be told, it counts as right: a test anywhere above a use covers it, and so does a value of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain

Function = ast.FunctionDef | ast.AsyncFunctionDef

FIXED = frozenset({"tuple", "frozenset", "MappingProxyType"})
"""What makes a value that cannot be changed."""


class Step(StrEnum):
    """What happens to a parameter.

    `SET`: it gets another value on every way through the function; `MAYBE_SET`: on some; `REMADE`: one that is made
    of it. `GIVEN`: it is handed on, and may be None for all that is known here; `USED`: not so.
    """

    TESTED = "tested"
    SET = "set"
    MAYBE_SET = "maybe set"
    REMADE = "remade"
    GIVEN = "given"
    USED = "used"
    CHANGED = "changed"


def first_step(function: Function, name: str, decisive: Collection[Step]) -> Step | None:
    """Return the first *decisive* step of *function* with its parameter *name*, GIVEN if there is but that, or None."""
    given = None
    for step in _Walk(name).steps(function):
        if step in decisive:
            return step
        given = step if step is Step.GIVEN else given
    return given


class _Walk:
    """A walk through one function; `_names` are the parameter and what stands for the same value."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._names = {name}
        self._later: list[ast.AST] = []

    def steps(self, function: Function) -> Iterator[Step]:
        """Yield each step; what functions within it do comes last, for they run once they are called."""
        yield from self._of_all(function.body)
        while self._later:
            yield from _instead_of_set(self._of_all(_body(self._later.pop(0))), Step.MAYBE_SET)

    def _of_all(self, nodes: Iterable[ast.AST]) -> Iterator[Step]:
        for node in nodes:
            yield from self._of(node)

    def _of(self, node: ast.AST) -> Iterator[Step]:
        yield from (step for step, parts in _OF_PARTS.items() if any(map(self._is_it, parts(node))))
        match node:
            case ast.Name() | ast.Attribute() if self._is_it(node):
                yield from self._of_name(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from self._of_all(_outside(node))
                self._later += [] if _shadows(node, self._name) else [node]
            case ast.If():
                yield from self._of(node.test)
                yield from self._of_branches(node.body, node.orelse)
            case ast.For() | ast.AsyncFor() | ast.While() | ast.ExceptHandler() | ast.match_case():
                yield from _instead_of_set(self._of_all(_in_order(node)), Step.MAYBE_SET)
            case ast.Assign() | ast.AnnAssign() | ast.NamedExpr():
                yield from self._of_assignment(node)
            case _:
                yield from self._of_all(_in_order(node))

    def _of_name(self, node: ast.Name | ast.Attribute) -> Iterator[Step]:
        if not isinstance(node.ctx, ast.Store):
            yield Step.GIVEN
        elif ast.unparse(node) == self._name:
            yield Step.SET
        else:
            self._names.discard(ast.unparse(node))

    def _of_branches(self, *branches: Sequence[ast.stmt]) -> Iterator[Step]:
        walked = [list(_until_set(self._of_all(branch))) for branch in branches]
        steps = chain.from_iterable(walked)
        everywhere = all(Step.SET in branch for branch in walked)
        yield from _instead_of_set(steps, Step.SET if everywhere else Step.MAYBE_SET)

    def _of_assignment(self, node: ast.Assign | ast.AnnAssign | ast.NamedExpr) -> Iterator[Step]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is None:
            return
        if self._is_it(node.value) and all(isinstance(target, ast.Name | ast.Attribute) for target in targets):
            self._names.update(map(ast.unparse, targets))
            yield from [Step.GIVEN] if any(isinstance(target, ast.Attribute) for target in targets) else []
            return
        yield from self._of(node.value)
        is_made_of_it = any(map(self._is_it, ast.walk(node.value)))
        yield from _instead_of_set(self._of_all(targets), Step.REMADE if is_made_of_it else Step.SET)

    def _is_it(self, node: ast.AST | None) -> bool:
        if isinstance(node, ast.NamedExpr):
            return self._is_it(node.value)
        return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in self._names


def _tested(node: ast.AST) -> Sequence[ast.AST]:
    """Return what *node* itself asks about: whether it is None, or true."""
    match node:
        case (
            ast.If(test=one)
            | ast.IfExp(test=one)
            | ast.While(test=one)
            | ast.Assert(test=one)
            | ast.UnaryOp(op=ast.Not(), operand=one)
            | ast.Match(subject=one)
            | ast.Call(func=ast.Name(id="isinstance" | "bool"), args=[one, *_])
        ):
            return [one]
        case ast.BoolOp(values=several) | ast.comprehension(ifs=several):
            return several
        case ast.Compare(left=left, comparators=others) if any(map(_names_none, [left, *others])):
            return [left, *others]
        case _:
            return []


def _names_none(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and part.value is None for part in ast.walk(node))


def _changed(node: ast.AST) -> Sequence[ast.AST]:
    """Return what *node* changes in place. A tuple that is added to makes a new one."""
    match node:
        case ast.Call(func=ast.Attribute(value=one, attr=attr)) if attr in _CHANGING:
            return [one]
        case ast.Subscript(value=one, ctx=ast.Store() | ast.Del()):
            return [one]
        case ast.AugAssign(target=one, value=added) if not _is_fixed(added):
            return [one]
        case _:
            return []


_CHANGING = frozenset({
    "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft", "insert",
    "intersection_update", "pop", "popitem", "popleft", "remove", "reverse", "setdefault", "sort",
    "symmetric_difference_update", "update",
})  # fmt: skip


def _is_fixed(value: ast.expr) -> bool:
    made = value.func if isinstance(value, ast.Call) else None
    return isinstance(value, ast.Tuple) or (isinstance(made, ast.Name) and made.id in FIXED)


def _needed(node: ast.AST) -> Sequence[ast.AST]:
    """Return what *node* fails on if it is None."""
    match node:
        case ast.Attribute(value=one) | ast.Subscript(value=one) | ast.Starred(value=one) | ast.YieldFrom(value=one):
            return [one]
        case ast.For(iter=one) | ast.AsyncFor(iter=one) | ast.comprehension(iter=one) | ast.AugAssign(target=one):
            return [one]
        case ast.keyword(arg=None, value=one) | ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[one]):
            return [one]
        case ast.BinOp(left=left, op=op, right=right):
            return [left] if isinstance(op, ast.Mod) else [left, right]  # a text may be formatted with None
        case ast.Call(func=ast.Name(id=name), args=[one, *_]) if name in _NEED_A_VALUE:
            return [one]
        case _:
            return []


_NEED_A_VALUE = frozenset({
    "all", "any", "dict", "enumerate", "frozenset", "iter", "len", "list", "max", "min", "next",
    "reversed", "set", "sorted", "sum", "tuple", "zip",
})  # fmt: skip
"""Built-in functions that fail on None."""

_OF_PARTS: dict[Step, Callable[[ast.AST], Sequence[ast.AST]]] = {
    Step.TESTED: _tested,
    Step.CHANGED: _changed,
    Step.USED: _needed,
}

_ORDER: dict[type[ast.AST], tuple[str, ...]] = {
    ast.For: ("iter", "target", "body", "orelse"),
    ast.AsyncFor: ("iter", "target", "body", "orelse"),
    ast.comprehension: ("iter", "target", "ifs"),
    ast.ListComp: ("generators", "elt"),
    ast.SetComp: ("generators", "elt"),
    ast.GeneratorExp: ("generators", "elt"),
    ast.DictComp: ("generators", "key", "value"),
}
"""The fields of what does not run in the order in which its fields stand."""


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    for field in _ORDER.get(type(node), node._fields):
        value = getattr(node, field, None)
        yield from (part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST))


def _outside(function: Function | ast.Lambda) -> Iterator[ast.AST]:
    """Yield what runs where *function* is defined: its decorators and defaults."""
    decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
    yield from (*decorators, *function.args.defaults, *filter(None, function.args.kw_defaults))


def _body(function: ast.AST) -> Sequence[ast.AST]:
    body = getattr(function, "body", [])
    return body if isinstance(body, list) else [body]


def _shadows(function: ast.AST, name: str) -> bool:
    """Whether *name* is another variable in *function*."""
    bound = False
    for part in ast.walk(function):
        match part:
            case ast.Nonlocal(names=names) if name in names:
                return False
            case ast.arg(arg=own) | ast.Name(id=own, ctx=ast.Store()) if own == name:
                bound = True
            case _:
                pass
    return bound


def _until_set(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield *steps* up to where the parameter gets another value."""
    for step in steps:
        yield step
        if step is Step.SET:
            return


def _instead_of_set(steps: Iterable[Step], other: Step) -> Iterator[Step]:
    return (other if step is Step.SET else step for step in steps)
