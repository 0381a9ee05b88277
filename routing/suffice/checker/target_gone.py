"""The diagnosed complaint is really gone: its rule with its message is counted less often than before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from suffice.checker.subject import Subject
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.task import Diagnostic, Kind

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
    for target, number in counted(subject.diagnostics).items():
        if after[target] > before[target] - number:
            return failed(f"{target[0]} is still there: {_message(subject, target)}")
    rules = {rule for rule, _ in before}
    if not subject.diagnostics and subject.rule in rules:
        total = sum(n for (rule, _), n in before.items() if rule == subject.rule)
        if sum(n for (rule, _), n in after.items() if rule == subject.rule) >= total:
            return failed(f"{subject.rule} is still found as often as before")
    return passed("the diagnosed place is clean")


def _message(subject: Subject, target: tuple[str, str]) -> str:
    return next(d.message for d in subject.diagnostics if masked(d) == target)
