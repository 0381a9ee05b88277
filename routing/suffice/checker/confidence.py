"""How sure the checker is of a patch that no check blocks: evidence, weighed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from suffice.checker import soft_diagnostics
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check

PROOF = 0.99
"""The tool's own safe fix, or equal syntax trees: right by construction (facts on checkers, 2026-11)."""

LEAST = 0.05
_FULL = 0.95
_PER_SOFT_DIAGNOSTIC = 0.06


class Confidence(NamedTuple):
    """`value` is 0..1, from `n` recorded outcomes when `calibrated`."""

    value: float
    calibrated: bool = False
    n: int = 0


def weighed(subject: Subject, checks: Sequence[Check], proof: str | None) -> Confidence:
    """Return how sure *checks*, none of which blocks, make of the patch of *subject*."""
    if proof:
        return Confidence(PROOF)
    blind = any(not region.parsed for touched in subject.regions.values() for region in touched)
    new = sum(check.amount for check in checks if check.name == soft_diagnostics.NAME)
    lowered = _FULL - _PER_SOFT_DIAGNOSTIC * min(new, 3) - 2 * _PER_SOFT_DIAGNOSTIC * blind
    return Confidence(max(round(lowered, 2), LEAST))
