"""Two rounds of changes as one: what a second try changed of what the first had left, seen from the beginning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot


def with_changes(snapshot: Snapshot, changes: Iterable[FileChange]) -> Snapshot:
    """Return *snapshot* as *changes* leave it."""
    made = tuple(changes)
    texts = {change.target: change.after for change in made if change.after is not None}
    gone = frozenset(change.path for change in made) - texts.keys()
    return snapshot.with_texts(texts, without=gone) if made else snapshot


def combined(first: Iterable[FileChange], second: Iterable[FileChange]) -> tuple[FileChange, ...]:
    """Return the changes that *first* and then *second*, which speaks of what *first* left, come to."""
    earlier = list(first)
    left = {change.target: change for change in earlier if change.after is not None}
    gone = {change.path: change for change in earlier if change.after is None}
    later: list[FileChange | None] = []
    for change in second:
        if change.before is None and change.path in gone:
            later.append(replace(change, before=gone.pop(change.path).before, known_edits=None))
        else:
            later.append(_net(left.pop(change.path, None), change))
    net = (*gone.values(), *left.values(), *filter(None, later))
    changed = (c for c in net if c.before != c.after or c.target != c.path)
    return tuple(sorted(changed, key=lambda change: change.path))


def _net(earlier: FileChange | None, change: FileChange) -> FileChange | None:
    """Return *change* from where *earlier* began, None where a file came and went."""
    if earlier is None:
        return change
    if change.after is None:
        return None if earlier.before is None else replace(earlier, after=None, new_path=None, known_edits=None)
    if earlier.before is None:
        return replace(earlier, path=change.target, after=change.after, known_edits=None)
    moved = change.target if change.target != earlier.path else None
    return replace(earlier, after=change.after, new_path=moved, known_edits=None)
