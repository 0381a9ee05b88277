"""Secrets in what a review shows: each has one name in all of a change, and takes as many lines as it did.

So a quote of a line with a secret is held against the same text that the lane saw, and line numbers stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from suffice.privacy import redact
from suffice.review.hunks.change import Change
from suffice.snapshot import Snapshot
from suffice.task import Task

PLACEHOLDER = re.compile(r"SUFFICE_REDACTED_(\d+)_")


class Names:
    """What each secret is called, numbered from *after* + 1 on."""

    def __init__(self, *, after: int = 0) -> None:
        self._names: dict[str, str] = {}
        self._after = after

    def hidden(self, text: str) -> str:
        """Return *text* with every secret under its name, and all line ends kept."""
        for secret in redact(text).secrets.values():
            if not PLACEHOLDER.fullmatch(secret):
                self._names.setdefault(secret, f"SUFFICE_REDACTED_{self._after + len(self._names) + 1}_")
        for secret, name in sorted(self._names.items(), key=_longest_first):
            if secret in text:
                text = text.replace(secret, name + "\n" * secret.count("\n"))
        return text


def _longest_first(named: tuple[str, str]) -> int:
    return -len(named[0])


def without_secrets(task: Task) -> Task:
    """Return *task* with nothing to show that holds a secret; names that stand there already stay as they are."""
    texts = (task.instruction, task.evidence, *task.items)
    names = Names(after=max((int(found[1][-6:]) for text in texts for found in PLACEHOLDER.finditer(text)), default=0))
    instruction, evidence, *items = map(names.hidden, texts)
    return task._replace(instruction=instruction, evidence=evidence, items=tuple(items))


def hidden_change(change: Change) -> Change:
    """Return *change* without its secrets: what every stage looks at, so that quotes are held against what was sent."""
    names = Names()
    before = _hidden(change.before, (file.old_path or file.path for file in change.files), names)
    after = _hidden(change.after, (file.path for file in change.files), names)
    return change._replace(before=before, after=after, title=names.hidden(change.title))


def _hidden(snapshot: Snapshot, paths: Iterable[str], names: Names) -> Snapshot:
    texts = {path: snapshot.text(path) for path in dict.fromkeys(paths) if snapshot.has(path)}
    hidden = {path: new for path, text in texts.items() if (new := names.hidden(text)) != text}
    return snapshot.with_texts(hidden) if hidden else snapshot
