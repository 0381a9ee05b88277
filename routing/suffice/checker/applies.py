"""The patch was made for exactly the text of this snapshot, and what it creates is not there yet.

Example: the file was saved in the editor after the patch was made.
"""

from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.edits.edit import FileChange
from suffice.errors import InputError

NAME = "applies"
COST = "nothing"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a patch whose "before" is not the snapshot's text."""
    for change in subject.changes:
        flaw = _flaw(change, subject)
        if flaw:
            return failed(flaw)
    return passed("applies to the pinned text")


def _flaw(change: FileChange, subject: Subject) -> str | None:
    is_new = change.before is None or change.target != change.path
    if is_new and (subject.snapshot.exists(change.target) or subject.snapshot.has(change.target)):
        return f"{change.target} is to be created but is there already"
    if change.before is None:
        return None
    try:
        file = subject.snapshot.file(change.path)
    except InputError as error:
        return str(error)
    pinned = subject.base_shas.get(change.path, file.blob_sha)
    if file.text != change.before or pinned != file.blob_sha:
        return f"{change.path} is not the version that the patch was made for"
    return None
