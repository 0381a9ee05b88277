"""Which file of the repository a Python import means. Nothing is imported or guessed to find out."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator

from suffice.index.symbols import Import

_ROOTS = ("", "src", "lib", "python")
"""Folders that hold a project's packages by custom, beside the one that the importing file's own package lies in."""

_ENDS = (".py", ".pyi", "/__init__.py", "/__init__.pyi")


class PythonModules:
    """The modules among *paths*."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(path for path in paths if path.endswith((".py", ".pyi")))
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            root = self._root(path)
            inside = path[len(root) + 1 :] if root else path
            self._by_name[_dotted(inside)].append(path)
        self._tops = {name.partition(".")[0] for name in self._by_name}

    def targets(self, one: Import, path: str) -> tuple[str, ...] | None:
        """Return the files that *one* in the file *path* means: none if it is no part of the repository.

        None where it should be and is not, or could be one of several.
        """
        if one.specifier.startswith("."):
            return self._relative(one, path)
        parts = one.specifier.split(".")
        if parts[0] in sys.stdlib_module_names:
            return ()
        found = next(self._absolute(one, parts, path), None)
        if found is not None:
            return (found,)
        return None if parts[0] in self._tops else ()

    def _relative(self, one: Import, path: str) -> tuple[str, ...] | None:
        named = one.specifier.lstrip(".")
        folder = path.rpartition("/")[0]
        for _ in range(len(one.specifier) - len(named) - 1):
            if not folder:
                return None
            folder = folder.rpartition("/")[0]
        found = self._taken(folder, named.split(".") if named else [], one.name)
        return None if found is None else (found,)

    def _absolute(self, one: Import, parts: list[str], path: str) -> Iterator[str]:
        for root in dict.fromkeys((self._root(path), *_ROOTS)):
            found = self._taken(root, parts, one.name)
            if found is not None:
                yield found
        for name in (f"{one.specifier}.{one.name}", one.specifier):
            elsewhere = self._by_name.get(name, ())
            if len(elsewhere) == 1 and elsewhere[0].endswith(".py"):  # a stub may describe what is not here
                yield elsewhere[0]

    def _taken(self, folder: str, parts: list[str], name: str) -> str | None:
        """Return the module that is imported: *name* itself where it is one, else what it is taken from."""
        whole = self._module(folder, [*parts, name]) if name not in {"", "*"} else None
        return whole or self._module(folder, parts)

    def _module(self, folder: str, parts: list[str]) -> str | None:
        if not parts:
            return next((p for end in _ENDS[2:] if (p := f"{folder}{end}".lstrip("/")) in self._paths), None)
        place = "/".join([folder, *parts] if folder else parts)
        return next((f"{place}{end}" for end in _ENDS if f"{place}{end}" in self._paths), None)

    def _root(self, path: str) -> str:
        """Return the folder above the outermost package that holds *path*."""
        folder = path.rpartition("/")[0]
        while folder and (f"{folder}/__init__.py" in self._paths or f"{folder}/__init__.pyi" in self._paths):
            folder = folder.rpartition("/")[0]
        return folder


def _dotted(inside: str) -> str:
    return inside.rpartition(".")[0].removesuffix("/__init__").replace("/", ".")
