"""The pre-filter: a cheap lane looks through many small things before a dear one sees any.

Nothing is dropped silently: what is left out says who left it out and why, and whatever the cheap lane is not sure of,
forgot or answered badly is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from suffice.decide import Facts, decide
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Ending, Outcome
from suffice.policy import Policy
from suffice.providers.reply import Provider
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.solve import solve
from suffice.task import Kind, Mode, Task

KEEP, DROP, UNSURE = "keep", "drop", "unsure"

BATCH = 20
"""Things in one request: enough to share the instructions, few enough that none is forgotten."""


class Filtered(NamedTuple):
    """What came of it: for each thing that is left out, by its place in the list, who left it out and why.

    `outcomes` are those of the requests, with what they cost.
    """

    left_out: Mapping[int, str]
    outcomes: tuple[Outcome, ...]


class Filter(NamedTuple):
    """What to keep and what to drop, in words, the cheap lane that says so, and who waits for it."""

    question: str
    lane: str
    mode: Mode


async def prefilter(
    things: Sequence[str],
    by: Filter,
    *,
    snapshot: Snapshot,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
) -> Filtered:
    """Return which of *things* need not be looked at by a dear lane.

    Where the cheap lane fails nobody else is asked, and all is kept.
    """
    only_cheap = replace(state, wishes=state.wishes._replace(lane=None, max_lane=by.lane))
    batches = [range(start, min(start + BATCH, len(things))) for start in range(0, len(things), BATCH)]
    tasks = [
        Task(
            kind=Kind.TRIAGE,
            instruction=by.question,
            items=tuple(things[place] for place in batch),
            labels=(KEEP, DROP, UNSURE),
            mode=by.mode,
        )
        for batch in batches
    ]
    outcomes = await asyncio.gather(
        *(solve(task, snapshot=snapshot, policy=policy, providers=providers, state=only_cheap) for task in tasks)
    )
    left_out: dict[int, str] = {}
    for batch, outcome in zip(batches, outcomes, strict=True):
        left_out.update(_left_out(batch, outcome))
    return Filtered(left_out, tuple(outcomes))


def _left_out(batch: range, outcome: Outcome) -> dict[int, str]:
    answer = outcome.attempts[-1].answer if outcome.ending is Ending.PROPOSED else None
    found = {}
    for verdict in (answer or {}).get("items", ()):
        place = verdict["number"] - 1
        if verdict["label"] == DROP and verdict["why"].strip() and 0 <= place < len(batch):
            found[batch[place]] = f"{outcome.lane}: {' '.join(verdict['why'].split())[:300]}"
    return found


def cheap_lane(task: Task, *, policy: Policy, providers: Mapping[str, Provider]) -> str | None:
    """Return the lane that would look through tasks like *task*; None if they go to none that is far dearer."""
    facts = Facts(with_key=frozenset(providers))
    looked_at_by = _first_model(decide(Task(kind=Kind.TRIAGE, mode=task.mode), policy=policy, state=facts).order)
    goes_to = _first_model(decide(task, policy=policy, state=facts).order)
    if looked_at_by is None or goes_to is None:
        return None
    return looked_at_by if policy.lanes[goes_to].rank > policy.lanes[looked_at_by].rank else None


def _first_model(order: Sequence[str]) -> str | None:
    return next((lane for lane in order if lane not in {LINTER, HUMAN}), None)
