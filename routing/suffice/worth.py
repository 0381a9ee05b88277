"""What a further attempt is worth: whether to start higher, and when to stop climbing. Pure arithmetic on records.

Starting low pays only if what the small lane costs, and what its failures cost further up, is less than asking a
larger lane at once. Climbing pays only if the chance of rescue, times what a fix is worth, covers the call and the
harm of one more wrong patch that passes the checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from suffice.lane_record import LaneRecord
from suffice.policy import KindPolicy
from suffice.priors import priors

ENOUGH_TASKS = 30
"""Tasks that a lane must have been seen at before a ladder is entered above it (facts of the routing study, 2.5)."""

_SOME_TASKS = 10
"""Tasks from which a mean cost is taken as it was measured."""

_FOLLOWS = 0.5
"""Power with which the price of the next lane follows that of the failed attempt: 0.33 and 0.76, the means of 19 pairs
of models of SWE-bench Verified and 28 of the OpenHands index. The chance of rescue does not follow it (2026-11)."""

BELOW_A_FAILURE = 0.4
"""How much less often a lane rescues what a larger one failed at than what only smaller ones did: 0.21 to 0.52, mean
0.41 of nine triples of models (SWE-bench Verified, OpenHands index, half of the tasks, 2026-11)."""


class Outlook(NamedTuple):
    """What asking a lane next promises: the chance (0..1) that it suffices, what it costs, and tasks seen."""

    chance: float
    cost_usd: float
    n: float


class Outlooks:
    """What each lane promises by *records*, or by belief where it was not seen; worked out once for each.

    `has_seen`: any lane was seen at all. `known` are those seen at enough tasks for a ladder to be entered above them.
    """

    def __init__(self, records: Mapping[str, LaneRecord], estimates_usd: Mapping[str, float]) -> None:
        self._records = records
        self.has_seen = bool(records)
        self._estimates_usd = estimates_usd
        self._belief = priors()
        self._scale = _scale(records, estimates_usd) if records else 1.0
        self._firsts_and_afters: dict[str, tuple[Outlook, Outlook]] = {}
        self.known = frozenset([lane for lane, record in records.items() if _tasks(record) >= ENOUGH_TASKS])

    def of(self, lane: str, *, after: bool) -> Outlook:
        """Return what *lane* promises, as the first to be asked or *after* another lane failed."""
        return self._both(lane)[after]

    def entry(self, lanes: Sequence[str], *, after: bool) -> int:
        """Return the place in *lanes*, one of each rung, at which to enter them, at first or *after* another failed."""
        if len(lanes) < 2 or self.of(lanes[0], after=after).n < ENOUGH_TASKS:  # noqa: PLR2004 - one leaves no choice
            return 0
        firsts, afters = zip(*map(self._both, lanes), strict=True)
        return entry(afters if after else firsts, afters)

    def told(self, lane: str) -> str:
        """Return how *lane* did so far, in words."""
        record, cost_usd = self._records.get(lane, _NO_RECORD), self.of(lane, after=False).cost_usd
        return f"{lane} sufficed for {record.sufficed:.0f} of {record.n:.0f} tasks at ${cost_usd:.4f}"

    def _both(self, lane: str) -> tuple[Outlook, Outlook]:
        found = self._firsts_and_afters.get(lane)
        if found is None:
            found = self._firsts_and_afters[lane] = self._first_and_after(lane)
        return found

    def _first_and_after(self, lane: str) -> tuple[Outlook, Outlook]:
        record, belief = self._records.get(lane, _NO_RECORD), self._belief
        prior = belief.of(lane)
        chance = (record.sufficed + prior.first * belief.tasks) / (record.n + belief.tasks)
        rescue = (record.sufficed_after + prior.after * belief.tasks) / (record.n_after + belief.tasks)
        if record.n < _SOME_TASKS:  # tasks that come after a failure are the harder ones
            chance = max(chance, rescue)
        elif record.n_after < _SOME_TASKS:
            rescue = min(chance, rescue)
        usual_usd = self._usual_usd(lane, record)
        after_usd = record.cost_after_usd if record.n_after >= _SOME_TASKS else usual_usd * belief.after_costs
        return Outlook(chance, usual_usd, _tasks(record)), Outlook(rescue, after_usd, record.n_after)

    def _usual_usd(self, lane: str, record: LaneRecord) -> float:
        """Return what a task costs that begins at *lane*: measured, else from those that came to it, else estimated."""
        if record.n >= _SOME_TASKS:
            return record.cost_usd
        if record.n_after >= _SOME_TASKS:
            return record.cost_after_usd / self._belief.after_costs
        return self._estimates_usd[lane] * self._scale

    def try_usd(self, lane: str) -> float:
        """Return what asking *lane* after a failure costs, as far as it is decided whether to.

        A lane that was never measured is not thought dearer than its estimate: else it would never be measured.
        """
        record = self._records.get(lane, _NO_RECORD)
        is_measured = max(record.n, record.n_after) >= _SOME_TASKS
        cost_usd = self.of(lane, after=True).cost_usd
        return cost_usd if is_measured else cost_usd / max(self._scale, 1.0)


_NO_RECORD = LaneRecord()


def _tasks(record: LaneRecord) -> int:
    return round(record.n)  # counts fade, so 30 tasks of the last days are a little less than 30


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
    through_usd = _through_usd(firsts, afters)
    for place, first in enumerate(firsts[:-1]):
        better_usd = [through_usd[p] for p in range(place + 1, len(firsts)) if firsts[p].chance >= first.chance]
        if first.n < ENOUGH_TASKS or not better_usd or through_usd[place] <= min(better_usd):
            return place
    return len(firsts) - 1


def _through_usd(firsts: Sequence[Outlook], afters: Sequence[Outlook]) -> list[float]:
    """Return for each rung what entering there costs until something suffices or the top has failed."""
    found, least_usd, higher_usd = [], inf, 0.0
    for first, after in zip(reversed(firsts), reversed(afters), strict=True):
        found.append(first.cost_usd + (1 - first.chance) * higher_usd)
        least_usd = min(least_usd, after.cost_usd + (1 - after.chance) * higher_usd)
        higher_usd = least_usd  # what going on above the rung below costs, wherever that is best
    return found[::-1]


def on_this_task(records: Mapping[str, LaneRecord], spent_usd: Mapping[str, float]) -> Mapping[str, LaneRecord]:
    """Return *records* for a task on which the lanes of *spent_usd* failed: where they cost more, so will the next."""
    known = {lane: usd for lane, usd in spent_usd.items() if usd and records.get(lane, _NO_RECORD).n >= _SOME_TASKS}
    usual_usd = sum(records[lane].cost_usd for lane in known)
    if not usual_usd:
        return records
    times = (sum(known.values()) / usual_usd) ** _FOLLOWS
    return {lane: r._replace(cost_after_usd=r.cost_after_usd * times) for lane, r in records.items()}


def is_worth_asking(chance: float, cost_usd: float, rules: KindPolicy) -> bool:
    """Tell whether a call that suffices with *chance* (0..1) is likely to save more than it costs.

    What it costs includes a wrong patch that passes.
    """
    gain_usd = chance * (rules.value_usd + rules.human_usd)
    harm_usd = (1 - chance) * rules.wrong_accepted * rules.wrong_usd
    return gain_usd >= cost_usd + harm_usd
