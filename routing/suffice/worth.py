"""What a further attempt is worth: whether to start higher, and when to stop climbing. Pure arithmetic on records.

Starting low pays only if what the small lane costs, and what its failures cost further up, is less than asking a
larger lane at once. Climbing pays only if the chance of rescue, times what a fix is worth, covers the call and the
harm of one more wrong patch that passes the checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.lane_record import LaneRecord
from suffice.policy import KindPolicy
from suffice.priors import priors

ENOUGH_TASKS = 30
"""Tasks that a lane must have been seen at before a ladder is entered above it (facts of the routing study, 2.5)."""

_SOME_TASKS = 10
"""Tasks from which a mean cost is taken as it was measured."""


class Outlook(NamedTuple):
    """What asking a lane next promises: the chance (0..1) that it suffices, what it costs, and tasks seen."""

    chance: float
    cost_usd: float
    n: float


def outlook(
    lane: str, *, records: Mapping[str, LaneRecord], estimates_usd: Mapping[str, float], after: bool
) -> Outlook:
    """Return what *lane* promises, as the first to be asked or *after* another lane failed."""
    record, belief = records.get(lane, _NO_RECORD), priors()
    prior = belief.of(lane)
    usual_usd = record.cost_usd if record.n >= _SOME_TASKS else estimates_usd[lane] * _scale(records, estimates_usd)
    if not after:
        chance = (record.sufficed + prior.first * belief.tasks) / (record.n + belief.tasks)
        return Outlook(chance, usual_usd, record.n)
    chance = (record.sufficed_after + prior.after * belief.tasks) / (record.n_after + belief.tasks)
    seen = record.n_after >= _SOME_TASKS
    return Outlook(chance, record.cost_after_usd if seen else usual_usd * belief.after_costs, record.n_after)


_NO_RECORD = LaneRecord()


def _scale(records: Mapping[str, LaneRecord], estimates_usd: Mapping[str, float]) -> float:
    """Return by how much tasks here cost more than the estimate, from the lanes that were measured; 1 if none was."""
    measured = [(r.cost_usd, estimates_usd.get(lane, 0.0)) for lane, r in records.items() if r.n >= _SOME_TASKS]
    real, estimated = sum(cost for cost, _ in measured), sum(cost for _, cost in measured)
    return real / estimated if real and estimated else 1.0


def entry(firsts: Sequence[Outlook], afters: Sequence[Outlook]) -> int:
    """Return the place, from 0, at which a ladder is entered at the least expected cost of reaching its top.

    *firsts* and *afters* are the outlooks of its rungs, asked first and after a failure. A rung is passed over only
    with enough tasks seen at it; of equal costs the lower rung wins.
    """
    for place, first in enumerate(firsts[:-1]):
        if first.n < ENOUGH_TASKS or _through(first, afters[place + 1 :]) <= _cheapest(firsts, afters, place + 1):
            return place
    return len(firsts) - 1


def _through(outlook: Outlook, following: Sequence[Outlook]) -> float:
    """Return what entering here costs until something suffices or the top has failed."""
    return outlook.cost_usd + (1 - outlook.chance) * min(
        (_through(after, following[place + 1 :]) for place, after in enumerate(following)), default=0.0
    )


def _cheapest(firsts: Sequence[Outlook], afters: Sequence[Outlook], start: int) -> float:
    return min(_through(firsts[place], afters[place + 1 :]) for place in range(start, len(firsts)))


def is_worth_asking(outlook: Outlook, rules: KindPolicy) -> bool:
    """Tell whether the call is likely to save more than it costs, a wrong patch that passes included."""
    gain_usd = outlook.chance * (rules.value_usd + rules.human_usd)
    harm_usd = (1 - outlook.chance) * rules.wrong_accepted * rules.wrong_usd
    return gain_usd >= outlook.cost_usd + harm_usd
