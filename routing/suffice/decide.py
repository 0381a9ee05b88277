"""Which lane a task goes to, and why: pure, synchronous, the same answer for the same facts.

Structure decides (kind, rule, path, mode, stakes), prose never does. The deny filters of constraints.py are applied
to the ladder before anything is ordered, so that no source of a choice can get past them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from suffice.constraints import (
    Cause,
    DeniedNow,
    Excluded,
    Facts,
    Failure,
    Situation,
    Standing,
    Tried,
    allowed_rungs,
    denied_now,
    estimates_usd,
    excluded,
    situation_of,
    standing,
)
from suffice.judges import Judge, judges, usual_judges
from suffice.lane_record import LaneRecord
from suffice.lanes import HUMAN, LINTER
from suffice.policy import KindPolicy, Policy, Rung
from suffice.task import Kind, Mode, Stakes, Task
from suffice.worth import ENOUGH_TASKS, Outlooks, entry, is_worth_asking

__all__ = ["ATTEMPTS_PER_RUNG", "Decision", "Excluded", "Facts", "Failure", "Tried", "decide"]

ATTEMPTS_PER_RUNG = 2
"""The first attempt and one more with the checker's evidence. A second try with evidence lifts a cheap effort
from 43 % to 81 % (Aider polyglot, read 2026-11-21); from the second failure on, climbing pays better."""

_TIE = 3.0
"""Peers whose estimates differ by less are alike: cost per task differs about half as much as list prices do
(2 x where prices say 5 x, on SWE-bench Verified, 2026-11)."""


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
    situation = situation_of(task, policy, facts)
    now = denied_now(task, situation, facts)
    records = tuple(facts.records.items()) if facts.records else ()
    decision = _decided(situation, facts.tried, now, records, _Before(facts.failed_before, facts.rejected))
    judged_by = judges(decision.first, task, situation, facts)
    if task.deadline_s is None and not judged_by:
        return decision
    return decision._replace(deadline_s=task.deadline_s, judges=judged_by)


_NOTHING = Facts()


class _Before(NamedTuple):
    """The lanes that failed on this very task in earlier runs, and those whose results the developer rejected."""

    failed: tuple[str, ...]
    rejected: tuple[str, ...]

    @property
    def lanes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.failed, *self.rejected)))


@lru_cache(maxsize=8192)  # tasks of a run are much alike: the same kind, rule and history give the same decision
def _decided(
    situation: Situation,
    tried: tuple[Tried, ...],
    now: tuple[DeniedNow, ...],
    records: tuple[tuple[str, LaneRecord], ...],
    before: _Before,
) -> Decision:
    policy, kind = situation.policy, situation.kind
    rules, plan = policy.of(kind), _without(now, before.rejected, standing(situation))
    seen, costs_usd = dict(records), estimates_usd(policy, kind)
    outlooks = Outlooks(seen, costs_usd)
    view = _View(situation, rules, tried, seen, before, costs_usd, plan.denied, now, outlooks)
    start, because = _start(plan, view)
    counted = [attempt for attempt in tried if attempt.failure is not Failure.TRANSPORT]
    order = _order(_entered_at(plan.ladder, start), counted, view)
    if order[0] == HUMAN and start and not any(_place_of(attempt.lane, plan.ladder) >= start for attempt in counted):
        order = _order(_entered_at(plan.ladder, _lowest(plan, view)), counted, view)
        if order[0] != HUMAN or not before.rejected:  # fall back on what was passed over
            because = "nothing above may be used now" if because else None
    stop = _stop(order[0], counted, view) if counted else None
    order = (HUMAN,) if stop else order
    first, following = order[0], _next_rung(plan.allowed, order)
    return Decision(
        kind,
        policy.name,
        policy.sha256,
        situation.mode,
        situation.stakes,
        None,
        plan.allowed,
        first,
        order,
        plan.excluded,
        _why(first, because or stop, view),
        view.costs_usd[first],
        following,
        view.costs_usd[following] if following else 0.0,
        _least_confidence(first, counted, rules),
        stop,
        _concerned(now, plan, view),
    )


class _View(NamedTuple):
    """What every step of a decision looks at."""

    situation: Situation
    rules: KindPolicy
    tried: tuple[Tried, ...]
    records: Mapping[str, LaneRecord]
    before: _Before
    costs_usd: Mapping[str, float]
    denied: Mapping[str, str]
    now: tuple[DeniedNow, ...]
    outlooks: Outlooks

    def provider(self, lane: str) -> str | None:
        lanes = self.situation.policy.lanes
        return lanes[lane].provider if lane in lanes else None


REJECTED_HERE = "its result was rejected"
"""The constraint on a lane whose result for this very task nobody wanted."""


def _without(now: tuple[DeniedNow, ...], rejected: tuple[str, ...], plan: Standing) -> Standing:
    gone = [lane for lane in rejected if any(lane in rung for rung in plan.ladder)]
    if not now and not gone:
        return plan
    denied = {**plan.denied, **{lane: why for lane, why, _ in now}, **dict.fromkeys(gone, REJECTED_HERE)}
    return Standing(plan.ladder, denied, allowed_rungs(plan.ladder, denied), excluded(denied))


def _start(plan: Standing, view: _View) -> tuple[int, str | None]:
    """Return the place in the ladder at which the task starts, and why it is not the lowest."""
    high, start, because = view.rules.high_stakes_from, 0, None
    if view.situation.lane is not None:
        return start, because
    if high and view.situation.stakes is Stakes.HIGH:
        start, because = _place_of(high, plan.ladder), f"high stakes start at {high}"
    failed_here = [lane for lane in view.before.lanes if any(lane in rung for rung in plan.ladder)]
    if failed_here:
        failed = max(_place_of(lane, plan.ladder) for lane in failed_here)
        if start <= failed:
            start = min(failed + 1, len(plan.ladder) - 2)
            because = f"{', '.join(failed_here)} failed on this very task before"
            if not _kept(plan.ladder[start], view) and set(failed_here) <= set(view.before.rejected):
                because = f"every result for this task up to the top was rejected: {', '.join(failed_here)}"
    if view.records:
        entered, why = _entered(plan, start, view)
        if entered > start:
            start, because = entered, why
    return start, because


def _lowest(plan: Standing, view: _View) -> int:
    """Return the place below which nobody is asked: that of the highest lane whose result was rejected."""
    return max((_place_of(lane, plan.ladder) for lane in view.before.rejected), default=0)


def _concerned(now: tuple[DeniedNow, ...], plan: Standing, view: _View) -> tuple[DeniedNow, ...]:
    """Return *now* without lanes whose result was rejected, and first those that would be asked instead of them."""
    if not view.before.rejected:
        return now
    lowest = _lowest(plan, view)
    left = (denied for denied in now if denied.lane not in view.before.rejected)
    return tuple(sorted(left, key=lambda denied: _place_of(denied.lane, plan.ladder) <= lowest))


def _place_of(lane: str, ladder: Sequence[Rung]) -> int:
    return next((place for place, rung in enumerate(ladder) if lane in rung), 0)


def _entered(plan: Standing, start: int, view: _View) -> tuple[int, str]:
    """Return the place, from *start* up, at which reaching the top costs least by what was seen, and the reason."""
    rungs = [(place, _kept(rung, view)) for place, rung in enumerate(plan.ladder[:-1]) if place >= start]
    lanes = [(place, _peers(rung, None, view)[0]) for place, rung in rungs if rung and rung != [LINTER]]
    if not lanes:
        return start, ""
    low = view.outlooks.of(lanes[0][1], after=False)
    if low.n < ENOUGH_TASKS:
        return start, ""
    firsts = [low, *(view.outlooks.of(lane, after=False) for _, lane in lanes[1:])]
    chosen = entry(firsts, [view.outlooks.of(lane, after=True) for _, lane in lanes])
    if not chosen:
        return start, ""
    lowest, record = lanes[0][1], view.records.get(lanes[0][1], LaneRecord())
    seen = f"{lowest} sufficed for {record.sufficed:.0f} of {record.n:.0f} tasks at ${low.cost_usd:.4f}"
    return lanes[chosen][0], f"{seen}; starting at {lanes[chosen][1]} costs less"


def _entered_at(ladder: tuple[Rung, ...], start: int) -> tuple[Rung, ...]:
    """Return *ladder* from *start* up; the linter's own fix is free and always tried."""
    if start == 0:
        return ladder
    free = 1 if ladder[0] == (LINTER,) else 0
    return (*ladder[:free], *ladder[max(start, free) :])


