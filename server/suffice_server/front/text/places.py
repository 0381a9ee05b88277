"""Which file of which project an open document is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from os.path import normpath
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from pygls.uris import to_fs_path

from suffice.project import project_root

_SETTINGS = frozenset(
    {"pyproject.toml", "suffice.toml", "ruff.toml", ".ruff.toml", "setup.cfg", ".sufficeignore", "package.json"}
)


class Place(NamedTuple):
    """A file as the core names it: *path* is relative to *root*, with forward slashes."""

    root: Path
    path: str


def place_of(uri: str, folders: Iterable[str]) -> Place | None:
    """Return where the document at *uri* lies: in the innermost of *folders* (uris), else in its own project.

    None if it is no file, or has a name that no file can have.
    """
    name = _path(uri)
    if not name or not _is_possible(name):
        return None
    file = Path(name)
    named = set(map(_path, folders))
    around = (folder for folder in file.parents if str(folder) in named)
    try:
        root = next(around, None) or project_root(file.parent) or file.parent
    except PermissionError:
        return None
    return Place(root=root, path=file.relative_to(root).as_posix())


def holds_settings(place: Place) -> bool:
    """Whether the file at *place* says how its project is linted, or what is done in it."""
    name = place.path.rpartition("/")[2]
    return name in _SETTINGS or name.startswith(("eslint.config.", ".eslintrc"))


def is_notebook(uri: str) -> bool:
    """Whether *uri* is a notebook or a cell of one: they are left alone, for an edit of one moves the others."""
    path = unquote(uri.partition("#")[0].partition("?")[0])
    return uri.startswith("vscode-notebook-cell:") or path.lower().endswith(".ipynb")


def folder_of(uri: str) -> Path | None:
    """Return the folder that *uri* names, None if it can be none."""
    name = _path(uri)
    return Path(name) if name else None


def _is_possible(name: str) -> bool:
    """Whether a file can have this *name*, be there one or not."""
    try:
        os.lstat(name)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return True
    except (OSError, ValueError):
        return False
    return True


def _path(uri: str) -> str | None:
    """Return the path that *uri* names, without `..`, so that what lies outside of a folder is not taken for inside."""
    if not uri.startswith("file:"):
        return None
    try:
        name = to_fs_path(uri)
    except ValueError:
        return None
    return normpath(name) if name and Path(name).is_absolute() and "\0" not in name else None
