"""At least one file, and something to change in each that text can say.

Example: prose without a diff, or a hunk that puts back what was there.
"""

from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.edits.edit import flaw_of

NAME = "complete"
COST = "nothing"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a patch that names no file, leaves one as it is, or makes one that is no text."""
    if not subject.changes:
        return failed("the patch changes no file")
    for change in subject.changes:
        if change.before == change.after and change.target == change.path:
            return failed(f"nothing changes in {change.path}")
        if flaw := flaw_of(change):
            return failed(flaw)
    return passed("every file in the patch changes")
