"""What a model makes of an edit task: calls of its edit tool, or text in a form that the applier knows.

The calls of a reply are applied one after the other. Where one fails the others are kept, so that a second try is
asked for that one alone and nobody pays twice for what was right. A reply as text is applied whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from suffice.edits.applied import Applied, Candidate, Rejected
from suffice.edits.apply import apply_calls, apply_reply
from suffice.edits.combined import combined, with_changes
from suffice.edits.edit import FileChange
from suffice.privacy import Redacted
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.snapshot import Snapshot

MOST_CALLS = 25
"""A reply with more is applied whole or not at all: each is tried beside all that were kept. Our own number."""

_CANNOT = re.compile(r"^\s*CANNOT:\s*(.+)", re.DOTALL)
_LONGEST_WHY_CHARS = 300
_MOST_SHOWN_LINES = 12


def edits_of_answer(
    answer: Mapping[str, Any], *, snapshot: Snapshot, draft: Sequence[FileChange], redacted: Redacted
) -> Proposal | CannotFix | Unusable:
    """Return the changes of *snapshot* that *answer* (`calls` and `text`) asks for on top of *draft*.

    *redacted* puts the secrets back that the prompt did not show.
    """
    calls, text = answer.get("calls"), answer.get("text")
    seen = with_changes(snapshot, draft)
    if isinstance(calls, list) and calls:
        return _of_calls([_restored(call, redacted) for call in calls], seen, draft)
    if not isinstance(text, str) or not text.strip():
        return Unusable(why="the answer is empty; call the tool with the edits", kept=tuple(draft))
    cannot = _CANNOT.match(text)
    if cannot:
        return CannotFix(why=" ".join(cannot[1].split())[:_LONGEST_WHY_CHARS])
    applied = apply_reply(str(redacted.restore(text)), snapshot=seen)
    if isinstance(applied, Rejected):
        return Unusable(why=_told(applied), kept=tuple(draft))
    return Proposal(changes=combined(draft, applied.changes), step=applied.step)


def _of_calls(calls: Sequence[Any], seen: Snapshot, draft: Sequence[FileChange]) -> Proposal | Unusable:
    applied = apply_calls(calls, snapshot=seen)
    if isinstance(applied, Applied):
        return Proposal(changes=combined(draft, applied.changes), step=applied.step)
    if len(calls) == 1 or len(calls) > MOST_CALLS:
        return Unusable(why=_told(applied), kept=tuple(draft))
    kept, why = _what_fits(calls, seen)
    return Unusable(why=why, kept=combined(draft, kept))


def _what_fits(calls: Sequence[Any], seen: Snapshot) -> tuple[tuple[FileChange, ...], str]:
    """Return what those of *calls* come to that can be applied, and what is wrong with the others."""
    good: list[Any] = []
    changes: tuple[FileChange, ...] = ()
    wrong = []
    for number, call in enumerate(calls, 1):
        applied = apply_calls([*good, call], snapshot=seen)
        if isinstance(applied, Applied):
            good.append(call)
            changes = applied.changes
        else:
            wrong.append(_told(applied).replace(f"call {len(good) + 1}", f"call {number}"))
    return changes, "; ".join(wrong)


def _told(rejected: Rejected) -> str:
    """Return why nothing was applied, with the nearest place that was perhaps meant."""
    nearest = next(iter(rejected.candidates), None)
    return f"{rejected.reason}{_shown(nearest)}" if nearest else rejected.reason


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
