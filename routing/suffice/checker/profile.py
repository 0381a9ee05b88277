"""What a piece of code holds, counted, so that two versions of it can be compared for what a patch lost.

From the syntax tree where there is one, else from the text's own words (coarser, for syntax that is newer than
the Python we run on).
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_SAME = {
    "AnnAssign": "Assign",
    "AugAssign": "Assign",
    "AsyncFor": "For",
    "AsyncWith": "With",
    "AsyncFunctionDef": "FunctionDef",
    "ImportFrom": "Import",
    "TryStar": "Try",
}
_NOT_COUNTED = {"Pass", "Global", "Nonlocal"}
_WORD = re.compile(r"\w\w+")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_STRING = re.compile(r"""("{3}|'{3}|"|')(.*?)(?<!\\)\1""", re.DOTALL)
_COMMENT = re.compile(r"#[^\r\n]*")
_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(slots=True)
class Profile:
    """Counted contents.

    `comparisons` ask for sameness; arithmetic, order and logic are `operators`.
    `words` are the words inside string literals, and all other constants.
    """

    definitions: set[str] = field(default_factory=set)
    statements: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    arguments: int = 0
    comparisons: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def of_tree(tree: ast.Module, *, in_function: bool = False) -> Profile:
    """Return the profile of *tree*; local variables of a function are no definitions."""
    profile = Profile()
    for qualname, name in _definitions(tree, "", local=in_function):
        profile.definitions.add(qualname)
        profile.names.add(name)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        _count(node, profile)
        for name in _fields(type(node).__name__):
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += _reachable(value)
            elif isinstance(value, ast.AST):
                waiting.append(value)
    return profile


@cache
def _fields(kind: str) -> tuple[str, ...]:
    """Return the fields of a kind of node that hold nodes to count: no contexts and operators, half of a tree."""
    return tuple(name for name in getattr(ast, kind)._fields if name not in {"ctx", "op", "ops"})


def _reachable(nodes: list[Any]) -> list[ast.AST]:
    """Return the nodes up to one that ends a block: what stands behind is lost, though it is still written there."""
    found = []
    for node in nodes:
        if isinstance(node, ast.AST):
            found.append(node)
            if isinstance(node, _ENDS_BLOCK):
                break
    return found


_WITH_OPERATORS = {"BinOp", "BoolOp", "UnaryOp", "Compare", "AugAssign"}
_SAMENESS = {"Eq", "NotEq", "Is", "IsNot", "In", "NotIn", "Not"}
_ENDS_BLOCK = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def _definitions(node: ast.AST, prefix: str, *, local: bool) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield f"{prefix}{name}", name
                inside = not isinstance(child, ast.ClassDef)
                yield from _definitions(child, f"{prefix}{name}.", local=inside)
            case ast.Assign() | ast.AnnAssign() if not local:
                for target in child.targets if isinstance(child, ast.Assign) else [child.target]:
                    names = (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
                    yield from ((f"{prefix}{name}", name) for name in names)
            case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                yield from _definitions(child, prefix, local=local)
            case _:
                pass


def _count(node: ast.AST, profile: Profile) -> None:
    kind = type(node).__name__
    if kind in _WITH_OPERATORS:
        for operator in getattr(node, "ops", None) or [getattr(node, "op", None)]:
            name = type(operator).__name__
            (profile.comparisons if name in _SAMENESS else profile.operators)[name] += 1
    counted = _COUNTED.get(kind)
    if counted:
        counted(node, profile)
    elif isinstance(node, ast.stmt) and kind not in _NOT_COUNTED:
        profile.statements[_SAME.get(kind, kind)] += 1


def _count_expression_statement(node: Any, profile: Profile) -> None:
    if not (isinstance(node.value, ast.Constant) and node.value.value is ...):
        profile.statements["Expr"] += 1


def _count_handler(node: Any, profile: Profile) -> None:
    profile.statements["ExceptHandler"] += 1
    profile.names.update([node.name] if node.name else [])


def _count_call(node: Any, profile: Profile) -> None:
    profile.calls += 1
    profile.arguments += len(node.args) + len(node.keywords)
    profile.names.update(keyword.arg for keyword in node.keywords if keyword.arg)


def _count_alias(node: Any, profile: Profile) -> None:
    profile.names.update([*node.name.split("."), *([node.asname] if node.asname else [])])


def _count_constant(node: Any, profile: Profile) -> None:
    match node.value:
        case str(text):
            profile.words.update(_WORD.findall(text) or [repr(text)])
        case bytes(content):
            profile.words.update(_WORD.findall(content.decode("latin-1")) or [repr(content)])
        case other:
            profile.words.add(repr(other))


def _count_return(node: Any, profile: Profile) -> None:
    gives = node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None)
    profile.statements["Return" if gives else "Return of nothing"] += 1


_COUNTED: Mapping[str, Callable[[Any, Profile], None]] = {
    "Expr": _count_expression_statement,
    "ExceptHandler": _count_handler,
    "Return": _count_return,
    "Call": _count_call,
    "alias": _count_alias,
    "Constant": _count_constant,
    "Await": lambda _, profile: profile.statements.update(["await"]),
    "Yield": lambda _, profile: profile.statements.update(["yield"]),
    "YieldFrom": lambda _, profile: profile.statements.update(["yield"]),
    "Name": lambda node, profile: profile.names.add(node.id),
    "Attribute": lambda node, profile: profile.names.add(node.attr),
    "arg": lambda node, profile: profile.names.add(node.arg),
}


def of_text(text: str) -> Profile:
    """Return the profile of *text* without parsing it."""
    words = {word for match in _STRING.finditer(text) for word in _WORD.findall(match[2])}
    code = _COMMENT.sub("", _STRING.sub('""', text))
    lines = [line for line in code.splitlines() if line.strip() and line.strip() not in {"pass", "...", ")"}]
    return Profile(
        definitions=set(_DEFINITION.findall(code)),
        statements=Counter({"line of code": len(lines)}),
        calls=code.count("("),
        arguments=0,
        names=set(_IDENTIFIER.findall(code)),
        words=words,
    )
