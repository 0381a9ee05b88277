"""The text of files as one immutable view; all reading goes through it.

A snapshot never changes: a file that was read once stays as it was read, so every line number, patch and
check of a run speaks of the same text. Nothing outside the root is ever read, nor through a symlink.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import TYPE_CHECKING

from suffice.errors import InputError
from suffice.positions import LineIndex

if TYPE_CHECKING:
    from git import Repo

MAX_FILE_BYTES = 1024 * 1024
"""A larger file is generated or data; no lane is given it. The project's own limit."""

MAX_PATH_BYTES = 4096
"""Linux takes no longer path, and others take less."""

MAX_NAME_BYTES = 255
"""What file systems take of one name."""

_BOM = "\ufeff"


@dataclass(frozen=True)
class SourceFile:
    """One file as read: `path` relative with forward slashes, `text` without byte order mark."""

    path: str
    text: str
    bom: bool
    blob_sha: str

    @cached_property
    def index(self) -> LineIndex:
        """Lines and offsets of the text."""
        return LineIndex(self.text)

    @property
    def eol(self) -> str:
        """The line end that most lines use; LF in a file of one line."""
        crlf = self.text.count("\r\n")
        counts = {
            "\n": self.text.count("\n") - crlf,
            "\r\n": crlf,
            "\r": self.text.count("\r") - crlf,
        }
        return max(counts, key=counts.__getitem__)

    @property
    def final_newline(self) -> bool:
        """Whether the last line is ended."""
        return self.text.endswith(("\n", "\r"))

    @classmethod
    def of_bytes(cls, path: str, content: bytes) -> SourceFile:
        """Return *content* as a source file. Raises InputError if it is too large or not UTF-8."""
        if len(content) > MAX_FILE_BYTES:
            raise InputError(f"{path} is {len(content) / 1024 / 1024:.1f} MiB, over the limit of 1 MiB; exclude it.")
        if b"\0" in content:
            raise InputError(f"{path} is a binary file; exclude it.")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is not UTF-8 (byte {error.start}); convert it or exclude it.") from error
        return cls(path=path, text=text.removeprefix(_BOM), bom=text.startswith(_BOM), blob_sha=blob_sha(content))

    def to_bytes(self, text: str) -> bytes:
        """Return *text* as this file's bytes, with its byte order mark if it had one."""
        return ((_BOM if self.bom else "") + text).encode("utf-8")


