"""The attempts and the feedback of one kind, folded into tasks and counted: what memory answers from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from suffice.state.ledger import Feedback
from suffice.state.store import Store

MOST_ROWS = 20_000
"""The newest attempts of a kind that are looked at: with a half-life of a month, older ones hardly count."""

SAME_TASK_S = 600.0
"""Attempts of a lane on the same fingerprint further apart belong to different runs."""

HALF_LIFE_S = 30 * 86_400.0
"""Age at which a task counts half: models behind a name and the code of a repository change."""

FEEDBACK_WEIGHT = 3.0
"""Tasks that a word of the developer weighs: the checker is wrong more often than a person who looked."""

LEAST_FOR_P90 = 10

_TRANSPORT = "transport"
_ANSWERED = "answered"


class Counts(NamedTuple):
    """Tasks, those that sufficed, and the dollars of all of them, each weighed by age and feedback."""

    n: float = 0.0
    sufficed: float = 0.0
    usd: float = 0.0

    def plus(self, other: Counts, times: float = 1.0) -> Counts:
        """Return the sum of both, the *other* counted *times*."""
        return Counts(self.n + times * other.n, self.sufficed + times * other.sufficed, self.usd + times * other.usd)


class Group(NamedTuple):
    """What is counted together. None: whichever; a rule is only given together with its repository."""

    lane: str
    model: str
    prompt_version: str | None
    is_after: bool
    place: tuple[str | None, ...]
    """(repository, rule), (repository,) or ()."""


class _Seen(NamedTuple):
    """A row of the table attempts."""

    at: float
    rule: str | None
    repository: str
    fingerprint: str
    lane: str
    model: str
    prompt_version: str
    ended: str
    failure: str | None
    settled: int
    position: int
    cost_usd: float
    latency_ms: float


class _Said(NamedTuple):
    """A row of the table feedback."""

    at: float
    repository: str
    fingerprint: str
    lane: str
    word: str


@dataclass(slots=True, kw_only=True)
class PastTask:
    """Consecutive attempts of one lane on one fingerprint: the last one is the result, and all were paid.

    `failures` counts the attempts that did not suffice; `word` is the developer's, which overrides the checker's.
    `passed` is whether the checker let the last patch pass, however sure it was; None where there was no patch.
    """

    lane: str
    model: str
    prompt_version: str
    rule: str | None
    repository: str
    is_after: bool
    at: float
    usd: float = 0.0
    sufficed: bool = False
    failures: int = 0
    passed: bool | None = None
    word: Feedback | None = None

    def counts(self, now: float) -> Counts:
        """Return what this task adds to its groups."""
        weight = self._weight(now)
        sufficed = self.word is Feedback.KEPT if self.word else self.sufficed
        return Counts(weight, weight * sufficed, weight * self.usd)

    def patches(self, now: float) -> Counts:
        """Return what this task says of how good the lane's patches are: nothing where it made none."""
        if self.passed is None:
            return Counts()
        weight = self._weight(now)
        return Counts(weight, weight * (self.word is Feedback.KEPT if self.word else self.passed))

    def _weight(self, now: float) -> float:
        age_s = max(0.0, now - self.at)
        return float(0.5 ** (age_s / HALF_LIFE_S) * (FEEDBACK_WEIGHT if self.word else 1.0))


Spot = tuple[str, str]
"""A repository and a fingerprint: what is the very same task, whoever is asked."""

Word = tuple[Feedback, PastTask | None]
"""What the developer said, and the task that it is about, None if no model was asked."""


@dataclass(slots=True, kw_only=True)
class Past:
    """All that is known of one kind. `words`: the latest ones, by spot and lane.

    `counts` are of tasks, `patches` of the patches among what came of them, by whether they were good.
    """

    tasks: dict[Spot, list[PastTask]] = field(default_factory=lambda: defaultdict(list))
    words: dict[Spot, dict[str, Word]] = field(default_factory=lambda: defaultdict(dict))
    counts: dict[Group, Counts] = field(default_factory=dict)
    patches: dict[Group, Counts] = field(default_factory=dict)
    latency_p90_s: dict[tuple[str, str], float] = field(default_factory=dict)


