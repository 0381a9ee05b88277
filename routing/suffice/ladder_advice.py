"""Which order of rungs and peers the records speak for: what memory decides today, for the policy to say.

A rung that memory passes over moves behind the one at which it starts; no rung is ever dropped. A ladder counts only
if `decide` then starts where it was meant to, and still does so when its first lane has been seen there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.decide import Facts, decide
from suffice.lane_record import LaneRecord
from suffice.lanes import LINTER
from suffice.policy import Policy, Rung
from suffice.priors import priors
from suffice.task import Kind, Task
from suffice.worth import ENOUGH_TASKS

Records = Mapping[str, LaneRecord]


class Advice(NamedTuple):
    """A ladder and the reasons for it, each resting on at least `n` tasks. `start` is the first model it asks."""

    rungs: tuple[Rung, ...]
    start: str
    n: int
    why: str


def ladder_advice(policy: Policy, kind: Kind, records: Records) -> Iterator[Advice]:
    """Yield the ladders for *kind* that *records* speak for, the one that says most first."""
    rungs = policy.of(kind).rungs
    plain, learnt = _order(policy, kind, records, use=False), _order(policy, kind, records, use=True)
    swapped = {place: new for place, rung in enumerate(rungs) if (new := _swapped(rung, plain, learnt)) != rung}
    peers = [lane for rung in swapped.values() for lane in rung]
    because = [f"a sufficing result costs {' and '.join(_per_fix(records, rung))}" for rung in swapped.values()]
    start, ladder = learnt[0], [swapped.get(place, rung) for place, rung in enumerate(rungs)]
    passed = _passed(rungs, plain, start)
    if passed and _seen(records.get(start)) >= ENOUGH_TASKS:
        lowest = [next(lane for lane in plain if lane in rungs[place]) for place in passed]
        seen = ", ".join(_rate(lane, records[lane]) for lane in lowest)
        behind = f"costs less, with {', '.join(lowest)} behind it"
        why = "; ".join((f"{seen}; starting at {_promise(start, records)} {behind}", *because))
        yield Advice(_moved(ladder, passed, start), start, _least(records, [*lowest, *peers]), why)
    if swapped:
        yield Advice(tuple(ladder), start, _least(records, peers), "; ".join(because))


def start_of(advice: Advice, policy: Policy, kind: Kind, records: Records) -> str:
    """Return the model that *policy*, which follows *advice*, has memory ask first, once the start was seen enough."""
    start = _as_first(records.get(advice.start, LaneRecord()))
    return _order(policy, kind, {**records, advice.start: start}, use=True)[0]


def _as_first(record: LaneRecord) -> LaneRecord:
    """Return *record* as it will be once the lane was asked first often enough, by what it did after others."""
    if record.n >= ENOUGH_TASKS or not record.n_after:
        return record
    share, usual_usd = record.sufficed_after / record.n_after, record.cost_after_usd / priors().after_costs
    return record._replace(n=ENOUGH_TASKS, sufficed=ENOUGH_TASKS * share, cost_usd=usual_usd)


def _order(policy: Policy, kind: Kind, records: Records, *, use: bool) -> tuple[str, ...]:
    """Return the lanes in the order in which they are tried, with or without *use* of the records.

    Only providers that were asked before count: others may have no key.
    """
    providers = frozenset(policy.lanes[lane].provider for lane in records)
    facts = Facts(with_key=providers, records=records if use else {})
    return tuple(lane for lane in decide(Task(kind), policy=policy, state=facts).order if lane != LINTER)


def _swapped(rung: Rung, plain: Sequence[str], learnt: Sequence[str]) -> Rung:
    """Return *rung* with its peers as the records order them, if all of them may be used and were seen enough."""
    new, old = (tuple(lane for lane in order if lane in rung) for order in (learnt, plain))
    return new if len(new) == len(rung) and new != old else rung


def _passed(rungs: Sequence[Rung], plain: Sequence[str], start: str) -> list[int]:
    """Return the places of the rungs below *start* on which there are models to ask."""
    below = next((place for place, rung in enumerate(rungs) if start in rung), 0)
    return [place for place in range(below) if set(rungs[place]) & set(plain)]


def _moved(ladder: Sequence[Rung], passed: Sequence[int], start: str) -> tuple[Rung, ...]:
    kept = [rung for place, rung in enumerate(ladder) if place not in passed]
    behind = next(place for place, rung in enumerate(kept) if start in rung) + 1
    return (*kept[:behind], *(ladder[place] for place in passed), *kept[behind:])


def _seen(record: LaneRecord | None) -> float:
    """Return the tasks at a lane, whether it was asked first or after others; on a prior alone nothing is advised."""
    return record.n + record.n_after if record else 0.0


def _least(records: Records, lanes: Sequence[str]) -> int:
    return round(min(records[lane].n for lane in lanes))


def _rate(lane: str, record: LaneRecord) -> str:
    share = record.sufficed / record.n if record.n else 0.0
    return f"{lane} sufficed for {share:.0%} of {record.n:.0f} tasks at ${record.cost_usd:.4f} each"


def _promise(lane: str, records: Records) -> str:
    """Return *lane* with what was seen of it, asked first if that ever was, else after others."""
    record = records[lane]
    if record.n >= record.n_after:
        return f"{lane} ({record.sufficed:.0f} of {record.n:.0f} tasks, ${record.cost_usd:.4f} each)"
    after = f"{record.sufficed_after:.0f} of {record.n_after:.0f} tasks after other lanes"
    return f"{lane} ({after}, ${record.cost_after_usd:.4f} each)"


def _per_fix(records: Records, rung: Rung) -> Iterator[str]:
    for lane in rung:
        record = records[lane]
        cost = f"${record.cost_usd * record.n / record.sufficed:.4f}" if record.sufficed else "nothing but money"
        yield f"{cost} at {lane} ({record.sufficed:.0f} of {record.n:.0f} tasks)"
