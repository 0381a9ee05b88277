"""Only files inside the root, reached without a link, outside of submodules, and none that paths.toml names.

Example: `../shop.py`, `.git/hooks/pre-commit`, or a lock file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from suffice.checker.protected import as_seen, never_patched, why_protected
from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot, leads_through_link, safe_path
from suffice.toml_source import read_toml

__all__ = ["look", "never_patched", "why_protected"]

NAME = "paths"
COST = "under 0.1 ms"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a path that leads outside, through a link or into a submodule, or to what is never patched."""
    for change in subject.changes:
        for path in dict.fromkeys((change.path, change.target)):
            for flaw in _flaws(path, subject):
                return failed(f"{path} {flaw}" if path.isprintable() else f"{path!r} {flaw}")
        if _touches_own_settings(change):
            return failed(f"{change.target} holds suffice's own settings ([tool.suffice]), which are never patched")
    return passed("all paths stay inside the root, and none is protected")


def _flaws(path: str, subject: Subject) -> Iterator[str]:
    """Yield what is wrong with *path*, cheapest first."""
    if safe_path(path) != path:
        yield "leads outside the root"
    elif why := why_protected(path, subject.kind):
        yield f"is never patched: {why} (paths.toml)"
    elif submodule := next((folder for folder in _submodules(subject.snapshot) if _is_within(path, folder)), None):
        yield f"lies in the submodule {submodule}, which is never patched"
    elif _leads_through_link(path, subject.snapshot):
        yield "leads through a symbolic link or a file"


def _leads_through_link(path: str, snapshot: Snapshot) -> bool:
    """Whether a link is on the way to *path* or at its end, there or where a new file would be put."""
    if snapshot.root is not None and leads_through_link(snapshot.root, path):
        return True
    if snapshot.in_place or path in snapshot.listed:
        return False
    return any(str(parent) in snapshot.listed for parent in PurePosixPath(path).parents[:-1])


def _submodules(snapshot: Snapshot) -> tuple[str, ...]:
    there = snapshot.exists(".gitmodules") and snapshot.has(".gitmodules")
    return _paths_in(snapshot.text(".gitmodules")) if there else ()


_PATH = re.compile(r"""[ \t]*path[ \t]*=[ \t]*"?([^"\r\n]*?)/?"?[ \t]*\r?$""", re.MULTILINE | re.IGNORECASE)


@lru_cache(maxsize=8)
def _paths_in(gitmodules: str) -> tuple[str, ...]:
    return tuple(filter(None, _PATH.findall(gitmodules)))


def _is_within(path: str, folder: str) -> bool:
    return PurePosixPath(as_seen(path)).is_relative_to(as_seen(folder))


def _touches_own_settings(change: FileChange) -> bool:
    """Whether the part of a pyproject.toml changes that is for us."""
    before = change.before if _is_pyproject(change.path) else None
    after = change.after if _is_pyproject(change.target) else None
    return _own_settings(before) != _own_settings(after)


def _is_pyproject(path: str) -> bool:
    return as_seen(Path(path).name) == "pyproject.toml"


def _own_settings(text: str | None) -> object:
    """Return `[tool.suffice]` of *text*; the whole text where it cannot be read but might hold it."""
    if text is None or "suffice" not in text:
        return None
    try:
        return read_toml(text).get("tool", {}).get("suffice")
    except (ValueError, AttributeError, RecursionError):
        return text
