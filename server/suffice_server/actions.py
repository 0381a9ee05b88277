"""The quick fixes for a range: pure and instant, from diagnostics that are held. Nobody is asked or paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lsprotocol import types

from suffice.decide import Facts, Failure, Tried, decide
from suffice.lanes import HUMAN, LINTER
from suffice.policy import Policy
from suffice.providers.connect import KEY_VARIABLES
from suffice.task import Applicability, Diagnostic, Kind, LinterFix, Span, Task
from suffice_server.diagnostics import to_lsp
from suffice_server.documents import Document
from suffice_server.messages import Found
from suffice_server.positions import span_of
from suffice_server.wording import lane_name, price

KIND = "quickfix.suffice"
COMMAND = "suffice.fix"

_SOURCE = "ruff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a diagnostic would be mended: `refused` is why it cannot be, None if it can."""

    title: str
    free: bool
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What decides about lane and price. `tried_free` holds what the linter's own fix has failed for.

    `with_key` are the providers that have a key.
    """

    policy: Policy
    with_key: frozenset[str]
    tried_free: frozenset[tuple[str, str]] = frozenset()

    def offer(self, found: Found) -> Offer:
        """Return the lane that *found* would go to first, and its price."""
        failed_free = (found.rule, found.message) in self.tried_free
        tried = (Tried(lane=LINTER, failure=Failure.CHECK_FAILED),) if failed_free and found.fix else ()
        facts = Facts(with_key=self.with_key, tried=tried)
        decision = decide(_task(found), policy=self.policy, state=facts)
        lane = decision.first
        if lane == HUMAN:
            return Offer(title=f"Fix {found.rule}", free=False, refused="no lane may be used for it")
        if lane == LINTER:
            unsafe = ", unsafe" if found.fix is Applicability.UNSAFE else ""
            return Offer(title=f"Fix {found.rule} with {lane_name(lane)}, free{unsafe}", free=True)
        title = f"Fix {found.rule} with {lane}, about {price(decision.estimated_cost_usd)}"
        return Offer(title=title, free=False, refused=None if self.with_key else _no_key())


def _task(found: Found) -> Task:
    fix = LinterFix(edits=(), applicability=found.fix) if found.fix else None
    diagnostic = Diagnostic(rule=found.rule, message=found.message, path="", span=found.span, fix=fix)
    return Task(kind=Kind.LINT_FIX, diagnostics=(diagnostic,))


def _no_key() -> str:
    return f"no key is set: {' or '.join(sorted(KEY_VARIABLES.values()))}"


def is_wanted(only: Sequence[str] | None) -> bool:
    """Whether our kind lies under one of the kinds that the editor asks for."""
    wanted = [str(getattr(kind, "value", kind)) for kind in only or ()]
    return not wanted or any(kind in {"", KIND} or KIND.startswith(f"{kind}.") for kind in wanted)


def code_actions(
    params: types.CodeActionParams,
    *,
    document: Document,
    held: Sequence[Found],
    prices: Prices,
    encoding: str,
) -> list[types.CodeAction]:
    """Return one quick fix for each diagnostic of *document* at the range of *params*.

    One that cannot be chosen now is disabled and says why.
    """
    if not is_wanted(params.context.only):
        return []
    return [
        _action(found, shown, prices.offer(found), document) for found, shown in _at(params, document, held, encoding)
    ]


def _action(found: Found, shown: types.Diagnostic, offer: Offer, document: Document) -> types.CodeAction:
    if offer.refused is not None:
        reason = types.CodeActionDisabled(reason=offer.refused)
        return types.CodeAction(title=offer.title, kind=KIND, diagnostics=[shown], disabled=reason)
    arguments = {
        "uri": document.uri,
        "version": document.version,
        "rule": found.rule,
        "message": found.message,
        "span": found.span._asdict(),
        "free": offer.free,
    }
    command = types.Command(title=offer.title, command=COMMAND, arguments=[arguments])
    return types.CodeAction(title=offer.title, kind=KIND, diagnostics=[shown], command=command)


def _at(
    params: types.CodeActionParams, document: Document, held: Sequence[Found], encoding: str
) -> Iterator[tuple[Found, types.Diagnostic]]:
    """Yield the diagnostics at the range: ours, and those that the editor names and we do not hold (yet)."""
    mendable = [found for found in held if found.mendable]
    ours = _near(mendable, span_of(document.index, params.range, encoding))
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
            span = span_of(document.index, shown.range, encoding)
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
