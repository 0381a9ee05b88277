"""The public names of a piece of code and their signatures: what its users rely on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BINDING = {"property", "staticmethod", "classmethod", "setter", "deleter", "cached_property"}


def surface(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the public names below *node* (no underscore in front) and their signatures."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if is_public(child.name):
                    yield f"{prefix}{child.name}", _signature(child)
            case ast.ClassDef():
                if is_public(child.name):
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


def is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _variables(targets: list[ast.expr], prefix: str) -> Iterator[tuple[str, str]]:
    for target in targets:
        names = (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
        yield from ((f"{prefix}{name}", "variable") for name in names if is_public(name))


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
    return str(getattr(node, "attr", None) or getattr(node, "id", ""))
