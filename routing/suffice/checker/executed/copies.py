"""A throw-away copy of a project in which its code may run: a git worktree where there is a repository.

The files are copied from where the user has them, uncommitted work and new files too, never checked out: a checkout
would run the filters and hooks that a repository's own settings name. git only makes the worktree around them, so
that a test which asks git finds one. A copy is removed again however its block ends.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from suffice.checker.executed.stopped import left_behind
from suffice.checker.executed.surroundings import ENVIRONMENTS
from suffice.edits.edit import FileChange
from suffice.errors import InputError, StorageError, ToolError
from suffice.processes import Finished, run
from suffice.repository import repository_root
from suffice.snapshot import Snapshot, safe_path

MAX_BYTES = 1 << 30
"""The most that is copied of a project; the project's own limit."""

_CACHES = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
"""Left out even where git tracks them: what was kept of the text before would stand for the patched one."""

_NEVER_COPIED = frozenset({".git", ".hg", ".svn", ".tox", ".nox", ".eggs", *_CACHES, *ENVIRONMENTS})
_NOTHING_RUNS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
"""Neither a monitor nor a hook, nor, for a part of the history that is not here, whatever fetches it."""


class Copy(NamedTuple):
    """A copy of a project: `folder`, within all that was copied (`top`), stands for its root.

    `home` is a folder beside it for whatever runs in it.
    """

    folder: Path
    top: Path
    home: Path

    def write(self, changes: Iterable[FileChange]) -> None:
        """Make *changes* to the files of the copy. Raises InputError for one that cannot be made there."""
        try:
            self._write(changes)
        except OSError as error:
            raise InputError(f"The patch cannot be made in a copy ({error}); check what its paths name.") from error

    def _write(self, changes: Iterable[FileChange]) -> None:
        for change in changes:
            place, target = self._inside(change.path), self._inside(change.target)
            if change.after is None or target != place:
                place.unlink(missing_ok=True)
            if change.after is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes((("\ufeff" if change.bom else "") + change.after).encode("utf-8"))

    def _inside(self, path: str) -> Path:
        safe = safe_path(path)
        place = self.folder / (safe or "")
        if safe is None or Path(os.path.realpath(place)) != place:
            raise InputError(f"{path} leads out of the project; name a file inside it.")
        return place


@contextmanager
def copied(snapshot: Snapshot, folder: Path) -> Iterator[Copy]:
    """Yield a copy of the project in *folder* with the texts of *snapshot*. Raises ToolError or StorageError."""
    top = repository_root(folder)
    with tempfile.TemporaryDirectory(prefix=f"suffice-{os.getpid()}-", ignore_cleanup_errors=True) as made:
        place = Path(made).resolve()
        work = place / f"work-{place.name}"
        try:
            yield _made(work, place / "home", snapshot, folder, top)
        finally:
            _remove(work, top)


def _made(work: Path, home: Path, snapshot: Snapshot, folder: Path, top: Path | None) -> Copy:
    try:
        home.mkdir()
        is_repository = top is not None and _worktree(top, work)
        origin = top if top is not None and is_repository else folder
        _fill(work, origin, _tracked(origin) if is_repository else _walked(origin))
        copy = Copy(work / folder.relative_to(origin), work, home)
        _lay_over(copy, snapshot, folder)
    except OSError as error:
        raise StorageError(f"{folder} cannot be copied to run it ({error}); mend that and try again.") from error
    return copy


def _git(folder: Path, *arguments: str) -> Finished:
    return run(["git", *_NOTHING_RUNS, *arguments], cwd=folder)


def _worktree(top: Path, work: Path) -> bool:
    """Tell whether git made the worktree *work* of the repository *top*, with nothing in it yet."""
    try:
        made = _git(top, "worktree", "add", "--detach", "--no-checkout", str(work), "HEAD")
        if made.code == 0:
            _git(work, "read-tree", "HEAD")  # the index as it is in HEAD, so that git status says what is new
    except ToolError:  # there is no git
        return False
    return made.code == 0


def _remove(work: Path, top: Path | None) -> None:
    shutil.rmtree(work, ignore_errors=True)
    if top is not None:
        with suppress(ToolError):
            _git(top, "worktree", "remove", "--force", "--force", str(work))  # what git wrote down about it


def sweep(folder: Path) -> None:
    """Remove the worktrees of the repository around *folder* that a run of ours, killed since, could not remove."""
    top = repository_root(folder)
    if top is None:
        return
    with suppress(ToolError, OSError):  # they are in nobody's way
        for work in list(left_behind(_git(top, "worktree", "list", "--porcelain", "-z").stdout, _places())):
            _remove(work, top)
            shutil.rmtree(work.parent, ignore_errors=True)


def _places() -> Path:
    return Path(tempfile.gettempdir()).resolve()


def _tracked(top: Path) -> Sequence[str]:
    """Return the files that git knows, and new ones that it does not ignore, relative to *top*; no caches."""
    listed = _git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.code != 0:
        raise ToolError(f"git ls-files failed ({listed.stderr.strip()[:200]}); mend that and try again.")
    found = set(filter(None, listed.stdout.split("\0")))
    return sorted(path for path in found if _CACHES.isdisjoint(path.split("/")))


def _walked(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NEVER_COPIED)
        inside = Path(place).relative_to(folder)
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (str(inside / name) for name in sorted([*files, *links]))


def _fill(work: Path, origin: Path, paths: Iterable[str]) -> None:
    """Copy the regular files *paths*, and links that stay inside, from *origin* to *work*; link its environments."""
    left = MAX_BYTES
    for path in paths:
        left -= _copy_file(origin, work, path)
        if left < 0:
            raise InputError(f"{origin} holds over {MAX_BYTES >> 30} GiB of files; have git ignore what no test needs.")
    for name in ENVIRONMENTS:
        if (origin / name).is_dir() and not (work / name).exists():
            (work / name).symlink_to(origin / name)


def _copy_file(origin: Path, work: Path, path: str) -> int:
    """Return how many bytes were copied: none of what is gone, is named `.env`, or leads outside."""
    source, target = origin / path, work / path
    try:
        found = source.lstat()
    except OSError:
        return 0
    wanted = _stays_inside(path, source.readlink()) if stat.S_ISLNK(found.st_mode) else stat.S_ISREG(found.st_mode)
    parent = source.parent
    if not wanted or source.name == ".env" or Path(os.path.realpath(parent)) != parent:
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)
    return found.st_size


def _stays_inside(path: str, link: Path) -> bool:
    """Tell whether *link*, as it stands at *path*, leads nowhere outside, wherever the project stands."""
    return not link.is_absolute() and not os.path.normpath(Path(path).parent / link).startswith("..")


def _lay_over(copy: Copy, snapshot: Snapshot, folder: Path) -> None:
    """Write the texts of *snapshot* where they are not those on disk: of the index, of a commit, of an editor."""
    if snapshot.in_place or snapshot.root is None:
        return
    prefix = snapshot.root.relative_to(folder)
    for path in snapshot.listed:
        if snapshot.has(path):
            target = copy.folder / prefix / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(snapshot.file(path).to_bytes(snapshot.text(path)))
