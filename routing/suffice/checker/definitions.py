"""Every function, class and module or class variable that was there is still there.

Example: a function that is too complex is gone.
"""

from __future__ import annotations

from suffice.checker.loss import exceeded, rule_allowance
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
    over = exceeded(subject, rule_allowance(subject), fields=("definitions",))
    return failed(over) if over else passed("all definitions are kept")
