"""Who judges what a lane made: a cheap lane, of another provider where one may be asked. Pure, like decide.

A policy names the judges of a kind; one that is not cheap beside what it judges comes last. Edits are always judged;
answers and lint fixes only where a dear lane made them, and lint fixes only where nobody waits for them. A judge is
no rung: nothing climbs to it, and nobody judges it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from suffice.constraints import Facts, Situation, denied_for_good, estimates_usd, may_be_asked_now
from suffice.lanes import Lane, Usage
from suffice.policy import KindPolicy
from suffice.task import Kind, Mode, Task

NAME = "judge"
"""The name of a judge's check, and the kind under which ledger and cache keep its calls: no task is of that kind."""

_EDITS = frozenset({Kind.EDIT, Kind.CODEGEN, Kind.REFACTOR, Kind.TEST_WRITING, Kind.DEBUG})

_CHEAP = 0.25
"""Up to this part of what was judged a judge is cheap, and the other provider's comes first; dearer ones last."""

_HARD_RANK = 4
"""From this rank on a lane is dear: the hard and the last of the guide's order of escalation (lanes.toml)."""

_INSTRUCTION_TOKENS = 700
_ANSWER_TOKENS = 200
"""What a judge reads besides the task and what was made of it, and what it writes: for estimates (our own prompt)."""


class Judge(NamedTuple):
    """A lane that may judge, and about what that costs."""

    lane: str
    cost_usd: float


def judges(author: str, task: Task, situation: Situation, facts: Facts) -> tuple[Judge, ...]:
    """Return who may judge what *author* makes of *task*: the first is asked. Nobody, where none is wanted."""
    lanes = situation.policy.lanes
    named = usual_judges(author, situation)
    return tuple(judge for judge in named if may_be_asked_now(lanes[judge.lane], task, situation, facts))


@lru_cache(maxsize=4096)
def usual_judges(author: str, situation: Situation) -> tuple[Judge, ...]:
    """Return who judges what *author* makes, as long as policy, keys and wishes are the same."""
    policy, rules = situation.policy, situation.policy.of(situation.kind)
    if author not in policy.lanes or not rules.judge:
        return ()
    maker = policy.lanes[author]
    made_usd = estimates_usd(policy, situation.kind)[author]
    spares_usd = rules.wrong_accepted * rules.wrong_usd
    ranked = []
    for place, lane in enumerate(policy.lanes[name] for name in rules.judge):
        cost_usd = _estimate_usd(lane, rules)
        if _is_wanted(lane, maker, situation) and cost_usd <= spares_usd and not denied_for_good(lane, situation):
            is_alike = lane.provider == maker.provider  # a model likes what its like has made
            ranked.append((cost_usd > _CHEAP * made_usd, is_alike, place, Judge(lane.name, cost_usd)))
    return tuple(judge for *_, judge in sorted(ranked))


def _is_wanted(judge: Lane, author: Lane, situation: Situation) -> bool:
    if judge.name == author.name:
        return False
    if situation.kind in _EDITS:
        return True
    if situation.kind is Kind.LINT_FIX:
        return situation.mode is not Mode.INTERACTIVE and author.rank > judge.rank
    return author.rank >= _HARD_RANK and author.rank > judge.rank


def _estimate_usd(lane: Lane, rules: KindPolicy) -> float:
    read = rules.typical_input_tokens + rules.typical_output_tokens + _INSTRUCTION_TOKENS
    return lane.cost_usd(Usage(input_tokens=read, output_tokens=int(_ANSWER_TOKENS * lane.output_ratio)))