def _order(ladder: tuple[Rung, ...], counted: list[Tried], view: _View) -> tuple[str, ...]:
    """Return the lanes that may still be tried, the next one first."""
    reached = max((_place_of(tried.lane, ladder) for tried in counted), default=0)
    last = next((tried.lane for tried in reversed(counted) if tried.lane != LINTER), None)
    above = _above(ladder[reached + 1 :], last, view)
    if ladder[reached] == (HUMAN,):
        return (HUMAN,)
    here = [tried for tried in counted if tried.lane in ladder[reached]]
    if here and _is_exhausted(here):
        return (*_unheard(ladder[reached], here, view), *above) if above == (HUMAN,) else above
    rung = _kept(ladder[reached], view)
    if not here:
        return (*_peers(rung, last, view), *above)
    given_up = {tried.lane for tried in here if tried.failure in _ASK_ANOTHER}
    kept = [lane for lane in rung if lane not in given_up]
    again = _once_more(kept, here[-1], view)
    return (*sorted(kept, key=lambda lane: lane != again), *above)


def _unheard(rung: Rung, here: list[Tried], view: _View) -> list[str]:
    """Return the peers at the top who were not asked, where those who were said nothing that could be read."""
    if any(tried.failure is not Failure.MALFORMED for tried in here):
        return []
    return [lane for lane in _kept(rung, view) if lane not in {tried.lane for tried in here}]


