"""Writes composed files: each atomically, and only where nobody changed it since it was read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from suffice.edits.edit import FileChange
from suffice.errors import StorageError
from suffice.snapshot import Snapshot, blob_sha


def write_changes(changes: Sequence[FileChange], *, snapshot: Snapshot, root: Path) -> list[str]:
    """Write *changes* under *root*, keeping permissions, line ends and byte order marks.

    All files are held against *snapshot* before the first is written. Raises StorageError; says what was written.
    """
    for change in changes:
        _refuse_if_changed(change.path, snapshot, root)
    written: list[str] = []
    for change in changes:
        content = snapshot.file(change.path).to_bytes(change.after or "")
        try:
            _replace(root / change.path, content)
        except OSError as error:
            done = f"; written were: {', '.join(written)}" if written else "; nothing was written"
            raise StorageError(f"{change.path} cannot be written ({error.strerror}){done}.") from error
        written.append(change.path)
    return written


def _refuse_if_changed(path: str, snapshot: Snapshot, root: Path) -> None:
    full = root / path
    try:
        content = full.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read any more ({error.strerror}); nothing was written.") from error
    if Path(os.path.realpath(full)) != Path(os.path.realpath(root)) / path:
        raise StorageError(f"{path} leads through a symbolic link; nothing was written.")
    if blob_sha(content) != snapshot.file(path).blob_sha:
        raise StorageError(f"{path} changed since it was read; nothing was written, run again.")


def _replace(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o7777
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)  # noqa: PTH101 - a name, not a Path, is at hand
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        os.unlink(name)  # noqa: PTH108
        raise
