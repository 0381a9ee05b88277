"""What memory would hold after some tasks on which every lane had been explored.

The records are those of suffice.state.memory: of the repository, filled up to 60 tasks with those of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from suffice.lane_record import LaneRecord
from suffice.policy import Rung
from suffice.replay.cases import Case
from suffice.replay.climbing import Checker
from suffice.state.memory import FULL_RECORD_TASKS
from suffice.state.past_tasks import Counts

_Key = tuple[str, str | None]
"""A lane, and the repository or None for all."""

_NONE = Counts()


class Training:
    """The counts of the tasks that were learnt from; a result that the checker accepts counts as sufficed."""

    def __init__(self, cases: Iterable[Case], *, rungs: Sequence[Rung], checker: Checker) -> None:
        self._lanes = [lane for rung in rungs for lane in rung]
        self._first: dict[_Key, Counts] = defaultdict(Counts)
        self._after: dict[_Key, Counts] = defaultdict(Counts)
        for case in cases:
            self._learn(case, rungs, checker)

    def _learn(self, case: Case, rungs: Sequence[Rung], checker: Checker) -> None:
        below_failed = 0.0  # the probability that at least one lane of a lower rung was rejected
        for rung in rungs:
            for lane in rung:
                run = case.runs[lane]
                counts = Counts(1.0, checker.accepts(run), run.cost_usd)
                for place in (case.repo, None):
                    self._first[lane, place] = self._first[lane, place].plus(counts)
                    self._after[lane, place] = self._after[lane, place].plus(counts, below_failed)
            for lane in rung:
                below_failed = 1 - (1 - below_failed) * checker.accepts(case.runs[lane])

    def records(self, repo: str) -> Mapping[str, LaneRecord]:
        """Return what is known of each lane before a task of *repo*."""
        return {lane: self._record(lane, repo) for lane in self._lanes}

    def _record(self, lane: str, repo: str) -> LaneRecord:
        return LaneRecord.of(_pooled(self._first, lane, repo), _pooled(self._after, lane, repo))


def _pooled(counts: Mapping[_Key, Counts], lane: str, repo: str) -> Counts:
    own = counts.get((lane, repo), _NONE)
    others = counts.get((lane, None), _NONE).plus(own, -1.0)
    missing = min(others.n, FULL_RECORD_TASKS - own.n)
    return own.plus(others, missing / others.n) if missing > 0 else own
