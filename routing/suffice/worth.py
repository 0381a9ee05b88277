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
from suffice.priors import Priors, priors

ENOUGH_TASKS = 30
"""Tasks that a lane must have been seen at before a ladder is entered above it (facts of the routing study, 2.5)."""

_SOME_TASKS = 10
"""Tasks from which a mean cost is taken as it was measured."""

_FOLLOWS = 0.5
"""Power with which the price of the next lane follows that of the failed attempt: 0.33 and 0.76, the means of 19 pairs
of models of SWE-bench Verified and 28 of the OpenHands index. The chance of rescue does not follow it (2026-11)."""


class Outlook(NamedTuple):
    """What asking a lane next promises: the chance (0..1) that it suffices, what it costs, and tasks seen."""

    chance: float
    cost_usd: float
    n: float


class Outlooks:
    """What each lane promises by *records*, or by belief where it was not seen; worked out once for each."""

    def __init__(self, records: Mapping[str, LaneRecord], estimates_usd: Mapping[str, float]) -> None:
        self._records = records
        self._estimates_usd = estimates_usd
        self._scale = _scale(records, estimates_usd) if records else 1.0
        self._known: dict[tuple[str, bool], Outlook] = {}

    def of(self, lane: str, *, after: bool) -> Outlook:
        """Return what *lane* promises, as the first to be asked or *after* another lane failed."""
        found = self._known.get((lane, after))
        if found is None:
            found = self._known[lane, after] = self._worked_out(lane, after=after)
        return found

    def _worked_out(self, lane: str, *, after: bool) -> Outlook:
        record, belief = self._records.get(lane, _NO_RECORD), priors()
        prior = belief.of(lane)
        usual_usd = self._usual_usd(lane, record, belief)
        rescue = (record.sufficed_after + prior.after * belief.tasks) / (record.n_after + belief.tasks)
        if after:
            seen = record.n_after >= _SOME_TASKS
            return Outlook(rescue, record.cost_after_usd if seen else usual_usd * belief.after_costs, record.n_after)
        chance = (record.sufficed + prior.first * belief.tasks) / (record.n + belief.tasks)
        if record.n < _SOME_TASKS:  # tasks that come after a failure are the harder ones
            chance = max(chance, rescue)
        return Outlook(chance, usual_usd, round(record.n, 6))  # records are filled up and may miss 30 by the last digit

    def _usual_usd(self, lane: str, record: LaneRecord, belief: Priors) -> float:
        """Return what a task costs that begins at *lane*: measured, else from those that came to it, else estimated."""
        if record.n >= _SOME_TASKS:
            return record.cost_usd
        if record.n_after >= _SOME_TASKS:
            return record.cost_after_usd / belief.after_costs
        return self._estimates_usd[lane] * self._scale


_NO_RECORD = LaneRecord()


def _scale(records: Mapping[str, LaneRecord], estimates_usd: Mapping[str, float]) -> float:
    """Return by how much tasks here cost more than the estimate, from the lanes that were measured; 1 if none was."""
    real = estimated = 0.0
    for lane, record in records.items():
        if record.n >= _SOME_TASKS:
            real += record.cost_usd
            estimated += estimates_usd.get(lane, 0.0)
    return real / estimated if real and estimated else 1.0


def entry(firsts: Sequence[Outlook], afters: Sequence[Outlook]) -> int:
    """Return the place, from 0, at which a ladder is entered at the least expected cost of reaching its top.

    *firsts* and *afters* are the outlooks of its rungs, asked first and after a failure. A rung is passed over only
    with enough tasks seen at it, and for one that suffices at least as often; of equal costs the lower rung wins.
    """
    for place, first in enumerate(firsts[:-1]):
        better = [p for p in range(place + 1, len(firsts)) if firsts[p].chance >= first.chance]
        if first.n < ENOUGH_TASKS or not better:
            return place
        least_usd = min(_through(firsts[p], afters[p + 1 :]) for p in better)
        if _through(first, afters[place + 1 :]) <= least_usd:
            return place
    return len(firsts) - 1


def _through(outlook: Outlook, following: Sequence[Outlook]) -> float:
    """Return what entering here costs until something suffices or the top has failed."""
    return outlook.cost_usd + (1 - outlook.chance) * min(
        (_through(after, following[place + 1 :]) for place, after in enumerate(following)), default=0.0
    )


def on_this_task(records: Mapping[str, LaneRecord], spent_usd: Mapping[str, float]) -> Mapping[str, LaneRecord]:
    """Return *records* for a task on which the lanes of *spent_usd* failed: where they cost more, so will the next."""
    known = {lane: usd for lane, usd in spent_usd.items() if usd and records.get(lane, _NO_RECORD).n >= _SOME_TASKS}
    usual_usd = sum(records[lane].cost_usd for lane in known)
    if not usual_usd:
        return records
    times = (sum(known.values()) / usual_usd) ** _FOLLOWS
    return {lane: r._replace(cost_after_usd=r.cost_after_usd * times) for lane, r in records.items()}


def is_worth_asking(outlook: Outlook, rules: KindPolicy) -> bool:
    """Tell whether the call is likely to save more than it costs, a wrong patch that passes included."""
    gain_usd = outlook.chance * (rules.value_usd + rules.human_usd)
    harm_usd = (1 - outlook.chance) * rules.wrong_accepted * rules.wrong_usd
    return gain_usd >= outlook.cost_usd + harm_usd
