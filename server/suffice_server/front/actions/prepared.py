"""What is worked out once for a version of a document and its diagnostics, since its menu is asked for many times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from lsprotocol import types

from suffice_server.front.actions.entries import Entry, Json, written
from suffice_server.front.actions.kinds import Can
from suffice_server.front.shown.diagnostics import to_lsp
from suffice_server.front.text.documents import Document
from suffice_server.values import Found, Offer


class Several(NamedTuple):
    """The `number` diagnostics of `total` that can be mended together, how, and the offer that stands for all."""

    number: int
    total: int
    how: str
    offer: Offer

    @property
    def how_many(self) -> str:
        """In words."""
        return f"all {self.number}" if self.number == self.total else f"{self.number} of {self.total}"


class Prepared:
    """The diagnostics `found` of one version of a document that somebody may be asked about, also `by_rule`.

    What is worked out of one of these is kept by its identity: they live as long as this.
    """

    def __init__(self, found: Sequence[Found], encoding: str, can: Can) -> None:
        self.of = found
        self.encoding = encoding
        self.can = can
        self.found = tuple(one for one in found if one.offer is not None)
        self.by_rule: dict[str, list[Found]] = {}
        for one in self.found:
            self.by_rule.setdefault(one.rule, []).append(one)
        self.several: dict[str, Several | None] = {}
        self._shown: dict[int, Json] = {}
        self._fixes: dict[int, str] = {}

    def shown(self, found: Found, document: Document) -> Json:
        """Return one of `found` as the editor shows it."""
        known = self._shown.get(id(found))
        if known is None:
            known = self._shown[id(found)] = diagnostic_json(to_lsp(found, document, self.encoding))
        return known

    def fix(self, found: Found, make: Callable[[], Entry]) -> str:
        """Return the entry that mends one of `found`, written for this editor at the first need."""
        if id(found) not in self._fixes:
            self._fixes[id(found)] = written(make(), self.can)
        return self._fixes[id(found)]


_prepared: WeakKeyDictionary[Document, Prepared] = WeakKeyDictionary()


def prepared(document: Document, found: Sequence[Found], encoding: str, can: Can) -> Prepared:
    """Return what is prepared for *document* with the diagnostics *found*; it lasts as long as the document."""
    known = _prepared.get(document)
    if known is None or known.of is not found or known.encoding != encoding or known.can is not can:
        known = _prepared[document] = Prepared(found, encoding, can)
    return known


def diagnostic_json(shown: types.Diagnostic) -> Json:
    """Return of *shown* what tells it from others; its `data` belongs to whoever made it."""
    start, end = shown.range.start, shown.range.end
    found: Json = {
        "range": {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        },
        "message": shown.message,
    }
    if shown.severity is not None:
        found["severity"] = int(shown.severity)
    if shown.code is not None:
        found["code"] = shown.code
    if shown.source is not None:
        found["source"] = shown.source
    return found
