"""Which lane a task goes to, and why: pure, synchronous, the same answer for the same facts.

Structure decides (kind, rule, path, mode, stakes), prose never does. The deny filters of constraints.py are applied
to the ladder before anything is ordered, so that no source of a choice can get past them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.constraints import (
    Excluded,
    Facts,
    Failure,
    Standing,
    Tried,
    allowed_rungs,
    denied_now,
    estimates_usd,
    excluded,
    standing,
)
from suffice.lanes import HUMAN, LINTER
from suffice.policy import KindPolicy, Policy, Rung
from suffice.task import Kind, Mode, Stakes, Task
from suffice.worth import ENOUGH_TASKS, Outlook, entry, is_worth_asking, outlook

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
    `first` needs to be proposed. `stop` says why climbing ends though lanes are left.
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


def decide(task: Task, *, policy: Policy, state: Facts | None = None) -> Decision:
    """Return which lane *task* goes to next and what would follow. Raises ConfigError for an unknown kind."""
    facts = _NOTHING if state is None else state
    rules = policy.of(task.kind)
    stakes = policy.stakes_of(task.stakes, task.paths) if policy.path_stakes else task.stakes
    plan = _without_denied_now(standing(task, stakes, policy, facts), task, stakes, policy, facts)
    view = _View(policy, rules, facts, estimates_usd(policy, task.kind), plan.denied)
    start, because = _start(plan, stakes, view)
    counted = [tried for tried in facts.tried if tried.failure is not Failure.TRANSPORT]
    order = _order(_entered_at(plan.ladder, start), counted, view)
    if order[0] == HUMAN and start and not any(_place_of(tried.lane, plan.ladder) >= start for tried in counted):
        order = _order(plan.ladder, counted, view)  # nothing above may be used: fall back on what was passed over
    stop = _stop(order[0], counted, view) if counted else None
    if stop:
        order = (HUMAN,)
    first, following = order[0], _next_rung(plan.allowed, order)
    return Decision(
        task.kind,
        policy.name,
        policy.sha256,
        task.mode,
        stakes,
        task.deadline_s,
        plan.allowed,
        first,
        order,
        plan.excluded,
        _why(task, stakes, first, because or stop, view),
        view.costs_usd[first],
        following,
        view.costs_usd[following] if following else 0.0,
        _least_confidence(first, counted, rules),
        stop,
    )


_NOTHING = Facts()


class _View(NamedTuple):
    """What every step of a decision looks at."""

    policy: Policy
    rules: KindPolicy
    facts: Facts
    costs_usd: Mapping[str, float]
    denied: Mapping[str, str]

    def provider(self, lane: str) -> str | None:
        return self.policy.lanes[lane].provider if lane in self.policy.lanes else None

    def outlook(self, lane: str, *, after: bool) -> Outlook:
        return outlook(lane, records=self.facts.records, estimates_usd=self.costs_usd, after=after)


def _without_denied_now(plan: Standing, task: Task, stakes: Stakes, policy: Policy, facts: Facts) -> Standing:
    denied = denied_now(task, stakes, plan.allowed, policy, facts)
    if not denied:
        return plan
    denied = {**plan.denied, **denied}
    return Standing(plan.ladder, denied, allowed_rungs(plan.ladder, denied), excluded(denied))


def _start(plan: Standing, stakes: Stakes, view: _View) -> tuple[int, str | None]:
    """Return the place in the ladder at which the task starts, and why it is not the lowest."""
    facts, high = view.facts, view.rules.high_stakes_from
    start, because = 0, None
    if facts.lane is not None:
        return start, because
    if high and stakes is Stakes.HIGH:
        start, because = _place_of(high, plan.ladder), f"high stakes start at {high}"
    if facts.failed_before:
        failed = max(_place_of(lane, plan.ladder) for lane in facts.failed_before)
        if start <= failed:
            start = min(failed + 1, len(plan.ladder) - 2)
            because = f"{', '.join(facts.failed_before)} failed on this very task before"
    if facts.records:
        entered, why = _entered(plan, start, view)
        if entered > start:
            start, because = entered, why
    return start, because


def _place_of(lane: str, ladder: Sequence[Rung]) -> int:
    return next((place for place, rung in enumerate(ladder) if lane in rung), 0)


def _entered(plan: Standing, start: int, view: _View) -> tuple[int, str]:
    """Return the place, from *start* up, at which reaching the top costs least by what was seen, and the reason."""
    rungs = [(place, _kept(rung, view)) for place, rung in enumerate(plan.ladder[:-1]) if place >= start]
    lanes = [(place, _peers(rung, None, view)[0]) for place, rung in rungs if rung and rung != [LINTER]]
    if not lanes:
        return start, ""
    firsts = [view.outlook(lane, after=False) for _, lane in lanes]
    chosen = entry(firsts, [view.outlook(lane, after=True) for _, lane in lanes])
    low = firsts[0]
    seen = f"{lanes[0][1]} sufficed for {low.chance:.0%} of {low.n:.0f} tasks at ${low.cost_usd:.4f}"
    return (lanes[chosen][0] if chosen else start), f"{seen}; starting at {lanes[chosen][1]} costs less"


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
    here = [tried for tried in counted if tried.lane in ladder[reached]]
    if here and _is_exhausted(here):
        return above
    rung = _kept(ladder[reached], view)
    if not here:
        return (*_peers(rung, last, view), *above)
    given_up = {tried.lane for tried in here if tried.failure in _ASK_ANOTHER}
    again = here[-1].lane
    kept = [lane for lane in rung if lane not in given_up]
    return (*sorted(kept, key=lambda lane: lane != again), *above)


_ASK_ANOTHER = {Failure.REFUSED, Failure.STALLED}
_CLIMB_AT_ONCE = {Failure.CANNOT_FIX, Failure.LOW_CONFIDENCE}


def _is_exhausted(here: list[Tried]) -> bool:
    return len(here) >= ATTEMPTS_PER_RUNG or here[-1].lane == LINTER or here[-1].failure in _CLIMB_AT_ONCE


def _above(rungs: tuple[Rung, ...], last: str | None, view: _View) -> tuple[str, ...]:
    """Return the lanes of *rungs*, best first: entered, after a failure, where reaching the top costs least."""
    kept = [_peers(rung, last, view) for rung in (_kept(rung, view) for rung in rungs) if rung]
    if last is not None and view.facts.records and len(kept) > 2:  # noqa: PLR2004 - two rungs and a human
        afters = [view.outlook(rung[0], after=True) for rung in kept[:-1]]
        entered = entry(afters, afters)
        kept = kept[entered:]
    return tuple(lane for rung in kept for lane in rung) or (HUMAN,)


def _kept(rung: Rung, view: _View) -> list[str]:
    return [lane for lane in rung if lane not in view.denied] if view.denied else list(rung)


def _peers(rung: list[str], last: str | None, view: _View) -> list[str]:
    """Return *rung* best first: not far dearer, the other provider's after a failure, the better record, as written."""
    if len(rung) < 2:  # noqa: PLR2004 - one lane has no peer
        return rung
    dear_usd = min(view.costs_usd[lane] for lane in rung) * _TIE
    failed = view.provider(last) if last else None

    def key(lane: str) -> tuple[bool, bool, float]:
        same = failed is not None and view.provider(lane) == failed
        return view.costs_usd[lane] > dear_usd, same, _cost_per_fix_usd(lane, rung, view)

    return sorted(rung, key=key)


