"""The attempts of the ledger, folded into what they were: the tries of one lane, and tasks on their way up."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from suffice.constraints import Failure
from suffice.state.ledger import AttemptRow
from suffice.state.past_tasks import SAME_TASK_S

Tries = Sequence[AttemptRow]
"""Attempts that belong together, the oldest first; never empty."""


def climbs(attempts: Iterable[AttemptRow]) -> list[Tries]:
    """Return *attempts* by task: on one fingerprint, until one sufficed or nothing was tried for ten minutes."""
    return _folded(((row.kind, row.repository, row.fingerprint), row) for row in attempts)


def visits(attempts: Iterable[AttemptRow]) -> list[Tries]:
    """Return *attempts* by task and lane, as memory counts them."""
    keyed = (((row.kind, row.repository, row.fingerprint, row.lane, row.model), row) for row in attempts)
    return _folded(keyed)


def sufficed(tries: Tries) -> bool:
    """Tell whether the last of *tries* gave what was proposed."""
    return tries[-1].settled and tries[-1].failure is None


def is_counted(tries: Tries) -> bool:
    """Tell whether any of *tries* says something of the lane: neither an outage nor cut off before its check."""
    return any(row.settled and row.failure != Failure.TRANSPORT for row in tries)


def _folded(keyed: Iterable[tuple[Hashable, AttemptRow]]) -> list[Tries]:
    found: list[Tries] = []
    latest: dict[Hashable, list[AttemptRow]] = {}
    for key, row in keyed:
        tries = latest.get(key)
        if tries is None or sufficed(tries) or row.at - tries[-1].at > SAME_TASK_S:
            tries = latest[key] = []
            found.append(tries)
        tries.append(row)
    return found