def _once_more(rung: list[str], last: Tried, view: _View) -> str:
    """Return the lane of *rung* that tries once more what *last* did not do: of two at one price the other provider's.

    A rerun of the same model rescues 17 % of what failed a check, a different one 28 to 33 %. What could not be read
    goes back to its author, who is asked only for what was wrong with it.
    """
    if last.failure is not Failure.CHECK_FAILED or last.lane not in view.costs_usd:
        return last.lane
    dear_usd = view.costs_usd[last.lane] * _TIE
    author = view.provider(last.lane)
    others = (lane for lane in rung if view.provider(lane) != author and view.costs_usd[lane] <= dear_usd)
    return next(others, last.lane)


_ASK_ANOTHER = {Failure.REFUSED, Failure.STALLED}
_CLIMB_AT_ONCE = {Failure.CANNOT_FIX, Failure.LOW_CONFIDENCE}


def _is_exhausted(here: list[Tried]) -> bool:
    return len(here) >= ATTEMPTS_PER_RUNG or here[-1].lane == LINTER or here[-1].failure in _CLIMB_AT_ONCE


def _above(rungs: tuple[Rung, ...], last: str | None, view: _View) -> tuple[str, ...]:
    """Return the lanes of *rungs*, best first: entered, after a failure, where reaching the top costs least."""
    kept = [_peers(rung, last, view) for rung in (_kept(rung, view) for rung in rungs) if rung]
    if last is not None and view.records and len(kept) > 2:  # noqa: PLR2004 - two rungs and a human
        afters = [view.outlooks.of(rung[0], after=True) for rung in kept[:-1]]
        entered = entry(afters, afters)
        kept = kept[entered:]
    return tuple(lane for rung in kept for lane in rung) or (HUMAN,)


def _kept(rung: Rung, view: _View) -> list[str]:
    return [lane for lane in rung if lane not in view.denied] if view.denied else list(rung)


def _peers(rung: list[str], last: str | None, view: _View) -> list[str]:
    """Return *rung* best first: new to the task, not far dearer, the other provider's after a failure, better so far.

    What is alike in all of that stays as it is written.
    """
    if len(rung) < 2:  # noqa: PLR2004 - one lane has no peer
        return rung
    dear_usd = min([view.costs_usd[lane] for lane in rung]) * _TIE
    is_new = last is None and not view.records and not view.before.failed
    if is_new and view.costs_usd[rung[0]] <= dear_usd and len(rung) == 2:  # noqa: PLR2004
        return rung
    failed = view.provider(last) if last else None
    ranked = [
        (
            lane in view.before.failed,
            view.costs_usd[lane] > dear_usd,
            failed is not None and view.provider(lane) == failed,
            _expected_usd(lane, rung, view) if view.records else 0.0,
            place,
        )
        for place, lane in enumerate(rung)
    ]
    return [rung[place] for *_, place in sorted(ranked)]


