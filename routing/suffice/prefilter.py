"""The pre-filter: a cheap lane looks through many small things before a dear one sees any.

Nothing is dropped silently: what is left out says who left it out and why, and whatever the cheap lane is not sure of,
forgot or answered badly is kept. Things of different files never share a request: what stands in a file, an order to
drop all for example, has no say about another.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
"""Things of a file in one request: enough to share the instructions, few enough that none is forgotten."""


class Thing(NamedTuple):
    """Something small to look through, as the cheap lane sees it, and the file that it is from."""

    text: str
    path: str


class Filtered(NamedTuple):
    """For each thing that is left out, by its place in the list, who left it out and why."""

    left_out: Mapping[int, str]


class Filter(NamedTuple):
    """What to keep and what to drop, in words, the cheap lane that says so, and who waits for it.

    `tell` is called with the outcome of each request, with what it cost.
    """

    question: str
    lane: str
    mode: Mode
    tell: Callable[[Outcome], None] = lambda _outcome: None


async def prefilter(
    things: Sequence[Thing],
    by: Filter,
    *,
    snapshot: Snapshot,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
) -> Filtered:
    """Return which of *things* need not be looked at by a dear lane.

    Where the cheap lane fails, or may not see a file, nobody else is asked and all is kept.
    """
    others = frozenset(policy.lanes) - {by.lane}
    only_cheap = replace(state, wishes=state.wishes._replace(lane=None, deny=state.wishes.deny | others))
    facts = Facts(with_key=frozenset(providers), deny=state.wishes.deny)
    seen = [place for place, thing in enumerate(things) if by.lane in _order(thing, by, policy, facts)]
    left_out: dict[int, str] = {}

    async def look(batch: Sequence[int]) -> None:
        task = _task([things[place].text for place in batch], by)
        outcome = await solve(task, snapshot=snapshot, policy=policy, providers=providers, state=only_cheap)
        by.tell(outcome)
        left_out.update(_left_out(batch, outcome))

    await asyncio.gather(*map(look, _batches(things, seen)))
    return Filtered(left_out)


def _batches(things: Sequence[Thing], places: Iterable[int]) -> Iterator[Sequence[int]]:
    """Yield *places* in what is asked about at once: some of one file."""
    by_path: dict[str, list[int]] = defaultdict(list)
    for place in places:
        by_path[things[place].path].append(place)
    for same in by_path.values():
        yield from (same[start : start + BATCH] for start in range(0, len(same), BATCH))


def _order(thing: Thing, by: Filter, policy: Policy, facts: Facts) -> Sequence[str]:
    return decide(Task(kind=Kind.TRIAGE, mode=by.mode, paths=(thing.path,)), policy=policy, state=facts).order


def _task(texts: Sequence[str], by: Filter) -> Task:
    return Task(
        kind=Kind.TRIAGE,
        instruction=by.question,
        items=tuple(texts),
        labels=(KEEP, DROP, UNSURE),
        mode=by.mode,
    )


def _left_out(batch: Sequence[int], outcome: Outcome) -> dict[int, str]:
    """Return what is dropped with a reason, and spoken of once: whatever is answered badly is kept."""
    answer = outcome.attempts[-1].answer if outcome.ending is Ending.PROPOSED else None
    verdicts = list((answer or {}).get("items", ()))
    numbers = [int(verdict["number"]) for verdict in verdicts]
    return {
        batch[number - 1]: f"{outcome.lane}: {' '.join(verdict['why'].split())[:300]}"
        for number, verdict in zip(numbers, verdicts, strict=True)
        if verdict["label"] == DROP and verdict["why"].strip()
        if 1 <= number <= len(batch) and numbers.count(number) == 1
    }


def cheap_lane(task: Task, *, policy: Policy, providers: Mapping[str, Provider], state: State) -> str | None:
    """Return the lane that would look through tasks like *task*; None if they go to none that is far dearer."""
    wishes = state.wishes
    facts = Facts(with_key=frozenset(providers), allow=wishes.allow, deny=wishes.deny, max_lane=wishes.max_lane)
    looked_at_by = _first_model(decide(Task(kind=Kind.TRIAGE, mode=task.mode), policy=policy, state=facts).order)
    goes_to = _first_model(decide(task, policy=policy, state=facts._replace(lane=wishes.lane)).order)
    if looked_at_by is None or goes_to is None:
        return None
    return looked_at_by if policy.lanes[goes_to].rank > policy.lanes[looked_at_by].rank else None


def _first_model(order: Sequence[str]) -> str | None:
    return next((lane for lane in order if lane not in {LINTER, HUMAN}), None)
