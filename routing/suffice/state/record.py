"""Writes how each item of a run ended to the ledger, in one transaction."""

from __future__ import annotations

from suffice.fingerprint import repository_name
from suffice.fix import Fixed, Item
from suffice.outcome import Ending
from suffice.state.ledger import LEFT_OUT, Ledger, Work
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
                    reason=_reason(item),
                    lane=outcome.lane,
                    cost_usd=outcome.cost_usd,
                )


def _reason(item: Item) -> str:
    """Return the reason of the report, or that what was proposed is not in the patch: unsafe, or not sure enough."""
    is_taken = item.in_patch or item.outcome.ending is not Ending.PROPOSED
    return item.outcome.reason if is_taken else LEFT_OUT
