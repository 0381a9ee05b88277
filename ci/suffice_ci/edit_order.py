"""What `suffice edit` is asked: a task, the places that it may touch, and the texts around them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.config import Config, load_config
from suffice.errors import InputError
from suffice.families import EDIT_KINDS
from suffice.snapshot import Snapshot, safe_path
from suffice.task import Kind, Place, Task
from suffice_ci.ask_task import never_ignored, sayable
from suffice_ci.chosen_root import root_around

_PLACE = re.compile(r"(?P<path>.+?):(?P<first>\d{1,9})(?:-(?P<last>\d{1,9}))?")
_MOST_EVIDENCE_BYTES = 1024 * 1024


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
    places = tuple(_place(one, root, snapshot, config.exclude) for one in named)
    task = Task(
        kind=kind,
        paths=tuple(dict.fromkeys(place.path for place in places if snapshot.has(place.path))),
        instruction=sayable(options["message"] or "", "-m"),
        places=places,
        evidence=_evidence(options["evidence"], kind),
    )
    tests_tell = kind is Kind.DEBUG and options["tests"]
    if not task.instruction.strip() and not task.evidence.strip() and not tests_tell:
        raise InputError("Say what is to be changed with -m TEXT, or what failed with --evidence FILE.")
    return EditOrder(task, snapshot, snapshot.root or root, config)


class _Named(NamedTuple):
    """A place as it was typed: an absolute path, and the lines that were named."""

    path: Path
    first: int | None = None
    last: int | None = None


def _named(name: str) -> _Named:
    """Return the place called *name*; a file whose own name ends like lines is that file."""
    match = None if os.path.lexists(name) else _PLACE.fullmatch(name)
    if match is None:
        return _Named(Path(os.path.abspath(name)))  # noqa: PTH100 - a link is not followed: it is refused by its name
    first = int(match["first"])
    last = int(match["last"] or first)
    if not 1 <= first <= last:
        raise InputError(f"{name}: lines are counted from 1, and the last is not before the first.")
    return _Named(Path(os.path.abspath(match["path"])), first, last)  # noqa: PTH100 - as above


def _place(named: _Named, root: Path, snapshot: Snapshot, exclude: Sequence[str]) -> Place:
    try:
        path = named.path.relative_to(root).as_posix()
    except ValueError:
        raise InputError(f"{named.path} lies outside {root}; name files of one project.") from None
    if path != "." and safe_path(path) is None:
        raise InputError(f"{named.path} is no place that can be edited; name a file inside {root}.")
    never_ignored(named.path, root, exclude)
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


def _to_be_made(named: _Named, path: str) -> Place:
    if named.first is not None:
        raise InputError(f"There is no {path} to have lines; name a file that is there.")
    return Place(path)


def _evidence(name: str | None, kind: Kind) -> str:
    if name is None:
        return ""
    if kind is not Kind.DEBUG:
        raise InputError(f"--evidence belongs to --kind debug, not to {kind}; leave it out, or say --kind debug.")
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); name a readable text file.") from error
    return raw[-_MOST_EVIDENCE_BYTES:].decode("utf-8", "replace")


def kinds() -> tuple[str, ...]:
    """Return the kinds of edits, as the option takes them."""
    return tuple(map(str, EDIT_KINDS))