def _expected_usd(lane: str, rung: list[str], view: _View) -> float:
    """Return what a task costs that is first asked of *lane*, its failure included; 0 unless all peers are known."""
    promised = [view.outlooks.of(peer, after=False) for peer in rung if peer in view.records]
    if len(promised) < len(rung) or any(outlook.n < ENOUGH_TASKS for outlook in promised):
        return 0.0
    asked = view.outlooks.of(lane, after=False)
    return asked.cost_usd + (1 - asked.chance) * _failure_usd(rung, view)


def _failure_usd(rung: list[str], view: _View) -> float:
    """Return what the failure of a lane of *rung* costs: the next rung, or handing over."""
    rungs = standing(view.situation).allowed
    place = next(place for place, peers in enumerate(rungs) if rung[0] in peers)
    above = [lane for lane in rungs[place + 1] if lane != HUMAN]
    if not above:
        return view.rules.value_usd + view.rules.human_usd
    return min(view.outlooks.of(lane, after=True).cost_usd for lane in above)


def _stop(first: str, counted: list[Tried], view: _View) -> str | None:
    """Return why asking *first* after failures is not worth it; None if it is, or if it is free or wished for."""
    tried = counted[-1].lane
    if first in {HUMAN, LINTER, tried, view.situation.lane} or tried == LINTER or first in view.situation.allow:
        return None
    promised = view.outlooks.of(first, after=True)
    judge_usd = next((judge.cost_usd for judge in usual_judges(first, view.situation)), 0.0)
    promised = promised._replace(cost_usd=promised.cost_usd + judge_usd)
    if is_worth_asking(promised, view.rules):
        return None
    chance, cost = f"{promised.chance:.0%}", f"${promised.cost_usd:.4f}"
    return f"{first} would rescue about {chance} at {cost}, which costs more than handing over"


def _next_rung(rungs: tuple[Rung, ...], order: tuple[str, ...]) -> str | None:
    """Return the first lane after `order[0]` that stands on a higher rung."""
    place = next((place for place, rung in enumerate(rungs) if order[0] in rung), len(rungs))
    for lane in order[1:]:
        for rung in rungs[place + 1 :]:
            if lane in rung:
                return lane
    return None


def _least_confidence(first: str, counted: list[Tried], rules: KindPolicy) -> float:
    """Return the confidence that is needed: it rises with each rung climbed, one more chance to be fooled."""
    if not counted:
        return rules.propose
    models = {tried.lane for tried in counted} - {LINTER}
    climbed = len({_place_of(lane, rules.rungs) for lane in models} - {_place_of(first, rules.rungs)})
    return min(rules.propose + rules.rise_per_rung * climbed, 1.0)


def _why(first: str, because: str | None, view: _View) -> tuple[str, ...]:
    asked = view.situation
    start = f"policy {asked.policy.name}, kind {asked.kind}, mode {asked.mode}, stakes {asked.stakes}"
    if not view.tried and not view.now:
        return (start, _reason(first, because, view))
    tried = [f"tried {attempt.lane}: {attempt.failure}" for attempt in view.tried]
    away = [why for _, why, cause in view.now if cause is Cause.OUTAGE]
    return (start, *tried, *away, _reason(first, because, view))


def _reason(first: str, because: str | None, view: _View) -> str:
    if first == LINTER:
        return f"the linter's own fix is free and is tried first{f'; then: {because}' if because else ''}"
    if first == HUMAN:
        return because or ("no lane is left that may be used" if view.tried else "no lane may be used now")
    best_for = view.situation.policy.lanes[first].best_for
    return (
        f"{because}; {first}: {best_for}" if because else f"{first} is the smallest lane that may be used: {best_for}"
    )
