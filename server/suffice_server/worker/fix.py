"""Mends one diagnostic of a text in the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from suffice.outcome import Attempt, Ending, Outcome
from suffice.task import Diagnostic, Kind, Task
from suffice_server.messages import Attempted, Changed, Finished, Fix, FromWorker, Replacement
from suffice_server.worker.lint import NOT_ASKED, diagnostics_of
from suffice_server.worker.session import Send, Session

_BOM = "\ufeff"


async def fix(request: Fix, session: Session, send: Send) -> FromWorker:
    """Return how mending ended."""
    workspace = session.workspace(request.root, {request.path: request.text})
    is_ignored = workspace.unseen.match_file(request.path)
    found = [] if is_ignored else await asyncio.to_thread(diagnostics_of, workspace, request.path)
    diagnostic = _named(found, request)
    if diagnostic is None:
        detail = f"ruff does not report {request.rule} there under this project's settings"
        return Finished(request.id, Ending.UNCHANGED, "already-gone", detail)
    task = Task(kind=Kind.LINT_FIX, paths=(request.path,), diagnostics=(diagnostic,))
    needed = session.needs_consent(task, workspace, request.id)
    if needed and not request.free:
        return needed

    def tell(_task: Task, attempt: Attempt) -> None:
        send(attempted(request.id, attempt))

    outcome = await session.solve(task, workspace, tell=tell, free=request.free)
    if request.free and outcome.ending is Ending.NEEDS_HUMAN:
        session.tried_free.add((request.rule, request.message))
    return _finished(request, outcome)


def _named(found: Sequence[Diagnostic], request: Fix) -> Diagnostic | None:
    """Return the diagnostic that *request* names: at its very place, or the only one like it in the file."""
    same_rule = [d for d in found if d.rule == request.rule and d.rule not in NOT_ASKED]
    here = [d for d in same_rule if d.span == request.span]
    alike = [d for d in same_rule if d.message == request.message]
    if here:
        return here[0]
    return alike[0] if len(alike) == 1 else None


def attempted(number: int, attempt: Attempt) -> Attempted:
    """Return *attempt* as it is told while the request *number* goes on."""
    failed = attempt.verdict.failed if attempt.verdict else ()
    failure = failed[0].name if failed else attempt.failure
    return Attempted(
        id=number,
        lane=attempt.lane,
        failure=str(failure) if failure else None,
        cost_usd=attempt.cost_usd,
        latency_ms=attempt.latency_ms,
    )


def _finished(request: Fix, outcome: Outcome) -> Finished:
    shift = 1 if request.text.startswith(_BOM) else 0  # a snapshot's text has no byte order mark
    edits = tuple(
        Replacement(start=edit.start + shift, end=edit.end + shift, new_text=edit.new_text) for edit in outcome.edits
    )
    return Finished(
        id=request.id,
        ending=outcome.ending,
        reason=outcome.reason,
        detail=outcome.detail,
        lane=outcome.lane,
        cost_usd=outcome.cost_usd,
        confidence=outcome.verdict.confidence if outcome.verdict else None,
        changes=(Changed(request.path, edits=edits),) if edits else (),
    )
