"""Which paths a reply may name: plain ones inside the root, reached without a link, none that is never patched."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePath, PurePosixPath

from suffice.checker.protected import why_protected
from suffice.edits.applied import Rejected
from suffice.snapshot import MAX_PATH_BYTES, Snapshot, is_too_long, leads_through_link, safe_path
from suffice.task import Kind


def allowed_path(path: str, snapshot: Snapshot) -> str | Rejected:
    """Return *path* as the snapshot names it, or why a reply must not name it."""
    shown = ascii(path[:100])
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in path[:MAX_PATH_BYTES]):
        return Rejected(f"the path {shown} holds characters that no name should; write it plainly")
    if is_too_long(path):
        return Rejected(f"the path {shown} is too long; name a file of this project")
    safe = _from_root(path, snapshot)
    if safe is None:
        return Rejected(f"the path {shown} leads outside the root; name the file relative to it")
    why = why_protected(safe, Kind.EDIT)
    if why is not None:
        return Rejected(f"{safe} is never patched: {why} (paths.toml); leave it out")
    elsewhere = _why_elsewhere(safe, snapshot.root) if snapshot.root is not None else None
    return safe if elsewhere is None else Rejected(f"{safe} {elsewhere}")


def _why_elsewhere(path: str, root: Path) -> str | None:
    """Return why what is at *path* would not be what is below *root*, None if it is."""
    if leads_through_link(root, path):
        return "leads through a symbolic link, and links are never followed; name the file itself"
    inner = _repository_around(path, root)
    return None if inner is None else f"lies in the repository {inner}, which is another one; leave it out"


def _repository_around(path: str, root: Path) -> str | None:
    """Return the folder below *root* that holds *path* and is a repository of its own, None where there is none."""
    folders = PurePosixPath(path).parents[:-1]
    return next((str(folder) for folder in folders if (root / folder / ".git").exists()), None)


def _from_root(path: str, snapshot: Snapshot) -> str | None:
    """Return *path* relative to the root, where it may begin as the root itself is named; None where it leads out."""
    stripped = path.strip()
    if snapshot.root is not None and "\0" not in stripped and PurePath(stripped).is_absolute():
        for root in (snapshot.root.absolute(), snapshot.root.resolve()):
            if PurePath(stripped).is_relative_to(root):
                return safe_path(PurePath(stripped).relative_to(root).as_posix())
    return safe_path(stripped)


def known_path(path: str, snapshot: Snapshot) -> str:
    """Return *path* in its one plain form, without git's `a/` or `b/` where only then it names a file.

    Where there is a folder of that name, it is meant.
    """
    plain = _from_root(path, snapshot) or path.strip()
    if not plain.startswith(("a/", "b/")) or is_taken(plain, snapshot) or is_taken(plain[0], snapshot):
        return plain
    return plain[2:] if is_taken(plain[2:], snapshot) else plain


def is_taken(path: str, snapshot: Snapshot) -> bool:
    """Whether a file or folder stands at *path*."""
    safe = _from_root(path, snapshot)
    return safe is not None and (snapshot.exists(safe) or snapshot.has(safe))
