"""The quick fixes of the linters' diagnostics: each of those at the range, all of a rule, all of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from lsprotocol import types

from suffice.task import Applicability, Span
from suffice_server.capabilities import Command
from suffice_server.front.actions.entries import Entry, Json, written
from suffice_server.front.actions.kinds import QUICK_FIX
from suffice_server.front.actions.prepared import Prepared, Several, diagnostic_json
from suffice_server.front.text.documents import Document
from suffice_server.front.text.positions import span_of
from suffice_server.values import Found, Offer
from suffice_server.wording import lane_name, listed, one_line, price

_SOURCES = frozenset({"ruff", "eslint"})
"""Whose diagnostics we can mend when another server shows them; our own linting says which rules are there."""

_RULE = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@/_-]{0,79}")
_LONGEST_MESSAGE = 1000
_MOST_SINGLE = 200
"""More in one menu than anybody reads; those behind are in the entries for a rule and for the file."""

_MOST_RULES = 8
_LONGEST_RULE = 40
"""Of a rule in a title: a longer one would hide the lane and the price. Our own number."""

_MOST_LANES = 3
_ALL = ""


class AtRange(NamedTuple):
    """A diagnostic at the range of a request, as the editor shows it, and where it would go.

    `is_held`: it is one of those that we hold, not one that the editor names.
    """

    found: Found
    shown: Json
    offer: Offer
    is_held: bool


def at_range(
    params: types.CodeActionParams, *, document: Document, ready: Prepared, usual: Offer | None
) -> list[AtRange]:
    """Return the diagnostics at the range: ours, and those that the editor names and we do not hold (yet).

    *usual* is the offer for these.
    """
    own = _near(ready.found, span_of(document, params.range, ready.encoding))
    by_hand = {_key(found) for found in ready.of if found.offer is None}
    names = _named(params, document, ready.encoding)
    named = {_key(found): (found, shown) for found, shown in names if _key(found) not in by_hand}
    if named:
        places = {_key(found) for found in own}
        own += [found for found in ready.found if _key(found) in named and _key(found) not in places]
    own = own[:_MOST_SINGLE]
    here = [AtRange(found, ready.shown(found, document), found.offer, True) for found in own if found.offer]
    held = {_key(found) for found in own}
    if usual is not None:
        others = [pair for key, pair in named.items() if key not in held]
        here += [AtRange(found, diagnostic_json(shown), usual, False) for found, shown in others]
    return here[:_MOST_SINGLE]


def fixes(here: Iterable[AtRange], document: Document, ready: Prepared) -> Iterator[str]:
    """Yield what mends each of the diagnostics, written."""
    for one in here:
        make = partial(fix, one, document)
        yield ready.fix(one.found, make) if one.is_held else written(make(), ready.can)


def fix(one: AtRange, document: Document) -> Entry:
    """Return what mends *one*."""
    found, offer = one.found, one.offer
    arguments = {
        "uri": document.uri,
        "version": document.version,
        "rule": found.rule,
        "message": found.message[:_LONGEST_MESSAGE],
        "span": found.span._asdict(),
        "free": offer.free,
    }
    return Entry(title_of(found, offer), QUICK_FIX, Command.FIX, arguments, offer, (one.shown,))


def fixes_of_all(here: Sequence[AtRange], document: Document, ready: Prepared) -> Iterator[Entry]:
    """Yield what mends all of each rule at the range, and all of the file, where there is more than one to mend."""
    where = {"uri": document.uri, "version": document.version}
    first = {one.found.rule: one.shown for one in reversed(here)}
    for rule in list(dict.fromkeys(one.found.rule for one in here))[:_MOST_RULES]:
        several = _of(ready, rule)
        if several is not None:
            title = f"Fix {several.how_many} of {_named_rule(rule)} in this file {several.how}"
            yield Entry(title, QUICK_FIX, Command.FIX_RULE, {**where, "rule": rule}, several.offer, (first[rule],))
    several = _of(ready, _ALL) if here and len(ready.by_rule) > 1 else None
    if several is not None:
        everything = several.number == several.total
        what = f"everything in this file ({several.number})" if everything else f"{several.how_many} in this file"
        title = f"Fix {what} {several.how}"
        yield Entry(title, QUICK_FIX, Command.FIX_FILE, where, several.offer, (here[0].shown,))


def ignoring(here: Iterable[AtRange], document: Document) -> Iterator[Entry]:
    """Yield what takes each rule at the range out of the project's settings."""
    first = {one.found.rule: one.shown for one in here}
    for rule, shown in list(first.items())[:_MOST_RULES]:
        arguments = {"uri": document.uri, "rule": rule}
        title = f"Do not report {_named_rule(rule)} again"
        yield Entry(title, QUICK_FIX, Command.IGNORE_RULE, arguments, None, (shown,))


