"""Mends one diagnostic of a text in the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from suffice.edit_report import least_to_apply
from suffice.fix import unfixable
from suffice.lanes import LINTER
from suffice.outcome import Attempt, Ending
from suffice.policy import Policy
from suffice.task import Diagnostic, Task
from suffice_server.messages import Finished, Fix, FromWorker
from suffice_server.values import Changed
from suffice_server.worker.editor_text import replacements, shift_of, shown
from suffice_server.worker.lint import NOT_ASKED, diagnostics_of, task_of
from suffice_server.worker.offers import asked_next
from suffice_server.worker.session import Send, Session
from suffice_server.worker.solving import Solved, solved
from suffice_server.worker.telling import attempted, steps


async def fix(request: Fix, session: Session, send: Send) -> FromWorker:
    """Return how mending ended."""
    workspace = await asyncio.to_thread(session.workspace, request.root, {request.path: request.text})
    found = await asyncio.to_thread(diagnostics_of, workspace, request.path, session)
    diagnostic = _named(found or (), request)
    if diagnostic is None:
        detail = f"the linter does not report {request.rule} there under this project's settings"
        return Finished(request.id, Ending.UNCHANGED, "already-gone", detail)
    if why_not := unfixable(diagnostic):
        return Finished(request.id, *why_not)
    task = task_of(diagnostic)
    if not request.free:
        needed = await asyncio.to_thread(session.needs_consent, task, workspace, request.id, above=request.above)
        if needed:
            return needed

    def tell(_task: Task, attempt: Attempt) -> None:
        if attempt.lane == LINTER and attempt.failure:
            session.tried_free.add((diagnostic.rule, diagnostic.message))
        send(attempted(request.id, attempt))

    done = await solved(task, workspace, session, tell=tell, free=request.free, above=request.above)
    edits = replacements(done.outcome.edits, shift_of(request.text))
    changes = (Changed(request.path, edits=edits),) if edits else ()
    return finished(request.id, done, changes, workspace.policy)


def _named(found: Sequence[Diagnostic], request: Fix) -> Diagnostic | None:
    """Return the diagnostic that *request* names: at its very place, or the only one like it in the file."""
    same_rule = [d for d in found if d.rule == request.rule and d.rule not in NOT_ASKED]
    here = [d for d in same_rule if shown(d.span, shift_of(request.text)) == request.span]
    alike = [d for d in same_rule if d.message == request.message]
    if here:
        return here[0]
    return alike[0] if len(alike) == 1 else None


def finished(number: int, done: Solved, changes: tuple[Changed, ...], policy: Policy) -> Finished:
    """Return how the one task of the request *number* ended, with its *changes* in the editor's texts."""
    outcome = done.outcome
    threshold = policy.of(outcome.task.kind).apply
    return Finished(
        id=number,
        ending=outcome.ending,
        reason=outcome.reason,
        detail=outcome.detail,
        lane=outcome.lane,
        cost_usd=outcome.cost_usd,
        confidence=outcome.verdict.confidence if outcome.verdict else None,
        confirm=bool(changes) and least_to_apply(outcome, threshold=threshold, proof_only=False) is not None,
        changes=changes,
        work=done.named,
        attempts=steps(outcome),
        next_lane=asked_next(outcome.next_lane),
        next_usd=outcome.next_cost_usd,
        cap=done.cap,
    )
