"""Who judges what a lane made: a cheap lane, of another provider where one may be asked. Pure, like decide.

A policy names the judges of a kind; one that is not cheap beside what it judges comes last. Edits are always judged;
answers and lint fixes only where a dear lane made them, and lint fixes only where nobody waits for them. A judge is
no rung: nothing climbs to it, and nobody judges it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from suffice.constraints import Facts, Situation, Standing, denied_for_good, may_be_asked_now
from suffice.lanes import Lane, Usage
from suffice.policy import KindPolicy, Policy
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


def judges_now(usual: tuple[Judge, ...], task: Task, plan: Standing, facts: Facts) -> tuple[Judge, ...]:
    """Return who of the *usual* judges may be asked at this moment about what was made of *task*."""
    lanes = plan.situation.policy.lanes
    return tuple([judge for judge in usual if may_be_asked_now(lanes[judge.lane], task, plan, facts)])


@lru_cache(maxsize=4096)
def usual_judges(author: str, plan: Standing) -> tuple[Judge, ...]:
    """Return who may judge what *author* makes, the first to be asked first; nobody, where none is wanted."""
    situation, rules = plan.situation, plan.rules
    if author not in situation.policy.lanes or not rules.judge:
        return ()
    maker, made_usd = situation.policy.lanes[author], plan.costs_usd[author]
    ranked = []
    for place, (lane, cost_usd) in enumerate(_worth_asking(situation.policy, situation.kind)):
        if _is_wanted(lane, maker, situation) and not denied_for_good(lane, situation):
            is_alike = lane.provider == maker.provider  # a model likes what its like has made
            ranked.append((cost_usd > _CHEAP * made_usd, is_alike, place, Judge(lane.name, cost_usd)))
    return tuple([judge for *_, judge in sorted(ranked)])


@lru_cache(maxsize=1024)
def _worth_asking(policy: Policy, kind: Kind) -> tuple[tuple[Lane, float], ...]:
    """Return the lanes that *policy* names as judges, with what each costs, if that is less than what it may spare."""
    rules = policy.of(kind)
    named = [(policy.lanes[name], _estimate_usd(policy.lanes[name], rules)) for name in rules.judge]
    return tuple((lane, cost_usd) for lane, cost_usd in named if cost_usd <= rules.wrong_accepted * rules.wrong_usd)


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
