"""A decision as people and programs read it: which lane, why, what it costs, what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.constraints import NO_LINTER_FIX
from suffice.decide import Decision
from suffice.globs import matches
from suffice.lanes import HUMAN, Lane
from suffice.policy import Policy
from suffice.task import Task


def explanation(decision: Decision) -> dict[str, Any]:
    """Return *decision* in the form of the contract."""
    following = {"lane": decision.next_lane, "estimated_cost_usd": round(decision.next_cost_usd, 6)}
    entry = {
        "kind": decision.kind,
        "policy": decision.policy,
        "policy_sha256": decision.policy_sha256,
        "mode": decision.mode,
        "stakes": decision.stakes,
        "deadline_s": decision.deadline_s,
        "rungs": [list(rung) for rung in decision.rungs],
        "first": decision.first,
        "order": list(decision.order),
        "excluded": [{"lane": e.lane, "constraint": e.constraint} for e in decision.excluded],
        "why": list(decision.why),
        "estimated_cost_usd": round(decision.estimated_cost_usd, 6),
        "least_confidence": decision.least_confidence,
        "next_lane": following if decision.next_lane else None,
        "judges": [{"lane": judge.lane, "estimated_cost_usd": round(judge.cost_usd, 6)} for judge in decision.judges],
    }
    return {key: value for key, value in entry.items() if value is not None or key == "next_lane"}


def with_stakes_of_paths(decision: Decision, *, task: Task, policy: Policy) -> Decision:
    """Return *decision* with one more reason, if the policy's rules for paths changed the stakes of *task*."""
    if decision.stakes is task.stakes:
        return decision
    rules = [(path, rule) for path in task.paths for rule in policy.path_stakes if matches(path, rule.paths)]
    reasons = [f"{path} is of {rule.stakes} stakes by the policy: {', '.join(rule.paths)}" for path, rule in rules[:1]]
    return decision._replace(why=(*decision.why, *reasons))


def kind_lines(decision: Decision, *, lanes: Mapping[str, Lane]) -> Iterator[str]:
    """Yield what is said of a whole kind."""
    yield f"{decision.kind} {_goes(decision)}"
    yield from (f"  {line}" for line in (*decision.why, *_advice(decision.first, lanes)))
    yield "ladder:"
    yield from (f"  {' | '.join(rung)}" for rung in decision.rungs)
    yield from (f"  {line}" for line in _excluded(decision))
    yield from _next(decision)


def task_lines(decision: Decision) -> Iterator[str]:
    """Yield what is said of one task, shorter."""
    yield _goes(decision)
    yield from (f"  {line}" for line in decision.why)
    yield f"ladder: {', '.join(' | '.join(rung) for rung in decision.rungs)}"
    yield from (f"  {line}" for line in _excluded(decision))
    yield from _next(decision)


def _goes(decision: Decision) -> str:
    if decision.first == HUMAN:
        return "goes to a person"
    return f"goes to {decision.first}{_about(decision.estimated_cost_usd)}"


def _advice(name: str, lanes: Mapping[str, Lane]) -> Iterator[str]:
    if lane := lanes.get(name):
        yield from (f"use when: {text}" for text in [lane.use_when] if text)
        yield from (f"avoid when: {text}" for text in [lane.avoid_when] if text)


def _excluded(decision: Decision) -> Iterator[str]:
    return (
        f"not {excluded.lane}: {_WORDS.get(excluded.constraint, excluded.constraint)}" for excluded in decision.excluded
    )


_WORDS: Mapping[str, str] = {NO_LINTER_FIX: "it has no fix of its own"}
"""Constraints that are codes, as people read them."""


def _next(decision: Decision) -> Iterator[str]:
    for judge in decision.judges[:1]:
        yield f"judged by {judge.lane}, which can only lower its confidence{_about(judge.cost_usd)}"
    if decision.next_lane and decision.next_lane != HUMAN:
        yield f"next: {decision.next_lane}{_about(decision.next_cost_usd)}"


def _about(cost_usd: float) -> str:
    return f", about ${cost_usd:.4f} a task" if cost_usd else ", free"
