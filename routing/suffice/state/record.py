"""Writes how each item of a run ended to the ledger, in one transaction."""

from __future__ import annotations

from suffice.fingerprint import repository_name
from suffice.fix import Fixed
from suffice.state.ledger import Ledger, Work
from suffice.targets import Targets


def record_outcomes(fixed: Fixed, *, targets: Targets, ledger: Ledger) -> None:
    """Record every item of *fixed* that was attempted."""
    repository = repository_name(targets.root)
    with ledger.store.transaction():
        for item in fixed.items:
            outcome = item.outcome
            if outcome.attempts:
                diagnostic = targets.diagnostics[item.number]
                work = Work(outcome.task.kind, diagnostic.rule, repository, item.fingerprint)
                ledger.record_outcome(
                    work,
                    outcome=outcome.ending,
                    reason=outcome.reason,
                    lane=outcome.lane,
                    cost_usd=outcome.cost_usd,
                )
