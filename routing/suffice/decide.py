"""Which lane a task goes to, and why: pure, synchronous, the same answer for the same facts.

Structure decides (kind, rule, path, mode), prose never does. The deny filters are applied last, over every
source of a choice (ladder, --lane, history), so nothing can get past them. Two are the program's own and no
policy lifts them: gpt-5.4:xhigh only when explicitly allowed, and never in background or bulk work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from suffice.lanes import HUMAN, LINTER, Lane, Usage, catalogue
from suffice.policy import KindPolicy, Policy, Rung
from suffice.task import Kind, Mode, Stakes, Task

ATTEMPTS_PER_RUNG = 2
"""The first attempt and one more with the checker's evidence. A second try with evidence lifts a cheap effort
from 43 % to 81 % (Aider polyglot, read 2026-11-21); from the second failure on, climbing pays better."""


class Failure(StrEnum):
    """Why an attempt gave nothing to propose; each has its own next step."""

    TRANSPORT = "transport"
    REFUSED = "refused"
    MALFORMED = "malformed"
    CANNOT_FIX = "cannot-fix"
    CHECK_FAILED = "check-failed"
    LOW_CONFIDENCE = "low-confidence"


class Tried(NamedTuple):
    """One attempt that did not suffice."""

    lane: str
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when deciding.

    `with_key` are the providers that have one; empty: none has, plan as if all had.
    `unavailable` maps a provider to why it is not asked now.
    """

    with_key: frozenset[str] = frozenset()
    unavailable: Mapping[str, str] = field(default_factory=dict)
    tried: tuple[Tried, ...] = ()
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    lane: str | None = None
    max_lane: str | None = None
    budget_left_usd: float | None = None


class Excluded(NamedTuple):
    """A lane of the ladder that may not be used now, and the constraint that says so."""

    lane: str
    constraint: str


class Decision(NamedTuple):
    """The lanes in the order in which they are tried; `first` is tried next, `human` is always the last."""

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


def decide(task: Task, *, policy: Policy, state: Facts | None = None) -> Decision:
    """Return which lane *task* goes to next and what would follow. Raises ConfigError for an unknown kind."""
    facts = state or Facts()
    rules = policy.of(task.kind)
    ladder = _with_lane_first(rules.rungs, facts.lane)
    denied = {lane: why for rung in ladder for lane in rung if (why := _denied(lane, task, rules, facts))}
    rungs = tuple(kept for rung in ladder if (kept := tuple(lane for lane in rung if lane not in denied)))
    order = _order(ladder, denied, facts.tried)
    first, following = order[0], _next_rung(rungs, order)
    return Decision(
        kind=task.kind,
        policy=policy.name,
        policy_sha256=policy.sha256,
        mode=task.mode,
        stakes=task.stakes,
        deadline_s=task.deadline_s,
        rungs=rungs,
        first=first,
        order=order,
        excluded=tuple(Excluded(lane=lane, constraint=why) for lane, why in denied.items()),
        why=_why(task, policy, first, facts),
        estimated_cost_usd=estimated_cost_usd(first, rules),
        next_lane=following,
        next_cost_usd=estimated_cost_usd(following, rules) if following else 0.0,
    )


def estimated_cost_usd(lane: str, rules: KindPolicy) -> float:
    """Return what a typical call of this kind costs on *lane*; nothing for the linter and a human."""
    entry = catalogue().lanes.get(lane)
    usage = Usage(input_tokens=rules.typical_input_tokens, output_tokens=rules.typical_output_tokens)
    return entry.cost_usd(usage) if entry else 0.0


def _with_lane_first(rungs: tuple[Rung, ...], lane: str | None) -> tuple[Rung, ...]:
    if lane is None:
        return rungs
    others = (tuple(other for other in rung if other != lane) for rung in rungs)
    return ((lane,), *(rung for rung in others if rung))


