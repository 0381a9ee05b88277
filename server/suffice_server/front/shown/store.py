"""The newest diagnostics of each document, as the linters gave them.

What is kept belongs to one version of a text. Of it, a newer version has what stands on unchanged lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from suffice_server.front.text.anchors import UnchangedEnds, unchanged_ends
from suffice_server.front.text.documents import Document
from suffice_server.values import Found, Offer


class Findings(NamedTuple):
    """What the linter said of one version of a document.

    `is_left_out`: the file is never looked at; `offers` are those, by kind, that hold for this very file.
    """

    document: Document
    found: tuple[Found, ...]
    is_left_out: bool = False
    offers: Mapping[str, Offer] = {}


class Store:
    """The newest diagnostics of each document."""

    def __init__(self) -> None:
        self._findings: dict[str, Findings] = {}

    def keep(self, findings: Findings) -> None:
        """Keep *findings* unless a newer version's are held."""
        held = self._findings.get(findings.document.uri)
        if held is None or _version(held.document) <= _version(findings.document):
            self._findings[findings.document.uri] = findings

    def of(self, document: Document) -> tuple[Found, ...]:
        """Return the diagnostics of *document*; if newer than what is held, those of unchanged lines."""
        held = self._findings.get(document.uri)
        if held is None:
            return ()
        if held.document is document or not held.found:
            return held.found
        found = _of_unchanged_lines(held.found, unchanged_ends(held.document.lines, document.lines))
        self._findings[document.uri] = held._replace(document=document, found=found)
        return found

    def is_left_out(self, document: Document) -> bool:
        """Whether the project or its user wants *document* left alone."""
        held = self._findings.get(document.uri)
        return held is not None and held.is_left_out

    def offer(self, document: Document, kind: str) -> Offer | None:
        """Return where a task of *kind* would go that is about *document*, None where that is as for its folder."""
        held = self._findings.get(document.uri)
        return held.offers.get(kind) if held is not None else None

    def forget(self, uri: str) -> None:
        """Forget the document at *uri*."""
        self._findings.pop(uri, None)


def _version(document: Document) -> int:
    return document.version or 0


def _of_unchanged_lines(held: tuple[Found, ...], unchanged: UnchangedEnds) -> tuple[Found, ...]:
    above = (found for found in held if found.span.end_line <= unchanged.head)
    below = (found for found in held if found.span.start_line > unchanged.tail_from)
    if not unchanged.shift:
        return (*above, *below)
    return (*above, *(_lower(found, unchanged.shift) for found in below))


def _lower(found: Found, lines: int) -> Found:
    first, column, last, end_column = found.span
    return found._replace(span=type(found.span)(first + lines, column, last + lines, end_column))
