"""Writes changes to the disk: all of them or none, each file at once, and only where nobody changed it meanwhile."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from suffice.edits.edit import FileChange
from suffice.edits.folders import Folders, Stored
from suffice.errors import StorageError
from suffice.snapshot import Snapshot, blob_sha, safe_path

_BOM = "\ufeff"


def write_changes(changes: Sequence[FileChange], *, snapshot: Snapshot, root: Path) -> list[str]:
    """Write *changes* under *root* and return the paths that changed.

    Permissions, line ends and byte order marks are kept; no link is followed. All files are held against *snapshot*
    before the first is written, and what was written is put back if a later one fails. Raises StorageError.
    """
    folders = Folders(root)
    steps = [step for change in changes for step in _steps(change, snapshot, folders)]
    _Writing(folders).write(steps)
    return [step.path for step in steps]


class _Step(NamedTuple):
    """What was at `path` (None: nothing), what will be (None: nothing), and whose permissions that gets."""

    path: str
    was: Stored | None
    becomes: bytes | None
    like: Stored | None = None


def _steps(change: FileChange, snapshot: Snapshot, folders: Folders) -> Iterator[_Step]:
    """Yield what to do for *change*; where a file moves, the new one comes before the old one goes."""
    was = None if change.before is None else _as_read(change.path, snapshot, folders)
    if was is None or change.target != change.path:
        _refuse_if_taken(change.target, folders)
    if change.after is not None:
        has_bom = change.bom if was is None else snapshot.file(change.path).bom
        content = ((_BOM if has_bom else "") + change.after).encode("utf-8")
        in_place = was if change.target == change.path else None
        yield _Step(change.target, in_place, content, like=was)
    if was is not None and (change.after is None or change.target != change.path):
        yield _Step(change.path, was, None)


def _as_read(path: str, snapshot: Snapshot, folders: Folders) -> Stored:
    """Return the file at *path*, which must be the one that *snapshot* read."""
    stored = _found(path, folders)
    if blob_sha(stored.content) != snapshot.file(path).blob_sha:
        if snapshot.in_place:
            raise StorageError(f"{path} changed since it was read; nothing was written, run again.")
        raise StorageError(f"{path} is not as it was staged; nothing was written, stage it or leave out --apply.")
    return stored


def _found(path: str, folders: Folders) -> Stored:
    _refuse_outside(path)
    try:
        return folders.read(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be read any more ({_why(error)}); nothing was written.") from error


def _refuse_if_taken(path: str, folders: Folders) -> None:
    _refuse_outside(path)
    try:
        is_free = folders.is_free(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be created ({_why(error)}); nothing was written.") from error
    if not is_free:
        raise StorageError(f"{path} is to be created but is there already; nothing was written, run again.")


def _refuse_outside(path: str) -> None:
    if safe_path(path) != path:
        raise StorageError(f"{path!r} is no path inside the root; nothing was written.")


def _why(error: OSError) -> str:
    match error.errno:
        case errno.ELOOP:
            return "it is a symbolic link"
        case errno.ENOTDIR:
            return "a symbolic link or a file is on the way"
        case _:
            return error.strerror or type(error).__name__


class _Writing:
    """Steps under way, and how to take them back."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._staged: dict[str, str] = {}
        self._made: list[str] = []
        self._done: list[_Step] = []

    def write(self, steps: Sequence[_Step]) -> None:
        """Make all *steps*: first everything that takes room on the disk, then the moves, which hardly can fail."""
        path = ""
        try:
            for step in steps:
                path = step.path
                self._stage(step)
            for step in steps:
                path = step.path
                self._make(step)
        except BaseException as error:
            left = self._take_back()
            if not isinstance(error, OSError):
                raise
            done = f"; {', '.join(left)} could not be put back" if left else "; nothing was written"
            raise StorageError(f"{path} cannot be written ({_why(error)}){done}.") from error

    def _stage(self, step: _Step) -> None:
        if step.becomes is not None:
            self._made += self._folders.make_parents(step.path)
            self._staged[step.path] = self._folders.stage(step.path, step.becomes, step.like)

    def _make(self, step: _Step) -> None:
        if not self._is_as_it_was(step):
            raise OSError(0, "it changed meanwhile")
        if step.becomes is None:
            self._folders.remove(step.path)
        else:
            self._folders.move(self._staged[step.path], step.path)
            del self._staged[step.path]
        self._done.append(step)

    def _is_as_it_was(self, step: _Step) -> bool:
        if step.was is None:
            return self._folders.is_free(step.path)
        return self._folders.read(step.path).content == step.was.content

    def _take_back(self) -> list[str]:
        """Put back what was there, and return the paths where that failed."""
        left = []
        for step in reversed(self._done):
            try:
                self._put_back(step)
            except OSError:
                left.append(step.path)
        for staged in self._staged.values():
            with suppress(OSError):
                self._folders.remove(staged)
        for folder in reversed(self._made):
            with suppress(OSError):
                self._folders.remove_folder(folder)
        return left

    def _put_back(self, step: _Step) -> None:
        if step.was is None:
            self._folders.remove(step.path)
        else:
            self._folders.move(self._folders.stage(step.path, step.was.content, step.was), step.path)
