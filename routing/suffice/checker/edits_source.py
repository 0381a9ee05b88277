"""A patch that is to mend or rebuild code changes code: not only tests, documents or scripts of its own.

Example: a "fix" that adds `reproduce.py` beside the project, or a test alone, mends nothing.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import MENDING, Found, failed, passed, skipped
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot

NAME = "edits-source"
COST = "nothing"
BLOCKS = MENDING

_STRAY = re.compile(
    r"(?:repro|debug|tmp|temp|scratch|bug|issue|mwe|minimal|playground|demo|try|run|check|verify|fix|patch)"
    r"(?:$|[^a-z])|reproduc|.*_(?:repro|reproduce|debug|tmp)\.",
    re.IGNORECASE,
)
"""How scripts are called that somebody wrote to look at a defect and left behind."""

_CHANGEABLE = {Role.SOURCE, Role.CONFIGURATION}


def look(subject: Subject) -> Found:
    """Fail a mending patch none of whose files is source, or that only adds scripts of its own."""
    if subject.kind not in MENDING:
        return skipped("only a patch that mends or rebuilds must change source")
    if any(is_source_change(change, subject.snapshot) for change in subject.changes):
        return passed("changes source")
    roles = sorted({_named(change) for change in subject.changes})
    return failed(f"changes no source, only {' and '.join(roles)}")


def is_source_change(change: FileChange, snapshot: Snapshot) -> bool:
    """Whether *change* is to something that the program is made of."""
    if change.before is not None:
        return role(change.path) in _CHANGEABLE
    return role(change.path) is Role.SOURCE and not _is_stray(change.path, snapshot)


def _is_stray(path: str, snapshot: Snapshot) -> bool:
    """Whether the new file *path* stands where nothing of the project does, or is called like a left script."""
    pure = PurePosixPath(path)
    if len(pure.parts) == 1 or _STRAY.match(pure.name):
        return True
    return not _has_folder(snapshot, pure.parent)


def _has_folder(snapshot: Snapshot, folder: PurePosixPath) -> bool:
    if snapshot.in_place:
        return snapshot.exists(str(folder))
    return any(path.startswith(f"{folder}/") for path in snapshot.listed)


def _named(change: FileChange) -> str:
    if change.before is None and role(change.path) is Role.SOURCE:
        return "new scripts that nothing uses"
    return {Role.TEST: "tests", Role.DOCUMENTATION: "documentation"}.get(role(change.path), "data")