def _cost_per_fix_usd(lane: str, rung: list[str], view: _View) -> float:
    """Return what one sufficing result of *lane* costs, where enough tasks were seen at every peer; else 0."""
    records = view.facts.records
    if not records or any(name not in records or records[name].n < ENOUGH_TASKS for name in rung):
        return 0.0
    promised = view.outlook(lane, after=False)
    return promised.cost_usd / promised.chance if promised.chance else float("inf")


def _stop(first: str, counted: list[Tried], view: _View) -> str | None:
    """Return why asking *first* after failures is not worth it; None if it is, or if it is free or wished for."""
    tried = counted[-1].lane
    if first in {HUMAN, LINTER, tried, view.facts.lane} or tried == LINTER or first in view.facts.allow:
        return None
    promised = view.outlook(first, after=True)
    if is_worth_asking(promised, view.rules):
        return None
    chance, cost = f"{promised.chance:.0%}", f"${promised.cost_usd:.4f}"
    return f"{first} would rescue about {chance} at {cost}, which costs more than handing over"


def _next_rung(rungs: tuple[Rung, ...], order: tuple[str, ...]) -> str | None:
    """Return the first lane after `order[0]` that stands on a higher rung."""
    place = next((place for place, rung in enumerate(rungs) if order[0] in rung), len(rungs))
    higher = {lane for rung in rungs[place + 1 :] for lane in rung}
    return next((lane for lane in order[1:] if lane in higher), None)


def _least_confidence(first: str, counted: list[Tried], rules: KindPolicy) -> float:
    """Return the confidence that is needed: it rises with each rung climbed, one more chance to be fooled."""
    if not counted:
        return rules.propose
    climbed = len({tried.lane for tried in counted} - {first, LINTER})
    return min(rules.propose + rules.rise_per_rung * climbed, 1.0)


def _why(task: Task, stakes: Stakes, first: str, because: str | None, view: _View) -> tuple[str, ...]:
    start = f"policy {view.policy.name}, kind {task.kind}, mode {task.mode}, stakes {stakes}"
    tried = [f"tried {tried.lane}: {tried.failure}" for tried in view.facts.tried]
    away = [view.denied[lane] for lane in view.denied if "is unavailable" in view.denied[lane]]
    return (start, *tried, *away, _reason(first, because, view))


def _reason(first: str, because: str | None, view: _View) -> str:
    if first == LINTER:
        return "the linter's own fix is free and is tried first"
    if first == HUMAN:
        return because or ("no lane is left that may be used" if view.facts.tried else "no lane may be used now")
    best_for = view.policy.lanes[first].best_for
    return (
        f"{because}; {first}: {best_for}" if because else f"{first} is the smallest lane that may be used: {best_for}"
    )
