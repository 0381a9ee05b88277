"""Where on its ladder a task starts, if not at the lowest rung, and why. Pure, like decide.

High stakes, failures on this very task, and what was seen of its like lift the start.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from suffice.constraints import Standing
from suffice.lanes import LINTER
from suffice.order import Seen, peers
from suffice.task import Stakes


class Start(NamedTuple):
    """A place in the ladder, from 0, and why it is not the lowest, None if it is."""

    place: int
    because: str | None


_LOWEST = Start(0, None)


def start(plan: Standing, seen: Seen) -> Start:
    """Return where on its ladder the task starts."""
    if plan.situation.lane is not None:
        return _LOWEST
    begun = _of_stakes(plan)
    if seen.failed or seen.rejected:
        begun = _above_failed(begun, plan, seen)
    return _where_it_pays(begun, plan, seen) if seen.outlooks.known else begun


def _of_stakes(plan: Standing) -> Start:
    high = plan.rules.high_stakes_from
    if not high or plan.situation.stakes is not Stakes.HIGH:
        return _LOWEST
    return Start(plan.places.get(high, 0), f"high stakes start at {high}")


def _above_failed(begun: Start, plan: Standing, seen: Seen) -> Start:
    """Return the place above the lanes that failed on this very task, the top if none is; *begun* if that is higher."""
    failed = {lane: plan.places[lane] for lane in (*seen.failed, *seen.rejected) if lane in plan.places}
    if not failed or begun.place > max(failed.values()):
        return begun
    place, names = min(max(failed.values()) + 1, len(plan.rungs) - 2), ", ".join(failed)
    if not plan.rungs[place] and failed.keys() <= set(seen.rejected):
        return Start(place, f"every result for this task up to the top was rejected: {names}")
    return Start(place, f"{_failed_here(failed, seen)} on this very task before")


def _failed_here(failed: Collection[str], seen: Seen) -> str:
    """Return which lanes failed, and of which the result was rejected, in words."""
    ways = {
        "failed": [lane for lane in failed if lane not in seen.rejected],
        "was rejected": [lane for lane in failed if lane in seen.rejected],
    }
    return " and ".join(f"{', '.join(lanes)} {what}" for what, lanes in ways.items() if lanes)


def _where_it_pays(begun: Start, plan: Standing, seen: Seen) -> Start:
    """Return the place from *begun* up at which reaching the top costs least by what was seen."""
    places = [at for at, rung in enumerate(plan.rungs[:-1]) if at >= begun.place and rung and rung != (LINTER,)]
    lanes = [peers(plan.rungs[at], None, plan, seen)[0] for at in places]
    entered = seen.outlooks.entry(lanes, after=False)
    if not entered:
        return begun
    told = f"{seen.outlooks.told(lanes[0])}; starting at {lanes[entered]} costs less"
    return Start(places[entered], told)


def lowest(plan: Standing, seen: Seen) -> int:
    """Return the place below which nobody is asked: that of the highest lane whose result was rejected."""
    return max((plan.places.get(lane, 0) for lane in seen.rejected), default=0)
