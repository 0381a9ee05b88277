"""The policy, and what it is measured against: each lane alone, a random mix, the plain ladder, and two oracles."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from suffice.policy import Rung
from suffice.replay.cases import Case
from suffice.replay.climbing import Checker, Fate, Mapped, climbed
from suffice.replay.training import Training

SPLITS = 10
"""Random splits of the tasks into halves; each half is judged with what was learnt from the other."""


class Played(NamedTuple):
    """A strategy on all tasks: what is expected of each, and the share (0..1) of tasks that begin at a lane."""

    name: str
    fates: tuple[Fate, ...]
    starts: Mapping[str, float]

    def mean(self) -> Fate:
        """Return the mean over the tasks."""
        n = len(self.fates)
        return Fate(*(sum(column) / n for column in zip(*self.fates, strict=True)))


def fixed(name: str, lanes: Sequence[str], cases: Sequence[Case], checker: Checker) -> Played:
    """Return how the same *lanes* in turn do on every task."""
    return Played(name, tuple(climbed(case, lanes, checker) for case in cases), {lanes[0]: 1.0})


def without_memory(name: str, mapped: Mapped, cases: Sequence[Case], checker: Checker) -> Played:
    """Return how the policy does on a machine that has seen nothing."""
    chains = [mapped.chain(case, {}) for case in cases]
    starts = Counter(chain[0] for chain in chains)
    fates = (climbed(case, chain, checker) for case, chain in zip(cases, chains, strict=True))
    return Played(name, tuple(fates), {lane: n / len(cases) for lane, n in starts.most_common()})


def with_memory(
    name: str, mapped: Mapped, cases: Sequence[Case], *, rungs: Sequence[Rung], checker: Checker, seed: int
) -> Played:
    """Return how the policy does with the memory of tasks that are not the task at hand: the mean over the splits."""
    drawn = random.Random(seed)  # noqa: S311 - a seeded split, no secret
    fates: list[list[Fate]] = [[] for _ in cases]
    starts: Counter[str] = Counter()
    for _ in range(SPLITS):
        order = drawn.sample(range(len(cases)), len(cases))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        for learnt, judged in (halves, halves[::-1]):
            training = Training([cases[i] for i in learnt], rungs=rungs, checker=checker)
            records = {repo: training.records(repo) for repo in {cases[i].repo for i in judged}}
            for i in judged:
                chain = mapped.chain(cases[i], records[cases[i].repo])
                fates[i].append(climbed(cases[i], chain, checker))
                starts[chain[0]] += 1
    shares = {lane: n / starts.total() for lane, n in starts.most_common()}
    return Played(name, tuple(Played("", tuple(own), {}).mean() for own in fates), shares)


def random_mix(name: str, singles: Sequence[Played], cost_usd: float) -> Played:
    """Return the mix of two *singles* by lot that costs *cost_usd* and solves most.

    If the least a single costs is more, it is that one; if none costs as much, the one that solves most.
    """
    cheapest = min(singles, key=lambda single: single.mean().cost_usd)
    candidates = [single for single in singles if single.mean().cost_usd <= cost_usd] or [cheapest]
    candidates += [mix for one, other in combinations(singles, 2) if (mix := _mixed(one, other, cost_usd))]
    return max(candidates, key=lambda candidate: candidate.mean().solved)._replace(name=name)


def _mixed(one: Played, other: Played, cost_usd: float) -> Played | None:
    low_usd, high_usd = one.mean().cost_usd, other.mean().cost_usd
    if not min(low_usd, high_usd) < cost_usd < max(low_usd, high_usd):
        return None
    share = (cost_usd - low_usd) / (high_usd - low_usd)
    fates = (_between(a, b, share) for a, b in zip(one.fates, other.fates, strict=True))
    starts = {**dict.fromkeys(one.starts, 1 - share), **dict.fromkeys(other.starts, share)}
    return Played("", tuple(fates), starts)


def _between(one: Fate, other: Fate, share: float) -> Fate:
    return Fate(*((1 - share) * a + share * b for a, b in zip(one, other, strict=True)))


def oracle_router(name: str, cases: Sequence[Case], lanes: Sequence[str]) -> Played:
    """Return what asking at once the cheapest lane that solves would do; where none does, the usually cheapest."""
    usual_usd = {lane: sum(case.runs[lane].cost_usd for case in cases) for lane in lanes}
    fallback = min(lanes, key=usual_usd.__getitem__)
    chosen = [_best(case, lanes, fallback) for case in cases]
    fates = (climbed(case, (lane,), Checker()) for case, lane in zip(cases, chosen, strict=True))
    shares = {lane: n / len(cases) for lane, n in Counter(chosen).most_common()}
    return Played(name, tuple(fates), shares)


def _best(case: Case, lanes: Sequence[str], fallback: str) -> str:
    cost: Callable[[str], float] = lambda lane: case.runs[lane].cost_usd  # noqa: E731 - a key, used once
    return min((lane for lane in lanes if case.runs[lane].resolved), key=cost, default=fallback)
