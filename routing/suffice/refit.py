"""The numbers of the confidence, fitted anew to outcomes: the shipped ones are believed until outcomes speak up.

The slope and the shift of each kind are what Platt's scaling fits, here together with the weights. What ships as
lowering never comes out as raising. How good a fit is, is told on outcomes that it has not seen.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.checker.confidence import probability, total
from suffice.checker.verdict import Signals
from suffice.checker.weights import OTHER, Fitted, Weights, shipped_weights
from suffice.logistic import Belief, Row, fit
from suffice.reliability import Judged
from suffice.task import Kind

FOLDS = 5

_SLOPE = "slope of start"
_SHIFT = "shift of "
_SLOPE_DEVIATION = 0.3
_SHIFT_DEVIATION = 1.0
_WEIGHT_DEVIATION = 0.5
"""How far own numbers may be from the shipped ones without surprise: a weight by about as much as two studies differ
(-0.66 and -0.20 for size)."""


class Outcome(NamedTuple):
    """What was seen of one patch, and whether it was right. Those of a `group` are of one task."""

    kind: Kind
    signals: Signals
    right: bool
    group: str


def refitted(outcomes: Sequence[Outcome]) -> Weights:
    """Return the shipped numbers, fitted to *outcomes*."""
    shipped = shipped_weights()
    rows = [Row(_features(outcome, shipped), outcome.right) for outcome in outcomes]
    values = _signs_kept(rows, _beliefs(rows, shipped))
    counts = Counter(outcome.kind for outcome in outcomes)
    return shipped._replace(
        slope=values[_SLOPE],
        fitted={kind: Fitted(n, values[_SHIFT + kind]) for kind, n in counts.items()},
        weights={name: values.get(name, weight) for name, weight in shipped.weights.items()},
    )


def _features(outcome: Outcome, weights: Weights) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float, {_SLOPE: outcome.signals.start, _SHIFT + outcome.kind: 1.0})
    for name, amount in outcome.signals.amounts.items():
        found[name if name in weights.weights else OTHER] += weights.moved(name, amount, outcome.kind)
    return found


def _beliefs(rows: Sequence[Row], weights: Weights) -> dict[str, Belief]:
    """Return what is believed of each feature that *rows* hold."""
    found = {}
    for name in {name for row in rows for name in row.features}:
        if name == _SLOPE:
            found[name] = Belief(1.0, _SLOPE_DEVIATION)
        elif name.startswith(_SHIFT):
            found[name] = Belief(0.0, _SHIFT_DEVIATION)
        else:
            found[name] = Belief(weights.weights[name], _WEIGHT_DEVIATION)
    return found


def _signs_kept(rows: Sequence[Row], beliefs: Mapping[str, Belief]) -> dict[str, float]:
    """Return the fitted parameters; one that would change its sign is 0, and the others are fitted without it."""
    values = fit(rows, beliefs)
    turned = {name for name, belief in beliefs.items() if belief.value * values[name] < 0}
    if not turned:
        return values
    kept = _signs_kept(rows, {name: belief for name, belief in beliefs.items() if name not in turned})
    return {**kept, **dict.fromkeys(turned, 0.0)}


def judged_by(weights: Weights, outcomes: Sequence[Outcome]) -> list[Judged]:
    """Return how sure *weights* are of each of *outcomes*."""
    return [Judged(_confidence(weights, outcome), outcome.right) for outcome in outcomes]


def cross_validated(outcomes: Sequence[Outcome]) -> list[Judged]:
    """Return how sure a fit to the other tasks is of each of *outcomes*."""
    fits = held_out(outcomes)
    return [Judged(_confidence(own, each), each.right) for own, each in zip(fits, outcomes, strict=True)]


def held_out(outcomes: Sequence[Outcome]) -> list[Weights]:
    """Return for each of *outcomes* a fit that saw nothing of its task."""
    folds = [zlib.crc32(outcome.group.encode()) % FOLDS for outcome in outcomes]
    fits = {
        fold: refitted([outcome for outcome, own in zip(outcomes, folds, strict=True) if own != fold])
        for fold in sorted(set(folds))
    }
    return [fits[fold] for fold in folds]


def _confidence(weights: Weights, outcome: Outcome) -> float:
    return probability(total(weights.of(outcome.kind), outcome.kind, outcome.signals))
