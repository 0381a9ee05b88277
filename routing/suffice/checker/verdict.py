"""The checker's word on a patch."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from suffice.task import Kind

ALWAYS = frozenset(Kind)
"""What a check that blocks every kind of patch says of itself; other sets name the kinds that it blocks."""

LINT_FIXES = frozenset({Kind.LINT_FIX})
MENDING = frozenset({Kind.DEBUG, Kind.REFACTOR})
NEVER = frozenset[Kind]()
"""It lowers the confidence and never blocks."""


class State(StrEnum):
    """`skipped` is for one check that does not apply or could not look, `unchecked` for a whole patch."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCHECKED = "unchecked"


class Check(NamedTuple):
    """What one check found, with its evidence in words. `ms` is the time it took; linter checks share a run.

    `amount` is how much of it there is, where the confidence asks (confidence.toml): lines, files, new diagnostics.
    """

    name: str
    state: State
    blocking: bool
    evidence: str
    ms: float = 0.0
    amount: float = 0.0


NOT_RUN = Check(
    name="written-test",
    state=State.SKIPPED,
    blocking=False,
    evidence="a written test counts once it ran, and failed on a mutant of the code; give the command (--tests)",
)
"""What stands for executed/written_test.py where nothing is run."""

RUN = frozenset({"types", "tests", NOT_RUN.name})
"""The checks that run commands: one that was skipped could say nothing, although it was asked for."""


class Signals(NamedTuple):
    """What a confidence was made of, for the ledger: the log odds at the `start`, and `amounts` by check."""

    start: float
    amounts: Mapping[str, float]


class Verdict(NamedTuple):
    """All checks of one patch. `confidence` is 0..1, from `n` recorded outcomes when `calibrated`."""

    state: State
    confidence: float
    checks: tuple[Check, ...]
    calibrated: bool = False
    n: int = 0
    proof: str | None = None
    signals: Signals | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The blocking checks that failed."""
        return tuple(c for c in self.checks if c.blocking and c.state is State.FAILED)


class Found(NamedTuple):
    """What a check says of a subject, before it has a name and a time."""

    state: State
    evidence: str
    amount: float = 0.0


def passed(evidence: str, *, amount: float = 0.0) -> Found:
    """Return that the check passed."""
    return Found(state=State.PASSED, evidence=evidence, amount=amount)


def failed(evidence: str, *, amount: float = 0.0) -> Found:
    """Return that the check failed; *amount* is how much of it there is, for the confidence."""
    return Found(state=State.FAILED, evidence=evidence, amount=amount)


def skipped(evidence: str) -> Found:
    """Return that the check does not apply, or why it could not look."""
    return Found(state=State.SKIPPED, evidence=evidence)
