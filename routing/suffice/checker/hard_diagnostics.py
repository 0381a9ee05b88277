"""Nothing new that is wrong in any project: undefined names, syntax, annotations too new for it."""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.target_gone import counted
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped

NAME = "hard-diagnostics"
COST = "one linter run for a whole wave of patches"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a patch after which our own isolated rule set finds more than before."""
    if subject.linted is None:
        return skipped("no linter has looked")
    for path, linted in subject.linted.items():
        new = counted(linted.hard_after) - counted(linted.hard_before)
        for rule, message in new:
            return failed(f"new in {path}: {rule} {message}")
    return passed("no new undefined name or syntax error")
