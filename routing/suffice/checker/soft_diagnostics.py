"""Nothing else that the project's own rules find, and did not find before.

Example: a fix after which `import os` is unused.
"""

from __future__ import annotations

from collections import Counter

from suffice.checker.subject import Subject
from suffice.checker.target_gone import counted
from suffice.checker.verdict import NEVER, Found, failed, passed, skipped

NAME = "soft-diagnostics"
COST = "one linter run for a whole wave of patches"
BLOCKS = NEVER


def look(subject: Subject) -> Found:
    """Count the new diagnostics of the project's rules; a right fix may well bring one, as an import without a use."""
    if subject.linted is None:
        return skipped("no linter has looked")
    new = sum((counted(linted.after) - counted(linted.before) for linted in subject.linted.values()), Counter())
    if new:
        (rule, message), *_ = new
        number = new.total()
        told = f"{number} new diagnostic{'s' if number > 1 else ''} of the project's rules, such as {rule} {message}"
        return failed(told, amount=number)
    return passed("no new diagnostic of the project's rules")
