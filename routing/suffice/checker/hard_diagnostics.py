"""Nothing new that is wrong in any project: undefined names, syntax, annotations too new for it.

Example: `raise NotFound(path)` where nobody imports `NotFound`.
"""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.target_gone import counted
from suffice.checker.verdict import ALWAYS, MENDING, Found, failed, passed, skipped

NAME = "hard-diagnostics"
COST = "one linter run for a whole wave of patches"
BLOCKS = ALWAYS

REDEFINED = "F811"
"""New in 12 of 391 wrong bug fixes by models and in none of 150 right ones (development data, 2026-11)."""


def look(subject: Subject) -> Found:
    """Fail a patch after which our own isolated rule set finds more than before."""
    if subject.linted is None:
        return skipped("no linter has looked")
    for path, linted in subject.linted.items():
        new = counted(linted.hard_after) - counted(linted.hard_before)
        for rule, message in new:
            if rule == REDEFINED and subject.kind not in MENDING:
                continue  # a right fix of another rule may bring it, as an unused import does
            return failed(f"new in {path}: {rule} {message}")
    return passed("no new undefined name or syntax error")
