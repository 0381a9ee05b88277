"""Every function, class and module or class variable that was there is still there."""

from __future__ import annotations

from suffice.checker.loss import allowance, lost_definitions
from suffice.checker.subject import Subject
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.task import Kind

NAME = "definitions"
COST = "under 1 ms"
BLOCKS = LINT_FIXES


def look(subject: Subject) -> Found:
    """Fail a patch that loses a definition, unless right fixes of its rule do so too."""
    if subject.kind is not Kind.LINT_FIX:
        return skipped("only a lint fix must keep all definitions")
    if not subject.regions:
        return skipped("no Python file is touched")
    allowed = allowance(subject).definitions
    for path, touched in subject.regions.items():
        lost = lost_definitions(touched)
        if len(lost) > allowed:
            return failed(f"{path} no longer defines {', '.join(sorted(lost))}")
    return passed("all definitions are kept")
