"""What `suffice edit` is asked: a task, the places that it may touch, and the texts around them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from suffice.config import Config, load_config
from suffice.errors import InputError
from suffice.families import EDIT_KINDS
from suffice.listing import listing
from suffice.named_files import never_ignored, never_protected
from suffice.privacy import ignored
from suffice.repository import repository_root
from suffice.snapshot import Snapshot, begins_with_drive, safe_path
from suffice.task import Kind, Place, Task
from suffice_ci.ask_task import sayable
from suffice_ci.chosen_root import root_around

_PLACE = re.compile(r"(?P<path>.+?):(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?")
MOST_PATHS = 2000
"""Files of a folder that are held against the paths of a policy. Our own number."""

_MOST_EVIDENCE_BYTES = 1024 * 1024
_MOST_READ_BYTES = 1024**3
"""Of a longer log the end is not looked for; a device has none."""


class EditOrder(NamedTuple):
    """A task, the texts of its places, the folder that they are relative to, and the settings that hold there."""

    task: Task
    snapshot: Snapshot
    root: Path
    config: Config


def edit_order(options: Mapping[str, Any]) -> EditOrder:
    """Return what *options* ask for. Raises InputError for what cannot be asked or must not be touched."""
    kind = Kind(options["kind"])
    named = [_named(name) for name in dict.fromkeys(options["places"])]
    root = root_around(named[0].path)
    snapshot = Snapshot.of_folder(root)
    config = load_config(snapshot, os.environ)
    places = tuple(_place(one, root, snapshot, kind, config.exclude) for one in named)
    task = Task(
        kind=kind,
        paths=tuple(dict.fromkeys(_paths(places, snapshot, config.exclude))),
        instruction=sayable(options["message"] or "", "-m"),
        places=places,
        evidence=_evidence(options["evidence"], kind, root, config.exclude),
    )
    tests_tell = kind is Kind.DEBUG and options["tests"]
    if not task.instruction.strip() and not task.evidence.strip() and not tests_tell:
        raise InputError("Say what is to be changed with -m TEXT, or what failed with --evidence FILE.")
    return EditOrder(task, snapshot, snapshot.root or root, config)


def _paths(places: Sequence[Place], snapshot: Snapshot, exclude: Sequence[str]) -> Iterator[str]:
    """Yield the files that the task is about, also those to be made: a policy may say of them who is asked.

    Of a folder that is all below it; of the whole repository nothing, since a lane is shown there what it may see.
    """
    folders = [f"{place.path}/" for place in places if place.path != "." and not snapshot.has(place.path)]
    below = listing(snapshot, patterns=ignored(snapshot, exclude)).paths if folders else ()
    for place in places:
        inside = [path for path in below if path.startswith(f"{place.path}/")][:MOST_PATHS]
        yield from inside or ([place.path] if place.path != "." else [])


class _Named(NamedTuple):
    """A place as it was typed: an absolute path, and the lines that were named."""

    path: Path
    first: int | None = None
    last: int | None = None


def _named(name: str) -> _Named:
    """Return the place called *name*; a file whose own name ends like lines is that file."""
    match = None if os.path.lexists(name) else _PLACE.fullmatch(name)
    if match is None:
        file = name.rpartition(":")[0]
        if file and os.path.isfile(file) and not os.path.lexists(name):  # noqa: PTH113 - a long name is no file
            raise InputError(f"{name} names no lines of {file}; write them as in {file}:40 or {file}:40-62.")
        return _Named(Path(os.path.abspath(name)))  # noqa: PTH100 - a link is not followed: it is refused by its name
    first = int(match["first"])
    last = int(match["last"] or first)
    if not 1 <= first <= last:
        raise InputError(f"{name}: lines are counted from 1, and the last is not before the first.")
    return _Named(Path(os.path.abspath(match["path"])), first, last)  # noqa: PTH100 - as above


def _place(named: _Named, root: Path, snapshot: Snapshot, kind: Kind, exclude: Sequence[str]) -> Place:
    path = _below(root, named.path)
    never_ignored(named.path, root, exclude)
    if path != ".":
        never_protected(f"{path}/x" if named.path.is_dir() else path, snapshot, kind)
    if named.path.is_dir():
        if named.first is not None:
            raise InputError(f"{path} is a folder and has no lines; name a file in it.")
        return Place(path)
    if not named.path.exists() and not named.path.is_symlink():
        return _to_be_made(named, path)
    count = snapshot.file(path).index.count  # refuses links, and what is no text
    if named.first is not None and named.first > max(1, count):
        raise InputError(f"{path} has {count} lines, so there is no line {named.first}; name lines that it has.")
    return Place(path, named.first, None if named.last is None else min(named.last, max(1, count)))


def _below(root: Path, place: Path) -> str:
    """Return the path of *place* below *root*. Raises InputError where it is of another repository, or no path."""
    try:
        path = place.relative_to(root).as_posix()
    except ValueError:
        raise InputError(f"{place} lies outside {root}; name files of one project.") from None
    folder = next(parent for parent in (place, *place.parents) if parent.is_dir())
    if repository_root(folder) != repository_root(root):
        raise InputError(f"{path} lies in another repository than {root}; name files of one project.")
    if begins_with_drive(path):
        raise InputError(f"{path} begins as a drive of Windows does, and no patch may name it; rename it first.")
    if path != "." and safe_path(path) is None:
        raise InputError(f"{place} is no place that can be edited; name a file inside {root}.")
    return path


def _to_be_made(named: _Named, path: str) -> Place:
    if named.first is not None:
        raise InputError(f"There is no {path} to have lines; name a file that is there.")
    there = next(parent for parent in named.path.parents if parent.exists())
    if not there.is_dir():
        raise InputError(f"{path} cannot be created, since {there.name} is a file; name another place.")
    return Place(path)


def _evidence(name: str | None, kind: Kind, root: Path, exclude: Sequence[str]) -> str:
    if name is None:
        return ""
    if kind is not Kind.DEBUG:
        raise InputError(f"--evidence belongs to --kind debug, not to {kind}; leave it out, or say --kind debug.")
    if name == "-":
        return _end_of(sys.stdin.buffer, name)
    path = Path(os.path.abspath(name))  # noqa: PTH100 - a link may be ignored by its own name
    never_ignored(path, root, exclude)
    if any(ignored(None).match_file(own.name) for own in (path, path.resolve())):  # wherever it lies
        raise InputError(f"{name} holds secrets by its name and is never sent; name a log.")
    try:
        with path.open("rb") as file:
            return _end_of(file, name)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); name a readable text file.") from error


def _end_of(file: BinaryIO, name: str) -> str:
    """Return the last part of *file*, which need not be one that can be wound forward."""
    last = b""
    for _ in range(_MOST_READ_BYTES // _MOST_EVIDENCE_BYTES):
        read = file.read(_MOST_EVIDENCE_BYTES)
        if not read:
            return last.decode("utf-8", "replace")
        last = (last + read)[-_MOST_EVIDENCE_BYTES:]
    raise InputError(f"{name} has no end within 1 GiB; give the last lines of it.")


def kinds() -> tuple[str, ...]:
    """Return the kinds of edits, as the option takes them."""
    return tuple(map(str, EDIT_KINDS))
