"""The patch was made for exactly the text of this snapshot."""

from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.errors import InputError

NAME = "applies"
COST = "nothing"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail a patch whose "before" is not the snapshot's text."""
    for change in subject.changes:
        if change.before is None:
            continue
        try:
            file = subject.snapshot.file(change.path)
        except InputError as error:
            return failed(str(error))
        if file.text != change.before or subject.base_shas.get(change.path, file.blob_sha) != file.blob_sha:
            return failed(f"{change.path} is not the version that the patch was made for")
    return passed("applies to the pinned text")
