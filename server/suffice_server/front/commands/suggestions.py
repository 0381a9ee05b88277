"""The commands on one finding of a review: apply what it suggests, or put it away. Either is remembered of its lane."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from lsprotocol.types import MessageType

from suffice_server.front.applying.delivery import Delivery, Parcel
from suffice_server.front.commands.orders import Command, ResultOrder
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.shown.claims import Claims, HeldClaim
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Changed, Remember
from suffice_server.wording import one_line

KEPT, DISMISSED = "kept", "dismissed"
"""Words of the ledger."""

_GONE = "suffice: that finding is no longer there; review again."


class Suggestions:
    """The commands on one finding."""

    def __init__(
        self,
        *,
        claims: Claims,
        publishing: Publishing,
        delivery: Delivery,
        link: WorkerLink,
        editor: Editor,
        jobs: Jobs,
    ) -> None:
        self._claims = claims
        self._publishing = publishing
        self._delivery = delivery
        self._link = link
        self._editor = editor
        self._jobs = jobs
        self._telling: set[asyncio.Task[None]] = set()

    def dismiss(self, order: ResultOrder) -> None:
        """Put the finding away."""
        held = self._claims.get(order.id)
        if held is None:
            self._editor.show(_GONE, kind=MessageType.Info)
            return
        self._end(held, DISMISSED)

    def apply(self, order: ResultOrder, *, request: str | int | None = None) -> None:
        """Begin to apply what the finding suggests."""
        held = self._claims.get(order.id)
        if held is None or not held.claim.edits:
            why = _GONE if held is None else "suffice: that finding suggests no edit."
            self._editor.show(why, kind=MessageType.Info)
            return
        key = repr((Command.APPLY_SUGGESTION, held.id))
        job = Job(key=key, about=order.uri, title="suffice: apply a suggestion", run=partial(self._apply, held))
        self._jobs.start(job, request=request)

    async def _apply(self, held: HeldClaim, _progress: Progress) -> str:
        delivered = await self._delivery.deliver(_parcel(held), on_landed=lambda _landed: self._end(held, KEPT))
        if delivered.why:
            self._editor.show(f"suffice: the suggestion was not applied: {delivered.why}.")
        return delivered.ending

    def _end(self, held: HeldClaim, word: str) -> None:
        if self._claims.drop(held.id) is not None:
            self._publishing.show_all()
            task = asyncio.create_task(self._remember(held, word))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _remember(self, held: HeldClaim, word: str) -> None:
        with suppress(WorkerEnded):  # the link has told the user
            for lane in held.claim.lanes:
                await self._link.say(Remember(held.claim.work, lane, word))


def _parcel(held: HeldClaim) -> Parcel:
    claim = held.claim
    return Parcel(
        root=held.root,
        changes=(Changed(claim.path, edits=claim.edits, before=claim.before),),
        sent={claim.path: held.sent} if held.sent is not None else {},
        label=f"suffice: {one_line(claim.title)}",
    )