def load_past(store: Store, kind: str, now: float) -> Past:
    """Return what the newest attempts and words of *kind* tell."""
    seen = [_Seen(*row) for row in reversed(store.rows(_ATTEMPTS, (kind, MOST_ROWS)))]
    said = [_Said(*row) for row in reversed(store.rows(_FEEDBACK, (kind, MOST_ROWS)))]
    past = Past(latency_p90_s=_latencies(seen))
    _add_tasks(past, seen)
    for each in said:
        _add_word(past, each)
    past.counts = _counted(past, lambda task: task.counts(now))
    past.patches = _counted(past, lambda task: task.patches(now))
    return past


_PASSED = {None: True, "low-confidence": True, "check-failed": False}
"""Whether a patch passed, by failure; not having been sure enough of it is nothing that counts against the lane."""

_ATTEMPTS = """
SELECT at, rule, COALESCE(repository, ''), fingerprint, lane, model, COALESCE(prompt_version, ''), ended, failure,
    settled, position, cost_usd, latency_ms
FROM attempts WHERE kind = ? ORDER BY id DESC LIMIT ?"""

_FEEDBACK = """
SELECT at, COALESCE(repository, ''), fingerprint, lane, word FROM feedback WHERE kind = ? ORDER BY rowid DESC LIMIT ?"""


def _add_tasks(past: Past, seen: Iterable[_Seen]) -> None:
    latest: dict[tuple[str | bool, ...], PastTask] = {}
    for row in seen:
        if not row.settled or row.failure == _TRANSPORT:
            continue
        key = (row.repository, row.fingerprint, row.lane, row.model, row.prompt_version, row.position > 0)
        task = latest.get(key)
        if task is None or task.sufficed or row.at - task.at > SAME_TASK_S:
            task = latest[key] = _begun(row)
            past.tasks[row.repository, row.fingerprint].append(task)
        task.at = row.at
        task.usd += row.cost_usd
        task.sufficed = row.failure is None
        task.failures += row.failure is not None
        task.passed = _PASSED.get(row.failure, task.passed)


def _begun(row: _Seen) -> PastTask:
    return PastTask(
        lane=row.lane,
        model=row.model,
        prompt_version=row.prompt_version,
        rule=row.rule,
        repository=row.repository,
        is_after=row.position > 0,
        at=row.at,
    )


def _add_word(past: Past, said: _Said) -> None:
    """Note the word, in the place of an earlier one on the same spot and lane. Rewritten only takes it back."""
    spot = (said.repository, said.fingerprint)
    _, earlier = past.words[spot].get(said.lane, (None, None))
    if earlier:
        earlier.word = None
    if said.word == Feedback.REWRITTEN:
        past.words[spot].pop(said.lane, None)
        return
    before = [task for task in past.tasks.get(spot, ()) if task.lane == said.lane and task.at <= said.at]
    task = before[-1] if before else None
    word = Feedback(said.word)
    if task:
        task.word = word
    past.words[spot][said.lane] = (word, task)


def _counted(past: Past, of_task: Callable[[PastTask], Counts]) -> dict[Group, Counts]:
    """Return what the tasks of each narrowest group add up to, and each of those in the wider ones that hold it."""
    narrow: dict[tuple[str, str, str, bool, str, str | None], Counts] = {}
    for task in chain.from_iterable(past.tasks.values()):
        key = (task.lane, task.model, task.prompt_version, task.is_after, task.repository, task.rule)
        narrow[key] = narrow.get(key, Counts()).plus(of_task(task))
    counted: dict[Group, Counts] = {}
    for (lane, model, prompt_version, is_after, repository, rule), counts in narrow.items():
        for version in (prompt_version, None):
            for place in ((repository, rule), (repository,), ()):
                group = Group(lane, model, version, is_after, place)
                counted[group] = counted.get(group, Counts()).plus(counts)
    return counted


def _latencies(seen: Sequence[_Seen]) -> dict[tuple[str, str], float]:
    """Return the 90th percentile of the seconds to an answer, by lane and model, where enough were seen."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in seen:
        if row.ended == _ANSWERED:
            found[row.lane, row.model].append(row.latency_ms / 1000)
    enough = {name: sorted(times) for name, times in found.items() if len(times) >= LEAST_FOR_P90}
    return {name: times[math.ceil(0.9 * len(times)) - 1] for name, times in enough.items()}
