"""At least one file, and something to change in it."""

from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed

NAME = "complete"
COST = "nothing"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a patch that names no file or leaves one as it is."""
    if not subject.changes:
        return failed("the patch changes no file")
    idle = [change.path for change in subject.changes if change.before == change.after]
    return failed(f"nothing changes in {idle[0]}") if idle else passed("every file in the patch changes")
