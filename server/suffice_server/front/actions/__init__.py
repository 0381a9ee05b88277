"""The code actions for a range: pure and instant, from what is held. Nobody is asked or paid, nothing is read.

An editor asks for them after each move of the cursor, often without saying so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lsprotocol import types

from suffice.task import Kind
from suffice_server.front.actions.entries import DATA_VERSION, Entry, menu, written
from suffice_server.front.actions.kinds import QUICK_FIX, REWRITE, Can, Wanted
from suffice_server.front.actions.prepared import prepared
from suffice_server.front.actions.quick_fixes import at_range, fix, fixes, fixes_of_all, ignoring, title_of
from suffice_server.front.actions.rewrites import OfferOf, Retry, rewrites
from suffice_server.front.actions.sources import reviews
from suffice_server.front.actions.suggestions import of_claims
from suffice_server.front.settings import View
from suffice_server.front.shown.claims import HeldClaim
from suffice_server.front.text.documents import Document
from suffice_server.front.text.places import is_notebook
from suffice_server.front.trust import UNTRUSTED
from suffice_server.values import Found, Offer
from suffice_server.wire import JsonText

__all__ = [
    "DATA_VERSION",
    "Can",
    "Known",
    "OfferOf",
    "Retry",
    "code_actions",
    "title_of",
]

_UNTRUSTED = Offer(lane="", refused=UNTRUSTED)


class Known(NamedTuple):
    """What is held of a document's newest version: diagnostics, findings of a review, and what was just applied."""

    found: Sequence[Found] = ()
    claims: Sequence[HeldClaim] = ()
    retries: Sequence[Retry] = ()


def code_actions(
    params: types.CodeActionParams,
    *,
    document: Document,
    known: Known,
    offer_of: OfferOf,
    view: View,
    can: Can,
    encoding: str,
) -> JsonText:
    """Return the code actions of *document* that *params* asks for, those for the range first: a list, as JSON.

    One that cannot be chosen now is disabled and says why. Notebooks and texts that are no file have none.
    """
    if document.place is None or is_notebook(document.uri):
        return menu(())
    wanted = Wanted.of(params.context)
    asked = _Asked(params, document, known, _refusing if view.untrusted else offer_of, can, encoding)
    shown: list[str] = []
    if view.quick_fixes and wanted.has(QUICK_FIX):
        shown += _quick_fixes(asked, is_automatic=wanted.automatic)
    if not wanted.automatic:
        shown += (written(entry, can) for entry in _on_request(asked, wanted, view))
    return menu(shown)


class _Asked(NamedTuple):
    """What is asked about, and what is known about it."""

    params: types.CodeActionParams
    document: Document
    known: Known
    offer_of: OfferOf
    can: Can
    encoding: str


def _refusing(_kind: str) -> Offer:
    return _UNTRUSTED


def _quick_fixes(asked: _Asked, *, is_automatic: bool) -> Iterator[str]:
    document, can = asked.document, asked.can
    ready = prepared(document, asked.known.found, asked.encoding, can)
    here = at_range(asked.params, document=document, ready=ready, usual=asked.offer_of(Kind.LINT_FIX))
    if asked.offer_of is _refusing:
        yield from (written(fix(one._replace(offer=_UNTRUSTED), document), can) for one in here)
        return
    yield from fixes(here, document, ready)
    place, claims = asked.params.range, asked.known.claims
    of_reviews = of_claims(claims, place=place, document=document, encoding=asked.encoding)
    for_all = fixes_of_all(here, document, ready)
    last = () if is_automatic else ignoring(here, document)
    yield from (written(entry, can) for entry in (*of_reviews, *for_all, *last))


def _on_request(asked: _Asked, wanted: Wanted, view: View) -> Iterator[Entry]:
    """Yield what is listed only where somebody asks for it."""
    place, document, encoding = asked.params.range, asked.document, asked.encoding
    if view.rewrites and wanted.has(REWRITE):
        retries = asked.known.retries
        yield from rewrites(place, document=document, offer_of=asked.offer_of, retries=retries, encoding=encoding)
    if view.sources:
        yield from (entry for entry in reviews(document, asked.offer_of) if wanted.has(entry.kind))
