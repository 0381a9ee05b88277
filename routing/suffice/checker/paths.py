"""Only files inside the root, reached without a link, and none that paths.toml names."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING

from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.shipped import shipped_text
from suffice.snapshot import safe_path

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from suffice.checker.subject import Subject

NAME = "paths"
COST = "under 0.1 ms"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a path that leads outside, through a link, or to what is never patched."""
    for change in subject.changes:
        if safe_path(change.path) != change.path:
            return failed(f"{change.path!r} leads outside the root")
        if never_patched().match_file(change.path.lower()):
            return failed(f"{change.path} is never patched (paths.toml)")
        if change.before is None and not _can_be_created(subject, change.path):
            return failed(f"{change.path} leads through a symbolic link")
    return passed("all paths stay inside the root")


@cache
def never_patched() -> GitIgnoreSpec:
    """Return the patterns of paths.toml in lower case, as some file systems see names."""
    from pathspec import GitIgnoreSpec

    data = tomllib.loads(shipped_text("checker/paths.toml"))
    return GitIgnoreSpec.from_lines(pattern.lower() for pattern in data["never"])


def _can_be_created(subject: Subject, path: str) -> bool:
    root = subject.snapshot.root
    return root is None or (root / path).resolve() == root.resolve() / path
