"""Carries out one task: connects what is needed, climbs, and records how it ended."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from suffice import families
from suffice.checker.linting import Linting
from suffice.config import Config
from suffice.decide import Facts, decide
from suffice.errors import SufficeError
from suffice.lanes import HUMAN, Lane, Usage
from suffice.linters.chosen import linters_for
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.providers.connect import with_key
from suffice.run import take_back_cancellation
from suffice.snapshot import Snapshot
from suffice.solve import solve
from suffice.state.storage import Storage
from suffice.task import Task
from suffice_ci.connected import Connected
from suffice_ci.model_run import Terms, run_state
from suffice_ci.progress import Progress

if TYPE_CHECKING:
    from suffice.checker.executed.sides import Executed


class OneTask(NamedTuple):
    """A task, the texts it is about, and the folder they are relative to.

    `unseen` tells which files are never shown, by path; `executed` is what may be run on a patch.
    """

    task: Task
    snapshot: Snapshot
    root: Path
    linting: Linting
    unseen: Callable[[str], bool] = lambda _path: False
    executed: Executed | None = None


def linting_for(root: Path, config: Config) -> Linting:
    """Return the checker's linter for patches of any kind: that of the project where the user's settings trust it."""
    return Linting(root=root, linters=linters_for(root, config, os.environ))


def carried_out(one: OneTask, terms: Terms, *, policy: Policy, storage: Storage) -> tuple[Outcome, SufficeError | None]:
    """Return how *one* ended, and the error that no rung mends if there was one; after Ctrl-C, what was tried."""
    results: list[tuple[Outcome, SufficeError | None]] = []

    async def go() -> None:
        results.append(await _run(one, terms, policy, storage))

    asyncio.run(go())
    outcome, stopped = results[0]
    outcome = _priced(outcome, one, terms, policy, storage)
    if outcome.attempts:
        storage.ledger.record_outcome(
            families.of(one.task.kind).work(one.task, one.snapshot),
            outcome=outcome.ending,
            reason=outcome.reason,
            lane=outcome.lane,
            cost_usd=outcome.cost_usd,
        )
    return outcome, stopped


async def _run(one: OneTask, terms: Terms, policy: Policy, storage: Storage) -> tuple[Outcome, SufficeError | None]:
    tried: list[Attempt] = []
    async with Connected(os.environ, needed=True) as providers:  # who has a key decides, though nobody may be asked
        with Progress(1, shown=sys.stderr.isatty() and not terms.quiet) as progress:

            def tell(task: Task, attempt: Attempt) -> None:  # what was paid stays known if the run is interrupted
                tried.append(attempt)
                progress.tell(task, attempt)

            state = run_state(terms, storage=storage, root=one.root, linting=one.linting, tell=tell)
            state.checking.executed, state.unseen = one.executed, one.unseen
            try:
                outcome = await solve(one.task, snapshot=one.snapshot, policy=policy, providers=providers, state=state)
            except asyncio.CancelledError:
                take_back_cancellation()
                outcome = interrupted(one.task, tuple(tried))
            return outcome, next(iter(state.errors), None)


def _priced(outcome: Outcome, one: OneTask, terms: Terms, policy: Policy, storage: Storage) -> Outcome:
    """Return *outcome* with what only the task itself tells: its price, and why no lane takes it."""
    lane = policy.lanes.get(outcome.next_lane or HUMAN)
    if outcome.ending is Ending.SKIPPED and lane:
        outcome = outcome._replace(next_cost_usd=_estimate_usd(one, lane, policy, storage))
    if outcome.reason == "no-lane":
        outcome = outcome._replace(detail=_why_no_lane(one, terms, policy, storage))
    return outcome


def _estimate_usd(one: OneTask, lane: Lane, policy: Policy, storage: Storage) -> float:
    """Return about what asking *lane* once costs: the prompt as it is, an answer of typical length."""
    rules = policy.of(one.task.kind)
    output_tokens = int(rules.typical_output_tokens * lane.output_ratio)
    return lane.cost_usd(Usage(input_tokens=_prompt_tokens(one, lane, policy, storage), output_tokens=output_tokens))


def _prompt_tokens(one: OneTask, lane: Lane, policy: Policy, storage: Storage) -> int:
    rules, snapshot = policy.of(one.task.kind), one.snapshot
    ask = families.question(one.task, lane, snapshot=snapshot, rules=rules, before=(), storage=storage)
    return ask.prompt_tokens


def _why_no_lane(one: OneTask, terms: Terms, policy: Policy, storage: Storage) -> str:
    wishes, lane = terms.wishes, next(iter(policy.lanes.values()))
    facts = Facts(
        with_key=with_key(os.environ),
        allow=wishes.allow,
        deny=wishes.deny,
        lane=wishes.lane,
        max_lane=wishes.max_lane,
        prompt_tokens=_prompt_tokens(one, lane, policy, storage),
    )
    excluded = decide(one.task, policy=policy, state=facts).excluded
    reasons = "; ".join(f"{entry.lane}: {entry.constraint}" for entry in excluded)
    return f"no lane may be used ({reasons}); ask about less, or lift what excludes them"


def interrupted(task: Task, attempts: tuple[Attempt, ...] = ()) -> Outcome:
    """Return the outcome of *task* after Ctrl-C, with what was tried and paid."""
    detail = "interrupted before it was done; run again to go on"
    return Outcome(task=task, ending=Ending.SKIPPED, reason="interrupted", detail=detail, attempts=attempts)
