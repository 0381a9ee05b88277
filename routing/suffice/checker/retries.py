"""The first answer was the right one: each time that a lane is asked again, it is less sure.

Example: the third answer, after the checker failed two.
"""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed

NAME = "retries"
COST = "nothing"
BLOCKS = NEVER


def look(subject: Subject) -> Found:
    """Say how often the same lane was asked before (36 % were right at the first, 19 % after four failures)."""
    if subject.retries:
        return failed(f"the lane was asked {subject.retries} time(s) before", amount=subject.retries)
    return passed("the lane's first answer")
