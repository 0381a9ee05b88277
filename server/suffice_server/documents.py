"""The texts that the editor has open, each version an immutable document.

Kept here and not by pygls, whose lines also end at form feeds and U+2028, so the next edit corrupts the text:
https://github.com/openlawlibrary/pygls/blob/main/pygls/workspace/text_document.py
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lsprotocol.types import (
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
    TextDocumentItem,
    VersionedTextDocumentIdentifier,
)

from suffice.positions import LineIndex
from suffice_server.places import Place
from suffice_server.positions import offset_of

_PYTHON = (".py", ".pyi")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One version of one text."""

    uri: str
    version: int
    text: str
    language: str
    place: Place | None

    @cached_property
    def index(self) -> LineIndex:
        """Lines and offsets of the text."""
        return LineIndex(self.text)

    @property
    def is_python(self) -> bool:
        """Whether ruff has anything to say of it."""
        return self.language == "python" or self.uri.endswith(_PYTHON)

    def changed(self, version: int, changes: Sequence[TextDocumentContentChangeEvent], encoding: str) -> Document:
        """Return the document after *changes*, made one after the other, as *version*."""
        document = self
        for change in changes:
            document = replace(document, text=_text_after(document, change, encoding))
        return replace(document, version=version)


class Documents:
    """The newest version of each open document; an unknown uri is quietly nothing."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}
        self._awaited: dict[str, asyncio.Event] = {}

    def get(self, uri: str) -> Document | None:
        """Return the newest version of the document at *uri*, None if it is not open."""
        return self._open.get(uri)

    def open(self, item: TextDocumentItem, place: Place | None) -> Document:
        """Return the first version of *item*, the file at *place*, from now on open."""
        language = str(item.language_id)
        document = Document(uri=item.uri, version=item.version, text=item.text, language=language, place=place)
        self._open[item.uri] = document
        return document

    def change(
        self,
        named: VersionedTextDocumentIdentifier,
        changes: Sequence[TextDocumentContentChangeEvent],
        encoding: str,
    ) -> Document | None:
        """Return the new version of the document that *named* names, None if it is not open."""
        before = self._open.get(named.uri)
        if before is None:
            return None
        after = self._open[named.uri] = before.changed(named.version, changes, encoding)
        if named.uri in self._awaited:
            self._awaited.pop(named.uri).set()
        return after

    async def changed(self, uri: str) -> None:
        """Wait for the next change of the document at *uri*."""
        await self._awaited.setdefault(uri, asyncio.Event()).wait()

    def close(self, uri: str) -> None:
        """Forget the document at *uri*."""
        self._open.pop(uri, None)


def _text_after(document: Document, change: TextDocumentContentChangeEvent, encoding: str) -> str:
    if not isinstance(change, TextDocumentContentChangePartial):
        return change.text
    start = offset_of(document.index, change.range.start, encoding)
    end = max(start, offset_of(document.index, change.range.end, encoding))
    return document.text[:start] + change.text + document.text[end:]
