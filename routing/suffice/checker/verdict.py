"""The checker's word on a patch."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """`skipped` is for one check that does not apply or could not look, `unchecked` for a whole patch."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCHECKED = "unchecked"


class Check(NamedTuple):
    """What one check found, with its evidence in words. `ms` is the time it took; linter checks share a run."""

    name: str
    state: State
    blocking: bool
    evidence: str
    ms: float = 0.0


class Verdict(NamedTuple):
    """All checks of one patch. `confidence` is 0..1, from `n` recorded outcomes when `calibrated`."""

    state: State
    confidence: float
    checks: tuple[Check, ...]
    calibrated: bool = False
    n: int = 0
    proof: str | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The blocking checks that failed."""
        return tuple(c for c in self.checks if c.blocking and c.state is State.FAILED)


class Found(NamedTuple):
    """What a check says of a subject, before it has a name and a time."""

    state: State
    evidence: str


def passed(evidence: str) -> Found:
    """Return that the check passed."""
    return Found(state=State.PASSED, evidence=evidence)


def failed(evidence: str) -> Found:
    """Return that the check failed."""
    return Found(state=State.FAILED, evidence=evidence)


def skipped(evidence: str) -> Found:
    """Return that the check does not apply, or why it could not look."""
    return Found(state=State.SKIPPED, evidence=evidence)
