"""The checker alone, on anybody's patches: from another tool, a bot or a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from suffice.checker.complete import NAME as COMPLETE
from suffice.checker.file_roles import is_python
from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, State, Verdict
from suffice.checker.weights import Weights
from suffice.edits.applied import Rejected
from suffice.edits.patch_in import parse_patch
from suffice.errors import InputError
from suffice.project import oldest_python_of
from suffice.snapshot import Snapshot
from suffice.task import Kind

if TYPE_CHECKING:
    from suffice.checker.executed.sides import Executed

WAVE = 128
"""Patches that share a linter run: enough that its start costs nothing, few enough to keep their texts in memory."""


def check(patch: str, *, snapshot: Snapshot, kind: Kind | None = None, rule: str | None = None) -> Verdict:
    """Return the verdict on *patch* (a unified diff) against *snapshot*, with every check that could look.

    *kind* is `edit` unless a *rule* says that the patch is a lint fix. Raises InputError for what is no kind, and
    ConfigError or ToolError where the linter cannot run.
    """
    return next(check_patches([patch], snapshot=snapshot, kind=kind, rule=rule))


def check_patches(
    patches: Iterable[str],
    *,
    snapshot: Snapshot,
    kind: Kind | None = None,
    rule: str | None = None,
    executed: Executed | None = None,
    linting: Linting | None = None,
    weights: Weights | None = None,
) -> Iterator[Verdict]:
    """Yield the verdict on each of *patches*, each alone against *snapshot*, in order.

    What held before is looked at once for all of them, and one linter run serves many. On what passed, the commands of
    *executed* are run. *linting* knows the project's own linters; without it only our ruff looks. *weights*
    None: evidence weighs what ships. Raises ConfigError or ToolError where the linter or such a command cannot run.
    """
    linting = linting or Linting.for_rule(rule, root=snapshot.root)
    kind = kind_of(kind or (Kind.LINT_FIX if rule else Kind.EDIT))
    left = iter(patches)
    while wave := list(islice(left, WAVE)):
        read = [_subject(patch, snapshot=snapshot, kind=kind, rule=rule, weights=weights) for patch in wave]
        verdicts = iter(check_wave([s for s in read if isinstance(s, Subject)], linting=linting, run_all=True))
        for s in read:
            yield _after_running(s, next(verdicts), executed) if isinstance(s, Subject) else refused(s.reason)


def kind_of(kind: str) -> Kind:
    """Return the kind of task called *kind*. Raises InputError for what is none."""
    try:
        return Kind(kind)
    except ValueError:
        raise InputError(f"{kind!r} is no kind of task; kinds are: {', '.join(Kind)}.") from None


def _after_running(subject: Subject, verdict: Verdict, executed: Executed | None) -> Verdict:
    if executed is None:
        return verdict
    from suffice.checker.executed.execute import run_executed

    return run_executed(subject, verdict, executed)


def refused(reason: str) -> Verdict:
    """Return the verdict on what is no patch that could be looked at."""
    rejected = Check(name=COMPLETE, state=State.FAILED, blocking=True, evidence=reason)
    return Verdict(state=State.FAILED, confidence=0.0, checks=(rejected,))


def _subject(
    patch: str, *, snapshot: Snapshot, kind: Kind, rule: str | None, weights: Weights | None
) -> Subject | Rejected:
    if not isinstance(patch, str):
        raise InputError(f"A patch is the text of a unified diff, not {type(patch).__name__}; decode or read it first.")
    changes = parse_patch(patch, snapshot=snapshot)
    if isinstance(changes, Rejected):
        return changes
    return Subject(
        kind=kind,
        changes=changes,
        snapshot=snapshot,
        rule=rule,
        oldest_python=oldest_python_of([c.path for c in changes if is_python(c.path)], snapshot.root),
        weights=weights,
    )
