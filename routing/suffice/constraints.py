"""What may not be used: deny filters, applied last over every source of a choice, so that nothing gets past them.

Two are the program's own and no policy lifts them: xhigh only when explicitly allowed, and never in background or
bulk work. The rest are the policy's, the settings', and what is so just now: no key, an outage, the price, the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from suffice.globs import matches
from suffice.lane_record import LaneRecord
from suffice.lanes import HUMAN, LINTER, Lane, Usage
from suffice.policy import Deny, KindPolicy, Policy, Rung
from suffice.task import Kind, Mode, Stakes, Task

NO_LINTER_FIX = "no-linter-fix"

_P90_OF_TYPICAL = 2.0
"""The slowest tenth of replies takes about twice the typical time; used until ten replies of a lane were timed."""


class Failure(StrEnum):
    """Why an attempt gave nothing to propose; each has its own next step."""

    TRANSPORT = "transport"
    REFUSED = "refused"
    MALFORMED = "malformed"
    CANNOT_FIX = "cannot-fix"
    CHECK_FAILED = "check-failed"
    LOW_CONFIDENCE = "low-confidence"
    STALLED = "stalled"


class Tried(NamedTuple):
    """One attempt that did not suffice."""

    lane: str
    failure: Failure


class Facts(NamedTuple):
    """What is known when deciding.

    `with_key` are the providers that have one; empty: none has, plan as if both hosted ones had. `unavailable` maps a
    model id to why it is not asked now. `records` are how the lanes did before; `failed_before` are lanes that failed
    on this very task in earlier runs, `rejected` those whose result for it nobody wanted. `prompt_tokens` is 0 where
    the prompt is not known.
    """

    with_key: frozenset[str] = frozenset()
    unavailable: Mapping[str, str] = MappingProxyType({})
    tried: tuple[Tried, ...] = ()
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    lane: str | None = None
    max_lane: str | None = None
    budget_left_usd: float | None = None
    time_left_s: float | None = None
    prompt_tokens: int = 0
    records: Mapping[str, LaneRecord] = MappingProxyType({})
    failed_before: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


class Cause(StrEnum):
    """Why a lane is denied just now."""

    OUTAGE = "outage"
    PATH = "path"
    TOO_LONG = "too-long"
    TOO_LATE = "too-late"
    TOO_DEAR = "too-dear"


class DeniedNow(NamedTuple):
    """A lane that is denied for this very task at this moment; what the loop does follows from `cause` alone."""

    lane: str
    constraint: str
    cause: Cause


class Excluded(NamedTuple):
    """A lane of the ladder that may not be used now, and the constraint that says so."""

    lane: str
    constraint: str


class Standing(NamedTuple):
    """What holds for all tasks of a kind, mode and stakes: the ladder, and what of it is denied for good."""

    ladder: tuple[Rung, ...]
    denied: Mapping[str, str]
    allowed: tuple[Rung, ...]
    excluded: tuple[Excluded, ...]


class Situation(NamedTuple):
    """All that a decision depends on besides the moment and what was seen before; many tasks share one.

    `no_linter` says why the linter's own fix cannot be tried, None if it can.
    """

    policy: Policy
    kind: Kind
    mode: Mode
    stakes: Stakes
    no_linter: str | None
    with_key: frozenset[str]
    allow: frozenset[str]
    deny: frozenset[str]
    lane: str | None
    max_lane: str | None


def situation_of(task: Task, policy: Policy, facts: Facts) -> Situation:
    """Return what *task* has in common with others. Raises ConfigError for a kind that *policy* does not know."""
    stakes = policy.stakes_of(task.stakes, task.paths) if policy.path_stakes else task.stakes
    no_linter = NO_LINTER_FIX if task.diagnostics and not any(d.fix for d in task.diagnostics) else None
    return Situation(
        policy,
        task.kind,
        task.mode,
        stakes,
        no_linter,
        facts.with_key,
        facts.allow,
        facts.deny,
        facts.lane,
        facts.max_lane,
    )


@lru_cache(maxsize=4096)
def standing(situation: Situation) -> Standing:
    """Return the ladder and what of it is denied for as long as policy, keys and wishes are the same."""
    ladder = _with_lane_first(situation.policy.of(situation.kind).rungs, situation.lane)
    denied = {}
    for name in (name for rung in ladder for name in rung if name != HUMAN):
        why = situation.no_linter if name == LINTER else denied_for_good(situation.policy.lanes[name], situation)
        if why:
            denied[name] = why
    return Standing(ladder, denied, allowed_rungs(ladder, denied), excluded(denied))


def allowed_rungs(ladder: tuple[Rung, ...], denied: Mapping[str, str]) -> tuple[Rung, ...]:
    """Return *ladder* without what is *denied*."""
    return tuple(kept for rung in ladder if (kept := tuple(lane for lane in rung if lane not in denied)))


def excluded(denied: Mapping[str, str]) -> tuple[Excluded, ...]:
    """Return what is *denied* as it stands in a decision."""
    return tuple(Excluded(lane, why) for lane, why in denied.items())


def _with_lane_first(rungs: tuple[Rung, ...], lane: str | None) -> tuple[Rung, ...]:
    if lane is None:
        return rungs
    others = (tuple(other for other in rung if other != lane) for rung in rungs)
    return ((lane,), *(rung for rung in others if rung))


def denied_for_good(lane: Lane, situation: Situation) -> str | None:  # noqa: PLR0911 - a flat list of constraints
    """Return why *lane* is not used as long as policy, keys and wishes are the same; None if it may be."""
    kind, mode, policy = situation.kind, situation.mode, situation.policy
    rules = policy.of(kind)
    if lane.effort == "xhigh" and mode is not Mode.INTERACTIVE:
        return f"never in {mode}"
    if (lane.effort == "xhigh" or lane.name in rules.explicit_only) and lane.name not in situation.allow:
        return "explicit only"
    for deny in policy.denies:
        if not deny.paths and deny.concerns(lane) and deny.applies(kind, mode, situation.stakes):
            return deny.because
    if lane.name in situation.deny:
        return "denied by the settings"
    if situation.max_lane and _is_above(lane, situation.max_lane, rules, policy):
        return f"above --max-lane {situation.max_lane}"
    if lane.provider not in (situation.with_key or _AS_IF):
        return "not set up" if lane.name in rules.optional else f"no key for {lane.provider}"
    return None


_AS_IF = frozenset({"anthropic", "openai"})
"""Without any key the plan is made as if both hosted providers had one."""


def _is_above(lane: Lane, limit: str, rules: KindPolicy, policy: Policy) -> bool:
    if limit in {LINTER, HUMAN}:
        return True
    places = {name: place for place, rung in enumerate(rules.rungs) for name in rung}
    if lane.name in places and limit in places:
        return places[lane.name] > places[limit]
    return lane.rank > policy.lanes[limit].rank


def denied_now(task: Task, situation: Situation, facts: Facts) -> tuple[DeniedNow, ...]:
    """Return what of the ladder is denied for this very task at this moment, besides what always is."""
    policy, budget_usd = situation.policy, facts.budget_left_usd
    bound = _bound_by_path(policy, situation.kind, situation.mode, situation.stakes)
    time_left_s = _time_left_s(task, facts)
    if time_left_s is budget_usd is None and not (facts.unavailable or facts.prompt_tokens or bound):
        return ()
    rules, costs_usd = policy.of(situation.kind), estimates_usd(policy, situation.kind)
    found = []
    for name in _models(situation):
        lane = policy.lanes[name]
        if why := facts.unavailable.get(lane.model):
            found.append(DeniedNow(name, why, Cause.OUTAGE))
        elif bound and (why := _denied_for_path(lane, task.paths, bound)):
            found.append(DeniedNow(name, why, Cause.PATH))
        elif facts.prompt_tokens and (why := _too_long(lane, rules, facts)):
            found.append(DeniedNow(name, why, Cause.TOO_LONG))
        elif time_left_s is not None and (why := _too_late(lane, time_left_s, facts)):
            found.append(DeniedNow(name, why, Cause.TOO_LATE))
        elif budget_usd is not None and costs_usd[name] > budget_usd:
            found.append(DeniedNow(name, "over budget", Cause.TOO_DEAR))
    return tuple(found)


def may_be_asked_now(lane: Lane, task: Task, situation: Situation, facts: Facts) -> bool:
    """Tell whether *lane*, which need not be on the ladder, may be asked about *task* at this moment."""
    if lane.model in facts.unavailable:
        return False
    bound = _bound_by_path(situation.policy, situation.kind, situation.mode, situation.stakes)
    if bound and _denied_for_path(lane, task.paths, bound):
        return False
    time_left_s = _time_left_s(task, facts)
    return time_left_s is None or not _too_late(lane, time_left_s, facts)


@lru_cache(maxsize=1024)
def _models(situation: Situation) -> tuple[str, ...]:
    """Return the lanes of the ladder that call a model and are not denied for good."""
    return tuple(name for rung in standing(situation).allowed for name in rung if name not in {LINTER, HUMAN})


@lru_cache(maxsize=1024)
def _bound_by_path(policy: Policy, kind: Kind, mode: Mode, stakes: Stakes) -> tuple[Deny, ...]:
    return tuple(deny for deny in policy.denies if deny.paths and deny.applies(kind, mode, stakes))


def hidden_from(lane: Lane, task: Task, policy: Policy) -> Callable[[str], bool] | None:
    """Return what tells whether a file may not be shown to *lane* for *task*, by its path; None if all may."""
    stakes = policy.stakes_of(task.stakes, task.paths) if policy.path_stakes else task.stakes
    bound = _bound_by_path(policy, task.kind, task.mode, stakes)
    own = tuple(deny for deny in bound if deny.concerns(lane))
    return (lambda path: any(matches(path, deny.paths) for deny in own)) if own else None


def _denied_for_path(lane: Lane, paths: tuple[str, ...], bound: tuple[Deny, ...]) -> str | None:
    for deny in bound:
        if deny.concerns(lane) and any(matches(path, deny.paths) for path in paths):
            return deny.because
    return None


def _too_long(lane: Lane, rules: KindPolicy, facts: Facts) -> str | None:
    needed = facts.prompt_tokens + lane.room_for_answers(rules.max_output_tokens)
    if needed <= lane.context_tokens:
        return None
    return f"the prompt and its answer may take {needed} tokens, {lane.name} takes {lane.context_tokens}"


def _time_left_s(task: Task, facts: Facts) -> float | None:
    if facts.time_left_s is None or task.deadline_s is None:
        return task.deadline_s if facts.time_left_s is None else facts.time_left_s
    return min(facts.time_left_s, task.deadline_s)


def _too_late(lane: Lane, time_left_s: float, facts: Facts) -> str | None:
    record = facts.records.get(lane.name)
    p90_s = record.latency_p90_s if record else None
    slow_s = lane.latency_s * _P90_OF_TYPICAL if p90_s is None else p90_s
    return f"may take {slow_s:.0f} s, {max(time_left_s, 0.0):.1f} s are left" if slow_s > time_left_s else None


@lru_cache(maxsize=1024)
def estimates_usd(policy: Policy, kind: Kind) -> Mapping[str, float]:
    """Return what a typical call of *kind* costs on each lane; nothing for the linter and a human."""
    rules = policy.of(kind)
    costs = {name: _estimate_usd(lane, rules) for name, lane in policy.lanes.items()}
    return {**costs, LINTER: 0.0, HUMAN: 0.0}


def _estimate_usd(lane: Lane, rules: KindPolicy) -> float:
    output_tokens = int(rules.typical_output_tokens * lane.output_ratio)
    return lane.cost_usd(Usage(input_tokens=rules.typical_input_tokens, output_tokens=output_tokens))
