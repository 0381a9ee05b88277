"""Carries out `suffice ask`: connects what is needed, runs the core, and records how it ended."""

from __future__ import annotations

import asyncio
import os
import sys

from suffice import text_task
from suffice.checker.linting import Linting
from suffice.decide import Facts, decide
from suffice.errors import SufficeError
from suffice.lanes import HUMAN, Lane, Usage
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.providers.connect import with_key
from suffice.run import take_back_cancellation
from suffice.solve import solve
from suffice.state.storage import Storage
from suffice.task import Task
from suffice_ci.ask_task import Asked
from suffice_ci.connected import Connected
from suffice_ci.model_run import Terms, run_state
from suffice_ci.progress import Progress


def carried_out(asked: Asked, terms: Terms, *, policy: Policy, storage: Storage) -> tuple[Outcome, SufficeError | None]:
    """Return how the question ended, and the error that no rung mends if there was one."""
    task = asked.task._replace(mode=terms.mode, stakes=terms.stakes)
    outcome, stopped = asyncio.run(_run(asked._replace(task=task), terms, policy, storage))
    if outcome.attempts:
        storage.ledger.record_outcome(
            text_task.work(task, asked.snapshot),
            outcome=outcome.ending,
            reason=outcome.reason,
            lane=outcome.lane,
            cost_usd=outcome.cost_usd,
        )
    return _as_asked(outcome, asked, terms, policy), stopped


async def _run(asked: Asked, terms: Terms, policy: Policy, storage: Storage) -> tuple[Outcome, SufficeError | None]:
    tried: list[Attempt] = []
    async with Connected(os.environ, needed=terms.wishes.no_calls is None) as providers:
        with Progress(1, shown=sys.stderr.isatty() and not terms.quiet) as progress:

            def tell(task: Task, attempt: Attempt) -> None:  # what was paid stays known if the run is interrupted
                tried.append(attempt)
                progress.tell(task, attempt)

            linting = Linting(root=asked.root)  # no text kind asks it
            state = run_state(terms, storage=storage, root=asked.root, linting=linting, tell=tell)
            try:
                outcome = await solve(
                    asked.task, snapshot=asked.snapshot, policy=policy, providers=providers, state=state
                )
            except asyncio.CancelledError:
                take_back_cancellation()
                outcome = _interrupted(asked.task, tuple(tried))
            return outcome, next(iter(state.errors), None)


def _interrupted(task: Task, attempts: tuple[Attempt, ...]) -> Outcome:
    detail = "interrupted before there was an answer; run again to go on"
    return Outcome(task=task, ending=Ending.SKIPPED, reason="interrupted", detail=detail, attempts=attempts)


def _as_asked(outcome: Outcome, asked: Asked, terms: Terms, policy: Policy) -> Outcome:
    """Return *outcome* with what only the question itself tells: its price, and why no lane takes it."""
    lane = policy.lanes.get(outcome.next_lane or HUMAN)
    if outcome.ending is Ending.SKIPPED and lane:
        outcome = outcome._replace(next_cost_usd=estimate_usd(asked, lane, policy))
    if outcome.reason == "no-lane":
        outcome = outcome._replace(detail=_why_no_lane(asked, terms, policy))
    return outcome


def estimate_usd(asked: Asked, lane: Lane, policy: Policy) -> float:
    """Return about what asking *lane* once costs: the prompt as it is, an answer of typical length."""
    rules = policy.of(asked.task.kind)
    output_tokens = int(rules.typical_output_tokens * lane.output_ratio)
    return lane.cost_usd(Usage(input_tokens=_prompt_tokens(asked, lane, policy), output_tokens=output_tokens))


def _prompt_tokens(asked: Asked, lane: Lane, policy: Policy) -> int:
    rules = policy.of(asked.task.kind)
    return text_task.question(asked.task, lane, snapshot=asked.snapshot, rules=rules, before=()).prompt_tokens


def _why_no_lane(asked: Asked, terms: Terms, policy: Policy) -> str:
    wishes, lane = terms.wishes, next(iter(policy.lanes.values()))
    facts = Facts(
        with_key=with_key(os.environ),
        allow=wishes.allow,
        deny=wishes.deny,
        lane=wishes.lane,
        max_lane=wishes.max_lane,
        prompt_tokens=_prompt_tokens(asked, lane, policy),
    )
    task = asked.task._replace(mode=terms.mode, stakes=terms.stakes)
    excluded = decide(task, policy=policy, state=facts).excluded
    reasons = "; ".join(f"{entry.lane}: {entry.constraint}" for entry in excluded)
    return f"no lane may be used ({reasons}); ask about less, or lift what excludes them"
