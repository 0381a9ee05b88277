"""In which order the lanes of a ladder are tried, after what was tried and by how they did before. Pure, like decide.

On the rungs that this looks at stands only what no constraint denies, so nothing here brings a denied lane back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.constraints import FAR_DEARER, Failure, Standing, Tried, standing
from suffice.lanes import HUMAN, LINTER
from suffice.policy import Rung
from suffice.worth import BELOW_A_FAILURE, Outlooks, is_worth_asking

ATTEMPTS_PER_RUNG = 2
"""The first attempt and one more with the checker's evidence. A second try with evidence lifts a cheap effort
from 43 % to 81 % (Aider polyglot, read 2026-11-21); from the second failure on, climbing pays better."""


class Seen(NamedTuple):
    """What was seen of a task and of its like.

    `counted` are the attempts of this run that say something of a lane; `failed` are lanes that failed on this very
    task in earlier runs, `rejected` those whose result for it nobody wanted; `outlooks` are by tasks like it.
    """

    counted: tuple[Tried, ...]
    failed: tuple[str, ...]
    rejected: tuple[str, ...]
    outlooks: Outlooks


def order(start: int, plan: Standing, seen: Seen) -> tuple[str, ...]:
    """Return the lanes that may still be tried from the place *start* up, the next one first.

    A rung that memory passed over on the way is not dropped: it is asked once after the top failed, where that pays.
    """
    lanes = _upwards(start, plan, seen)
    later = _passed_over(start, lanes, plan, seen) if seen.counted and seen.outlooks.has_seen else ()
    return (*lanes[:-1], *later, HUMAN) if later else lanes


def _upwards(start: int, plan: Standing, seen: Seen) -> tuple[str, ...]:
    """Return the lanes from the place *start* up to the human.

    The linter's own fix at the foot of a ladder is free, and tried wherever the task starts.
    """
    foot = 0 if plan.places.get(LINTER) == 0 else start
    if not seen.counted:
        return (*peers(plan.rungs[foot], None, plan, seen), *_above(max(foot + 1, start), None, plan, seen))
    reached = max(
        [place for tried in seen.counted if (place := plan.places.get(tried.lane, -1)) >= start], default=foot
    )
    here = [tried for tried in seen.counted if plan.places.get(tried.lane) == reached]
    author = plan.provider(seen.counted[-1].lane)
    above = _above(max(reached + 1, start), author, plan, seen)
    if not here:
        return (*peers(plan.rungs[reached], author, plan, seen), *above)
    if _is_exhausted(here):
        return (*_unheard(plan.rungs[reached], here), *above) if above == (HUMAN,) else above
    return (*_once_more(plan.rungs[reached], here, plan), *above)


def _passed_over(start: int, lanes: Sequence[str], plan: Standing, seen: Seen) -> list[str]:
    """Return a lane of each rung from *start* up that is not on the way of *lanes* and on which nobody was tried."""
    met = {plan.places[lane] for lane in lanes}
    met.update([plan.places.get(tried.lane, -1) for tried in seen.counted])
    left = [rung for at, rung in enumerate(plan.rungs) if at >= start and at not in met and rung and rung != (LINTER,)]
    author = plan.provider(seen.counted[-1].lane)
    asked = [peers(rung, author, plan, seen)[0] for rung in reversed(left)]
    return [lane for lane in asked if _may_rescue(lane, plan, seen)]


def _may_rescue(lane: str, plan: Standing, seen: Seen) -> bool:
    """Tell whether it is worth asking *lane* though a larger one failed."""
    chance = seen.outlooks.of(lane, after=True).chance * BELOW_A_FAILURE
    return is_worth_asking(chance, seen.outlooks.try_usd(lane), plan.rules)


_ASK_ANOTHER = {Failure.REFUSED, Failure.STALLED}
_CLIMB_AT_ONCE = {Failure.CANNOT_FIX, Failure.LOW_CONFIDENCE}


def _is_exhausted(here: Sequence[Tried]) -> bool:
    return len(here) >= ATTEMPTS_PER_RUNG or here[-1].lane == LINTER or here[-1].failure in _CLIMB_AT_ONCE


def _unheard(rung: Rung, here: Sequence[Tried]) -> list[str]:
    """Return the peers at the top who were not asked, where those who were said nothing that could be read."""
    if any(tried.failure is not Failure.MALFORMED for tried in here):
        return []
    return [lane for lane in rung if lane not in {tried.lane for tried in here}]


def _once_more(rung: Rung, here: Sequence[Tried], plan: Standing) -> list[str]:
    """Return who of *rung* tries once more what failed *here*, first: of two at one price the other provider's.

    A rerun of the same model rescues 17 % of what failed a check, a different one 28 to 33 %. What could not be read
    goes back to its author, who is asked only for what was wrong with it.
    """
    given_up, again = {tried.lane for tried in here if tried.failure in _ASK_ANOTHER}, here[-1].lane
    left = [lane for lane in rung if lane not in given_up]
    if here[-1].failure is Failure.CHECK_FAILED and again in plan.costs_usd:
        dear_usd, author = FAR_DEARER * plan.costs_usd[again], plan.provider(again)
        others = (lane for lane in left if plan.provider(lane) != author and plan.costs_usd[lane] <= dear_usd)
        again = next(others, again)
    return sorted(left, key=lambda lane: lane != again)


def _above(place: int, author: str | None, plan: Standing, seen: Seen) -> tuple[str, ...]:
    """Return the lanes from *place* up, best first: entered, after a failure, where reaching the top costs least."""
    kept = [peers(rung, author, plan, seen) for rung in plan.rungs[place:] if rung]
    if author is not None:
        kept = kept[seen.outlooks.entry([rung[0] for rung in kept[:-1]], after=True) :]
    return tuple([lane for rung in kept for lane in rung])


def peers(rung: Rung, author: str | None, plan: Standing, seen: Seen) -> Sequence[str]:
    """Return *rung* best first: new to the task, not far dearer, another provider's than *author*, better so far.

    *author* is the provider whose model failed last. What is alike in all of that stays as it is written.
    """
    if len(rung) < 2:  # noqa: PLR2004 - one lane has no peer
        return rung
    usd = _expected_usd(rung, plan, seen.outlooks)
    if not (seen.failed or plan.dear or author or usd):
        return rung
    failed, dear, lanes = seen.failed, plan.dear, plan.situation.policy.lanes
    return sorted(
        rung, key=lambda lane: (lane in failed, lane in dear, lanes[lane].provider == author, usd.get(lane, 0.0))
    )


def _expected_usd(rung: Rung, plan: Standing, outlooks: Outlooks) -> Mapping[str, float]:
    """Return what a task costs that is first asked of each lane of *rung*, its failure included, if all are known."""
    if not outlooks.known or not outlooks.known.issuperset(rung):
        return {}
    failure_usd = _failure_usd(rung, plan, outlooks)
    firsts = {lane: outlooks.of(lane, after=False) for lane in rung}
    return {lane: first.cost_usd + (1 - first.chance) * failure_usd for lane, first in firsts.items()}


def _failure_usd(rung: Rung, plan: Standing, outlooks: Outlooks) -> float:
    """Return what the failure of a lane of *rung* costs: the next rung, or handing over."""
    higher = standing(plan.situation).rungs[plan.places[rung[0]] + 1 :]
    above = next(peers for peers in higher if peers)
    if above == (HUMAN,):
        return plan.rules.value_usd + plan.rules.human_usd
    return min(outlooks.of(lane, after=True).cost_usd for lane in above)
