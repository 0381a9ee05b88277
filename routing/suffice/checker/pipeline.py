"""The checks in their order, cheapest first, over one patch or a whole wave of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from types import ModuleType

from suffice.checker import (
    applier_step,
    applies,
    complete,
    debug_output,
    defaults,
    definitions,
    edits_source,
    elision,
    files,
    hard_diagnostics,
    imports_resolve,
    layout,
    loss,
    paths,
    placeholders,
    public_surface,
    python_range,
    retries,
    scope,
    secrets,
    size,
    soft_diagnostics,
    suppression,
    syntax,
    target_gone,
    tool_fix,
    tree_changed,
    weakened_settings,
    weakened_tests,
    weakened_types,
)
from suffice.checker.aim import aim
from suffice.checker.confidence import LEAST, weighed
from suffice.checker.file_roles import is_python
from suffice.checker.linting import Linting, LintWave
from suffice.checker.proof import proof_of
from suffice.checker.subject import Subject
from suffice.checker.verdict import NOT_RUN, Check, Found, State, Verdict, skipped
from suffice.errors import SufficeError, ToolError
from suffice.task import Kind

SHOWABLE: tuple[ModuleType, ...] = (complete, paths, applies)
"""What has to hold before a linter is shown the texts."""

STATIC: tuple[ModuleType, ...] = (
    edits_source,
    scope,
    elision,
    suppression,
    weakened_settings,
    secrets,
    weakened_tests,
    tree_changed,
    public_surface,
    definitions,
    defaults,
    layout,
    loss,
)
"""Checks of the texts alone, cheapest first."""

LINTED: tuple[ModuleType, ...] = (syntax, target_gone, hard_diagnostics)
"""Checks of what the linter said."""

LAST: tuple[ModuleType, ...] = (python_range,)
"""The dearest, for what is left."""

LOWERING: tuple[ModuleType, ...] = (
    applier_step,
    retries,
    size,
    files,
    placeholders,
    debug_output,
    imports_resolve,
    soft_diagnostics,
    weakened_types,
    tool_fix,
)
"""What never blocks and lowers the confidence."""

BY_TEXT = tuple(module for module in LOWERING if module is not soft_diagnostics)
"""Those of them that do not wait for a linter's word."""

CHECKS = (*SHOWABLE, *STATIC, *LINTED, *LAST, *LOWERING)


def check_wave(subjects: Sequence[Subject], *, linting: Linting, run_all: bool = False) -> list[Verdict]:
    """Return the verdict on each of *subjects*, up to its first failed check unless *run_all*.

    The linter looks at the whole wave while the texts are looked at here. Which check is the first to fail does not
    depend on who is done first.
    """
    try:
        return _looked_at(subjects, linting, run_all=run_all)
    except ToolError as error:
        if len(subjects) == 1:
            return [_broke_down(subjects[0], linting, error)]
    middle = len(subjects) // 2
    halves = subjects[:middle], subjects[middle:]
    return [verdict for half in halves for verdict in check_wave(half, linting=linting, run_all=run_all)]


def _broke_down(subject: Subject, linting: Linting, error: ToolError) -> Verdict:
    """Return the verdict on a text over which the linter breaks down. Raises *error* if it did so before the patch."""
    files = [subject.snapshot.file(change.path) for change in subject.changes if change.before is not None]
    try:
        linting.diagnostics_of(files)
        linting.look_before([file for file in files if is_python(file.path)])
    except ToolError:
        raise error from None
    evidence = f"the linter breaks down over the patched text, and did not before: {error}"
    broken = Check(name=syntax.NAME, state=State.FAILED, blocking=True, evidence=evidence)
    return Verdict(state=State.FAILED, confidence=0.0, checks=(broken,))


def _looked_at(subjects: Sequence[Subject], linting: Linting, *, run_all: bool) -> list[Verdict]:
    all_seen = [_Seen(subject, run_all=run_all) for subject in subjects]
    for seen in all_seen:
        seen.look(SHOWABLE)
    shown = [seen for seen in all_seen if seen.is_good]
    wave = linting.begin([seen.subject for seen in shown])
    _look_meanwhile(shown, wave)
    for seen, diagnostics in zip(shown, wave.finish(), strict=True):
        seen.subject.linted = diagnostics or None
        aim(seen.subject)
        seen.look(STATIC)
        seen.look(LINTED)
    _look_ahead(shown)
    for seen in shown:
        seen.look(LAST)
        seen.look(LOWERING)
    return [_verdict(seen.subject, seen.in_order()) for seen in all_seen]


def _look_meanwhile(shown: Sequence[_Seen], wave: LintWave) -> None:
    """Look at the texts for as long as the linter is busy with them, cheapest first."""
    aimed = [seen for seen in shown if not seen.subject.wants_aim]
    for modules in (STATIC, LAST, BY_TEXT):
        if modules is LAST and not wave.is_done():
            _look_ahead(aimed)
        for seen in aimed:
            if wave.is_done():
                return
            seen.look(modules)


def _look_ahead(shown: Sequence[_Seen]) -> None:
    dated = [seen.subject for seen in shown if seen.is_good and seen.subject.oldest_python]
    if dated:
        python_range.load()
        python_range.look_ahead(dated)


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
        """Look at what *modules* look at, unless it was or an earlier check failed already."""
        for module in modules:
            if module.NAME not in self._checks and (self._run_all or _still_good(self._before(module))):
                self._checks[module.NAME] = _looked(module, self.subject)

    def _before(self, module: ModuleType) -> Iterator[Check]:
        """Yield what was found by the checks that are documented before *module*."""
        for earlier in takewhile(lambda other: other is not module, CHECKS):
            if earlier.NAME in self._checks:
                yield self._checks[earlier.NAME]

    def in_order(self) -> tuple[Check, ...]:
        """Return the checks in the order in which they are documented, up to the first that failed unless all are."""
        found = [self._checks[module.NAME] for module in CHECKS if module.NAME in self._checks]
        good = list(takewhile(lambda check: _still_good([check]), found))
        return tuple(found if self._run_all else found[: len(good) + 1])


def _looked(module: ModuleType, subject: Subject) -> Check:
    start = time.perf_counter()
    try:
        found: Found = module.look(subject)
    except SufficeError as error:
        found = skipped(f"could not look: {error}")
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
    if subject.kind is Kind.TEST_WRITING:  # executed/written_test.py settles it
        return Verdict(state=State.UNCHECKED, confidence=LEAST, checks=(*checks, NOT_RUN))
    proof = proof_of(subject)
    sure = weighed(subject, checks, proof)
    return Verdict(State.PASSED, sure.value, checks, sure.calibrated, sure.n, proof, sure.signals)
