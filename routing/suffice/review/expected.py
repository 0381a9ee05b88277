"""What a review would ask, where nobody may be called: whom, how often, and for about how much.

Nobody sorted the hunks then, so it is what their reading takes if all of them have to be read, and more than it would
come to.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from suffice.review.questions.asker import Asker, Rungs
from suffice.task import Task


class Doing(StrEnum):
    """What a request is for."""

    SORT = "sort"
    READ = "read"
    READ_AGAIN = "read again"


class Expected(NamedTuple):
    """Requests that were not made: what for, who would get them, how many they are, about what they cost together."""

    doing: Doing
    lane: str
    calls: int
    cost_usd: float


def expected(asked: Iterable[tuple[Doing, Task, Rungs | None]], *, asker: Asker) -> tuple[Expected, ...]:
    """Return what *asked* comes to, by what it is for and who would get it; what nobody may be asked costs nothing.

    Each is what it is for, the task, and who may be asked (None: the ladder of its kind).
    """
    found: dict[tuple[Doing, str], Expected] = {}
    for doing, task, rungs in asked:
        priced = asker.price(task, rungs)
        if priced is not None:
            before = found.get((doing, priced.lane), Expected(doing, priced.lane, 0, 0.0))
            found[doing, priced.lane] = before._replace(
                calls=before.calls + 1, cost_usd=before.cost_usd + priced.cost_usd
            )
    return tuple(found.values())
