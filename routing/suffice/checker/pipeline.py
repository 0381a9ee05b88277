"""The checks in their order, cheapest first, over one patch or a whole wave of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
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
    definitions,
    loss,
    public_surface,
)
"""Checks of the texts alone, cheapest first."""

LINTED: tuple[ModuleType, ...] = (syntax, target_gone, hard_diagnostics, python_range)
"""Checks that wait for the linter, which looks at the wave while the texts are looked at; the dearest last."""

CHECKS = (*SHOWABLE, *STATIC, *LINTED)

_PROOF_CONFIDENCE = 0.99
"""The tool's own safe fix, or equal syntax trees: right by construction (facts on checkers, 2026-11)."""

_FULL_CONFIDENCE = 0.95
_PER_SOFT_DIAGNOSTIC = 0.06
_LEAST_CONFIDENCE = 0.05


def check_wave(subjects: Sequence[Subject], *, linting: Linting, run_all: bool = False) -> list[Verdict]:
    """Return the verdict on each of *subjects*. Stops at a subject's first failed check unless *run_all*."""
    first = [_look_all(SHOWABLE, subject, run_all=run_all) for subject in subjects]
    showable = [number for number, found in enumerate(first) if _still_good(found)]
    wave = linting.begin([subjects[number] for number in showable])
    checks = [
        [*found, *(_look_all(STATIC, subject, run_all=run_all) if run_all or _still_good(found) else ())]
        for found, subject in zip(first, subjects, strict=True)
    ]
    for number, diagnostics in zip(showable, wave.finish(), strict=True):
        subjects[number].linted = diagnostics or None
    alive = [s for s, found in zip(subjects, checks, strict=True) if _still_good(found) and _is_lint_clean(s)]
    python_range.look_ahead(alive)
    for subject, found in zip(subjects, checks, strict=True):
        if subject.linted is not None and (run_all or _still_good(found)):
            found += [*_look_all(LINTED, subject, run_all=run_all), _soft(subject)]
    return [_verdict(subject, tuple(found)) for subject, found in zip(subjects, checks, strict=True)]


def _still_good(checks: Sequence[Check]) -> bool:
    return not any(c.blocking and c.state is State.FAILED for c in checks)


def _is_lint_clean(subject: Subject) -> bool:
    return all(module.look(subject).state is not State.FAILED for module in (target_gone, hard_diagnostics))


def _look_all(modules: Sequence[ModuleType], subject: Subject, *, run_all: bool) -> list[Check]:
    checks: list[Check] = []
    for module in modules:
        start = time.perf_counter()
        found: Found = module.look(subject)
        checks.append(
            Check(
                name=module.NAME,
                state=found.state,
                blocking=True,
                evidence=found.evidence,
                ms=(time.perf_counter() - start) * 1000,
            )
        )
        if found.state is State.FAILED and not run_all:
            break
    return checks


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
