"""How sure the checker is of a patch that no check blocks: what is known of its maker, and the evidence, as log odds.

The formula and every number of it stand in confidence.toml. What only lowers is whatever does not block: it moves a
patch away from how good its lane usually is. No evidence short of a proof reaches PROOF.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, Signals, State
from suffice.checker.weights import Weights, shipped_weights
from suffice.task import Kind

PROOF = 0.99
"""The tool's own safe fix, or equal syntax trees: right by construction (facts on checkers, 2026-11)."""

LEAST = 0.05
MOST_UNPROVEN = 0.98

_UNPARSED = "unparsed"
"""Stands among the amounts where no tree could be made: what looks at trees has seen less."""

_SUREST = 0.995
"""A rate is never taken for more, nor for less than what this leaves to 1: odds of 1 to 0 would drown all evidence."""


class Confidence(NamedTuple):
    """`value` is 0..1, from `n` recorded outcomes when `calibrated`; `signals` are what it was made of."""

    value: float
    calibrated: bool
    n: int
    signals: Signals


def weighed(subject: Subject, checks: Iterable[Check], proof: str | None) -> Confidence:
    """Return how sure *checks*, none of which blocks, make of the patch of *subject*."""
    weights = (subject.weights or shipped_weights()).of(subject.kind)
    signals = _signals(subject, tuple(checks), weights)
    value = probability(total(weights, subject.kind, signals))
    value = PROOF if proof else min(max(round(value, 3), LEAST), MOST_UNPROVEN)
    fitted, prior = weights.fitted.get(subject.kind), subject.prior
    n = fitted.n if fitted else int(prior.n if prior else 0)
    return Confidence(value, calibrated=n >= weights.calibrated_from, n=n, signals=signals)


def _signals(subject: Subject, checks: Sequence[Check], weights: Weights) -> Signals:
    """Return what counts for and against; a check that failed without saying how much found one."""
    passed = sum(weights.passing(c.name, subject.kind) for c in checks if c.state is State.PASSED)
    lowering = (c for c in checks if not c.blocking and c.state is not State.SKIPPED)
    found = {c.name: c.amount or float(c.state is State.FAILED) for c in lowering}
    amounts = {name: amount for name, amount in found.items() if amount or weights.moved(name, amount, subject.kind)}
    if any(not region.parsed for touched in subject.regions.values() for region in touched):
        amounts[_UNPARSED] = 1.0
    return Signals(log_odds(_rate(subject, weights)) + passed, amounts)


def total(weights: Weights, kind: Kind, signals: Signals) -> float:
    """Return the log odds that *signals* add up to."""
    moved = sum(weights.weight(name) * weights.moved(name, amount, kind) for name, amount in signals.amounts.items())
    shift = weights.fitted[kind].shift if kind in weights.fitted else 0.0
    return weights.slope * signals.start + shift + moved


def _rate(subject: Subject, weights: Weights) -> float:
    """Return how often such a patch turns out right: what was seen of its lane, mixed with what is usual."""
    usual = weights.rate(subject.kind, subject.provider)
    if subject.prior is None:
        return usual
    rate, n = subject.prior
    return (rate * n + usual * weights.prior_tasks) / (n + weights.prior_tasks)


def log_odds(rate: float) -> float:
    """Return the log odds of *rate* (0..1), which is never taken for quite 0 or 1."""
    rate = min(max(rate, 1 - _SUREST), _SUREST)
    return math.log(rate / (1 - rate))


def probability(odds: float) -> float:
    """Return the probability (0..1) behind log *odds*."""
    if odds < 0:
        return 1 - probability(-odds)
    return 1 / (1 + math.exp(-odds))
