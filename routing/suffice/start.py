"""Where on its ladder a task starts, if not at the lowest rung, and why. Pure, like decide.

High stakes, failures on this very task, and what was seen of its like lift the start; no rung is dropped for good.
"""

from __future__ import annotations

from suffice.constraints import Standing
from suffice.lanes import LINTER
from suffice.order import Seen, peers
from suffice.task import Stakes

Start = tuple[int, str | None]
"""A place in the ladder, and why it is not the lowest."""


def start(plan: Standing, seen: Seen) -> Start:
    """Return the place in the ladder at which the task starts, and why it is not the lowest."""
    if plan.situation.lane is not None:
        return 0, None
    begun = _of_stakes(plan)
    if seen.failed or seen.rejected:
        begun = _above_failed(begun, plan, seen)
    return _where_it_pays(begun, plan, seen) if seen.outlooks.known else begun


def _of_stakes(plan: Standing) -> Start:
    high = plan.rules.high_stakes_from
    if high and plan.situation.stakes is Stakes.HIGH:
        return plan.places.get(high, 0), f"high stakes start at {high}"
    return 0, None


def _above_failed(begun: Start, plan: Standing, seen: Seen) -> Start:
    """Return the place above the lanes that failed on this very task, the top if none is; *begun* if that is higher."""
    failed = {lane: plan.places[lane] for lane in (*seen.failed, *seen.rejected) if lane in plan.places}
    if not failed or begun[0] > max(failed.values()):
        return begun
    place, names = min(max(failed.values()) + 1, len(plan.rungs) - 2), ", ".join(failed)
    if not plan.rungs[place] and failed.keys() <= set(seen.rejected):
        return place, f"every result for this task up to the top was rejected: {names}"
    return place, f"{names} failed on this very task before"


def _where_it_pays(begun: Start, plan: Standing, seen: Seen) -> Start:
    """Return the place from *begun* up at which reaching the top costs least by what was seen."""
    places = [at for at, rung in enumerate(plan.rungs[:-1]) if at >= begun[0] and rung and rung != (LINTER,)]
    lanes = [peers(plan.rungs[at], None, plan, seen)[0] for at in places]
    entered = seen.outlooks.entry(lanes, after=False)
    if not entered:
        return begun
    return places[entered], f"{seen.outlooks.told(lanes[0])}; starting at {lanes[entered]} costs less"


def lowest(plan: Standing, seen: Seen) -> int:
    """Return the place below which nobody is asked: that of the highest lane whose result was rejected."""
    return max((plan.places.get(lane, 0) for lane in seen.rejected), default=0)
