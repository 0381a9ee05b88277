"""What the paths of a patch or a reply are relative to."""

from __future__ import annotations

from pathlib import Path

from suffice.errors import InputError
from suffice.repository import repository_root


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
