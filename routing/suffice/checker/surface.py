"""The public names of a piece of code and their signatures: what its users rely on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

_BINDING = {"property", "staticmethod", "classmethod", "setter", "deleter", "cached_property"}
_ROUTES = {"get", "post", "put", "patch", "delete", "head", "options", "trace", "websocket", "route", "api_route"}


class Public(NamedTuple):
    """What a public name stands for. `is_variable`: anything; its users rely on the name alone."""

    signature: str
    is_variable: bool = False

    def serves(self, earlier: Public) -> bool:
        """Whether who relied on *earlier* can rely on this: the same, or a definition where a variable was."""
        return self == earlier or earlier.is_variable


def surface(node: ast.AST, prefix: str = "", *, in_class: bool = False) -> Iterator[tuple[str, Public]]:
    """Yield the public names below *node* (no underscore in front) and what they stand for."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if is_public(child.name):
                    yield f"{prefix}{child.name}", Public(_signature(child, is_method=in_class))
            case ast.ClassDef():
                if is_public(child.name):
                    yield f"{prefix}{child.name}", Public("class")
                    yield from surface(child, f"{prefix}{child.name}.", in_class=True)
            case ast.Assign(targets=targets):
                yield from _variables(targets, prefix)
            case ast.AnnAssign(target=target):
                yield from _variables([target], prefix)
            case ast.If() | ast.Try() | ast.With():
                yield from surface(child, prefix, in_class=in_class)
            case _:
                pass


def is_public(name: str) -> bool:
    """Whether users may rely on *name*: no underscore in front, or one of Python's own (`__init__`)."""
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _variables(targets: list[ast.expr], prefix: str) -> Iterator[tuple[str, Public]]:
    for target in targets:
        stored = (n for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        yield from ((f"{prefix}{n.id}", Public("variable", is_variable=True)) for n in stored if is_public(n.id))


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> str:
    """Return the parameters with their kinds and whether they have a default; annotations do not count.

    Nobody passes the first parameter of a method by its name. What only a framework calls has no users of its
    signature: a route of a web application, a test, and `__post_init__`, whose caller is the generated `__init__`.
    """
    if function.name == "__post_init__" or function.name.startswith("test_"):
        return function.name
    if any(map(_is_route, function.decorator_list)):
        return "route"
    a = function.args
    positional = [*a.posonlyargs, *a.args]
    required = len(positional) - len(a.defaults)
    parts = [f"{p.arg}{'' if n < required else '='}" for n, p in enumerate(positional)]
    binding = sorted(name for d in function.decorator_list if (name := _last_name(d)) in _BINDING)
    if is_method and parts and "staticmethod" not in binding:
        parts[0] = "self"
    parts.insert(len(a.posonlyargs), "/")
    parts.append(f"*{a.vararg.arg if a.vararg else ''}")
    keywords = zip(a.kwonlyargs, a.kw_defaults, strict=True)
    parts += [f"{p.arg}{'' if default is None else '='}" for p, default in keywords]
    parts.append(f"**{a.kwarg.arg if a.kwarg else ''}")
    return f"{'async ' * isinstance(function, ast.AsyncFunctionDef)}{binding}({', '.join(parts)})"


def _is_route(decorator: ast.expr) -> bool:
    """Whether *decorator* gives a function to a web framework, as in `@app.get("/items/{id}")`."""
    match decorator:
        case ast.Call(func=ast.Attribute(attr=verb), args=[ast.Constant(value=str(path)), *_]):
            return verb in _ROUTES and path.startswith("/")
        case _:
            return False


def _last_name(node: ast.expr) -> str:
    return str(getattr(node, "attr", None) or getattr(node, "id", ""))
