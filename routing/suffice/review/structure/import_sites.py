"""On which line one file imports another, and whether at once: parsed only for imports that are spoken of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from suffice.checker.file_roles import is_python
from suffice.errors import InputError
from suffice.outline import parse
from suffice.review.structure.import_graph import Edge
from suffice.review.structure.python_files import Modules
from suffice.snapshot import Snapshot


class Site(NamedTuple):
    """Where an import stands (1-based line), and when it is made: "" by loading the file, else "in a function"."""

    line: int
    late: str = ""


_SOONEST = ("", "in a function", "when run as a script", "for type checkers")


class _Import(NamedTuple):
    site: Site
    names: tuple[str, ...]
    """Dotted names, each of which may be a module; relative ones start with as many dots as levels."""


def site_of(edge: Edge, *, snapshot: Snapshot, modules: Modules) -> Site | None:
    """Return where *edge* is made, the soonest of several imports; None where that is not known."""
    if not is_python(edge.source) or edge.source not in modules.root or edge.target not in modules.root:
        return None
    try:
        imports = _imports(snapshot.text(edge.source))
    except InputError:
        return None
    wanted = modules.name(edge.target)
    here = modules.name(edge.source).split(".")
    if not edge.source.endswith(("/__init__.py", "/__init__.pyi")):
        here = here[:-1]
    sites = [found.site for found in imports if any(_absolute(name, here) == wanted for name in found.names)]
    return min(sites, key=lambda site: (_SOONEST.index(site.late), site.line), default=None)


@lru_cache(maxsize=512)
def _imports(text: str) -> tuple[_Import, ...]:
    tree = parse(text)
    return tuple(_found_in(tree)) if tree is not None else ()


def _found_in(tree: ast.Module) -> Iterator[_Import]:
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, late = waiting.pop()
        match node:
            case ast.Import(names=names):
                yield _Import(Site(node.lineno, late), tuple(alias.name for alias in names))
            case ast.ImportFrom(names=names, module=module, level=level):
                base = "." * level + (module or "")
                joint = "" if base.endswith(".") else "."
                named = (f"{base}{joint}{alias.name}" for alias in names)
                yield _Import(Site(node.lineno, late), (*named, base))
            case ast.expr():
                pass  # holds no statement
            case _:
                inner = late or _late(node)
                waiting += [(child, inner) for child in ast.iter_child_nodes(node)]


def _late(node: ast.AST) -> str:
    """Return when what is inside *node* is run, "" if by loading the file."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _SOONEST[1]
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return _SOONEST[2]
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return _SOONEST[3]
        case _:
            return ""


def _absolute(name: str, package: list[str]) -> str:
    """Return the dotted *name*, relative to *package* if it starts with dots, as an absolute one."""
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    if not level:
        return name
    if level > len(package) + 1:
        return ""
    return ".".join([*package[: len(package) - level + 1], *([bare] if bare else [])])
