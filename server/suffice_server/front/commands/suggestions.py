"""The commands on one finding of a review: apply what it suggests, or put it away; its lanes are remembered by it."""

from __future__ import annotations

from functools import partial

from lsprotocol.types import MessageType

from suffice_server.capabilities import Command
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.applied import Word, applied_between
from suffice_server.front.applying.delivery import Delivery, Landed, Parcel
from suffice_server.front.commands.orders import ResultOrder
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.shown.claims import Claims, HeldClaim
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.text.documents import Documents
from suffice_server.values import Changed, Part
from suffice_server.wording import one_line

_GONE = "suffice: that finding is no longer there; review again."


class Suggestions:
    """The commands on one finding."""

    def __init__(
        self,
        *,
        documents: Documents,
        claims: Claims,
        publishing: Publishing,
        delivery: Delivery,
        aftermath: Aftermath,
        editor: Editor,
        jobs: Jobs,
    ) -> None:
        self._documents = documents
        self._claims = claims
        self._publishing = publishing
        self._delivery = delivery
        self._aftermath = aftermath
        self._editor = editor
        self._jobs = jobs

    def dismiss(self, order: ResultOrder) -> None:
        """Put the finding away."""
        held = self._claims.get(order.id)
        if held is None:
            self._editor.show(_GONE, kind=MessageType.Info)
            return
        self._take_away(held)
        self._aftermath.remember(_parts(held), Word.DISMISSED)

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
        delivered = await self._delivery.deliver(_parcel(held), on_landed=partial(self._landed, held))
        if delivered.why:
            self._editor.show(f"suffice: the suggestion was not applied: {delivered.why}.")
        return delivered.ending

    def _landed(self, held: HeldClaim, landed: tuple[Landed, ...]) -> None:
        self._take_away(held)
        if not landed:  # a file that is not open is not seen again
            self._aftermath.remember(_parts(held), Word.KEPT)
            return
        ((before, after),) = landed
        applied = applied_between(before, after, title=one_line(held.claim.title), parts=_parts(held))
        self._aftermath.follow(applied, after, newest=self._documents.get(before.uri))

    def _take_away(self, held: HeldClaim) -> None:
        if self._claims.drop(held.id) is not None:
            self._publishing.show_all()


def _parts(held: HeldClaim) -> tuple[Part, ...]:
    return tuple(Part(held.claim.work, lane) for lane in held.claim.lanes)


def _parcel(held: HeldClaim) -> Parcel:
    claim = held.claim
    return Parcel(
        root=held.root,
        changes=(Changed(claim.path, edits=claim.edits, before=claim.before),),
        sent={claim.path: held.sent} if held.sent is not None else {},
        label=f"suffice: {one_line(claim.title)}",
    )
