"""A patch is as small as what it is for: the more lines it adds, the less likely it is right.

Example: 60 added lines for a lint fix.
"""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed
from suffice.task import Kind

NAME = "size"
COST = "nothing"
BLOCKS = NEVER

LINT_FIX_LINES = 10
OTHER_LINES = 200
"""Of 2,521 patches by models with a known outcome 40 % of those with at most 2 added lines were right, 6 % of those
with more than 50 (2026-11)."""


def look(subject: Subject) -> Found:
    """Count the added lines; what goes beyond its kind's measure is said so."""
    added = sum(file.all_added for file in subject.written)
    removed = sum(file.all_removed for file in subject.written)
    measure = LINT_FIX_LINES if subject.kind is Kind.LINT_FIX else OTHER_LINES
    words = f"adds {added} and removes {removed} lines"
    return failed(f"{words}, more than {measure}", amount=added) if added > measure else passed(words, amount=added)
