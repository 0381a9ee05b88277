"""What mends layout or comments alone leaves the syntax tree as it is, and that is proven.

Example: the fix of a missing blank (E225) that also turns a `+` into a `-`.
"""

from __future__ import annotations

from suffice.checker.allowance import is_layout_only
from suffice.checker.proof import every_region
from suffice.checker.subject import Subject
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.task import Kind

NAME = "layout"
COST = "under 1 ms; the touched function is parsed for other checks too"
BLOCKS = LINT_FIXES


def look(subject: Subject) -> Found:
    """Fail a fix for rules about layout after which the syntax trees differ."""
    if subject.kind is not Kind.LINT_FIX or not subject.rules or not all(map(is_layout_only, subject.rules)):
        return skipped("only a fix for rules about layout must leave the syntax tree as it is")
    touched = every_region(subject)
    if not touched:
        return skipped("this Python cannot parse it")
    if not all(region.is_same_layout for region in touched):
        return failed(f"{', '.join(sorted(subject.rules))} is about layout, and more than layout is changed")
    return passed("the syntax trees are equal, white space in docstrings aside")
