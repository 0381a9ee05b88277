"""Reviews the architecture of a folder: facts that are measured, and what a strong lane makes of them."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from suffice.review.architecture import ArchitectureReviewed, Asked, nothing_to_ask, reviewed
from suffice.review.architecture_markdown import architecture_markdown
from suffice.review.measured import Measured, measured
from suffice.review.questions.asker import Asker
from suffice_server.messages import FromWorker, NeedsConsent, Noted, Review, Reviewed
from suffice_server.worker.claims import architecture_claims
from suffice_server.worker.review_run import Nobody, told_to
from suffice_server.worker.session import Send, Session
from suffice_server.worker.solving import solved
from suffice_server.worker.workspace import Workspace


class _Order(NamedTuple):
    """A folder with the editor's texts over its files, and what was measured of them."""

    workspace: Workspace
    found: Measured


async def architecture_review(request: Review, session: Session, send: Send) -> FromWorker:
    """Return what came of the review. Raises ConfigError."""
    send(Noted(request.id, "measuring the structure"))
    order = await asyncio.to_thread(_order, request, session)
    structure, task = order.found
    nothing = nothing_to_ask(task)
    if nothing:
        return _answer(request, reviewed(nothing, structure), order)
    needed = await asyncio.to_thread(_needed, request, order, session)
    if needed:
        return needed
    send(Noted(request.id, f"asking about {len(structure.facts)} facts"))
    asked = await solved(task, order.workspace, session, tell=told_to(send, request.id))
    return _answer(request, reviewed(asked.outcome, structure), order)._replace(cap=asked.cap)


def _order(request: Review, session: Session) -> _Order:
    workspace = session.workspace(request.root, {}).looking_around(request.buffers)
    root, unseen = workspace.root, workspace.unseen
    found = measured(workspace.snapshot, root=root, unseen=unseen, storage=session.storage, asked=Asked())
    return _Order(workspace, found)


def _needed(request: Review, order: _Order, session: Session) -> NeedsConsent | None:
    """Return what to ask the user first, with the price of this very question, rather than of one like it."""
    workspace = order.workspace
    needed = session.needs_consent(order.found.task, workspace, request.id)
    if needed is None:
        return None
    state = session.outlook(workspace)
    everybody = dict.fromkeys(session.keyed, Nobody())
    asker = Asker(snapshot=workspace.snapshot, policy=workspace.policy, providers=everybody, state=state)
    price = asker.price(order.found.task)
    return needed._replace(estimate_usd=price.cost_usd) if price else needed


def _answer(request: Review, found: ArchitectureReviewed, order: _Order) -> Reviewed:
    ended = found.ended
    return Reviewed(
        id=request.id,
        ending=ended.ending,
        reason=ended.reason,
        detail=_detail(found),
        claims=architecture_claims(found, snapshot=order.workspace.snapshot),
        markdown=architecture_markdown(found),
        lane=found.outcome.lane,
        cost_usd=found.outcome.cost_usd,
    )


def _detail(found: ArchitectureReviewed) -> str:
    count = len(found.findings)
    return f"{count} finding{'s' * (count != 1)} on the structure" if count else found.ended.detail
