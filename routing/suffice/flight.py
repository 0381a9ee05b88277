"""A call in flight: its row stands in the ledger before it leaves, so that no kill hides what it may have cost."""

from __future__ import annotations

from suffice.outcome import Attempt
from suffice.state.budget import Budget, Reservation
from suffice.state.ledger import Call, Work
from suffice.state.storage import Storage


class Flight:
    """What becomes of one call for *work*. `cost_usd` is what it costs as far as is known, nothing until it is sent.

    *unanswered* is what it is without an answer: it costs `cost_usd` of it at least, and *reserved* at most.
    *position*: attempts of the task that failed on other lanes before.
    """

    def __init__(
        self, unanswered: Attempt, work: Work, *, position: int, reserved: Reservation, storage: Storage, budget: Budget
    ) -> None:
        self.cost_usd = 0.0
        self._unanswered = unanswered
        self._work = work
        self._position = position
        self._reserved = reserved
        self._ledger = storage.ledger
        self._health = storage.health
        self._budget = budget
        self._row: int | None = None

    def sent(self) -> None:
        """Write down that the call leaves now; once more if it is asked again."""
        with self._ledger.store.transaction():  # at no moment is its money missing from both
            leaving = self._call(self._unanswered._replace(cost_usd=0.0))
            at_most_usd = self._reserved.usd
            self._row = self._ledger.record_sent(self._work, leaving, at_most_usd=at_most_usd, row=self._row)
            self._budget.sent(self._reserved)
        self.cost_usd += self._unanswered.cost_usd

    def landed(self, made: Attempt) -> int:
        """Record the call as *made* of its answer, and return the number of its row."""
        self.cost_usd = made.cost_usd
        return self._ledger.record_call(self._work, self._call(made), row=self._row)

    def cut_off(self) -> Attempt | None:
        """Record and return a call that was cancelled and is paid all the same, None if it never left."""
        if self._row is None:
            return None
        self._not_heard()
        made = self._unanswered._replace(cost_usd=self.cost_usd)
        self._ledger.record_call(self._work, self._call(made), row=self._row)
        self._ledger.record_check(self._row, failure=made.failure, failed_checks=(), confidence=None)
        return made

    def not_taken(self) -> None:
        """Forget a call that the provider would not take, with a bad key or for an unknown model: it cost nothing."""
        self.cost_usd = 0.0
        if self._row is not None:
            self._ledger.take_back_sent(self._row)
            self._not_heard()

    def _not_heard(self) -> None:
        self._health.not_heard(self._unanswered.provider, self._unanswered.model)

    def _call(self, attempt: Attempt) -> Call:
        return Call(
            lane=attempt.lane,
            provider=attempt.provider,
            model=attempt.model,
            effort=attempt.effort or "",
            prompt_version=attempt.prompt_version or "",
            ended=attempt.ended,
            cause=attempt.cause,
            request_id=attempt.request_id,
            cost_usd=attempt.cost_usd,
            usage=attempt.usage,
            latency_ms=attempt.latency_ms,
            position=self._position,
        )
