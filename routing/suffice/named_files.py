"""Files that a user names for a task: refused before anybody is paid where they are never sent, or never patched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from suffice.checker.protected import why_protected
from suffice.edits.applied import Rejected
from suffice.edits.reply_paths import allowed_path
from suffice.errors import InputError
from suffice.privacy import IGNORE_FILE, ignored
from suffice.snapshot import Snapshot
from suffice.task import Kind


def never_ignored(file: Path, root: Path, exclude: Sequence[str]) -> None:
    """Raise InputError if *file*, by any of its names, is excluded in *root* or ignored in a folder around it."""
    for path in dict.fromkeys((file, Path(os.path.realpath(file)))):
        patterns = {folder: ignored(Snapshot.of_folder(folder)) for folder in path.parents if _has_patterns(folder)}
        if path.is_relative_to(root):
            patterns[root] = ignored(Snapshot.of_folder(root), exclude)
        for folder, found in patterns.items():
            name = path.relative_to(folder).as_posix()
            if found.match_file(name):
                raise InputError(f"{file.name} {_why_never_sent(name)} and is never sent; name another file.")


def _why_never_sent(name: str) -> str:
    by_custom = ignored(None).match_file(name)
    return "is a file that holds secrets by custom" if by_custom else f"is ignored by {IGNORE_FILE} or exclude"


def _has_patterns(folder: Path) -> bool:
    return (folder / IGNORE_FILE).is_file()


def never_protected(path: str, snapshot: Snapshot, kind: Kind) -> None:
    """Raise InputError for what the checker lets no patch of *kind* touch."""
    allowed = allowed_path(path, snapshot)
    if isinstance(allowed, Rejected):
        raise InputError(f"{allowed.reason.rpartition('; ')[0]}; name another file.")
    why = why_protected(path, kind)
    if why is not None:
        raise InputError(f"{path} is never patched by {kind}: {why} (paths.toml); name another file.")
