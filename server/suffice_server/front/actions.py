"""The quick fixes for a range: pure and instant, from diagnostics that are held. Nobody is asked or paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lsprotocol import types

from suffice.task import Applicability, Span
from suffice_server.front.diagnostics import to_lsp
from suffice_server.front.documents import Document
from suffice_server.front.positions import span_of
from suffice_server.messages import Found, Offer
from suffice_server.wording import lane_name, price

KIND = "quickfix.suffice"
COMMAND = "suffice.fix"

_SOURCE = "ruff"


def title_of(found: Found, offer: Offer) -> str:
    """Return the title of the quick fix of *found*: its lane and its price."""
    if offer.free:
        unsafe = ", unsafe" if found.fix is Applicability.UNSAFE else ""
        return f"Fix {found.rule} with {lane_name(offer.lane)}, free{unsafe}"
    if offer.refused is not None:
        return f"Fix {found.rule}"
    return f"Fix {found.rule} with {offer.lane}, about {price(offer.estimate_usd)}"


def is_wanted(only: Sequence[str] | None) -> bool:
    """Whether our kind lies under one of the kinds that the editor asks for."""
    wanted = [str(getattr(kind, "value", kind)) for kind in only or ()]
    return not wanted or any(kind in {"", KIND} or KIND.startswith(f"{kind}.") for kind in wanted)


def code_actions(
    params: types.CodeActionParams,
    *,
    document: Document,
    held: Sequence[Found],
    usual: Offer | None,
    encoding: str,
) -> list[types.CodeAction]:
    """Return one quick fix for each diagnostic of *document* at the range of *params*.

    One that cannot be chosen now is disabled and says why. *usual* is the offer for what is not held yet.
    """
    if not is_wanted(params.context.only):
        return []
    pairs = ((found, shown, found.offer or usual) for found, shown in _at(params, document, held, encoding))
    return [_action(found, shown, offer, document) for found, shown, offer in pairs if offer]


def _action(found: Found, shown: types.Diagnostic, offer: Offer, document: Document) -> types.CodeAction:
    title = title_of(found, offer)
    if offer.refused is not None:
        reason = types.CodeActionDisabled(reason=offer.refused)
        return types.CodeAction(title=title, kind=KIND, diagnostics=[shown], disabled=reason)
    arguments = {
        "uri": document.uri,
        "version": document.version,
        "rule": found.rule,
        "message": found.message,
        "span": found.span._asdict(),
        "free": offer.free,
    }
    command = types.Command(title=title, command=COMMAND, arguments=[arguments])
    return types.CodeAction(title=title, kind=KIND, diagnostics=[shown], command=command)


def _at(
    params: types.CodeActionParams, document: Document, held: Sequence[Found], encoding: str
) -> Iterator[tuple[Found, types.Diagnostic]]:
    """Yield the diagnostics at the range: ours, and those that the editor names and we do not hold (yet)."""
    mendable = [found for found in held if found.offer]
    ours = _near(mendable, span_of(document, params.range, encoding))
    named = {_key(pair[0]): pair for pair in _named(params.context.diagnostics, document, encoding)}
    of_named = [found for found in mendable if _key(found) in named and found not in ours]
    for found in (*ours, *of_named):
        named.pop(_key(found), None)
        yield found, to_lsp(found, document, encoding)
    yield from named.values()


def _near(found: Sequence[Found], place: Span) -> list[Found]:
    """Return what touches *place*; if nothing does, and it is within a line, what stands on that line."""
    touching = [f for f in found if _overlap(f.span, place)]
    if touching or place.start_line != place.end_line:
        return touching
    return [f for f in found if f.span.start_line <= place.start_line <= f.span.end_line]


def _key(found: Found) -> tuple[str, int, int]:
    return found.rule, found.span.start_line, found.span.start_column


def _named(
    diagnostics: Iterable[types.Diagnostic], document: Document, encoding: str
) -> Iterator[tuple[Found, types.Diagnostic]]:
    for shown in diagnostics:
        rule = shown.code
        if (shown.source or "").lower() == _SOURCE and isinstance(rule, str) and rule.isalnum():
            span = span_of(document, shown.range, encoding)
            yield Found(rule=rule, message=shown.message, span=span), shown


def _overlap(one: Span, other: Span) -> bool:
    return _start(one) <= _end(other) and _start(other) <= _end(one)


def _start(span: Span) -> tuple[int, int]:
    return span.start_line, span.start_column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def span_from_json(fields: Mapping[str, Any]) -> Span:
    """Return the span that *fields* spell. Raises TypeError or KeyError."""
    numbers = {name: fields[name] for name in Span._fields}
    if not all(isinstance(number, int) and number > 0 for number in numbers.values()):
        raise TypeError("a span has four whole numbers from 1")
    return Span(**numbers)
