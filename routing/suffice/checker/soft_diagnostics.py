"""Nothing else that the project's own rules find, and did not find before.

Example: a fix after which `import os` is unused.
"""

from __future__ import annotations

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
    new = sum(sum((counted(linted.after) - counted(linted.before)).values()) for linted in subject.linted.values())
    if new:
        return failed(f"{new} new diagnostic(s) of the project's rules", amount=new)
    return passed("no new diagnostic of the project's rules")
