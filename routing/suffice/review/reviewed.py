"""What came of a review: what is shown, what was dropped and why, and by name all that was not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from suffice.checker.verdict import Verdict
from suffice.edits.edit import FileChange
from suffice.outcome import Outcome
from suffice.report import REASONS
from suffice.review.claims import counts
from suffice.review.claims.finding import Dropped, Finding
from suffice.review.expected import Expected
from suffice.review.hunks.hunk import Hunk
from suffice.review.sorting.triage import Triaged

_SAID: Mapping[str, str] = {
    **REASONS,
    "budget": REASONS["cap-reached"],
    "time": REASONS["time-budget"],
    "data": "it is data",
    "documentation": "it is documentation",
    "generated": "it is generated",
    "ignored": "ignored by .sufficeignore or exclude",
    "lock file": "it is a lock file",
    "minified": "it is minified",
    "moved": "it only moved",
    "test": "it is a test",
    "trivial by its head": "sorted out by its head alone, for the cap leaves too little for all of it",
    "unread": "the review ended before it was read",
    "vendored": "it is a copy of others' code",
    "white space": "only white space changed",
}
"""Why something was not read, in words; what is not here says it itself."""


class Unread(NamedTuple):
    """A hunk that was not read, or a whole file (without lines), and why.

    `first` and `last` are 1-based, inclusive, and of the new text, or of the old one where nothing is left of it.
    """

    path: str
    reason: str
    first: int | None = None
    last: int | None = None
    hunk: str = ""

    @property
    def said(self) -> str:
        """Return the reason as people read it."""
        return _SAID.get(self.reason, self.reason)


class Suggestion(NamedTuple):
    """The replacement of a finding, which passed the checker as a whole."""

    change: FileChange
    verdict: Verdict


class Reviewed(NamedTuple):
    """How a review ended.

    `inline` and `folded` are ranked. `looked_at` are the hunks that were read, `sorted_out` those that triage alone
    read and called trivial, `not_looked_at` all else. `levels` are by hunk id, `suggestions` and why there is none
    (`no_suggestion`) by finding id. `outcomes` are those of all calls, for the money; `notes` say what was otherwise
    than usual; `expected` are the requests that were not made where nobody may be called.
    """

    inline: tuple[Finding, ...] = ()
    folded: tuple[Finding, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    looked_at: tuple[Hunk, ...] = ()
    sorted_out: tuple[Hunk, ...] = ()
    not_looked_at: tuple[Unread, ...] = ()
    levels: Mapping[str, Triaged] = {}
    suggestions: Mapping[str, Suggestion] = {}
    no_suggestion: Mapping[str, str] = {}
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()
    expected: tuple[Expected, ...] = ()
    interrupted: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is shown, the worst and surest first."""
        return (*self.inline, *self.folded)

    @property
    def cost_usd(self) -> float:
        """What all calls cost."""
        return sum(outcome.cost_usd for outcome in self.outcomes)

    def lines(self) -> tuple[str, ...]:
        """Return how much was read, and what was dropped for which reason."""
        read = len(self.looked_at) + len(self.sorted_out)
        unread = [left for left in self.not_looked_at if left.hunk]
        not_read = Counter(left.reason for left in unread)
        lines = (counts.looked_at(read=read, of=read + len(unread), not_read=not_read), self._dropped_line())
        return tuple(line for line in lines if line)

    def _dropped_line(self) -> str:
        return counts.dropped_by_reason(self.dropped)


def unread(hunks: Iterable[Hunk], reasons: Mapping[str, str]) -> tuple[Unread, ...]:
    """Return those of *hunks* that *reasons* names by id, with their lines."""
    return tuple(_unread(hunk, reasons[hunk.id]) for hunk in hunks if hunk.id in reasons)


def _unread(hunk: Hunk, reason: str) -> Unread:
    new = [line.new for line in hunk.added if line.new is not None]
    lines = new or [line.old for line in hunk.removed if line.old is not None] or [1]
    return Unread(hunk.path, reason, min(lines), max(lines), hunk.id)