def blob_sha(content: bytes) -> str:
    """Return the id that git gives to *content*."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def safe_path(path: str) -> str | None:
    """Return *path* with forward slashes if it stays inside a root, else None."""
    try:
        if is_too_long(path):
            return None
    except UnicodeEncodeError:  # half of a pair of surrogates names no file
        return None
    pure = PurePosixPath(path.replace("\\", "/"))
    inside = not pure.is_absolute() and ".." not in pure.parts and pure.parts and not begins_with_drive(str(pure))
    return str(pure) if inside and "\n" not in path and "\r" not in path and "\0" not in path else None


def is_too_long(path: str) -> bool:
    """Whether no disk takes *path*, or a name in it. Raises UnicodeEncodeError for half of a pair of surrogates."""
    if len(path) > MAX_PATH_BYTES:
        return True
    encoded = path.encode()
    return len(encoded) > MAX_PATH_BYTES or any(len(name) > MAX_NAME_BYTES for name in encoded.split(b"/"))


def begins_with_drive(path: str) -> bool:
    """Whether Windows takes *path* for one of a drive, as `c:x.py`, which may lie anywhere."""
    return path[1:2] == ":" and path[0].isascii() and path[0].isalpha()


def leads_through_link(root: Path, path: str) -> bool:
    """Whether a symbolic link is on the way from *root* to the safe path *path*, or at its end."""
    top = os.path.realpath(root)
    full = os.path.join(top, *path.split("/"))  # noqa: PTH118 - as fast as realpath
    if os.path.realpath(full) != full:
        return True
    try:
        os.stat(full)  # noqa: PTH116 - as above
    except OSError as error:
        return error.errno == errno.ELOOP  # a link to itself, which realpath leaves as it is
    return False


class Snapshot:
    """An immutable view of text files. `root` is the folder the texts come from, None for texts alone.

    `in_place` says whether the files under the root are the ones of this snapshot, so that a tool may be
    pointed at them.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        *,
        root: Path | None = None,
        in_place: bool = False,
        listed: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self.in_place = in_place
        self.listed = listed
        self._read = read
        self._files: dict[str, SourceFile] = {}
        self._is_below: Callable[[str], bool] = lambda _path: False

    @classmethod
    def of_texts(cls, texts: Mapping[str, str], *, root: Path | None = None) -> Snapshot:
        """Return a snapshot of *texts* alone (path: text); *root* only names where settings are found."""
        contents = {path: text.encode("utf-8") for path, text in texts.items()}

        def read(path: str) -> bytes:
            try:
                return contents[path]
            except KeyError:
                raise InputError(f"{path} is not in this snapshot; name one of its files.") from None

        return cls(read, root=root, listed=tuple(texts))

    @classmethod
    def of_folder(cls, root: Path | str) -> Snapshot:
        """Return a snapshot of the files under *root*, each read at its first use."""
        top = Path(os.path.realpath(root))  # Path.resolve raises for a link to itself
        return cls(lambda path: _read_inside(top, path), root=top, in_place=True)

    @classmethod
    def of_index(cls, repo: Repo) -> Snapshot:
        """Return a snapshot of what is staged in *repo*."""
        blobs = {str(path): blob for (path, stage), blob in repo.index.entries.items() if stage == 0}

        def read(path: str) -> bytes:
            if path not in blobs:
                raise InputError(f"{path} is not staged; stage it with git add.")
            _refuse_link(path, blobs[path].mode)
            return bytes(repo.odb.stream(blobs[path].binsha).read())

        return cls(read, root=Path(repo.working_dir), listed=tuple(sorted(blobs)))

    @classmethod
    def of_commit(cls, repo: Repo, sha: str) -> Snapshot:
        """Return a snapshot of the tree of commit *sha*. Raises InputError if there is none."""
        try:
            tree = repo.commit(sha).tree
        except (ValueError, OSError) as error:
            raise InputError(f"{sha} names no commit here; fetch it or name another.") from error
        blobs = {str(item.path): item for item in tree.traverse() if item.type == "blob"}

        def read(path: str) -> bytes:
            if path not in blobs:
                raise InputError(f"{path} is not in commit {sha}; name one of its files.")
            _refuse_link(path, blobs[path].mode)
            return bytes(blobs[path].data_stream.read())

        return cls(read, root=Path(repo.working_dir), listed=tuple(sorted(blobs)))

    def file(self, path: str) -> SourceFile:
        """Return the file at *path*. Raises InputError if it cannot be read as text."""
        if path not in self._files:
            self._files[path] = SourceFile.of_bytes(path, self._read(path))
        return self._files[path]

    def text(self, path: str) -> str:
        """Return the text of the file at *path*. Raises InputError if it cannot be read as text."""
        return self.file(path).text

    def has(self, path: str) -> bool:
        """Whether the file at *path* can be read as text."""
        try:
            self.file(path)
        except InputError:
            return False
        return True

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder at *path*, readable or not."""
        if path in self._places:
            return True
        # Not Path.exists, which raises for a name that is too long and where we may not look.
        on_disk = self.in_place and self.root is not None and os.path.exists(self.root / path)  # noqa: PTH110
        return on_disk or self._is_below(path)

    @cached_property
    def _places(self) -> frozenset[str]:
        """The listed files and the folders above them."""
        places = set(self.listed)
        for path in self.listed:
            folder = path.rpartition("/")[0]
            while folder and folder not in places:
                places.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(places)

    def hiding(self, is_hidden: Callable[[str], bool]) -> Snapshot:
        """Return this snapshot without the files that *is_hidden* names by their paths."""

        def read(path: str) -> bytes:
            if is_hidden(path):
                raise InputError(f"{path} may not be shown to this lane; leave it out.")
            return self._read(path)

        listed = tuple(path for path in self.listed if not is_hidden(path))
        seen = Snapshot(read, root=self.root, in_place=self.in_place, listed=listed)
        seen._files = {path: file for path, file in self._files.items() if not is_hidden(path)}
        return seen

    def naming(self, paths: Iterable[str]) -> Snapshot:
        """Return this snapshot with *paths* as the files that it lists, for one with other texts over it."""
        named = Snapshot(self._read, root=self.root, in_place=self.in_place, listed=tuple(paths))
        named._files = dict(self._files)
        return named

    def with_texts(self, texts: Mapping[str, str], *, without: frozenset[str] = frozenset()) -> Snapshot:
        """Return this snapshot with *texts* (path: text) in the place of, or beside, its own, and *without* others."""

        def read(path: str) -> bytes:
            if path in without:
                raise InputError(f"{path} is not in this snapshot; name one of its files.")
            if path not in texts:
                return self._read(path)
            return self.file(path).to_bytes(texts[path]) if self.has(path) else texts[path].encode("utf-8")

        layered = Snapshot(read, root=self.root, listed=tuple(({*self.listed} | {*texts}) - without))
        layered._files = {path: file for path, file in self._files.items() if path not in {*texts, *without}}
        layered._is_below = lambda path: path not in without and self.exists(path)
        return layered


def _refuse_link(path: str, mode: int) -> None:
    if S_ISLNK(mode):
        raise InputError(f"{path} is a symbolic link; name the file itself.")


def _read_inside(root: Path, path: str) -> bytes:
    safe = safe_path(path)
    if safe is None:
        raise InputError(f"{path} lies outside {root.name}; name a file inside it.")
    full = root / safe
    if leads_through_link(root, safe):
        raise InputError(f"{path} leads through a symbolic link; name the file itself.")
    try:
        state = full.stat()
        if not S_ISREG(state.st_mode) and not S_ISDIR(state.st_mode):  # a pipe would keep us waiting for ever
            raise InputError(f"{path} is a pipe or a device; name a file.")
        if state.st_size > MAX_FILE_BYTES:
            size_mib = state.st_size / 1024 / 1024
            raise InputError(f"{path} is {size_mib:.1f} MiB, over the limit of 1 MiB; exclude it.")
        with full.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)  # what grows meanwhile is refused, too
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from error
