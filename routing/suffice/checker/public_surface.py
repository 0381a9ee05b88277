"""A lint fix never changes the name or the signature of a public definition: that is for a human."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from suffice.checker.subject import Subject
from suffice.checker.trees import Region
from suffice.checker.verdict import Found, failed, passed, skipped
from suffice.task import Kind

NAME = "public-surface"
COST = "under 1 ms"

_BINDING = {"property", "staticmethod", "classmethod", "setter", "deleter", "cached_property"}


def look(subject: Subject) -> Found:
    """Fail a lint fix after which a public name, its parameters or their order differ."""
    if subject.kind is not Kind.LINT_FIX:
        return skipped("only a lint fix must keep the public surface")
    for path, region in _each(subject):
        if region.before_tree is None or region.after_tree is None:
            continue
        if region.in_function or not _is_public_place(path, region.scope):
            continue
        before = dict(surface(region.before_tree, region.scope))
        after = dict(surface(region.after_tree, region.scope))
        for name in before:
            if after.get(name) != before[name]:
                what = "signature of" if name in after else "public name"
                return failed(f"changes the {what} {name} in {path}")
    return passed("public names and signatures are kept")


def _each(subject: Subject) -> Iterator[tuple[str, Region]]:
    for path, touched in subject.regions.items():
        yield from ((path, region) for region in touched)


def _is_public_place(path: str, scope: str) -> bool:
    if not all(_is_public(name) for name in scope.split(".") if name):
        return False
    parts = PurePosixPath(path).with_suffix("").parts
    private = any(part.startswith("_") and not part.startswith("__") for part in parts)
    return not private and not parts[-1].startswith("test_") and "tests" not in parts


def surface(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the public names below *node* (no underscore in front) and their signatures."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if _is_public(child.name):
                    yield f"{prefix}{child.name}", _signature(child)
            case ast.ClassDef():
                if _is_public(child.name):
                    yield f"{prefix}{child.name}", "class"
                    yield from surface(child, f"{prefix}{child.name}.")
            case ast.Assign(targets=targets):
                yield from _variables(targets, prefix)
            case ast.AnnAssign(target=target):
                yield from _variables([target], prefix)
            case ast.If() | ast.Try() | ast.With():
                yield from surface(child, prefix)
            case _:
                pass


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _variables(targets: list[ast.expr], prefix: str) -> Iterator[tuple[str, str]]:
    for target in targets:
        names = (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
        yield from ((f"{prefix}{name}", "variable") for name in names if _is_public(name))


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the parameters with their kinds and whether they have a default; annotations do not count."""
    a = function.args
    positional = [*a.posonlyargs, *a.args]
    required = len(positional) - len(a.defaults)
    parts = [f"{p.arg}{'' if n < required else '='}" for n, p in enumerate(positional)]
    parts.insert(len(a.posonlyargs), "/")
    parts.append(f"*{a.vararg.arg if a.vararg else ''}")
    keywords = zip(a.kwonlyargs, a.kw_defaults, strict=True)
    parts += [f"{p.arg}{'' if default is None else '='}" for p, default in keywords]
    parts.append(f"**{a.kwarg.arg if a.kwarg else ''}")
    binding = sorted(name for d in function.decorator_list if (name := _last_name(d)) in _BINDING)
    return f"{'async ' * isinstance(function, ast.AsyncFunctionDef)}{binding}({', '.join(parts)})"


def _last_name(node: ast.expr) -> str:
    return getattr(node, "attr", None) or getattr(node, "id", "")
