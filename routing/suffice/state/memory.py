"""How lanes did before on tasks like the one at hand: a query over the ledger, never a second store.

    Memory(store, clock=time.time)
        .of(work, models={lane: model id}, prompt_version=None) -> Remembered       .refresh()
        .prior(work, lane=, model=, prompt_version=None) -> Prior | None

Counted are settled attempts of the lane's present model (and prompt version) that did not fail in transport; see
`past_tasks` for what makes a task, how the age counts, and how the developer's word overrides the checker's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from suffice.lane_record import LaneRecord, Prior
from suffice.state.ledger import Feedback, Work
from suffice.state.past_tasks import Counts, Group, Past, PastTask, Word, load_past
from suffice.state.store import Store

FULL_RECORD_TASKS = 60.0
"""With as many tasks of its own a group needs no wider one: costs have long tails, so that a mean over 30 still misses
by a fifth."""

FAILURES_HERE = 2
"""Attempts in a row that failed on a fingerprint until the lane counts as failed there."""


class Remembered(NamedTuple):
    """What is known before a task. `records` holds only lanes of which something is known.

    `failed_here`: lanes whose last attempts on this very fingerprint failed, at least two in a row, or whose result
    the developer rejected or undid there; `rejected_by`: those of them that the developer rejected;
    `unwanted_by`: rejected or undone.
    """

    records: Mapping[str, LaneRecord]
    failed_here: tuple[str, ...]
    rejected_by: tuple[str, ...]
    unwanted_by: tuple[str, ...] = ()


_NEW_HERE = Remembered({}, (), ())


class Memory:
    """Answers from what it loaded of a kind at the first question, until `refresh`."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._loaded: dict[str, Past] = {}
        self._as_of: tuple[int, int] | None = None

    def of(self, work: Work, *, models: Mapping[str, str], prompt_version: str | None = None) -> Remembered:
        """Return what is known for *work*; *models* are the ids of the lanes' models now.

        A record starts from what was seen for (kind, repository, rule). If that is fewer than 60 tasks, it is filled
        up to at most 60 with those of the other rules of the repository, and then with those of other repositories:
        each wider group is scaled down to what is still missing, so all wider ones together never weigh more than 60.
        `prompt_version` None: whichever.
        """
        past = self._past(work.kind)
        if not past.tasks and not past.words:
            return _NEW_HERE
        records = {
            lane: record
            for lane, model in models.items()
            if (record := _record(past, work, lane, model, prompt_version)) != LaneRecord()
        }
        spot = (work.repository, work.fingerprint)
        rejected, undone = _refused_by_the_developer(past.words.get(spot, {}), models)
        failed = _failed(past.tasks.get(spot, ()), models, prompt_version)
        unwanted = tuple(dict.fromkeys((*undone, *rejected)))
        return Remembered(records, tuple(dict.fromkeys((*failed, *unwanted))), tuple(rejected), unwanted)

    def prior(self, work: Work, *, lane: str, model: str, prompt_version: str | None = None) -> Prior | None:
        """Return how often what *lane* makes for such a task turned out right, None if it made nothing yet.

        Patches are counted and filled up as the tasks of `of` are; the developer's word overrides the checker's.
        """
        past = self._past(work.kind)
        seen = Counts()
        for is_after in (False, True):
            seen = seen.plus(_pooled(past.patches, work, Group(lane, model, prompt_version, is_after, place=())))
        return Prior(seen.sufficed / seen.n, seen.n) if seen.n else None

    def refresh(self) -> None:
        """Drop what was loaded, if anybody has written since: the next question sees what was recorded."""
        written = self._store.written
        if written != self._as_of:
            self._as_of = written
            self._loaded.clear()

    def _past(self, kind: str) -> Past:
        past = self._loaded.get(kind)
        if past is None:
            past = self._loaded[kind] = load_past(self._store, kind, self._clock())
        return past


def _record(past: Past, work: Work, lane: str, model: str, version: str | None) -> LaneRecord:
    first = _pooled(past.counts, work, Group(lane, model, version, is_after=False, place=()))
    after = _pooled(past.counts, work, Group(lane, model, version, is_after=True, place=()))
    return LaneRecord.of(first, after, latency_p90_s=past.latency_p90_s.get((lane, model)))


_NOTHING = Counts()


def _pooled(counts: Mapping[Group, Counts], work: Work, widest: Group) -> Counts:
    """Return the counts of the narrowest group, filled up from the wider ones, of which each holds the narrower."""
    everywhere = counts.get(widest, _NOTHING)
    if not everywhere.n:
        return _NOTHING
    repository = counts.get(widest._replace(place=(work.repository,)), _NOTHING)
    pooled = inner = counts.get(widest._replace(place=(work.repository, work.rule)), _NOTHING)
    for group in (repository, everywhere):
        others = group.plus(inner, -1.0)
        missing = min(others.n, FULL_RECORD_TASKS - pooled.n)
        if missing > 0:
            pooled = pooled.plus(others, missing / others.n)
        inner = group
    return pooled


def _failed(tasks: Sequence[PastTask], models: Mapping[str, str], version: str | None) -> list[str]:
    """Return the lanes whose last attempts in these tasks failed."""
    in_a_row = dict.fromkeys(models, 0)
    for task in tasks:
        if models.get(task.lane) == task.model and version in {None, task.prompt_version}:
            good = task.word is Feedback.KEPT or (task.sufficed and task.word is None)
            in_a_row[task.lane] = 0 if good else in_a_row[task.lane] + task.failures
    return [lane for lane, failures in in_a_row.items() if failures >= FAILURES_HERE]


def _refused_by_the_developer(words: Mapping[str, Word], models: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the lanes whose last result here was rejected, and those whose was undone, by their present model."""
    found: dict[Feedback, list[str]] = {Feedback.REJECTED: [], Feedback.UNDONE: []}
    for lane, (word, task) in words.items():
        if word in found and (task is None or models.get(lane, task.model) == task.model):
            found[word].append(lane)
    return found[Feedback.REJECTED], found[Feedback.UNDONE]
