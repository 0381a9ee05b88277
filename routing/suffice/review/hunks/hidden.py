"""Secrets in what a review shows: each has one name in all of a change, and takes as many lines as it did.

So a quote of a line with a secret is held against the same text that the lane saw, and line numbers stay true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suffice.privacy import Names
from suffice.review.hunks.change import Change
from suffice.snapshot import Snapshot
from suffice.task import Task


def without_secrets(task: Task) -> Task:
    """Return *task* with nothing to show that holds a secret; names that stand there already stay as they are."""
    instruction, evidence, *items = Names().hidden_all([task.instruction, task.evidence, *task.items])
    return task._replace(instruction=instruction, evidence=evidence, items=tuple(items))


def hidden_change(change: Change) -> Change:
    """Return *change* without its secrets: what every stage looks at, so that quotes are held against what was sent."""
    before = _texts(change.before, (file.old_path or file.path for file in change.files))
    after = _texts(change.after, (file.path for file in change.files))
    *hidden, title = Names().hidden_all([*before.values(), *after.values(), change.title])
    return change._replace(
        before=_with(change.before, before, hidden[: len(before)]),
        after=_with(change.after, after, hidden[len(before) :]),
        title=title,
    )


def _texts(snapshot: Snapshot, paths: Iterable[str]) -> Mapping[str, str]:
    return {path: snapshot.text(path) for path in dict.fromkeys(paths) if snapshot.has(path)}


def _with(snapshot: Snapshot, texts: Mapping[str, str], hidden: Iterable[str]) -> Snapshot:
    changed = {path: new for (path, text), new in zip(texts.items(), hidden, strict=True) if new != text}
    return snapshot.with_texts(changed) if changed else snapshot
