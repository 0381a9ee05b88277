"""What is shown over a diagnostic: where the task would go and why, what it costs, and what would come next.

It is made of what is held; nobody is asked. Words from outside are shown as they are, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from suffice.task import Applicability
from suffice_server.front.shown.claims import HeldClaim
from suffice_server.front.shown.diagnostics import claim_to_lsp, code_of, to_lsp
from suffice_server.front.shown.markdown import as_text, prose, quoted
from suffice_server.front.text.documents import Document
from suffice_server.values import Found, Offer
from suffice_server.wording import lane_name, price

_LONGEST_BODY = 1500
_SEEN_BY = "seen by "
"""How the worker's evidence begins that says again who found it."""

_MOST = 5
"""More in one window than anybody reads."""


def markup_of(capabilities: types.ClientCapabilities) -> types.MarkupKind:
    """Return in what a hover is written for the editor with these *capabilities*."""
    document = capabilities.text_document
    formats = document.hover.content_format if document and document.hover else None
    return types.MarkupKind.Markdown if types.MarkupKind.Markdown in (formats or ()) else types.MarkupKind.PlainText


def hover(
    document: Document,
    position: types.Position,
    *,
    held: Sequence[Found],
    claims: Sequence[HeldClaim],
    encoding: str,
    markup: types.MarkupKind = types.MarkupKind.Markdown,
) -> types.Hover | None:
    """Return what is said of the diagnostics at *position* of *document*, None if none of ours is there."""
    line = position.line + 1
    near = [(found, to_lsp(found, document, encoding).range) for found in held if _is_on(found, line)]
    here = [(about_found(found), place) for found, place in near if _holds(place, position)]
    here += [
        (about_claim(claim), claim_to_lsp(claim, encoding).range)
        for claim in claims
        if max(claim.first, 1) <= line <= max(claim.last, 1)
    ]
    if not here:
        return None
    text = "\n\n---\n\n".join(part for part, _ in here[:_MOST])
    value = text if markup == types.MarkupKind.Markdown else as_text(text)
    return types.Hover(contents=types.MarkupContent(kind=markup, value=value), range=here[0][1])


def _is_on(found: Found, line: int) -> bool:
    return found.span.start_line <= line <= found.span.end_line


def _holds(place: types.Range, position: types.Position) -> bool:
    return place.start <= position <= place.end


def about_found(found: Found) -> str:
    """Return in Markdown where the task of mending *found* would go."""
    head = f"**{prose(found.rule)}** {quoted(found.message)}"
    if found.offer is None:
        return f"{head}\n\n- It is to be mended by hand: nobody is asked about it."
    return "\n".join((head, "", *_where(found, found.offer)))


def _where(found: Found, offer: Offer) -> Iterator[str]:
    lane = prose(lane_name(offer.lane, found.source))
    if offer.refused is not None:
        yield f"- Nobody can be asked now: {prose(offer.refused)}"
    elif offer.free:
        unsafe = ", which it calls unsafe" if found.fix is Applicability.UNSAFE else ""
        yield f"- It goes to **{lane}**: a fix of its own{unsafe}, free"
    else:
        yield f"- It goes to **{lane}**, for about {price(offer.estimate_usd)}"
    yield from (f"- {prose(why)}" for why in offer.why)
    if offer.next_lane is not None:
        yield f"- Next would be {prose(lane_name(offer.next_lane, found.source))}, for about {price(offer.next_usd)}"


def about_claim(held: HeldClaim) -> str:
    """Return in Markdown what a review claims, who found it, and how it was tested."""
    claim = held.claim
    parts = [f"**{prose(code_of(held))}** {prose(claim.title)}"]
    if claim.body and claim.body != claim.title:
        parts.append(prose(claim.body, _LONGEST_BODY))
    return "\n\n".join((*parts, "\n".join(f"- {line}" for line in _evidence(held))))


def _evidence(held: HeldClaim) -> Iterator[str]:
    claim = held.claim
    yield f"{prose(claim.category)}, severity {prose(claim.severity)}"
    if claim.lanes:
        sure = f", with a confidence of {claim.confidence:.0%}" if claim.confidence else ""
        yield f"Found by **{prose(', '.join(claim.lanes))}**{sure}"
    yield from (prose(why) for why in claim.why if not why.startswith(_SEEN_BY))
    if claim.edits:
        yield "It has a suggestion that passed the checks: its quick fix applies it, free"
