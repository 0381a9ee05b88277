"""A finding's replacement as a change of its file: it stays only if the whole checker passes it.

The finding stays either way: that its author could not mend it does not make it wrong.
"""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.verdict import State as CheckState
from suffice.edits.edit import FileChange, LineEdit
from suffice.errors import SufficeError
from suffice.positions import split_lines
from suffice.privacy import PLACEHOLDER
from suffice.project import oldest_python
from suffice.review.claims.finding import Finding
from suffice.review.reviewed import Suggestion
from suffice.run import State
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Kind, Place

MOST_LINES = 6
"""What stands beside the code: a longer one is a change to make, not one to accept with a click (2026-11)."""


async def suggestion(finding: Finding, *, after: Snapshot, state: State) -> Suggestion | str:
    """Return the checked replacement of *finding* in *after*, the text after the change, or why there is none."""
    if finding.replacement is None or PLACEHOLDER.search(finding.replacement):
        return "it would show a secret" if finding.replacement else "none was made"
    change = replaced(finding, finding.replacement, after)
    if isinstance(change, str):
        return change
    subject = Subject(
        kind=Kind.EDIT,
        changes=(change,),
        snapshot=after,
        oldest_python=oldest_python(after.root, finding.path),
        places=(Place(finding.path, finding.start_line, finding.end_line),),
    )
    try:
        verdict = await state.checking.check(subject)
    except SufficeError as error:  # what was found is paid, and is delivered without it
        return f"it could not be checked: {error}"
    if verdict.state is CheckState.PASSED:
        return Suggestion(change, verdict)
    failed = next(iter(verdict.failed), None)
    return f"{failed.name}: {failed.evidence}" if failed else "no check could look at it"


def replaced(finding: Finding, replacement: str, after: Snapshot) -> FileChange | str:
    """Return the change of the lines that *finding* quotes to *replacement*, or why that cannot be made."""
    file = None if finding.in_old or not after.has(finding.path) else after.file(finding.path)
    lines = split_lines(file.text) if file else []
    if file is None or not 1 <= finding.start_line <= finding.end_line <= len(lines):
        return "what it would replace is not there any more"
    new = _text(replacement, file, ends=lines[finding.end_line - 1].endswith(("\n", "\r")))
    if max(len(split_lines(new)), finding.end_line - finding.start_line + 1) > MOST_LINES:
        return f"it is over {MOST_LINES} lines"
    text = "".join((*lines[: finding.start_line - 1], new, *lines[finding.end_line :]))
    if text == file.text:
        return "it changes nothing"
    edit = LineEdit(finding.start_line, finding.end_line, new)
    return FileChange(path=finding.path, before=file.text, after=text, bom=file.bom, known_edits=(edit,))


def _text(replacement: str, file: SourceFile, *, ends: bool) -> str:
    """Return *replacement* with the file's own line ends."""
    text = replacement.replace("\r\n", "\n").rstrip("\n").replace("\n", file.eol)
    return text + file.eol if ends and text else text
