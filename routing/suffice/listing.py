"""The files of a repository that may be read for context: what git knows or would add, and nothing that is ignored.

Never a symbolic link, nothing behind one, no file over the limit of a snapshot, no name that could be taken for
something else. Where git cannot be asked, a bounded walk takes its place.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from suffice.edits.git_names import header_name
from suffice.errors import ToolError
from suffice.privacy import Ignored
from suffice.processes import run
from suffice.repository import repository_root
from suffice.snapshot import MAX_FILE_BYTES, Snapshot, leads_through_link, safe_path

MOST_FILES = 100_000
"""More names than that are not looked at: a name costs some 20 µs to hold against the patterns."""

MOST_WALKED = 200_000
"""Entries of folders, where no git says which of them count."""

_IGNORED = ("-c", "core.quotePath=true", "check-ignore", "--")
_LIST = ("ls-files", "--cached", "--others", "--exclude-standard", "-z")
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_GIT_S = 30.0

_NEVER_ENTERED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "build", "dist", "target"})
"""Where no git says so, folders that tools fill; so are all hidden ones."""


class Listing(NamedTuple):
    """Paths relative to the root, in order; `is_whole` says whether all that there are were looked at."""

    paths: tuple[str, ...]
    is_whole: bool = True


def listing(snapshot: Snapshot, *, patterns: Ignored, named: Iterable[str] = ()) -> Listing:
    """Return the files of *snapshot* that may be read, and those of *named* that git leaves out but the user does not.

    *patterns* are what is never read or sent. A snapshot that lists its files is believed; of a folder, git is asked.
    """
    root = snapshot.root
    if root is None or not snapshot.in_place:
        found: Iterable[str] = snapshot.listed
    else:
        found = (path for path in _on_disk(root, named) if _is_readable(root, path))
    allowed = (path for path in sorted(set(found)) if _is_plain(path) and not patterns.match_file(path))
    paths = [path for path, _ in zip(allowed, range(MOST_FILES + 1), strict=False)]
    return Listing(tuple(paths[:MOST_FILES]), len(paths) <= MOST_FILES)


def left_out(paths: Sequence[str], *, snapshot: Snapshot, patterns: Ignored, named: Iterable[str] = ()) -> list[str]:
    """Return those of *paths* that would not be listed if they were there, since git or *patterns* ignore them.

    What the user *named*, or lies in a folder that was, is the user's own choice.
    """
    chosen = tuple(f"{name}/" for name in named)
    asked = [path for path in paths if not f"{path}/".startswith(chosen)]
    by_git = _ignored_by_git(asked, snapshot.root) if asked and snapshot.root is not None else []
    return [path for path in asked if patterns.match_file(path) or path in by_git]


def _ignored_by_git(paths: Sequence[str], root: Path) -> list[str]:
    if repository_root(root) is None:
        return []
    try:
        named = [f"./{path}" for path in paths]  # a colon in front would be a word to git
        done = run(["git", *_SAFE, *_IGNORED, *named], cwd=root, timeout_s=_GIT_S)
    except ToolError:
        return []
    return [(header_name(line) or "").removeprefix("./") for line in done.stdout.split("\n")]


def _on_disk(root: Path, named: Iterable[str]) -> Iterator[str]:
    by_git = _known_to_git(root)
    linked: dict[str, bool] = {}
    for path in (*(_walked(root) if by_git is None else by_git), *named):
        folder = path.rpartition("/")[0]
        if not _is_plain(path):
            continue
        if folder and folder not in linked:
            linked[folder] = leads_through_link(root, folder)
        if not linked.get(folder):
            yield path


def _known_to_git(root: Path) -> list[str] | None:
    """Return what git tracks below *root* or would add, None where there is no git to ask."""
    if repository_root(root) is None:
        return None
    try:
        done = run(["git", *_SAFE, *_LIST], cwd=root, timeout_s=_GIT_S)
    except ToolError:
        return None
    # What is no UTF-8 has a mark in place of its bytes, so that no such file is found.
    return done.stdout.split("\0")[:-1] if done.code == 0 else None


def _walked(root: Path) -> Iterator[str]:
    """Yield the files below *root*, those of a folder before those of the folders in it."""
    waiting, seen = deque([""]), 0
    while waiting:
        folder = waiting.popleft()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MOST_WALKED:
                        return
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        if entry.name != ".git":  # of a worktree
                            yield path
                    elif not entry.name.startswith(".") and entry.name not in _NEVER_ENTERED:
                        waiting.append(path)
        except OSError:
            continue


def _is_plain(path: str) -> bool:
    """Whether *path* stays inside, and shows as what it is wherever it is printed: no control character."""
    return safe_path(path) == path and path.isprintable()


def _is_readable(root: Path, path: str) -> bool:
    """Whether *path* is a file of bearable size, and no link; its folder was looked at before."""
    try:
        state = os.lstat(root / path)
    except (OSError, ValueError):
        return False
    return S_ISREG(state.st_mode) and state.st_size <= MAX_FILE_BYTES
