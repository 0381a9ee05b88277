"""Which lane a task goes to, and why: pure, synchronous, the same answer for the same facts.

Structure decides (kind, rule, path, mode, stakes), prose never does. The deny filters of constraints.py are applied
to the ladder before anything is ordered, so that no source of a choice can get past them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from suffice.constraints import (
    Cause,
    DeniedNow,
    Excluded,
    Facts,
    Failure,
    Standing,
    Tried,
    denied_now,
    left_now,
    places_of,
    situation_of,
    standing,
    wish_not_followed,
)
from suffice.judges import Judge, judges_now, usual_judges
from suffice.lane_record import LaneRecord
from suffice.lanes import HUMAN, LINTER
from suffice.order import Seen, order
from suffice.policy import Policy, Rung
from suffice.start import lowest, start
from suffice.task import Kind, Mode, Stakes, Task
from suffice.worth import Outlooks, is_worth_asking

__all__ = ["Decision", "Excluded", "Facts", "Failure", "Tried", "decide"]


class Decision(NamedTuple):
    """The lanes in the order in which they are tried; `first` is tried next, `human` is always the last.

    `stakes` are those of the task after the policy's rules for paths. `least_confidence` (0..1) is what a result of
    `first` needs to be proposed. `stop` says why climbing ends though lanes are left; `denied_now` is what of
    `excluded` may be otherwise in a moment. The first of `judges` is asked about what `first` makes.
    """

    kind: Kind
    policy: str
    policy_sha256: str
    mode: Mode
    stakes: Stakes
    deadline_s: float | None
    rungs: tuple[Rung, ...]
    first: str
    order: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    why: tuple[str, ...]
    estimated_cost_usd: float
    next_lane: str | None
    next_cost_usd: float
    least_confidence: float
    stop: str | None = None
    denied_now: tuple[DeniedNow, ...] = ()
    judges: tuple[Judge, ...] = ()


def decide(task: Task, *, policy: Policy, state: Facts | None = None) -> Decision:
    """Return which lane *task* goes to next and what would follow. Raises ConfigError for an unknown kind."""
    facts = _NOTHING if state is None else state
    plan = standing(situation_of(task, policy, facts))
    now = denied_now(task, plan, facts)
    records = tuple(facts.records.items()) if facts.records else ()
    before = (facts.failed_before, facts.rejected)
    decision = _decided(plan, now, task.deadline_s, facts.tried, before, records)
    judged_by = judges_now(decision.judges, task, plan, facts)
    return decision if judged_by == decision.judges else decision._replace(judges=judged_by)


_NOTHING = Facts()


@lru_cache(maxsize=8192)  # tasks of a run are much alike: the same kind, rule and history give the same decision
def _decided(
    plan: Standing,
    now: tuple[DeniedNow, ...],
    deadline_s: float | None,
    tried: tuple[Tried, ...],
    before: tuple[tuple[str, ...], tuple[str, ...]],
    records: tuple[tuple[str, LaneRecord], ...],
) -> Decision:
    failed, rejected = before
    left = left_now(plan, now, rejected)
    counted = tuple([attempt for attempt in tried if attempt.failure is not Failure.TRANSPORT])
    seen = Seen(counted, failed, rejected, _outlooks(records, plan))
    lanes, because = _way_up(left, seen)
    stop = _stop(lanes[0], plan, seen) if counted else None
    lanes = (HUMAN,) if stop else lanes
    first, following = lanes[0], _next_rung(lanes, left)
    situation = plan.situation
    wanted, *reasons = _why(first, because or stop, plan, now, seen, tried)
    return Decision(
        situation.kind,
        situation.policy.name,
        situation.policy.sha256,
        situation.mode,
        situation.stakes,
        deadline_s,
        tuple(filter(None, left.rungs)),
        first,
        lanes,
        left.excluded,
        (wanted, *wish_not_followed(left, tried), *reasons),
        plan.costs_usd[first],
        following,
        plan.costs_usd[following] if following else 0.0,
        _least_confidence(first, plan, seen) if counted else plan.rules.propose,
        stop,
        _concerned(now, left, seen) if now and rejected else now,
        usual_judges(first, plan),
    )


@lru_cache(maxsize=1024)  # all tasks of one rule have the same records until something fails
def _outlooks(records: tuple[tuple[str, LaneRecord], ...], plan: Standing) -> Outlooks:
    return Outlooks(dict(records), plan.costs_usd)


def _way_up(plan: Standing, seen: Seen) -> tuple[tuple[str, ...], str | None]:
    """Return the lanes in the order in which they are tried, and why that does not begin at the lowest rung."""
    begun = start(plan, seen)
    lanes = order(begun.place, plan, seen)
    if lanes[0] != HUMAN or not begun.place or any(plan.places.get(t.lane, 0) >= begun.place for t in seen.counted):
        return lanes, begun.because
    lanes = order(lowest(plan, seen), plan, seen)  # a lane that failed here before is better than nobody
    if lanes[0] == HUMAN and seen.rejected:
        return lanes, begun.because
    return lanes, "nothing above may be used now" if begun.because else None


def _concerned(now: tuple[DeniedNow, ...], plan: Standing, seen: Seen) -> tuple[DeniedNow, ...]:
    """Return *now* without lanes whose result was rejected, and first those that would be asked instead of them."""
    highest = lowest(plan, seen)
    left = (denied for denied in now if denied.lane not in seen.rejected)
    return tuple(sorted(left, key=lambda denied: plan.places[denied.lane] <= highest))


def _stop(first: str, plan: Standing, seen: Seen) -> str | None:
    """Return why asking *first* after failures is not worth it; None if it is, or if it is free or allowed by name."""
    tried = seen.counted[-1].lane
    if first in {HUMAN, LINTER, tried} or tried == LINTER or first in plan.situation.allow:
        return None
    judged_by = usual_judges(first, plan)
    cost_usd = seen.outlooks.try_usd(first) + (judged_by[0].cost_usd if judged_by else 0.0)
    chance = seen.outlooks.of(first, after=True).chance
    if is_worth_asking(chance, cost_usd, plan.rules):
        return None
    return f"{first} would rescue about {chance:.0%} at ${cost_usd:.4f}, which costs more than handing over"


def _next_rung(lanes: tuple[str, ...], plan: Standing) -> str | None:
    """Return the first lane after the first of *lanes* that stands on another rung."""
    place = plan.places[lanes[0]]
    return next((lane for lane in lanes if plan.places[lane] != place), None)


def _least_confidence(first: str, plan: Standing, seen: Seen) -> float:
    """Return the confidence that is needed: it rises with each rung climbed, one more chance to be fooled."""
    rules, places = plan.rules, places_of(plan.rules.rungs)
    climbed = {places.get(tried.lane, 0) for tried in seen.counted if tried.lane != LINTER}
    return min(rules.propose + rules.rise_per_rung * len(climbed - {places.get(first, 0)}), 1.0)


def _why(
    first: str, because: str | None, plan: Standing, now: tuple[DeniedNow, ...], seen: Seen, tried: tuple[Tried, ...]
) -> tuple[str, ...]:
    asked = plan.situation
    wanted = f"policy {asked.policy.name}, kind {asked.kind}, mode {asked.mode}, stakes {asked.stakes}"
    if not tried and not now:
        return (wanted, _reason(first, because, plan, tried))
    before = [f"tried {attempt.lane}: {_SAID[attempt.failure]}" for attempt in tried]
    away = [why for _, why, cause in now if cause is Cause.OUTAGE]
    climbed = _climbed(first, plan, seen)
    return (wanted, *before, *away, _reason(first, climbed or because, plan, tried))


_SAID = {
    Failure.TRANSPORT: "it could not be reached",
    Failure.REFUSED: "it refused",
    Failure.MALFORMED: "its answer could not be used",
    Failure.CANNOT_FIX: "it said that it cannot",
    Failure.CHECK_FAILED: "its result failed the checks",
    Failure.LOW_CONFIDENCE: "its result is not sure enough",
    Failure.STALLED: "it gave the same result again",
}


def _climbed(first: str, plan: Standing, seen: Seen) -> str | None:
    """Return how *first* follows from the models that failed in this run; None before any did, and for a human."""
    models = [tried.lane for tried in seen.counted if tried.lane != LINTER]
    if not models or first == HUMAN:
        return None
    place, last = plan.places[first], plan.places.get(models[-1], -1)
    if place == last:
        return "the same rung once more, with what was wrong"
    if place < last:
        return "passed over before, and better than nobody"
    passed = [rung[0] for rung in plan.rungs[last + 1 : place] if rung]
    return f"{', '.join(passed)} passed over, since going on at {first} costs less" if passed else "the next rung"


def _reason(first: str, because: str | None, plan: Standing, tried: tuple[Tried, ...]) -> str:
    if first == LINTER:
        return f"the linter's own fix is free and is tried first{f'; then: {because}' if because else ''}"
    if first == HUMAN:
        return because or ("no lane is left that may be used" if tried else "no lane may be used now")
    best_for = plan.situation.policy.lanes[first].best_for
    return (
        f"{because}; {first}: {best_for}" if because else f"{first} is the smallest lane that may be used: {best_for}"
    )
