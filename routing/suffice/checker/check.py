"""The checker alone, on anybody's patch: from another tool, a bot or a person."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.checker.complete import NAME as COMPLETE
from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, State, Verdict
from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange
from suffice.edits.unified import parse_patch
from suffice.project import oldest_python
from suffice.snapshot import Snapshot
from suffice.task import Kind


def check(patch: str, *, snapshot: Snapshot, kind: Kind | None = None, rule: str | None = None) -> Verdict:
    """Return the verdict on *patch* (a unified diff) against *snapshot*, with every check that could look.

    *kind* is `edit` unless a *rule* says that the patch is a lint fix. Raises ConfigError or ToolError where the
    linter cannot run.
    """
    changes = parse_patch(patch, snapshot=snapshot)
    if isinstance(changes, Rejected):
        rejected = Check(name=COMPLETE, state=State.FAILED, blocking=True, evidence=changes.reason)
        return Verdict(state=State.FAILED, confidence=0.0, checks=(rejected,))
    linting = Linting(root=snapshot.root, select=rule)
    subject = Subject(
        kind=kind or (Kind.LINT_FIX if rule else Kind.EDIT),
        changes=changes,
        snapshot=snapshot,
        rule=rule,
        messages=_messages(changes, snapshot, rule, linting),
        oldest_python=oldest_python(snapshot.root, changes[0].path),
    )
    return check_wave([subject], linting=linting, run_all=True)[0]


def _messages(changes: Sequence[FileChange], snapshot: Snapshot, rule: str | None, linting: Linting) -> str:
    """Return what the linter says for *rule* of the files as they are; a right fix may take away names in it."""
    if rule is None:
        return ""
    files = [snapshot.file(c.path) for c in changes if c.before is not None and c.path.endswith((".py", ".pyi"))]
    return " ".join(d.message for found in linting.diagnostics_of(files) for d in found if d.rule == rule)
