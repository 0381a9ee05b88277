"""The checks in their order, cheapest first, over one patch or a whole wave of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import ModuleType

from suffice.checker import (
    applies,
    complete,
    definitions,
    hard_diagnostics,
    loss,
    paths,
    public_surface,
    python_range,
    scope,
    soft_diagnostics,
    suppression,
    syntax,
    target_gone,
)
from suffice.checker.confidence import LEAST, weighed
from suffice.checker.linting import Linting
from suffice.checker.proof import proof_of
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, Found, State, Verdict
from suffice.task import Kind

SHOWABLE: tuple[ModuleType, ...] = (complete, paths, applies)
"""What has to hold before a linter is shown the texts."""

STATIC: tuple[ModuleType, ...] = (
    scope,
    suppression,
    public_surface,
    definitions,
    loss,
)
"""Checks of the texts alone, cheapest first."""

LINTED: tuple[ModuleType, ...] = (syntax, target_gone, hard_diagnostics)
"""Checks of what the linter said."""

LAST: tuple[ModuleType, ...] = (python_range,)
"""The dearest, for what is left."""

LOWERING: tuple[ModuleType, ...] = (soft_diagnostics,)
"""What never blocks and lowers the confidence."""

CHECKS = (*SHOWABLE, *STATIC, *LINTED, *LAST, *LOWERING)


def check_wave(subjects: Sequence[Subject], *, linting: Linting, run_all: bool = False) -> list[Verdict]:
    """Return the verdict on each of *subjects*. Stops at a subject's first failed check unless *run_all*.

    The linter looks at the whole wave while the texts are looked at here; once it is done, what it rejects is not
    looked at any more.
    """
    all_seen = [_Seen(subject, run_all=run_all) for subject in subjects]
    for seen in all_seen:
        seen.look(SHOWABLE)
    shown = [seen for seen in all_seen if seen.is_good]
    wave = linting.begin([seen.subject for seen in shown])
    for seen in shown:
        if not wave.is_done():
            seen.look(STATIC)
    if any(seen.is_good and seen.subject.oldest_python for seen in shown):
        python_range.load()
    for seen, diagnostics in zip(shown, wave.finish(), strict=True):
        seen.subject.linted = diagnostics or None
        seen.look(LINTED)
        seen.look(STATIC)
    python_range.look_ahead([seen.subject for seen in shown if seen.is_good])
    for seen in shown:
        seen.look(LAST)
        seen.look(LOWERING)
    return [_verdict(seen.subject, seen.in_order()) for seen in all_seen]


class _Seen:
    """A subject and what its checks found so far, each looked at once."""

    def __init__(self, subject: Subject, *, run_all: bool) -> None:
        self.subject = subject
        self._run_all = run_all
        self._checks: dict[str, Check] = {}

    @property
    def is_good(self) -> bool:
        """Whether nothing failed yet."""
        return _still_good(self._checks.values())

    def look(self, modules: Sequence[ModuleType]) -> None:
        """Look at what *modules* look at, unless it was or a check failed already."""
        for module in modules:
            if module.NAME not in self._checks and (self._run_all or self.is_good):
                self._checks[module.NAME] = _looked(module, self.subject)

    def in_order(self) -> tuple[Check, ...]:
        """Return the checks in the order in which they are documented."""
        return tuple(self._checks[module.NAME] for module in CHECKS if module.NAME in self._checks)


def _looked(module: ModuleType, subject: Subject) -> Check:
    start = time.perf_counter()
    found: Found = module.look(subject)
    ms = (time.perf_counter() - start) * 1000
    return Check(
        name=module.NAME,
        state=found.state,
        blocking=subject.kind in module.BLOCKS,
        evidence=found.evidence,
        ms=ms,
        amount=found.amount,
    )


def _still_good(checks: Iterable[Check]) -> bool:
    return not any(c.blocking and c.state is State.FAILED for c in checks)


def _verdict(subject: Subject, checks: tuple[Check, ...]) -> Verdict:
    if not _still_good(checks):
        return Verdict(state=State.FAILED, confidence=0.0, checks=checks)
    looked = {c.name for c in checks if c.state is State.PASSED}
    if subject.kind is Kind.LINT_FIX and target_gone.NAME not in looked:
        return Verdict(state=State.UNCHECKED, confidence=LEAST, checks=checks)
    proof = proof_of(subject)
    sure = weighed(subject, checks, proof)
    return Verdict(State.PASSED, sure.value, checks, calibrated=sure.calibrated, n=sure.n, proof=proof)