def title_of(found: Found, offer: Offer) -> str:
    """Return the title of the quick fix of *found*: its lane and its price."""
    rule = _named_rule(found.rule)
    if offer.free:
        unsafe = ", unsafe" if found.fix is Applicability.UNSAFE else ""
        return f"Fix {rule} with {lane_name(offer.lane, found.source)}, free{unsafe}"
    if offer.refused is not None:
        return f"Fix {rule}"
    return f"Fix {rule} with {offer.lane}, about {price(offer.estimate_usd)}"


def _named_rule(rule: str) -> str:
    return one_line(rule, _LONGEST_RULE)


def _of(ready: Prepared, rule: str) -> Several | None:
    if rule not in ready.several:
        ready.several[rule] = _several(ready.found if rule == _ALL else ready.by_rule.get(rule, ()))
    return ready.several[rule]


def _several(found: Sequence[Found]) -> Several | None:
    """Return how those of *found* are mended for which somebody can be asked, None if they are less than two.

    An unsafe fix is chosen alone, never with others.
    """
    offers = [(one, one.offer) for one in found if one.offer and one.offer.refused is None and not _is_unsafe(one)]
    if len(offers) < 2:  # noqa: PLR2004 - one is mended by its own entry
        return None
    names = tuple(dict.fromkeys(lane_name(offer.lane, one.source) for one, offer in offers))
    cost_usd = sum(offer.estimate_usd for _, offer in offers if not offer.free)
    is_free = all(offer.free for _, offer in offers)
    lanes = f"with {listed(names)}" if len(names) <= _MOST_LANES else f"with {len(names)} lanes"
    how = f"{lanes}, free" if is_free else f"{lanes}, about {price(cost_usd)}"
    return Several(len(offers), len(found), how, Offer(offers[0][1].lane, cost_usd, free=is_free))


def _is_unsafe(found: Found) -> bool:
    return found.offer is not None and found.offer.free and found.fix is Applicability.UNSAFE


def _near(found: Sequence[Found], place: Span) -> list[Found]:
    """Return what touches *place*; if nothing does, and it is within a line, what stands on that line."""
    first, last = place.start_line, place.end_line
    lines = [one for one in found if one.span.start_line <= last and first <= one.span.end_line]
    touching = [one for one in lines if _is_between(one.span, first, last) or _overlap(one.span, place)]
    return touching if touching or first != last else lines


def _key(found: Found) -> tuple[str, int, int]:
    return found.rule, found.span.start_line, found.span.start_column


def _named(
    params: types.CodeActionParams, document: Document, encoding: str
) -> Iterator[tuple[Found, types.Diagnostic]]:
    for shown in params.context.diagnostics:
        rule, source = shown.code, (shown.source or "").lower()
        if source in _SOURCES and isinstance(rule, str) and _RULE.fullmatch(rule):
            span = span_of(document, shown.range, encoding)
            yield Found(rule=rule, message=shown.message, span=span, source=source), shown


def _is_between(span: Span, first: int, last: int) -> bool:
    return first < span.start_line and span.end_line < last


def _overlap(one: Span, other: Span) -> bool:
    return _start(one) <= _end(other) and _start(other) <= _end(one)


def _start(span: Span) -> tuple[int, int]:
    return span.start_line, span.start_column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column
