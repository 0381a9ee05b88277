"""The diagnosed complaint is really gone: its rule with its message is counted less often than before.

Example: the line is laid out anew, and E711 is still found there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from suffice.checker.own_fix import agreement
from suffice.checker.subject import Subject
from suffice.checker.verdict import LINT_FIXES, Found, State, failed, passed, skipped
from suffice.edits.edit import FileChange
from suffice.task import Applicability, Diagnostic, Kind

NAME = "target-gone"
COST = "one linter run for a whole wave of patches"
BLOCKS = LINT_FIXES

_DIGITS = re.compile(r"\d+")


def masked(diagnostic: Diagnostic) -> tuple[str, str]:
    """Return rule and message with digits masked, so that "line 12" after an edit is still the same."""
    return diagnostic.rule, _DIGITS.sub("#", diagnostic.message)


def counted(diagnostics: Iterable[Diagnostic]) -> Counter[tuple[str, str]]:
    """Return how often each rule and masked message occurs."""
    return Counter(masked(d) for d in diagnostics)


def look(subject: Subject) -> Found:
    """Fail a lint fix after which its diagnostic is still counted as often."""
    if subject.kind is not Kind.LINT_FIX or not subject.rules:
        return skipped("only a lint fix with a known rule has a target")
    if subject.linted is None:
        return skipped("no linter has looked")
    before = counted(d for linted in subject.linted.values() for d in linted.before)
    after = counted(d for linted in subject.linted.values() for d in linted.after)
    if not subject.diagnostics:
        found = _of_rule(subject.rule or "", before, after)
        return passed("the linter's own safe fix leaves as much") if _is_own_step(subject, found) else found
    for target, number in counted(subject.diagnostics).items():
        if after[target] > before[target] - number and agreement(subject) is not Applicability.SAFE:
            return failed(f"{target[0]} is still there: {_message(subject, target)}")
    for rule, number in Counter(d.rule for d in subject.diagnostics).items():
        if _number(rule, after) > _number(rule, before) - number and agreement(subject) is None:
            return failed(f"{rule} is found as often as before, in other words")
    return passed("the diagnosed place is clean")


def _number(rule: str, found: Counter[tuple[str, str]]) -> int:
    return sum(number for (of, _), number in found.items() if of == rule)


def _of_rule(rule: str, before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> Found:
    """Say whether any diagnostic of *rule* is gone, where nobody said which one the patch is for."""
    were, are = _number(rule, before), _number(rule, after)
    if not were:
        return skipped(f"the linter does not find {rule} before the patch, so nothing shows that it is mended")
    if are >= were:
        return failed(f"{rule} is still found as often as before")
    return passed(f"{rule} is found {were - are} time(s) less")


def _is_own_step(subject: Subject, found: Found) -> bool:
    """Whether the patch does what the linter's own safe fix of one diagnostic does, after which another is found."""
    if found.state is not State.FAILED:
        return False
    before = (d for linted in (subject.linted or {}).values() for d in linted.before if d.rule == subject.rule)
    touched = (d for d in before if any(_touches(change, d) for change in subject.changes))
    each = (replace(subject, diagnostics=(diagnostic,)) for diagnostic in islice(touched, _MOST_TRIED))
    return any(agreement(alone) is Applicability.SAFE for alone in each)


_MOST_TRIED = 8


def _touches(change: FileChange, diagnostic: Diagnostic) -> bool:
    first, last = diagnostic.span.start_line, diagnostic.span.end_line
    edits = change.line_edits if change.path == diagnostic.path else ()
    return any(edit.start_line <= last and edit.end_line >= first for edit in edits)


def _message(subject: Subject, target: tuple[str, str]) -> str:
    return next(d.message for d in subject.diagnostics if masked(d) == target)
