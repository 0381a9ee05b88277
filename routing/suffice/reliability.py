"""How far confidences can be believed: what they promised against what came true.

Brier is the mean squared error of a confidence, 0 at best. The calibration error is by how much the share that was
right misses the mean confidence, over the bands, each weighed by what fell into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
"""Where bands of confidence begin and end: finer where policies have their thresholds."""


class Judged(NamedTuple):
    """A confidence (0..1), and whether the patch was right. It counts `weight` times."""

    confidence: float
    right: bool
    weight: float = 1.0


class Band(NamedTuple):
    """What fell between two confidences: `n` patches, their mean confidence, and the share of them that was right."""

    low: float
    high: float
    n: int
    promised: float
    right: float


def brier(judged: Sequence[Judged]) -> float:
    """Return the mean squared error of the confidences. There has to be one."""
    total = sum(each.weight for each in judged)
    return sum(each.weight * (each.confidence - each.right) ** 2 for each in judged) / total


def calibration_error(judged: Sequence[Judged]) -> float:
    """Return by how much the bands miss, on average. There has to be one confidence."""
    total = sum(each.weight for each in judged)
    missed = 0.0
    for low, high in pairwise(EDGES):
        inside = _inside(judged, low, high)
        missed += abs(sum(each.weight * (each.confidence - each.right) for each in inside))
    return missed / total


def bands(judged: Sequence[Judged]) -> list[Band]:
    """Return the bands into which anything fell."""
    found = []
    for low, high in pairwise(EDGES):
        inside = _inside(judged, low, high)
        weight = sum(each.weight for each in inside)
        if weight:
            promised = sum(each.weight * each.confidence for each in inside) / weight
            right = sum(each.weight * each.right for each in inside) / weight
            found.append(Band(low, high, len(inside), promised, right))
    return found


def _inside(judged: Sequence[Judged], low: float, high: float) -> list[Judged]:
    """Return those from *low* up to *high*, which belongs to the next band unless there is none."""
    return [each for each in judged if low <= each.confidence < high or each.confidence == high == EDGES[-1]]
