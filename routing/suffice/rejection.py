"""When asking a stronger lane says that the result of another was not wanted, and how that is remembered."""

from __future__ import annotations

from suffice.lanes import LINTER
from suffice.outcome import Ending, Outcome
from suffice.state.ledger import Feedback, Ledger, Work


def is_settled(outcome: Outcome) -> bool:
    """Tell whether somebody was asked, or nobody is left to be: a plan without a call says nothing of a result."""
    is_asked = any(attempt.lane != LINTER and not attempt.from_cache for attempt in outcome.attempts)
    return is_asked or outcome.ending is Ending.NEEDS_HUMAN


def note_rejection(outcome: Outcome, work: Work, *, rejected: str, ledger: Ledger) -> None:
    """Remember, once *outcome* tells that a stronger lane was tried, that the result of *rejected* was not wanted."""
    if is_settled(outcome) and not ledger.is_rejected(work, lane=rejected):
        ledger.record_feedback(work, lane=rejected, word=Feedback.REJECTED)
