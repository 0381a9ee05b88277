"""How what was written is taken back: said only where it is true, since a wrong word here costs somebody's work."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from suffice.edits.edit import FileChange
from suffice.errors import ToolError
from suffice.processes import run
from suffice.repository import repository_root
from suffice.snapshot import blob_sha

MOST_NAMED = 8
"""More files are counted, not named. Our own number."""

_IN_INDEX = ("git", "-c", "core.fsmonitor=false", "--literal-pathspecs", "ls-files", "--stage", "-z", "--")


def way_back(changes: Sequence[FileChange], *, root: Path) -> str:
    """Return how *changes*, which were written below *root*, are taken back; a part of a sentence."""
    before = {change.path: _sha_before(change) for change in changes if change.before is not None}
    made = [change.target for change in changes if change.before is None or change.target != change.path]
    held = _in_index(list(before), root) if before else {}
    lost = [path for path, sha in before.items() if held.get(path) != sha]
    if lost:
        return f"git does not hold what {_named(lost, root)} was, so only git apply -R of the diff takes it back"
    if len(before) + len(made) > MOST_NAMED:
        others = f" (and rm of the new ones, {len(made)})" if made else ""
        return f"take it back with git checkout of the files that were there, {len(before)}{others}"
    ways = [f"git checkout -- {_named(list(before), root)}"] if before else []
    ways += [f"rm -- {_named(made, root)}"] if made else []
    return f"take it back with {' && '.join(ways)}"


def _sha_before(change: FileChange) -> str:
    return blob_sha((("\ufeff" if change.bom else "") + (change.before or "")).encode())


def _in_index(paths: Sequence[str], root: Path) -> Mapping[str, str]:
    """Return the versions of *paths* that `git checkout` brings back, by path; nothing where there is no git."""
    if repository_root(root) is None:
        return {}
    try:
        done = run([*_IN_INDEX, *paths], cwd=root)
    except ToolError:
        return {}
    entries = (entry.partition("\t") for entry in done.stdout.split("\0") if entry)
    return {path: facts.split()[1] for facts, _, path in entries}


def _named(paths: Sequence[str], root: Path) -> str:
    """Return *paths* as a shell takes them in the folder we are in."""
    shown = " ".join(shlex.quote(os.path.relpath(root / path)) for path in paths[:MOST_NAMED])
    return shown if len(paths) <= MOST_NAMED else f"{shown} and {len(paths) - MOST_NAMED} more files"
