"""What a patch is for where its author named a rule only: the diagnostics of that rule that it takes away."""

from __future__ import annotations

from collections.abc import Iterator

from suffice.checker.subject import Linted, Subject
from suffice.checker.target_gone import counted, masked
from suffice.edits.edit import FileChange
from suffice.task import Diagnostic


def aim(subject: Subject) -> None:
    """Give *subject* the diagnostics that its patch mends, so that its scope and its losses can be measured.

    A patch may mend only some of them. Where it mends none, nothing is given, and `target-gone` says so.
    """
    if subject.wants_aim and subject.linted:
        mended = (mends for path, linted in subject.linted.items() for mends in _mended(path, linted, subject))
        subject.diagnostics = tuple(mended)


def _mended(path: str, linted: Linted, subject: Subject) -> Iterator[Diagnostic]:
    """Yield as many diagnostics of the rule as there are fewer after, those nearest to the edits first."""
    change = next((change for change in subject.changes if change.path == path), None)
    if change is None:
        return
    before = [diagnostic for diagnostic in linted.before if diagnostic.rule == subject.rule]
    fewer = counted(before) - counted(linted.after)
    for diagnostic in sorted(before, key=lambda diagnostic: _distance(diagnostic, change)):
        if fewer[masked(diagnostic)] > 0:
            fewer[masked(diagnostic)] -= 1
            yield diagnostic


def _distance(diagnostic: Diagnostic, change: FileChange) -> int:
    """Return how many lines lie between *diagnostic* and the nearest edit."""
    first, last = diagnostic.span.start_line, diagnostic.span.end_line
    between = (max(edit.start_line - last, first - edit.end_line, 0) for edit in change.line_edits)
    return min(between, default=0)
