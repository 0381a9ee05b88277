"""What else it could have cost: the top lane of each kind asked once about every task, a comparison with a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.constraints import is_explicit_only
from suffice.lanes import LINTER, Lane, Usage
from suffice.task import Kind

if TYPE_CHECKING:
    from suffice.outcome import Outcome
    from suffice.policy import KindPolicy, Policy
    from suffice.state.climbs import Tries
    from suffice.state.ledger import AttemptRow, OutcomeRow


class Counterfactual(NamedTuple):
    """What asking the top lane once about each task of a kind would have cost, and how that was worked out."""

    kind: str
    lane: str
    cost_usd: float
    how: str


def counterfactual(outcomes: Sequence[Outcome], policy: Policy) -> dict[str, Any]:
    """Return, as it stands in a report, what asking the top lane about each settled or sent task would have cost."""
    if not outcomes:
        return {"lane": LINTER, "cost_usd": 0.0, "how": "there was nothing to ask"}
    rules = policy.of(outcomes[0].task.kind)
    lane = top_lane(rules, policy)
    if lane is None:
        return {"lane": LINTER, "cost_usd": 0.0, "how": "the ladder has no model that is used without being asked for"}
    first = [_first_reply(_usages(outcome), rules) for outcome in outcomes if outcome.attempts]
    how = f"{lane} asked once about each of {len(first)} attempted tasks; tokens of the first reply, else typical"
    return {"lane": lane, "cost_usd": round(_sum_usd(policy.lanes[lane], first), 6), "how": how}


def _usages(outcome: Outcome) -> list[Usage]:
    """Return the tokens of each attempt when it was made, also of one that came from the cache this time."""
    return [attempt.saved_usage if attempt.from_cache else attempt.usage for attempt in outcome.attempts]


def counterfactuals(
    asked: Sequence[Tries], by_linter: Sequence[OutcomeRow], *, policy: Policy
) -> Iterable[Counterfactual]:
    """Yield, for each kind with a model on its ladder, what always asking its top lane would have cost."""
    for kind in sorted({*(tries[0].kind for tries in asked), *(row.kind for row in by_linter)}):
        rules = policy.kinds.get(Kind(kind)) if kind in set(Kind) else None
        lane = top_lane(rules, policy) if rules else None
        if rules is None or lane is None:
            continue
        first = [_first_reply(tries, rules) for tries in asked if tries[0].kind == kind]
        spared = sum(row.kind == kind for row in by_linter)
        cost_usd = _sum_usd(policy.lanes[lane], [*first, *[_first_reply((), rules)] * spared])
        how = (
            f"{lane} asked once about each of {len(first) + spared} tasks at today's prices: {len(first)} with the"
            f" tokens of their first reply, {spared} that the linter settled with the policy's typical tokens"
        )
        yield Counterfactual(kind=kind, lane=lane, cost_usd=round(cost_usd, 8), how=how)


def top_lane(rules: KindPolicy, policy: Policy) -> str | None:
    """Return the largest lane that is used without being asked for, of alike ones the first; None if there is none."""
    lanes = [policy.lanes[name] for rung in rules.rungs for name in rung if name in policy.lanes]
    usual = [lane for lane in lanes if not is_explicit_only(lane, rules)]
    return max(usual, key=lambda lane: lane.rank).name if usual else None


def _first_reply(tries: Iterable[Usage | AttemptRow], rules: KindPolicy) -> Usage:
    """Return the tokens of the first reply, none of them cached; without a reply those that are typical."""
    for one in tries:
        if one.input_tokens:
            return Usage(input_tokens=one.input_tokens, output_tokens=one.output_tokens)
    return Usage(input_tokens=rules.typical_input_tokens, output_tokens=rules.typical_output_tokens)


def _sum_usd(lane: Lane, usages: Iterable[Usage]) -> float:
    return sum(map(lane.cost_usd, usages))
