"""What "try harder" can be offered for: the edits of ours that stand unchanged in a document."""

from __future__ import annotations

from suffice_server.front.actions.rewrites import Retry
from suffice_server.front.applying.aftermath import Aftermath, Followed
from suffice_server.front.text.documents import Document
from suffice_server.messages import Offer


def retries(aftermath: Aftermath, document: Document) -> list[Retry]:
    """Return them, the latest first, each with where it would go next."""
    return [_retry(followed) for followed in aftermath.standing(document) if followed.applied.is_alone]


def _retry(followed: Followed) -> Retry:
    applied = followed.applied
    offer = Offer(applied.next_lane, applied.next_usd) if applied.next_lane is not None else None
    last = max(followed.end, followed.first + 1)
    return Retry(id=applied.id, done=applied.title, first=followed.first + 1, last=last, offer=offer)
