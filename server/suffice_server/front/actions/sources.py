"""The reviews: of what is not committed yet, and of the architecture."""

from __future__ import annotations

from collections.abc import Iterator

from suffice.task import Kind
from suffice_server.capabilities import Command
from suffice_server.front.actions.entries import Entry, priced
from suffice_server.front.actions.kinds import ARCHITECTURE_REVIEW, REVIEW
from suffice_server.front.actions.rewrites import OfferOf
from suffice_server.front.text.documents import Document

_REVIEWS = (
    ("Review what is not committed yet", REVIEW, Command.REVIEW, Kind.REVIEW),
    ("Review the architecture", ARCHITECTURE_REVIEW, Command.ARCHITECTURE_REVIEW, Kind.ARCHITECTURE_REVIEW),
)


def reviews(document: Document, offer_of: OfferOf) -> Iterator[Entry]:
    """Yield the reviews of the project of *document*."""
    for title, kind, command, task in _REVIEWS:
        offer = offer_of(task)
        if offer is not None:
            yield Entry(priced(title, offer), kind, command, {"uri": document.uri}, offer)
