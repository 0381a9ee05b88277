"""A cheap lane reads every hunk and says how much attention it deserves; what it is not sure of is risky.

It lifts and sorts, and it drops nothing that a floor holds: floors come after it and cannot be lowered.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.lanes import estimate_tokens
from suffice.outcome import Ending, Outcome
from suffice.review.hunks.change import Change
from suffice.review.hunks.hunk import Hunk
from suffice.review.questions.asker import Asker, Rungs
from suffice.review.sorting.floors import floor_of
from suffice.review.sorting.level import Level, rank
from suffice.task import Kind, Mode, Stakes, Task

BATCH_TOKENS = 6000
"""Of hunks in one request: enough to share the instructions, short enough that none is forgotten (2026-11)."""

BATCH_HUNKS = 30
"""The answers to so many fit the output that the policy grants to triage (2,048 tokens, some 50 each)."""

UNSURE = "unsure"

_QUESTION = """\
Each item is a hunk of a change. Say how closely a reviewer has to read it:
- trivial: it cannot change what the program does, or so plainly that one glance settles it;
- normal: it changes what the program does, in one place and for one purpose;
- risky: a mistake here is likely or costly: conditions, bounds, errors, state that is shared, data that comes from
  outside or is written, what others rely on;
- architecture: it changes how parts of the program depend on each other, or what they promise to each other;
- unsure: what decides is not shown."""


class Triaged(NamedTuple):
    """How much attention a hunk gets, why, and who said so: a lane, "floor", or "" where nobody could."""

    level: Level
    why: str
    by: str


async def triage(
    hunks: Iterable[Hunk], shown: Mapping[str, str], *, asker: Asker, mode: Mode, stakes: Stakes
) -> dict[str, Triaged]:
    """Return by id what a cheap lane says of each of *hunks*, of which *shown* is what it sees.

    Where nobody may see a hunk, or it was forgotten or answered badly, nothing is said of it.
    """
    said: dict[str, Triaged] = {}

    async def look(one: Look) -> None:
        said.update(_said(one.hunks, await asker.ask(one.task, one.rungs)))

    await asyncio.gather(*map(look, looks(hunks, shown, asker=asker, mode=mode, stakes=stakes)))
    return said


class Look(NamedTuple):
    """One request: the hunks that are sorted by it, the task, and who may be asked."""

    hunks: tuple[Hunk, ...]
    task: Task
    rungs: Rungs


def looks(
    hunks: Iterable[Hunk], shown: Mapping[str, str], *, asker: Asker, mode: Mode, stakes: Stakes
) -> Iterator[Look]:
    """Yield what has to be asked to have *hunks* sorted; a hunk that nobody may see is in none."""
    like = Task(kind=Kind.TRIAGE, instruction=_QUESTION, labels=(*Level, UNSURE), mode=mode, stakes=stakes)
    by_rungs: dict[Rungs, list[Hunk]] = defaultdict(list)
    for hunk in hunks:
        by_rungs[asker.allowed(Kind.TRIAGE, like, {hunk.path, hunk.old_path})].append(hunk)
    by_rungs.pop((), None)
    for rungs, seen in by_rungs.items():
        for batch in batches(seen, lambda hunk: estimate_tokens(shown[hunk.id]), most_tokens=_room(rungs, asker)):
            yield Look(batch, like._replace(items=tuple(shown[hunk.id] for hunk in batch)), rungs)


def _room(rungs: Rungs, asker: Asker) -> int:
    """Return how many tokens of hunks the first lane takes at once: half of what it can hold is for the rest."""
    return min(BATCH_TOKENS, asker.policy.lanes[rungs[0][0]].context_tokens // 2)


def batches(
    hunks: Iterable[Hunk], tokens: Callable[[Hunk], int], *, most_tokens: int = BATCH_TOKENS
) -> Iterator[tuple[Hunk, ...]]:
    """Yield *hunks* in order, as many together as one request takes; none is cut."""
    batch: list[Hunk] = []
    room = most_tokens
    for hunk in hunks:
        room -= tokens(hunk)
        if batch and (room < 0 or len(batch) == BATCH_HUNKS):
            yield tuple(batch)
            batch, room = [], most_tokens - tokens(hunk)
        batch.append(hunk)
    if batch:
        yield tuple(batch)


def _said(batch: Sequence[Hunk], outcome: Outcome) -> dict[str, Triaged]:
    """Return what was said of a hunk once and with a reason; all else nobody said."""
    answer = outcome.attempts[-1].answer if outcome.ending is Ending.PROPOSED and outcome.attempts else None
    entries = list((answer or {}).get("items", ()))
    numbers = [entry["number"] for entry in entries]
    return {
        batch[entry["number"] - 1].id: Triaged(_level(entry["label"]), _line(entry["why"]), outcome.lane or "")
        for entry in entries
        if 1 <= entry["number"] <= len(batch) and numbers.count(entry["number"]) == 1
        if entry["why"].strip()
    }


def _level(label: str) -> Level:
    return Level(label) if label in set(Level) else Level.RISKY


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


_NOT_SAID = Triaged(Level.RISKY, "nobody could say how much it matters", "")


def leveled(hunks: Iterable[Hunk], said: Mapping[str, Triaged], change: Change) -> dict[str, Triaged]:
    """Return the level of each of *hunks*: what was said of it, lifted to its floor; risky where nothing was said."""
    return {hunk.id: _lifted(said.get(hunk.id, _NOT_SAID), floor_of(hunk, change)) for hunk in hunks}


def _lifted(triaged: Triaged, floor: tuple[Level, str] | None) -> Triaged:
    if floor is None or rank(floor[0]) <= rank(triaged.level):
        return triaged
    return Triaged(floor[0], floor[1], "floor")
