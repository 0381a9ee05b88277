"""What the paths of a patch or a reply are relative to."""

from __future__ import annotations

from pathlib import Path

from suffice.errors import InputError
from suffice.project import project_root
from suffice.repository import repository_root


def root_around(place: Path) -> Path:
    """Return what the absolute path *place*, which need not exist, is relative to: its repository, else its project.

    Outside of both it is this folder if it holds *place*, else the folder that *place* is in.
    """
    folder = next(parent for parent in (place, *place.parents) if parent.is_dir())
    known = repository_root(folder) or project_root(folder)
    here = Path.cwd()
    return known or (here if place.is_relative_to(here) else folder)


def chosen_root(named: str | None) -> Path:
    """Return the folder *named* by `--root`, else the repository around this folder, as git has it; else this folder.

    Raises InputError if there is no such folder.
    """
    if named is None:
        return repository_root(Path.cwd()) or Path.cwd()
    root = Path(named)
    if not root.is_dir():
        raise InputError(f"There is no folder {root}; name with --root the one that the paths are relative to.")
    return root
