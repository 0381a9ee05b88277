"""The patch does what the linter's own fix of the diagnostic does.

Example: the linter would write `x is None`, and so does the patch: the same syntax tree.
"""

from __future__ import annotations

from suffice.checker.own_fix import agreement, has_own_fix
from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed, skipped
from suffice.task import Kind

NAME = "tool-fix"
COST = "under 1 ms; the fix comes with the diagnostic"
BLOCKS = NEVER


def look(subject: Subject) -> Found:
    """Pass a lint fix that the linter would have made so too. Another may be as right: it lowers the confidence."""
    if subject.kind is not Kind.LINT_FIX or not has_own_fix(subject):
        return skipped("the linter has no fix of its own")
    agreed = agreement(subject)
    if agreed is None:
        return failed("another fix than the linter's own", amount=1)
    return passed(f"the same as the linter's own {agreed} fix")
