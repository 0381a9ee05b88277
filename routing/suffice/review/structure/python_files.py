"""Where the Python files of a snapshot stand, as Python and ruff look for modules: stubs folded, roots known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from suffice.checker.file_roles import is_python
from suffice.snapshot import safe_path


class Modules(NamedTuple):
    """Python files by where they are imported from.

    `root` says for each file the folder that has to be on Python's path ("" the top), `within` the file's place below
    it; `holders` are the roots that hold such a place.
    """

    root: Mapping[str, str]
    holders: Mapping[str, frozenset[str]]

    def within(self, path: str) -> str:
        """Return the place of the file *path* below its root, such as `shop/cart.py`."""
        return path[len(self.root[path]) + 1 :] if self.root[path] else path

    def name(self, path: str) -> str:
        """Return the dotted name under which the file *path* is imported, such as `shop.cart`."""
        parts = self.within(path).rpartition(".")[0].split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)

    def imported(self, *, by: str, found: str) -> str | None:
        """Return the file that *by* means where *found* was found, None if several roots hold one of that name.

        Packages of one name in several projects of a repository: each means its own.
        """
        place = self.within(found)
        if len(self.holders[place]) == 1:
            return found
        own = self.root[by]
        return _below(own, place) if own in self.holders[place] else None


def python_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the Python files among *paths* whose names are safe to write down; no stub of a file that is there."""
    known = {path for path in paths if is_python(path) and safe_path(path) == path and _is_plain(path)}
    return tuple(sorted(path for path in known if not (path.endswith(".pyi") and path[:-1] in known)))


def modules_of(files: Iterable[str]) -> Modules:
    """Return where *files* are imported from: above the topmost of the packages around each."""
    listed = tuple(files)
    packages = {path.rpartition("/")[0] for path in listed if path.endswith(("/__init__.py", "/__init__.pyi"))}
    root = {path: _root(path.rpartition("/")[0], packages) for path in listed}
    holders: dict[str, set[str]] = {}
    for path in listed:
        holders.setdefault(path[len(root[path]) + 1 :] if root[path] else path, set()).add(root[path])
    return Modules(root=root, holders={place: frozenset(roots) for place, roots in holders.items()})


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that hold *path*, the nearest first; "" is not among them."""
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _root(folder: str, packages: set[str]) -> str:
    while folder in packages:
        folder = folder.rpartition("/")[0]
    return folder


def _below(root: str, place: str) -> str:
    return f"{root}/{place}" if root else place


def _is_plain(path: str) -> bool:
    """Whether nothing in the name would be read as something else in what a tool prints."""
    return path.isprintable() and all(len(part.encode()) <= _LONGEST_NAME for part in path.split("/"))


_LONGEST_NAME = 255
"""What Linux and the others allow of one name, in bytes."""
