"""What files were and what they are in the end, said as one change of each: a move only where it can be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from suffice.edits.edit import FileChange


class Held(NamedTuple):
    """The texts that a path holds at the beginning and in the end, None where there is no file.

    `origin` is the path from which the file that is there in the end came, None where it did not move.
    """

    before: str | None
    after: str | None
    bom: bool
    origin: str | None = None


def net_changes(held: Mapping[str, Held]) -> Iterator[FileChange]:
    """Yield what differs, by path.

    A file was moved if it is gone from where it was and came to where none was; what else came is said to be new.
    """
    moved: dict[str, str] = {}
    for path, now in held.items():
        came = now.before is None and now.after is not None
        if came and now.origin is not None and held[now.origin].before is not None and held[now.origin].after is None:
            moved.setdefault(now.origin, path)
    arrived = frozenset(moved.values())
    for path, now in sorted(held.items()):
        if path in moved:
            target = moved[path]
            yield FileChange(path=path, before=now.before, after=held[target].after, new_path=target, bom=now.bom)
        elif path not in arrived and now.before != now.after:
            yield FileChange(path=path, before=now.before, after=now.after, bom=now.bom)
