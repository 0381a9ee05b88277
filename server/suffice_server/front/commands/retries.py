"""What "try harder" can be offered for: the edits of ours that stand unchanged in a document."""

from __future__ import annotations

from suffice_server.front.actions.rewrites import Retry
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.applied import Again, Followed
from suffice_server.front.text.documents import Document
from suffice_server.values import Offer


def retries(aftermath: Aftermath, document: Document) -> list[Retry]:
    """Return them, the latest first, each with where it would go next."""
    standing = ((followed, followed.applied.again) for followed in aftermath.standing(document))
    return [_retry(followed, again) for followed, again in standing if again is not None and again.is_alone]


def _retry(followed: Followed, again: Again) -> Retry:
    applied = followed.applied
    offer = Offer(again.next_lane, again.next_usd) if again.next_lane is not None else None
    last = max(followed.end, followed.first + 1)
    return Retry(id=applied.id, done=applied.title, first=followed.first + 1, last=last, offer=offer)
