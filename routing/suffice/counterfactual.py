"""What else it could have cost: the top lane of each kind asked once about every task, a comparison with a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from suffice.lanes import Usage
from suffice.policy import KindPolicy, Policy
from suffice.state.climbs import Tries
from suffice.state.ledger import OutcomeRow
from suffice.task import Kind


class Counterfactual(NamedTuple):
    """What asking the top lane once about each task of a kind would have cost, and how that was worked out."""

    kind: str
    lane: str
    cost_usd: float
    how: str


def counterfactuals(
    asked: Sequence[Tries], by_linter: Sequence[OutcomeRow], *, policy: Policy
) -> Iterable[Counterfactual]:
    """Yield, for each kind with a model on its ladder, what always asking its top lane would have cost."""
    for kind in sorted({*(tries[0].kind for tries in asked), *(row.kind for row in by_linter)}):
        rules = policy.kinds.get(Kind(kind)) if kind in set(Kind) else None
        lane = top_lane(rules, policy) if rules else None
        if rules is None or lane is None:
            continue
        typical = Usage(input_tokens=rules.typical_input_tokens, output_tokens=rules.typical_output_tokens)
        first = [_first_reply(tries, typical) for tries in asked if tries[0].kind == kind]
        spared = sum(row.kind == kind for row in by_linter)
        cost_usd = sum(policy.lanes[lane].cost_usd(usage) for usage in (*first, *[typical] * spared))
        how = (
            f"{lane} asked once about each of {len(first) + spared} tasks at today's prices: {len(first)} with the"
            f" tokens of their first reply, {spared} that the linter settled with the policy's typical tokens"
        )
        yield Counterfactual(kind=kind, lane=lane, cost_usd=round(cost_usd, 8), how=how)


def top_lane(rules: KindPolicy, policy: Policy) -> str | None:
    """Return the first lane of the highest rung that is used without being asked for, None if there is no model."""
    for rung in reversed(rules.rungs):
        for name in rung:
            if name in policy.lanes and policy.lanes[name].effort != "xhigh" and name not in rules.explicit_only:
                return name
    return None


def _first_reply(tries: Tries, typical: Usage) -> Usage:
    found = next((row for row in tries if row.input_tokens), None)
    return Usage(input_tokens=found.input_tokens, output_tokens=found.output_tokens) if found else typical
