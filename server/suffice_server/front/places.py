"""Which file of which project an open document is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pygls.uris import to_fs_path

from suffice.project import project_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file as the core names it: *path* is relative to *root*, with forward slashes."""

    root: Path
    path: str


def place_of(uri: str, folders: Iterable[str]) -> Place | None:
    """Return where the document at *uri* lies: in the innermost of *folders* (uris), else in its own project.

    None if it is no file.
    """
    name = to_fs_path(uri) if uri.startswith("file:") else None
    if not name:
        return None
    file = Path(name)
    around = [Path(folder) for folder in map(_path, folders) if folder and file.is_relative_to(folder)]
    root = max(around, key=lambda folder: len(folder.parts), default=None)
    root = root or project_root(file.parent) or file.parent
    return Place(root=root, path=file.relative_to(root).as_posix())


def _path(uri: str) -> str | None:
    return to_fs_path(uri) if uri.startswith("file:") else None
