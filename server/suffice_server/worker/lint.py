"""What the project's linters say of a text in the editor, with the offer of each diagnostic."""

from __future__ import annotations

import asyncio

from suffice.linters.ruff import IO_ERROR, SYNTAX_ERROR
from suffice.task import Diagnostic, Kind, Task
from suffice_server.messages import Found, FromWorker, Lint, Linted
from suffice_server.worker.offers import offer
from suffice_server.worker.session import Send, Session
from suffice_server.worker.workspace import Workspace

NOT_ASKED = frozenset({SYNTAX_ERROR, IO_ERROR})


async def lint(request: Lint, session: Session, _send: Send) -> FromWorker:
    """Return the diagnostics of the text."""
    workspace = session.workspace(request.root, {request.path: request.text})
    if workspace.unseen.match_file(request.path):
        return Linted(request.id, (), left_out="ignored")
    found = await asyncio.to_thread(diagnostics_of, workspace, request.path)
    return Linted(request.id, tuple(_found(one, workspace, session) for one in found))


def diagnostics_of(workspace: Workspace, path: str) -> list[Diagnostic]:
    """Return what the linters say of the file *path*, without the rules that the settings leave out."""
    (found,) = workspace.linting.diagnostics_of([workspace.snapshot.file(path)])
    return [diagnostic for diagnostic in found if diagnostic.rule not in workspace.config.disabled_rules]


def _found(diagnostic: Diagnostic, workspace: Workspace, session: Session) -> Found:
    task = Task(kind=Kind.LINT_FIX, paths=(diagnostic.path,), diagnostics=(diagnostic,))
    tried_free = diagnostic.fix is not None and (diagnostic.rule, diagnostic.message) in session.tried_free
    return Found(
        rule=diagnostic.rule,
        message=diagnostic.message,
        span=diagnostic.span,
        source=diagnostic.source,
        url=diagnostic.url,
        fix=diagnostic.fix.applicability if diagnostic.fix else None,
        offer=None if diagnostic.rule in NOT_ASKED else offer(task, workspace, session, tried_free=tried_free),
    )
