"""Which paths a reply may name: plain ones inside the root, reached without a link, none that is never patched."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath

from suffice.checker.protected import why_protected
from suffice.edits.applied import Rejected
from suffice.snapshot import Snapshot, safe_path
from suffice.task import Kind

_LONGEST_NAME = 255
_LONGEST_PATH = 1024
"""Bytes that file systems take."""


def allowed_path(path: str, snapshot: Snapshot) -> str | Rejected:
    """Return *path* as the snapshot names it, or why a reply must not name it."""
    shown = ascii(path[:100])
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in path[:_LONGEST_PATH]):
        return Rejected(f"the path {shown} holds characters that no name should; write it plainly")
    if len(path.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in path.split("/")):
        return Rejected(f"the path {shown} is too long; name a file of this project")
    safe = _from_root(path, snapshot)
    if safe is None:
        return Rejected(f"the path {shown} leads outside the root; name the file relative to it")
    why = why_protected(safe, Kind.EDIT)
    if why is not None:
        return Rejected(f"{safe} is never patched: {why} (paths.toml); leave it out")
    if _leads_through_link(safe, snapshot):
        return Rejected(f"{safe} leads through a symbolic link, and links are never followed; name the file itself")
    return safe


def _from_root(path: str, snapshot: Snapshot) -> str | None:
    """Return *path* relative to the root, where it may begin as the root itself is named; None where it leads out."""
    stripped = path.strip()
    if snapshot.root is not None and "\0" not in stripped and PurePath(stripped).is_absolute():
        for root in (snapshot.root.absolute(), snapshot.root.resolve()):
            if PurePath(stripped).is_relative_to(root):
                return safe_path(PurePath(stripped).relative_to(root).as_posix())
    return safe_path(stripped)


def _leads_through_link(path: str, snapshot: Snapshot) -> bool:
    if snapshot.root is None:
        return False
    root = snapshot.root.resolve()
    return (root / path).resolve() != root / path


def known_path(path: str, snapshot: Snapshot) -> str:
    """Return *path* in its one plain form, without git's `a/` or `b/` where only then it names a file."""
    plain = _from_root(path, snapshot) or path.strip()
    bare = plain[2:] if plain.startswith(("a/", "b/")) else plain
    return bare if bare != plain and not is_taken(plain, snapshot) and is_taken(bare, snapshot) else plain


def is_taken(path: str, snapshot: Snapshot) -> bool:
    """Whether a file or folder stands at *path*."""
    safe = _from_root(path, snapshot)
    if safe is None or len(safe.encode(errors="replace")) > _LONGEST_PATH:
        return False
    try:
        return (
            snapshot.has(safe) or snapshot.exists(safe) or any(name.startswith(f"{safe}/") for name in snapshot.listed)
        )
    except (OSError, ValueError):  # a name that this file system cannot hold
        return False
