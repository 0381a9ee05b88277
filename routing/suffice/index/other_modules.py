"""Which file of the repository an import of another language than Python means, where that is certain."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from suffice.index.symbols import Import

_SCRIPT_ENDS = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".json")
_TYPED_FIRST = (".ts", ".tsx", ".mts", ".cts")
_COMPILED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript imports a file by the name that it will have when it is compiled."""

_ALIASED = ("@/", "~/", "#", "/")
"""No package can be called so: an alias for a folder of the project, in settings that we do not read."""

_GO_MODULE = re.compile(r"^module[ \t]+\"?([^\s\"]+)", re.MULTILINE)
_MOST_GO_MODULES = 1000
"""The outermost ones; each is a file that has to be read, and a repository of so many has a few hundred."""

_RUST_ROOTS = ("lib.rs", "main.rs")
_RUST_SINGLE = ("tests", "examples", "benches", "bin")
"""Each file in these folders is a crate of its own."""

Targets = tuple[str, ...] | None
"""Files of the repository; empty: it is no part of it; None: it should be there, and is not, or could be several."""


class ScriptModules:
    """The modules of JavaScript and TypeScript among *paths*: relative ones alone are certain."""

    def __init__(self, paths: frozenset[str]) -> None:
        self._paths = paths

    def targets(self, one: Import, path: str) -> Targets:
        """Return what *one* in the file *path* means."""
        if not one.specifier.startswith("."):
            return None if one.specifier.startswith(_ALIASED) else ()
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), one.specifier))
        if place.startswith(".."):
            return None
        found = next((name for name in _script_names(place, path) if name in self._paths), None)
        return None if found is None else (found,)


def _script_names(place: str, path: str) -> Iterator[str]:
    stem, end = posixpath.splitext(place)
    if path.endswith(_TYPED_FIRST):
        yield from (stem + other for other in _COMPILED.get(end, ()))
        ends = _SCRIPT_ENDS
    else:
        ends = (*_SCRIPT_ENDS[5:], *_SCRIPT_ENDS[:5])
    yield place
    yield from (place + each for each in ends)
    yield from (posixpath.join("" if place == "." else place, f"index{each}") for each in ends)


class GoModules:
    """The packages of the modules whose go.mod is among *paths*; *read* gives the text of one."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], str]) -> None:
        self._packages: dict[str, list[str]] = defaultdict(list)
        settings = []
        for path in sorted(paths):
            folder, _, name = path.rpartition("/")
            if name == "go.mod":
                settings.append(path)
            elif name.endswith(".go") and not name.endswith("_test.go"):
                self._packages[folder].append(path)
        nearest = sorted(settings, key=lambda path: path.count("/"))[:_MOST_GO_MODULES]
        named = ((_GO_MODULE.search(read(path)), posixpath.dirname(path)) for path in nearest)
        self._folders = {match[1]: folder for match, folder in named if match}

    def targets(self, one: Import, path: str) -> Targets:
        """Return every file of the package that *one* means, tests aside: a package is one thing in Go."""
        del path
        module = one.specifier
        while module and module not in self._folders:
            module = module.rpartition("/")[0]
        if not module:
            return ()
        place = posixpath.join(self._folders[module], one.specifier[len(module) + 1 :]).rstrip("/")
        return tuple(self._packages.get(place, ())) or None


class RustModules:
    """The modules of the crates among *paths*."""

    def __init__(self, paths: frozenset[str]) -> None:
        self._paths = paths

    def targets(self, one: Import, path: str) -> Targets:
        """Return the file of the module that *one* means; what only begins with a name may be another crate."""
        head, *parts = [*one.specifier.split("::"), *([one.name] if one.name not in {"", "*"} else [])]
        if head == "crate":
            root = self._crate(path)
            return None if root is None else self._longest(root, parts, root)
        if head == "self":
            return self._longest(self._children(path), parts, None)
        if head == "super":
            return self._above(path, parts)
        own = self._module(self._children(path), [head])
        return self._longest(self._children(path), [head, *parts], None) if own else ()

    def _above(self, path: str, parts: list[str]) -> Targets:
        folder = posixpath.dirname(self._children(path))
        while parts[:1] == ["super"]:
            folder, parts = posixpath.dirname(folder), parts[1:]
        found = self._longest(folder, parts, None)
        if found is not None:
            return found
        holding = [f"{folder}.rs", posixpath.join(folder, "mod.rs"), *(posixpath.join(folder, r) for r in _RUST_ROOTS)]
        return next(((name,) for name in holding if name in self._paths and name != path), None)

    def _longest(self, folder: str, parts: list[str], root: str | None) -> Targets:
        """Return the module that most of *parts* name; the last ones may be an item in it."""
        for length in range(len(parts), 0, -1):
            found = self._module(folder, parts[:length])
            if found:
                return (found,)
        held = (posixpath.join(root, name) for name in _RUST_ROOTS) if root is not None else ()
        return next(((name,) for name in held if name in self._paths), None)

    def _module(self, folder: str, parts: list[str]) -> str | None:
        place = posixpath.join(folder, *parts)
        return next((p for p in (f"{place}.rs", f"{place}/mod.rs") if p in self._paths), None)

    def _children(self, path: str) -> str:
        """Return the folder in which the modules below that of the file *path* lie."""
        folder, name = posixpath.split(path)
        is_root = name in {*_RUST_ROOTS, "mod.rs", "build.rs"} or posixpath.basename(folder) in _RUST_SINGLE
        return folder if is_root else posixpath.join(folder, name.removesuffix(".rs"))

    def _crate(self, path: str) -> str | None:
        """Return the folder of the root of the crate that holds *path*."""
        folder = posixpath.dirname(path)
        while True:
            if any(posixpath.join(folder, name) in self._paths for name in _RUST_ROOTS):
                return folder
            if not folder:
                return None
            folder = posixpath.dirname(folder)


class JavaModules:
    """The classes among *paths*, found by the folders that their packages are."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_end: dict[str, list[str]] = defaultdict(list)
        self._packages: dict[str, list[str]] = defaultdict(list)
        self._tops: set[str] = set()
        for path in sorted(paths):
            if path.endswith(".java"):
                parts = path[:-5].split("/")
                self._packages[posixpath.basename(posixpath.dirname(path))].append(path)
                self._by_end[parts[-1]].append(path)
                self._tops.update(f"{above}.{below}" for above, below in pairwise(parts))

    def targets(self, one: Import, path: str) -> Targets:
        """Return the file of the class, or all of the package, that *one* means."""
        del path
        parts = one.specifier.split(".")
        found = self._package(parts) if one.name == "*" else self._class([*parts, one.name])
        found = found or self._class(parts)
        return found or (None if ".".join(parts[:2]) in self._tops else ())

    def _package(self, parts: list[str]) -> Targets:
        end = "/".join(parts)
        files = [p for p in self._packages.get(parts[-1], ()) if f"/{posixpath.dirname(p)}".endswith(f"/{end}")]
        return tuple(files) if len({posixpath.dirname(file) for file in files}) == 1 else None

    def _class(self, parts: list[str]) -> Targets:
        """Return the one file whose path ends with the longest part of *parts* that names one."""
        for length in range(len(parts), 1, -1):
            end = "/".join(parts[:length])
            files = [p for p in self._by_end.get(parts[length - 1], ()) if f"/{p[:-5]}".endswith(f"/{end}")]
            if files:
                return (files[0],) if len(files) == 1 else None
        return None
