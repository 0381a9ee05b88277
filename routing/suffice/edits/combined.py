"""Two rounds of changes as one: what a second try changed of what the first had left, seen from the beginning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suffice.edits.edit import FileChange
from suffice.edits.net_changes import Held, net_changes
from suffice.snapshot import Snapshot


def with_changes(snapshot: Snapshot, changes: Iterable[FileChange]) -> Snapshot:
    """Return *snapshot* as *changes* leave it."""
    made = tuple(changes)
    texts = {change.target: change.after for change in made if change.after is not None}
    gone = frozenset(change.path for change in made) - texts.keys()
    return snapshot.with_texts(texts, without=gone) if made else snapshot


def combined(first: Iterable[FileChange], second: Iterable[FileChange]) -> tuple[FileChange, ...]:
    """Return the changes that *first* and then *second*, which speaks of what *first* left, come to."""
    rounds = tuple(first), tuple(second)
    known = {change: change for made in rounds for change in made}
    held: dict[str, Held] = {}
    for made in rounds:
        _carry_out(made, held)
    return tuple(known.get(change, change) for change in net_changes(held))


def _carry_out(made: Sequence[FileChange], held: dict[str, Held]) -> None:
    """Note what *made* leaves: all files leave their old places before any takes a new one."""
    left = {change.path: held.get(change.path) or _untouched(change) for change in made}
    held.update({path: now._replace(after=None, origin=None) for path, now in left.items()})
    for change in made:
        if change.after is not None:
            there = held.get(change.target) or Held(None, None, left[change.path].bom)
            held[change.target] = there._replace(after=change.after, origin=left[change.path].origin)


def _untouched(change: FileChange) -> Held:
    origin = change.path if change.before is not None else None
    return Held(change.before, change.before, change.bom, origin)
