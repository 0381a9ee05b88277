"""The way of one task: what was tried in this run, what earlier runs had tried, and what is known from both.

As long as every step is cached, the way of an earlier run is gone again, for nothing, knowing no more than that run
did; from the first step that is not, memory has its say, and the next lane is told what the cached ones had tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suffice.asking import REJECTED
from suffice.constraints import Failure
from suffice.lanes import LINTER, Lane
from suffice.outcome import Attempt
from suffice.providers.reply import Ended
from suffice.shortfall import failed_for
from suffice.state.memory import Remembered

_NOTHING = Remembered({}, (), ())


@dataclass(slots=True, kw_only=True)
class Way:
    """Where a task stands: `attempts` are those of this run that count, `remembered` is what memory holds of it.

    `is_earlier` tells whether it still is the way of an earlier run, `uncached` which lanes were passed over on it.
    """

    remembered: Remembered
    lanes: Mapping[str, Lane]
    attempts: tuple[Attempt, ...] = ()
    is_earlier: bool = True
    uncached: frozenset[str] = frozenset()
    _told: tuple[Attempt, ...] = ()
    _met: frozenset[str] = frozenset()

    @property
    def known(self) -> Remembered:
        """What a decision may go by here: what comes later on the earlier way is not known yet."""
        if not self.is_earlier:
            return self.remembered
        return _without(self._unwanted_ahead, self.remembered) if self._met else _NOTHING

    @property
    def before(self) -> tuple[Attempt, ...]:
        """What the next lane is told of."""
        return (*self._told, *self.attempts)

    @property
    def _unwanted_ahead(self) -> frozenset[str]:
        """The lanes whose results nobody wanted, without those that this run has met."""
        return frozenset(self.remembered.unwanted_by) - self._met

    def add(self, attempt: Attempt) -> Attempt:
        """Return *attempt* as it counts: what the developer took back or rejected here has failed."""
        is_made_again = attempt.from_cache or attempt.lane == LINTER
        if attempt.failure or not is_made_again or attempt.lane not in self._unwanted_ahead:
            self.attempts = (*self.attempts, attempt)
            return attempt
        unwanted = failed_for(attempt, Failure.CHECK_FAILED, REJECTED)
        self.attempts = (*self.attempts, unwanted)
        self._met |= {attempt.lane}
        if self.is_earlier and self._unwanted_ahead:
            self._only_tell()
        elif self.is_earlier:
            self.leave_the_earlier()
        return unwanted

    def pass_over(self, lane: str) -> None:
        """Look for what another lane made, as nothing of *lane* is cached; not where the developer refused a result."""
        if self.remembered.unwanted_by:
            self.leave_the_earlier()
        else:
            self.uncached |= {lane}

    def leave_the_earlier(self) -> None:
        """Go by memory from here on; where a lane failed before, that is only told and not tried again."""
        self.is_earlier, self.uncached = False, frozenset()
        if self.remembered.failed_here or self.remembered.unwanted_by:
            self._only_tell()
            self._told = (*self._told, *self._only_remembered())

    def _only_tell(self) -> None:
        """Let the next lane be told of what was tried, which counts no more; the linter would make the same again."""
        shown = (a for a in self.attempts if a.lane != LINTER or a.evidence == REJECTED)
        self._told = (*self._told, *(attempt for attempt in shown if attempt not in self._told))
        self.attempts = tuple(attempt for attempt in self.attempts if attempt.lane == LINTER)

    def _only_remembered(self) -> tuple[Attempt, ...]:
        """Return, as attempts without a patch, those that the developer rejected and that no cache holds any more."""
        told = {attempt.lane for attempt in self._told}
        gone = (lane for lane in self.remembered.rejected_by if lane not in told)
        lanes = [self.lanes[lane] for lane in gone if lane in self.lanes]
        return tuple(Attempt(lane.name, lane.provider, lane.model, Ended.ANSWERED, evidence=REJECTED) for lane in lanes)


def and_rejected(remembered: Remembered, lanes: frozenset[str]) -> Remembered:
    """Return *remembered* with what the developer says just now of the results of *lanes*."""
    rejected_by = dict.fromkeys((*remembered.rejected_by, *sorted(lanes)))
    unwanted_by = dict.fromkeys((*remembered.unwanted_by, *sorted(lanes)))
    return remembered._replace(rejected_by=tuple(rejected_by), unwanted_by=tuple(unwanted_by))


def _without(lanes: frozenset[str], remembered: Remembered) -> Remembered:
    """Return *remembered* as it was before the results of *lanes* were made."""
    failed, rejected = remembered.failed_here, remembered.rejected_by
    return remembered._replace(
        failed_here=tuple(lane for lane in failed if lane not in lanes),
        rejected_by=tuple(lane for lane in rejected if lane not in lanes),
    )
