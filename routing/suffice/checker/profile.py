"""What a piece of code holds, counted, so that two versions of it can be compared for what a patch lost.

From the syntax tree where there is one, else from the text's own words (coarser, for syntax that is newer than
the Python we run on).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from suffice.checker.lexing import WORD, comment_words, without_strings

_SAME = {
    "AnnAssign": "Assign",
    "AugAssign": "Assign",
    "AsyncFor": "For",
    "AsyncWith": "With",
    "AsyncFunctionDef": "FunctionDef",
    "ImportFrom": "Import",
    "TryStar": "Try",
}
_NOT_COUNTED = {"Pass"}


@dataclass(slots=True)
class Profile:
    """Counted contents.

    `calls` are those that run where they stand, `deferred` those in a lambda. `signs` ask for sameness (`==`, `not
    in`); arithmetic, order and logic are `operators`. `names` are all, `uses` how often each is read, attributes
    with a dot in front. `words` are those inside string literals, and all other constants; `literals` are the texts of
    strings, `docstrings` of those that stand alone; `comments` are the words of comments.
    """

    definitions: set[str] = field(default_factory=set)
    decorators: int = 0
    statements: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    deferred: int = 0
    arguments: int = 0
    keywords: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    uses: Counter[str] = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)
    literals: set[str] = field(default_factory=set)
    docstrings: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)

    @property
    def negations(self) -> int:
        """How often something is denied."""
        return sum(self.signs[name] for name in _NEGATIVE)


def joined(parts: Iterable[tuple[str, Profile]]) -> Profile:
    """Return *parts*, each with the path of definitions around it, as one profile."""
    total = Profile()
    for scope, part in parts:
        total.definitions.update(f"{scope}{name}" for name in part.definitions)
        total.decorators += part.decorators
        total.calls += part.calls
        total.deferred += part.deferred
        total.arguments += part.arguments
        for own, more in zip(_collected(total), _collected(part), strict=True):
            own.update(more)
    return total


def _collected(profile: Profile) -> Iterator[Any]:
    yield from (profile.statements, profile.keywords, profile.signs, profile.operators, profile.uses)
    yield from (profile.names, profile.words, profile.literals, profile.docstrings, profile.comments)


def of_tree(tree: ast.Module, text: str, *, in_function: bool = False) -> Profile:
    """Return the profile of *text*, whose syntax tree is *tree*; local variables of a function are no definitions."""
    profile = Profile(comments=comment_words(text))
    for qualname, name in _definitions(tree, "", local=in_function):
        profile.definitions.add(qualname)
        profile.names.add(name)
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, deferred = waiting.pop()
        _count(node, profile, deferred=deferred)
        deferred = deferred or isinstance(node, ast.Lambda)
        for name in _fields(type(node).__name__):
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [(child, deferred) for child in _reachable(value)]
            elif isinstance(value, ast.AST):
                waiting.append((value, deferred))
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
_NEGATIVE = ("NotEq", "IsNot", "NotIn", "Not")
_SAMENESS = {"Eq", "Is", "In", *_NEGATIVE}
_ENDS_BLOCK = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def _definitions(node: ast.AST, prefix: str, *, local: bool) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield f"{prefix}{name}", name
                inside = not isinstance(child, ast.ClassDef)
                yield from _definitions(child, f"{prefix}{name}.", local=inside)
            case ast.Assign(targets=targets) if not local:
                yield from _variables(targets, prefix)
            case ast.AnnAssign(target=target) if not local:
                yield from _variables([target], prefix)
            case ast.With(items=items) if not local:
                yield from _variables([item.optional_vars for item in items if item.optional_vars], prefix)
                yield from _definitions(child, prefix, local=local)
            case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                yield from _definitions(child, prefix, local=local)
            case _:
                pass


def _variables(targets: Iterable[ast.expr], prefix: str) -> Iterator[tuple[str, str]]:
    for target in targets:
        yield from ((f"{prefix}{part.id}", part.id) for part in ast.walk(target) if isinstance(part, ast.Name))


def _count(node: ast.AST, profile: Profile, *, deferred: bool) -> None:
    kind = type(node).__name__
    if kind in _WITH_OPERATORS:
        for operator in getattr(node, "ops", None) or [getattr(node, "op", None)]:
            name = type(operator).__name__
            (profile.signs if name in _SAMENESS else profile.operators)[name] += 1
    if deferred and kind == "Call":
        profile.deferred += 1
        profile.calls -= 1
    counted = _COUNTED.get(kind)
    if counted:
        counted(node, profile)
    elif isinstance(node, ast.stmt) and kind not in _NOT_COUNTED:
        profile.statements[_SAME.get(kind, kind)] += 1
        profile.decorators += len(getattr(node, "decorator_list", ()))


def _count_expression_statement(node: Any, profile: Profile) -> None:
    value = node.value.value if isinstance(node.value, ast.Constant) else None
    if isinstance(value, str):
        profile.docstrings.add(value)
    if value is not ...:
        profile.statements["Expr"] += 1


def _count_handler(node: Any, profile: Profile) -> None:
    profile.statements["ExceptHandler"] += 1
    profile.names.update([node.name] if node.name else [])


def _count_call(node: Any, profile: Profile) -> None:
    profile.calls += 1
    profile.arguments += len(node.args) + len(node.keywords)
    given = [keyword.arg for keyword in node.keywords if keyword.arg]
    profile.keywords.update(given)
    profile.names.update(given)


def _count_alias(node: Any, profile: Profile) -> None:
    profile.names.update([*node.name.split("."), *([node.asname] if node.asname else [])])


def _count_constant(node: Any, profile: Profile) -> None:
    match node.value:
        case str(text):
            profile.words.update(WORD.findall(text) or [repr(text)])
            profile.literals.add(text)
        case bytes(content):
            profile.words.update(WORD.findall(content.decode("latin-1")) or [repr(content)])
        case other:
            profile.words.add(repr(other))


def _count_return(node: Any, profile: Profile) -> None:
    gives = node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None)
    profile.statements["Return" if gives else "Return of nothing"] += 1


def _count_name(node: Any, profile: Profile) -> None:
    profile.names.add(node.id)
    if not isinstance(node.ctx, ast.Store):
        profile.uses[node.id] += 1


def _count_attribute(node: Any, profile: Profile) -> None:
    profile.names.add(node.attr)
    profile.uses[f".{node.attr}"] += 1


_COUNTED: Mapping[str, Callable[[Any, Profile], None]] = {
    "Expr": _count_expression_statement,
    "ExceptHandler": _count_handler,
    "Return": _count_return,
    "Call": _count_call,
    "alias": _count_alias,
    "Constant": _count_constant,
    "match_case": lambda _, profile: profile.statements.update(["case"]),
    "Await": lambda _, profile: profile.statements.update(["await"]),
    "Yield": lambda _, profile: profile.statements.update(["yield"]),
    "YieldFrom": lambda _, profile: profile.statements.update(["yield"]),
    "Global": lambda node, profile: profile.names.update(node.names),
    "Nonlocal": lambda node, profile: profile.names.update(node.names),
    "Name": _count_name,
    "Attribute": _count_attribute,
    "arg": lambda node, profile: profile.names.add(node.arg),
}


def of_text(text: str) -> Profile:
    """Return the profile of *text* without parsing it."""
    code = without_strings(text)
    lines = [line for line in code.code.splitlines() if line.strip() and line.strip() not in {"pass", "...", ")"}]
    return Profile(
        definitions=set(code.definitions),
        statements=Counter({"line of code": len(lines)}),
        calls=code.code.count("("),
        names=set(code.names),
        words=set(code.words),
        comments=comment_words(text),
    )
