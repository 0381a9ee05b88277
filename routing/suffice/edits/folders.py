"""Files under a root, reached without ever following a symbolic link, whoever swaps folders meanwhile.

Each folder on the way is opened from the one above it where the platform can; elsewhere the resolved path is compared.
Names are relative paths with forward slashes that were found safe before (`safe_path`).
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from suffice.snapshot import leads_through_link

_STAYS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _STAYS
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _STAYS  # a pipe does not make us wait
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _STAYS

CAN_STAY = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
"""Whether a file can be reached from an open folder, so that a swapped parent changes nothing."""


class Stored(NamedTuple):
    """A file as it lies on the disk."""

    content: bytes
    mode: int
    owner: tuple[int, int]


class Folders:
    """The folders under `root`. All methods raise OSError; a link on the way is one, too."""

    def __init__(self, root: Path, *, can_stay: bool = CAN_STAY) -> None:
        self._root = Path(os.path.realpath(root))
        self._can_stay = can_stay

    def read(self, path: str) -> Stored:
        """Return the regular file at *path*."""
        with self._parent(path) as (folder, name), _closing(os.open(name, _READ, dir_fd=folder)) as handle:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "not a regular file")
            with open(handle, "rb", closefd=False) as file:
                content = file.read()
            return Stored(content, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))

    def is_free(self, path: str) -> bool:
        """Whether nothing is at *path*, not even a link to nowhere."""
        try:
            with self._parent(path) as (folder, name):
                os.lstat(name, dir_fd=folder)
        except FileNotFoundError:
            return True
        return False

    def make_parents(self, path: str) -> list[str]:
        """Make the folders above *path* that are missing, and return which those were, outermost first."""
        made = []
        for parent in reversed(PurePosixPath(path).parents[:-1]):
            with self._parent(str(parent)) as (folder, name), suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
                made.append(str(parent))
        return made

    def stage(self, path: str, content: bytes, like: Stored | None) -> str:
        """Write *content* beside *path*, with the permissions of *like*, and return the path of what was written."""
        beside = str(PurePosixPath(path).with_name(f".suffice-{secrets.token_hex(8)}"))
        with self._parent(beside) as (folder, name):
            handle = os.open(name, _NEW, 0o666 if like is None else 0o600, dir_fd=folder)
            try:
                with open(handle, "wb") as file:  # noqa: PTH123 - a handle, not a path
                    if like is not None:
                        _give(handle, like)
                    file.write(content)
                    file.flush()
                    os.fsync(handle)
            except BaseException:
                os.unlink(name, dir_fd=folder)
                raise
        return beside

    def move(self, staged: str, path: str) -> None:
        """Put the file *staged* in the place of what is at *path*, at once."""
        with self._parent(path) as (folder, name):
            source = PurePosixPath(staged).name if folder is not None else str(self._root / staged)
            os.replace(source, name, src_dir_fd=folder, dst_dir_fd=folder)

    def remove(self, path: str) -> None:
        """Remove the file at *path*."""
        with self._parent(path) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def remove_folder(self, path: str) -> None:
        """Remove the empty folder at *path*."""
        with self._parent(path) as (folder, name):
            os.rmdir(name, dir_fd=folder)

    @contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int | None, str]]:
        """Give the open folder that holds *path* and its name there; or no folder and the whole path."""
        pure = PurePosixPath(path)
        if not self._can_stay:
            yield None, self._resolved(pure)
            return
        folder = os.open(self._root, _FOLDER)
        try:
            for part in pure.parts[:-1]:
                inner = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder, pure.name
        finally:
            os.close(folder)

    def _resolved(self, path: PurePosixPath) -> str:
        if leads_through_link(self._root, str(path)):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return str(self._root / path)


def _give(handle: int, like: Stored) -> None:
    """Give an open file the owner and permissions of another, as far as we may."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(handle, *like.owner)
        os.fchmod(handle, like.mode)


@contextmanager
def _closing(handle: int) -> Iterator[int]:
    try:
        yield handle
    finally:
        os.close(handle)
