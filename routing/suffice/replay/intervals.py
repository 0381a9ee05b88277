"""How sure the figures are: 95 % intervals by a paired bootstrap over the tasks (B. Efron, 1979)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from suffice.replay.climbing import Fate
from suffice.replay.strategies import Played

RESAMPLES = 2000


class Estimate(NamedTuple):
    """A figure and the 95 % interval around it. None where nothing was solved, so that there is no cost of it."""

    value: float | None
    low: float | None
    high: float | None


class Strategy(NamedTuple):
    """How a strategy did: shares (0..1) of tasks solved, shipped wrong and handed over, and US dollars.

    `solved_vs_top` is the difference of the shares to the top lane alone, 0.01 is one point; `cost_vs_top` is how much
    more a task costs, -0.4 is 40 % less. `starts` is the share of tasks that begin at each lane.
    """

    name: str
    solved: Estimate
    wrong: Estimate
    human: Estimate
    cost_usd: Estimate
    cost_per_solved_usd: Estimate
    solved_vs_top: Estimate
    cost_vs_top: Estimate
    starts: Mapping[str, float]


def measured(played: Sequence[Played], *, top: str, seed: int) -> tuple[Strategy, ...]:
    """Return the figures of each strategy, against the one that is named *top*. The same seed, the same intervals."""
    n = len(played[0].fates)
    drawn = random.Random(seed)  # noqa: S311 - a seeded resampling, no secret
    columns = {one.name: _Columns.of(one) for one in played}
    resampled: dict[str, list[Fate]] = {name: [] for name in columns}
    for _ in range(RESAMPLES):
        sample = itemgetter(*drawn.choices(range(n), k=n))
        for name, own in columns.items():
            resampled[name].append(own.sampled(sample, n))
    means = {one.name: one.mean() for one in played}
    return tuple(
        _strategy(one, _Pairs(means[one.name], means[top], resampled[one.name], resampled[top])) for one in played
    )


class _Columns(NamedTuple):
    solved: tuple[float, ...]
    wrong: tuple[float, ...]
    cost_usd: tuple[float, ...]

    @classmethod
    def of(cls, played: Played) -> _Columns:
        return cls(*zip(*played.fates, strict=True))

    def sampled(self, sample: Callable[[tuple[float, ...]], tuple[float, ...]], n: int) -> Fate:
        return Fate(*(sum(sample(column)) / n for column in self))  # itemgetter is much faster than a loop


class _Pairs(NamedTuple):
    """The means of a strategy and of the top lane, over all tasks and in each sample."""

    own: Fate
    top: Fate
    sampled: Sequence[Fate]
    top_sampled: Sequence[Fate]


def _strategy(played: Played, means: _Pairs) -> Strategy:
    own, both = means.sampled, list(zip(means.sampled, means.top_sampled, strict=True))
    return Strategy(
        played.name,
        _estimate(means.own.solved, [fate.solved for fate in own]),
        _estimate(means.own.wrong, [fate.wrong for fate in own]),
        _estimate(means.own.human, [fate.human for fate in own]),
        _estimate(means.own.cost_usd, [fate.cost_usd for fate in own]),
        _estimate(_per_solved(means.own), [_per_solved(fate) for fate in own]),
        _estimate(means.own.solved - means.top.solved, [fate.solved - top.solved for fate, top in both]),
        _estimate(_dearer(means.own, means.top), [_dearer(fate, top) for fate, top in both]),
        played.starts,
    )


def _per_solved(fate: Fate) -> float | None:
    return fate.cost_usd / fate.solved if fate.solved else None


def _dearer(fate: Fate, top: Fate) -> float | None:
    return fate.cost_usd / top.cost_usd - 1 if top.cost_usd else None


def _estimate(value: float | None, samples: Sequence[float | None]) -> Estimate:
    """Return *value* with the 2.5th and the 97.5th percentile of *samples*; none where too many say nothing."""
    known = sorted(sample for sample in samples if sample is not None)
    if value is None or len(known) < len(samples) / 2:
        return Estimate(value, None, None)
    cut = len(known) // 40
    return Estimate(value, known[cut], known[-1 - cut])
