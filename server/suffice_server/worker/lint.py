"""What the project's linters say of a text in the editor, with the offer of each diagnostic."""

from __future__ import annotations

import asyncio

from suffice.errors import InputError
from suffice.fix import unfixable
from suffice.lanes import HUMAN
from suffice.linters.ruff import IO_ERROR, SYNTAX_ERROR
from suffice.task import Diagnostic, Kind, Task
from suffice_server.messages import FromWorker, Lint, Linted
from suffice_server.values import Found, Offer
from suffice_server.worker.editor_text import shift_of, shown
from suffice_server.worker.offers import Offering
from suffice_server.worker.session import Send, Session
from suffice_server.worker.workspace import Workspace

NOT_ASKED = frozenset({SYNTAX_ERROR, IO_ERROR})


async def lint(request: Lint, session: Session, _send: Send) -> FromWorker:
    """Return the diagnostics of the text."""
    return await asyncio.get_running_loop().run_in_executor(session.lint_threads, _linted, request, session)


def _linted(request: Lint, session: Session) -> Linted:
    try:
        workspace = session.workspace(request.root, {request.path: request.text})
        found = diagnostics_of(workspace, request.path, session)
    except InputError as error:  # too large, binary, no text: nothing to be done about it while typing
        return Linted(request.id, (), left_out=str(error))
    if found is None:
        return Linted(request.id, (), left_out="ignored")
    offering, shift = Offering(workspace, session), shift_of(request.text)
    return Linted(
        request.id,
        tuple(_found(one, offering, session, shift) for one in found),
        offers=offering.of_file(request.path),
        note="; ".join(workspace.linting.others.why_not_looked(workspace.snapshot.file(request.path))),
    )


def diagnostics_of(workspace: Workspace, path: str, session: Session) -> list[Diagnostic] | None:
    """Return what the linters say of the file *path*, without the rules that the settings leave out.

    None for a file that is never looked at. Raises InputError, ConfigError or ToolError.
    """
    if workspace.unseen.match_file(path):
        return None
    left_out = workspace.config.disabled_rules
    return [found for found in session.linted.of(workspace, path) if found.rule not in left_out]


def _found(diagnostic: Diagnostic, offering: Offering, session: Session, shift: int) -> Found:
    return Found(
        rule=diagnostic.rule,
        message=diagnostic.message,
        span=shown(diagnostic.span, shift),
        source=diagnostic.source,
        url=diagnostic.url,
        fix=diagnostic.fix.applicability if diagnostic.fix else None,
        offer=_offer(diagnostic, offering, session),
    )


def _offer(diagnostic: Diagnostic, offering: Offering, session: Session) -> Offer | None:
    if diagnostic.rule in NOT_ASKED:
        return None
    why_not = unfixable(diagnostic)
    if why_not is not None:
        return Offer(HUMAN, refused=why_not[2])
    tried_free = diagnostic.fix is not None and (diagnostic.rule, diagnostic.message) in session.tried_free
    return offering.of(task_of(diagnostic), tried_free=tried_free)


def task_of(diagnostic: Diagnostic) -> Task:
    """Return the task to mend *diagnostic*."""
    return Task(kind=Kind.LINT_FIX, paths=(diagnostic.path,), diagnostics=(diagnostic,))
