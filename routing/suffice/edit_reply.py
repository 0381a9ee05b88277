"""What a model makes of an edit task: calls of its edit tool, or text in a form that the applier knows.

The calls of a reply are applied one after the other. Where one fails the others are kept, so that a second try is
asked for that one alone and nobody pays twice for what was right. A reply as text is applied whole or not at all.
What a reply does while it says that it cannot do all is never proposed as done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from suffice.edits.applied import Applied, Candidate, Rejected
from suffice.edits.apply import apply_calls, apply_reply, fitting_calls
from suffice.edits.combined import combined, with_changes
from suffice.edits.edit import FileChange
from suffice.privacy import Redacted, redact, without_secrets
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.snapshot import Snapshot

MOST_CALLS = 25
"""A reply with more is applied whole or not at all: what is wrong is looked for call by call. Our own number."""

_CANNOT = re.compile(r"^\s*CANNOT:\s*(.+)", re.DOTALL)
_LONGEST_WHY_CHARS = 300
_MOST_SHOWN_LINES = 12

Read = Proposal | CannotFix | Unusable


def edits_of_answer(
    answer: Mapping[str, Any],
    *,
    snapshot: Snapshot,
    draft: Sequence[FileChange],
    redacted: Redacted,
    may_be_read: Callable[[str], bool] = lambda _path: True,
    left_out: Callable[[Sequence[str]], Sequence[str]] = lambda _paths: (),
) -> Read:
    """Return the changes of *snapshot* that *answer* (`calls` and `text`) asks for on top of *draft*.

    *redacted* puts the secrets back that the prompt did not show. A file that *may_be_read* does not name by its path
    is there, but can be neither read, changed, moved nor deleted; *left_out* returns which new paths must not be made.
    """
    seen = with_changes(snapshot.hiding(lambda path: not may_be_read(path)), draft)
    read = _read(answer, seen, draft, redacted)
    earlier = {change.target for change in draft}
    new = [c.target for c in _done(read) if (c.before is None or c.target != c.path) and c.target not in earlier]
    if any(secret in path for path in new for secret in redacted.secrets.values()):
        return Unusable(why="a new path holds a placeholder for a secret; choose another name", kept=tuple(draft))
    ignored = left_out(new) if new else ()
    if ignored:
        return Unusable(why=f"{ignored[0]} would be a file that is ignored here; choose another", kept=tuple(draft))
    return read


def _read(answer: Mapping[str, Any], seen: Snapshot, draft: Sequence[FileChange], redacted: Redacted) -> Read:
    calls, text = answer.get("calls"), answer.get("text")
    cannot = _cannot(text)
    if isinstance(calls, list) and calls:
        read = _of_calls([_restored(call, redacted) for call in calls], seen, draft, redacted)
        return read if cannot is None else cannot._replace(kept=_done(read))
    if not isinstance(text, str) or not text.strip():
        return Unusable(why="the answer is empty; call the tool with the edits", kept=tuple(draft))
    if cannot is not None:
        return cannot
    applied = apply_reply(str(redacted.restore(text)), snapshot=seen)
    if isinstance(applied, Rejected):
        return Unusable(why=_told(applied, seen, redacted), kept=tuple(draft))
    return Proposal(changes=combined(draft, applied.changes), step=applied.step)


def _cannot(text: Any) -> CannotFix | None:
    said = _CANNOT.match(text) if isinstance(text, str) else None
    return CannotFix(why=without_secrets(" ".join(said[1].split()))[:_LONGEST_WHY_CHARS]) if said else None


def _done(read: Read) -> tuple[FileChange, ...]:
    return read.changes if isinstance(read, Proposal) else read.kept


def _of_calls(calls: Sequence[Any], seen: Snapshot, draft: Sequence[FileChange], redacted: Redacted) -> Read:
    applied = apply_calls(calls, snapshot=seen)
    if isinstance(applied, Applied):
        return Proposal(changes=combined(draft, applied.changes), step=applied.step)
    if len(calls) == 1 or len(calls) > MOST_CALLS:
        return Unusable(why=_told(applied, seen, redacted), kept=tuple(draft))
    fitting = fitting_calls(calls, snapshot=seen)
    why = "; ".join(_told(wrong, seen, redacted) for wrong in fitting.wrong or (applied,))
    return Unusable(why=why, kept=combined(draft, fitting.changes))


def _told(rejected: Rejected, seen: Snapshot, redacted: Redacted) -> str:
    """Return why something was not applied, with the nearest place that was perhaps meant, and without secrets.

    It goes into reports and the ledger, and where it is shown to a model the placeholders are others.
    """
    nearest = next(iter(rejected.candidates), None)
    told = f"{rejected.reason}{_shown(nearest)}" if nearest else rejected.reason
    return without_secrets(told, known=_secrets_around(nearest, seen, redacted))


def _secrets_around(nearest: Candidate | None, seen: Snapshot, redacted: Redacted) -> Iterator[str]:
    """Yield the secrets of the prompt and of the file of *nearest*, of which perhaps only a part is shown."""
    yield from redacted.secrets.values()
    if nearest is not None and seen.has(nearest.path):
        yield from redact(seen.text(nearest.path)).secrets.values()


def _shown(nearest: Candidate) -> str:
    text = "\n".join(nearest.text.splitlines()[:_MOST_SHOWN_LINES])
    return f"; the nearest place is {nearest.path}, line {nearest.start_line}:\n{text}\n"


def _restored(value: Any, redacted: Redacted) -> Any:
    """Return *value*, JSON of any depth, with the secrets put back into its texts."""
    if not redacted.secrets:
        return value
    if isinstance(value, Mapping):
        return {key: _restored(inner, redacted) for key, inner in value.items()}
    if isinstance(value, list):
        return [_restored(inner, redacted) for inner in value]
    return redacted.restore(value)
