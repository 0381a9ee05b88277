"""What may not be used: deny filters, applied last over every source of a choice, so that nothing gets past them.

Two are the program's own and no policy lifts them: the highest efforts only when explicitly allowed, and never in
background or bulk work. The rest are the policy's, the settings', and what is so just now: no key, an outage, the
price, the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import starmap
from types import MappingProxyType
from typing import NamedTuple

from suffice.globs import matches
from suffice.lane_record import LaneRecord
from suffice.lanes import HUMAN, LINTER, Lane, Usage
from suffice.policy import Deny, KindPolicy, Policy, Rung
from suffice.providers.connect import BASE_URL_VARIABLES, LOCAL
from suffice.task import Kind, Mode, Stakes, Task

NO_LINTER_FIX = "no-linter-fix"

HIGHEST_EFFORTS = frozenset({"xhigh", "max"})
"""What costs most and gains least: from medium to high a point more cost $8.76, from low to medium $1.36 (Aider
polyglot board, gpt-5, read 2026-11-21). It is for one important question, on somebody's word."""

REJECTED_HERE = "its result was rejected"
"""The constraint on a lane whose result for this very task nobody wanted."""

FAR_DEARER = 3.0
"""Peers whose estimates differ by less are alike: cost per task differs about half as much as list prices do
(2 x where prices say 5 x, on SWE-bench Verified, 2026-11)."""

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

    `with_key` are the providers that have one; empty: none has, plan as if both hosted ones had. `unavailable` maps
    a provider and its model to why it is not asked now. `records` are how the lanes did before; `failed_before` are
    lanes that failed on this very task in earlier runs, `rejected` those whose result for it nobody wanted.
    `prompt_tokens` is 0 where the prompt is not known.
    """

    with_key: frozenset[str] = frozenset()
    unavailable: Mapping[tuple[str, str], str] = MappingProxyType({})
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


class Standing(NamedTuple):
    """What holds for all tasks of a situation, worked out once for each: so two are the same only if they are one.

    `places` are those of the ladder's lanes, from 0; `rungs` what is left at each place, which may be nothing; `dear`
    the lanes left that cost far more than a peer; `models` the lanes left that call one. `costs_usd` is what a typical
    call costs; `by_path` are the denies that are about certain files.
    """

    situation: Situation
    rules: KindPolicy
    costs_usd: Mapping[str, float]
    places: Mapping[str, int]
    rungs: tuple[Rung, ...]
    dear: frozenset[str]
    excluded: tuple[Excluded, ...]
    models: tuple[Lane, ...]
    by_path: tuple[Deny, ...]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def provider(self, lane: str) -> str | None:
        """Return whose model *lane* calls, None if it calls none."""
        known = self.situation.policy.lanes.get(lane)
        return known.provider if known else None


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
    policy, kind = situation.policy, situation.kind
    rules, costs_usd, lanes = policy.of(kind), estimates_usd(policy, kind), policy.lanes
    ladder = _with_lane_first(rules.rungs, situation.lane)
    places = places_of(ladder)
    denies = _denies(policy, kind, situation.mode, situation.stakes)
    models = [lanes[name] for name in places if name in lanes]
    why_not = {LINTER: situation.no_linter} | {lane.name: _denied(lane, situation, rules, denies) for lane in models}
    denied = {name: why for name in places if (why := why_not.get(name))}
    rungs = _without(denied, ladder) if denied else ladder
    return Standing(
        situation,
        rules,
        costs_usd,
        places,
        rungs,
        _far_dearer(rungs, costs_usd),
        tuple(starmap(Excluded, denied.items())),
        tuple([lane for lane in models if lane.name not in denied]),
        tuple([deny for deny in denies if deny.paths]),
    )


def left_now(plan: Standing, now: tuple[DeniedNow, ...], rejected: tuple[str, ...]) -> Standing:
    """Return *plan* without what is denied *now*, and without the lanes whose result for this task was rejected."""
    if not now and plan.places.keys().isdisjoint(rejected):
        return plan
    gone = {denied.lane: denied.constraint for denied in now}
    gone.update((lane, REJECTED_HERE) for lane in rejected if lane in plan.places)
    rungs, denied = _without(gone, plan.rungs), {**dict(plan.excluded), **gone}
    dear = _far_dearer(rungs, plan.costs_usd) if plan.dear else plan.dear
    return plan._replace(rungs=rungs, dear=dear, excluded=tuple(starmap(Excluded, denied.items())))


def _without(denied: Mapping[str, str], rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    return tuple([tuple([lane for lane in rung if lane not in denied]) for rung in rungs])


def _far_dearer(rungs: tuple[Rung, ...], costs_usd: Mapping[str, float]) -> frozenset[str]:
    """Return the lanes of *rungs* that cost far more than the cheapest of their peers."""
    dear: list[str] = []
    for rung in rungs:
        if len(rung) > 1:
            usual_usd = FAR_DEARER * min([costs_usd[lane] for lane in rung])
            dear += [lane for lane in rung if costs_usd[lane] > usual_usd]
    return frozenset(dear)


@lru_cache(maxsize=1024)
def places_of(rungs: tuple[Rung, ...]) -> Mapping[str, int]:
    """Return the place of each lane of *rungs*, from 0."""
    return {lane: place for place, rung in enumerate(rungs) for lane in rung}


def _with_lane_first(rungs: tuple[Rung, ...], lane: str | None) -> tuple[Rung, ...]:
    if lane is None:
        return rungs
    others = (tuple(other for other in rung if other != lane) for rung in rungs)
    return ((lane,), *(rung for rung in others if rung))


def denied_for_good(lane: Lane, situation: Situation) -> str | None:
    """Return why *lane* is not used as long as policy, keys and wishes are the same; None if it may be."""
    policy, kind = situation.policy, situation.kind
    denies = _denies(policy, kind, situation.mode, situation.stakes)
    return _denied(lane, situation, policy.of(kind), denies)


def _denied(  # noqa: PLR0911 - a flat list of constraints
    lane: Lane, situation: Situation, rules: KindPolicy, denies: Sequence[Deny]
) -> str | None:
    if lane.effort in HIGHEST_EFFORTS and situation.mode is not Mode.INTERACTIVE:
        return f"never in {situation.mode}"
    if is_explicit_only(lane, rules) and lane.name not in situation.allow:
        return "explicit only"
    for deny in denies:
        if not deny.paths and deny.concerns(lane):
            return deny.because
    if lane.name in situation.deny:
        return "denied by the settings"
    if situation.max_lane and _is_above(lane, situation.max_lane, rules, situation.policy):
        return f"above --max-lane {situation.max_lane}"
    if lane.provider not in (situation.with_key or _AS_IF):
        is_optional = lane.name in rules.optional and lane.name != situation.lane
        return "not set up" if is_optional else not_set_up(lane.provider)
    return None


def is_explicit_only(lane: Lane, rules: KindPolicy) -> bool:
    """Tell whether *lane* is used only where it is allowed by its name."""
    return lane.effort in HIGHEST_EFFORTS or lane.name in rules.explicit_only


def not_set_up(provider: str) -> str:
    """Return why no lane of *provider* is used where it has no key; `local` needs none, but an address."""
    return f"{LOCAL} is not set up, set {BASE_URL_VARIABLES[LOCAL]}" if provider == LOCAL else f"no key for {provider}"


_AS_IF = frozenset({"anthropic", "openai"})
"""Without any key the plan is made as if both hosted providers had one."""


def _is_above(lane: Lane, limit: str, rules: KindPolicy, policy: Policy) -> bool:
    if limit in {LINTER, HUMAN}:
        return True
    places = places_of(rules.rungs)
    if lane.name in places and limit in places:
        return places[lane.name] > places[limit]
    return lane.rank > policy.lanes[limit].rank


def wish_not_followed(plan: Standing, tried: Sequence[Tried]) -> tuple[str, ...]:
    """Return the sentence why the lane that was asked for is not asked; nothing if it is, was, or none was named."""
    lane = plan.situation.lane
    if lane is None or lane in {attempt.lane for attempt in tried}:
        return ()
    return tuple(f"{lane} {NOT_FOLLOWED}: {why}" for name, why in plan.excluded if name == lane)


NOT_FOLLOWED = "was asked for and is not used"


def denied_now(task: Task, plan: Standing, facts: Facts) -> tuple[DeniedNow, ...]:
    """Return what of the ladder is denied for this very task at this moment, besides what always is."""
    bound, budget_usd, time_left_s = plan.by_path, facts.budget_left_usd, _time_left_s(task, facts)
    if time_left_s is budget_usd is None and not (facts.unavailable or facts.prompt_tokens or bound):
        return ()
    found = []
    for lane in plan.models:
        if why := facts.unavailable.get((lane.provider, lane.model)):
            found.append(DeniedNow(lane.name, why, Cause.OUTAGE))
        elif bound and (why := _denied_for_path(lane, task.paths, bound)):
            found.append(DeniedNow(lane.name, why, Cause.PATH))
        elif facts.prompt_tokens and (why := _too_long(lane, plan.rules, facts)):
            found.append(DeniedNow(lane.name, why, Cause.TOO_LONG))
        elif time_left_s is not None and (why := _too_late(lane, time_left_s, facts)):
            found.append(DeniedNow(lane.name, why, Cause.TOO_LATE))
        elif budget_usd is not None and plan.costs_usd[lane.name] > budget_usd:
            found.append(DeniedNow(lane.name, "over budget", Cause.TOO_DEAR))
    return tuple(found)


def may_be_asked_now(lane: Lane, task: Task, plan: Standing, facts: Facts) -> bool:
    """Tell whether *lane*, which need not be on the ladder, may be asked about *task* at this moment."""
    if (lane.provider, lane.model) in facts.unavailable:
        return False
    if plan.by_path and _denied_for_path(lane, task.paths, plan.by_path):
        return False
    time_left_s = _time_left_s(task, facts)
    return time_left_s is None or not _too_late(lane, time_left_s, facts)


def _denies(policy: Policy, kind: Kind, mode: Mode, stakes: Stakes) -> list[Deny]:
    """Return what *policy* denies to such tasks: to all of them, or to those on certain files."""
    return [deny for deny in policy.denies if deny.applies(kind, mode, stakes)]


def hidden_from(lane: Lane, task: Task, policy: Policy) -> Callable[[str], bool] | None:
    """Return what tells whether a file may not be shown to *lane* for *task*, by its path; None if all may."""
    stakes = policy.stakes_of(task.stakes, task.paths) if policy.path_stakes else task.stakes
    denies = _denies(policy, task.kind, task.mode, stakes)
    own = tuple(deny for deny in denies if deny.paths and deny.concerns(lane))
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
