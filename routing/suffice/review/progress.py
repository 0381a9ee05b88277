"""What a review has come to: it can be delivered at any moment, whatever ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from suffice.review.claims.finding import Dropped, Finding
from suffice.review.hunks.hunk import Hunk


@dataclass(slots=True, kw_only=True)
class Progress:
    """What was read, what was not, what was found and what was dropped, so far.

    `read` are the ids of hunks that were read, `unread` those that were not, each with the reason. `findings` are those
    that stand so far, by a number of their own; `folded` are those that are never shown inline. `stopped` is why
    nothing more is begun, None while the reading goes on.
    """

    read: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    findings: dict[int, Finding] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    folded: set[int] = field(default_factory=set)
    notes: dict[str, int] = field(default_factory=dict)
    stopped: str | None = None

    def leave(self, hunks: Sequence[Hunk], reason: str) -> None:
        """Say that *hunks* were not read."""
        self.unread.update((hunk.id, reason) for hunk in hunks if hunk.id not in self.read)

    def note(self, text: str, *, hunks: int = 0) -> None:
        """Say what was otherwise than usual, once, for how many *hunks* in all."""
        self.notes[text] = self.notes.get(text, 0) + hunks
