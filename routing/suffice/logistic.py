"""A logistic regression that starts from what is believed and leaves it only as far as the outcomes insist.

The posterior mode under independent normal beliefs, by Newton's method. Rows are sparse and parameters few, so plain
Python does: 5,000 rows of 5 features take about a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.checker.confidence import probability

_MOST_STEPS = 30
_ENOUGH = 1e-6


class Row(NamedTuple):
    """What was seen of one patch, by feature; what is not named is 0."""

    features: Mapping[str, float]
    right: bool


class Belief(NamedTuple):
    """What a parameter is believed to be, and the standard deviation of that belief."""

    value: float
    deviation: float


def fit(rows: Sequence[Row], beliefs: Mapping[str, Belief]) -> dict[str, float]:
    """Return the parameters that *rows* and *beliefs* make likeliest; a feature without a belief is left out."""
    names = sorted(beliefs)
    values = {name: beliefs[name].value for name in names}
    loss = _loss(rows, values, beliefs)
    for _ in range(_MOST_STEPS):
        step = _newton_step(rows, values, beliefs, names)
        size = 1.0
        while True:
            tried = {name: values[name] - size * step[name] for name in names}
            tried_loss = _loss(rows, tried, beliefs)
            if tried_loss <= loss or size < _ENOUGH:
                break
            size /= 2
        done = loss - tried_loss < _ENOUGH
        values, loss = (tried, tried_loss) if tried_loss <= loss else (values, loss)
        if done:
            return values
    return values


def odds_of(features: Mapping[str, float], values: Mapping[str, float]) -> float:
    """Return the log odds that *values* give to *features*."""
    return sum(values.get(name, 0.0) * amount for name, amount in features.items())


def _loss(rows: Sequence[Row], values: Mapping[str, float], beliefs: Mapping[str, Belief]) -> float:
    total = sum((values[name] - belief.value) ** 2 / (2 * belief.deviation**2) for name, belief in beliefs.items())
    for row in rows:
        odds = odds_of(row.features, values)
        against = -odds if row.right else odds
        total += max(against, 0.0) + math.log1p(math.exp(-abs(against)))
    return total


def _newton_step(
    rows: Sequence[Row], values: Mapping[str, float], beliefs: Mapping[str, Belief], names: Sequence[str]
) -> dict[str, float]:
    """Return by how much each parameter is too large, going by slope and curvature of the loss."""
    place = {name: number for number, name in enumerate(names)}
    slope = [(values[name] - beliefs[name].value) / beliefs[name].deviation ** 2 for name in names]
    curvature = [[0.0] * len(names) for _ in names]
    for name in names:
        curvature[place[name]][place[name]] = beliefs[name].deviation ** -2
    for row in rows:
        sure = probability(odds_of(row.features, values))
        known = [(place[name], amount) for name, amount in row.features.items() if name in place]
        for one, amount in known:
            slope[one] += (sure - row.right) * amount
            for other, other_amount in known:
                curvature[one][other] += sure * (1 - sure) * amount * other_amount
    return dict(zip(names, _solved(curvature, slope), strict=True))


def _solved(matrix: list[list[float]], right: Sequence[float]) -> list[float]:
    """Return x of *matrix* x = *right*, by elimination; a curvature with beliefs in it needs no pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place, pivot in enumerate(rows):
        for below in rows[place + 1 :]:
            times = below[place] / pivot[place]
            for column in range(place, len(pivot)):
                below[column] -= times * pivot[column]
    found = [0.0] * len(rows)
    for place in reversed(range(len(rows))):
        known = sum(rows[place][column] * found[column] for column in range(place + 1, len(rows)))
        found[place] = (rows[place][-1] - known) / rows[place][place]
    return found
