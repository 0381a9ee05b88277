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
    suppression,
    syntax,
    target_gone,
)
from suffice.checker.linting import Linting
from suffice.checker.subject import Subject
from suffice.checker.target_gone import counted
from suffice.checker.verdict import Check, Found, State, Verdict, failed
from suffice.task import Applicability, Kind

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

CHECKS = (*SHOWABLE, *STATIC, *LINTED, *LAST)

_PROOF_CONFIDENCE = 0.99
"""The tool's own safe fix, or equal syntax trees: right by construction (facts on checkers, 2026-11)."""

_FULL_CONFIDENCE = 0.95
_PER_SOFT_DIAGNOSTIC = 0.06
_LEAST_CONFIDENCE = 0.05


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
        """Return the checks in the order in which they are documented, the soft one last."""
        found = [self._checks[module.NAME] for module in CHECKS if module.NAME in self._checks]
        return (*found, _soft(self.subject)) if target_gone.NAME in self._checks else tuple(found)


def _looked(module: ModuleType, subject: Subject) -> Check:
    start = time.perf_counter()
    found: Found = module.look(subject)
    ms = (time.perf_counter() - start) * 1000
    return Check(name=module.NAME, state=found.state, blocking=True, evidence=found.evidence, ms=ms)


def _still_good(checks: Iterable[Check]) -> bool:
    return not any(c.blocking and c.state is State.FAILED for c in checks)


def _soft(subject: Subject) -> Check:
    """Return what else the project's own rules find that they did not find before: never blocks."""
    new = sum(
        sum((counted(linted.after) - counted(linted.before)).values()) for linted in (subject.linted or {}).values()
    )
    found = failed(f"{new} new diagnostic(s) of the project's rules") if new else None
    return Check(
        name="soft-diagnostics",
        state=State.SKIPPED if subject.linted is None else found.state if found else State.PASSED,
        blocking=False,
        evidence=found.evidence if found else "no new diagnostic of the project's rules",
    )


def _verdict(subject: Subject, checks: tuple[Check, ...]) -> Verdict:
    if not _still_good(checks):
        return Verdict(state=State.FAILED, confidence=0.0, checks=checks)
    proof = _proof(subject)
    looked = {c.name for c in checks if c.state is State.PASSED}
    if subject.kind is Kind.LINT_FIX and target_gone.NAME not in looked:
        return Verdict(state=State.UNCHECKED, confidence=_LEAST_CONFIDENCE, checks=checks)
    confidence = _PROOF_CONFIDENCE if proof else _evidence_count(subject, checks)
    return Verdict(state=State.PASSED, confidence=confidence, checks=checks, proof=proof)


def _evidence_count(subject: Subject, checks: Sequence[Check]) -> float:
    """Return the share of the evidence that could be had, less new soft diagnostics: not calibrated."""
    blind = any(not region.parsed for touched in subject.regions.values() for region in touched)
    soft = next((c for c in checks if not c.blocking and c.state is State.FAILED), None)
    new = int(soft.evidence.split()[0]) if soft else 0
    lowered = _FULL_CONFIDENCE - _PER_SOFT_DIAGNOSTIC * min(new, 3) - 2 * _PER_SOFT_DIAGNOSTIC * blind
    return max(round(lowered, 2), _LEAST_CONFIDENCE)


def _proof(subject: Subject) -> str | None:
    if subject.kind is not Kind.LINT_FIX or not subject.diagnostics:
        return None
    fixes = [d.fix for d in subject.diagnostics]
    if subject.from_linter and all(fix and fix.applicability is Applicability.SAFE for fix in fixes):
        return "the linter's own safe fix"
    regions = [region for touched in subject.regions.values() for region in touched]
    if regions and all(region.parsed and region.is_same_tree for region in regions):
        return "equal syntax trees"
    return None
