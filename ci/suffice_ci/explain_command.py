"""`suffice explain KIND`: which lane, why, what it costs, what comes next."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import click

from suffice.decide import Decision, Facts, decide
from suffice.errors import InputError
from suffice.lanes import HUMAN, catalogue
from suffice.policy import Policy
from suffice.providers.connect import with_key
from suffice.task import Kind, Mode, Stakes, Task


def run_explain(options: Mapping[str, Any]) -> int:
    """Run `suffice explain` and return the exit code. Raises SufficeError."""
    try:
        kind = Kind(options["what"])
    except ValueError:
        raise InputError(f"{options['what']} is no kind of task; kinds are: {', '.join(Kind)}.") from None
    for lane in (options["lane"], options["max_lane"], *options["allow"]):
        if lane and lane not in catalogue().lanes:
            raise InputError(f"There is no lane {lane}; lanes are: {', '.join(catalogue().lanes)}.")
    task = Task(kind=kind, mode=Mode(options["mode"]), stakes=Stakes(options["stakes"]))
    facts = Facts(
        with_key=with_key(os.environ),
        allow=frozenset(options["allow"]),
        lane=options["lane"],
        max_lane=options["max_lane"],
    )
    decision = decide(task, policy=Policy.load(options["policy"] or "guide"), state=facts)
    if options["as_json"]:
        click.echo(json.dumps(explanation(decision)))
    else:
        _print(decision)
    return 0


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
        "next_lane": following if decision.next_lane else None,
    }
    return {key: value for key, value in entry.items() if value is not None or key == "next_lane"}


def _print(decision: Decision) -> None:
    click.echo(f"{decision.kind} goes to {decision.first}" + _about(decision.estimated_cost_usd))
    for reason in decision.why:
        click.echo(f"  {reason}")
    click.echo("ladder:")
    for rung in decision.rungs:
        click.echo(f"  {' | '.join(rung)}")
    for excluded in decision.excluded:
        click.echo(f"  not {excluded.lane}: {excluded.constraint}")
    if decision.next_lane and decision.next_lane != HUMAN:
        click.echo(f"next: {decision.next_lane}{_about(decision.next_cost_usd)}")


def _about(cost_usd: float) -> str:
    return f", about ${cost_usd:.4f} a task" if cost_usd else ", free"