def _denied(lane: str, task: Task, rules: KindPolicy, facts: Facts) -> str | None:
    if lane == HUMAN:
        return None
    if lane == LINTER:
        return None if any(d.fix for d in task.diagnostics) or not task.diagnostics else "no-linter-fix"
    entry = catalogue().lanes[lane]
    if entry.effort == "xhigh" and task.mode is not Mode.INTERACTIVE:
        return f"never in {task.mode}"
    if entry.effort == "xhigh" and lane not in facts.allow:
        return "explicit only"
    if lane in rules.deny_lanes:
        return rules.deny_reason
    return _denied_now(entry, rules, facts)


def _denied_now(lane: Lane, rules: KindPolicy, facts: Facts) -> str | None:
    if lane.name in facts.deny:
        return "denied by the settings"
    if facts.max_lane and _is_above(lane, facts.max_lane, rules):
        return f"above --max-lane {facts.max_lane}"
    if facts.with_key and lane.provider not in facts.with_key:
        return f"no key for {lane.provider}"
    if lane.provider in facts.unavailable:
        return facts.unavailable[lane.provider]
    if facts.budget_left_usd is not None and estimated_cost_usd(lane.name, rules) > facts.budget_left_usd:
        return "over budget"
    return None


def _is_above(lane: Lane, limit: str, rules: KindPolicy) -> bool:
    if limit in {LINTER, HUMAN}:
        return True
    places = {name: place for place, rung in enumerate(rules.rungs) for name in rung}
    if lane.name in places and limit in places:
        return places[lane.name] > places[limit]
    return lane.prices[0].output > catalogue().lanes[limit].prices[0].output


def _order(ladder: tuple[Rung, ...], denied: Mapping[str, str], tried: tuple[Tried, ...]) -> tuple[str, ...]:
    """Return the lanes that may still be tried, the next one first."""
    counted = [t for t in tried if t.failure is not Failure.TRANSPORT]
    reached = max((place for t in counted for place, rung in enumerate(ladder) if t.lane in rung), default=0)
    rungs = tuple(tuple(lane for lane in rung if lane not in denied) for rung in ladder[reached:])
    here = [t for t in counted if t.lane in ladder[reached]]
    if here and _is_exhausted(here):
        return _flatten(rungs[1:]) or (HUMAN,)
    refused = {t.lane for t in here if t.failure is Failure.REFUSED}
    rung = [lane for lane in rungs[0] if lane not in refused]
    last = here[-1].lane if here and here[-1].lane in rung else None
    same_first = [last, *(lane for lane in rung if lane != last)] if last else rung
    return (*same_first, *_flatten(rungs[1:])) or (HUMAN,)


def _is_exhausted(here: list[Tried]) -> bool:
    final = {Failure.CANNOT_FIX, Failure.LOW_CONFIDENCE}
    return len(here) >= ATTEMPTS_PER_RUNG or here[-1].lane == LINTER or here[-1].failure in final


def _flatten(rungs: tuple[Rung, ...]) -> tuple[str, ...]:
    return tuple(lane for rung in rungs for lane in rung)


def _next_rung(rungs: tuple[Rung, ...], order: tuple[str, ...]) -> str | None:
    place = next((place for place, rung in enumerate(rungs) if order[0] in rung), len(rungs))
    return rungs[place + 1][0] if place + 1 < len(rungs) else None


def _why(task: Task, policy: Policy, first: str, facts: Facts) -> tuple[str, ...]:
    failed = [f"{t.lane}: {t.failure}" for t in facts.tried]
    if first == LINTER:
        reason = "the linter's own fix is free and is tried first"
    elif first == HUMAN:
        reason = "no lane is left that may be used" if failed else "no lane may be used now"
    else:
        reason = f"{first} is the smallest lane that may be used: {catalogue().lanes[first].best_for}"
    start = f"policy {policy.name}, kind {task.kind}, mode {task.mode}, stakes {task.stakes}"
    return (start, *(f"tried {attempt}" for attempt in failed), reason)
