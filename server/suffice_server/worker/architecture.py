"""Reviews the architecture of a folder: facts that are measured, and what a strong lane makes of them."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from suffice.review.architecture import ArchitectureReviewed, Asked, nothing_to_ask, reviewed
from suffice.review.architecture_markdown import architecture_markdown
from suffice.review.measured import Measured, measured
from suffice.review.questions.asker import Asker
from suffice.snapshot import Snapshot
from suffice.unsaved import unsaved_texts, with_unsaved
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
    needed = session.needs_consent(task, order.workspace, request.id)
    if needed:
        return _priced(needed, order, session)
    send(Noted(request.id, f"asking about {len(structure.facts)} facts"))
    asked = await solved(task, order.workspace, session, tell=told_to(send, request.id))
    return _answer(request, reviewed(asked.outcome, structure), order)._replace(cap=asked.cap)


def _order(request: Review, session: Session) -> _Order:
    folder = session.workspace(request.root, {})
    disk, unseen = Snapshot.of_folder(folder.root), folder.unseen
    texts = unsaved_texts(request.buffers, folder=disk, patterns=unseen)
    workspace = folder._replace(snapshot=with_unsaved(disk, texts, patterns=unseen))
    found = measured(workspace.snapshot, root=folder.root, unseen=unseen, storage=session.storage, asked=Asked())
    return _Order(workspace, found)


def _priced(needed: NeedsConsent, order: _Order, session: Session) -> NeedsConsent:
    """Return *needed* with the price of this very question, rather than of one like it."""
    workspace = order.workspace
    state = session.state(workspace, session.wishes(workspace))
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
