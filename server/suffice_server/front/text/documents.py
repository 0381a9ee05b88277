"""The texts that the editor has open, each version an immutable document.

Kept here and not by pygls, whose lines also end at form feeds and U+2028, so the next edit corrupts the text:
https://github.com/openlawlibrary/pygls/blob/main/pygls/workspace/text_document.py
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote

from lsprotocol.types import (
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
    TextDocumentItem,
    VersionedTextDocumentIdentifier,
)

from suffice.positions import split_lines
from suffice_server.front.text.places import Place
from suffice_server.front.text.positions import place_in

_DIGEST_BYTES = 16

_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_split = split_lines.__wrapped__  # each piece of each edit would drive a whole text out of its cache


class Document:
    """One version of one text, as its lines with their line ends; nothing of it ever changes.

    Lines are counted from 0. `version` None: a text that no editor has open.
    """

    def __init__(
        self, *, uri: str, version: int | None, lines: Sequence[str], language: str = "", place: Place | None = None
    ) -> None:
        self.uri = uri
        self.version = version
        self.lines = lines
        self.language = language
        self.place = place

    @classmethod
    def of_text(
        cls, text: str, *, uri: str = "", version: int | None = None, language: str = "", place: Place | None = None
    ) -> Document:
        """Return the document of *text*."""
        return cls(uri=uri, version=version, lines=list(_split(_paired(text))), language=language, place=place)

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.lines)

    @cached_property
    def digest(self) -> str:
        """The same for the same text."""
        return blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()

    @cached_property
    def starts(self) -> Sequence[int]:
        """The offset of each line, and as the last the length of the text."""
        return [0, *accumulate(map(len, self.lines))]

    def content(self, line: int) -> str:
        """Return *line* without its line end; "" for one behind the last."""
        return self.lines[line].rstrip("\r\n") if line < len(self.lines) else ""

    def line_of(self, offset: int) -> int:
        """Return the line that holds *offset*; the end of the text is on the last line."""
        return max(0, min(bisect_right(self.starts, offset), len(self.lines)) - 1)

    def changed(self, version: int, changes: Sequence[TextDocumentContentChangeEvent], encoding: str) -> Document:
        """Return the document after *changes*, made one after the other, as *version*."""
        lines = list(self.lines)
        for change in changes:
            if isinstance(change, TextDocumentContentChangePartial):
                _put(lines, change, encoding)
            else:
                lines = list(_split(_paired(change.text)))
        return Document(uri=self.uri, version=version, lines=lines, language=self.language, place=self.place)

    def placed(self, place: Place | None) -> Document:
        """Return this very version as that of the file at *place*."""
        return Document(uri=self.uri, version=self.version, lines=self.lines, language=self.language, place=place)


def _put(lines: list[str], change: TextDocumentContentChangePartial, encoding: str) -> None:
    """Make *change* in *lines*, which are split anew only where they are touched."""
    one = place_in(lines, change.range.start, encoding)
    other = place_in(lines, change.range.end, encoding)
    (first, before), (last, behind) = min(one, other), max(one, other)
    head = lines[first][:before] if first < len(lines) else ""
    tail = lines[last][behind:] if last < len(lines) else ""
    if first and not before and lines[first - 1].endswith("\r"):  # a line feed put behind it joins it
        first -= 1
        head = lines[first]
    lines[first : last + 1] = _split(_paired(f"{head}{change.text}{tail}"))


def _paired(text: str) -> str:
    """Return *text* with the two halves of a character that were typed one by one put together."""
    if text.isascii() or not _HALVES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


_KEPT_VERSIONS = 16
"""So many versions of a document are kept: a menu stays open while a word is typed, not while a paragraph is."""


class Documents:
    """The newest versions of each open document; an unknown uri is quietly nothing, one escaped otherwise the same."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}
        self._recent: dict[str, deque[Document]] = {}

    def get(self, uri: str) -> Document | None:
        """Return the newest version of the document at *uri*, None if it is not open."""
        return self._open.get(unquote(uri))

    def version(self, uri: str, version: int) -> Document | None:
        """Return that version of the document at *uri*, None if it is too old, or not open."""
        return next((one for one in self._recent.get(unquote(uri), ()) if one.version == version), None)

    def all(self) -> tuple[Document, ...]:
        """Return the newest version of every open document."""
        return tuple(self._open.values())

    def under(self, root: Path) -> dict[str, Document]:
        """Return the open documents of the folder *root*, by path."""
        placed = ((document.place, document) for document in self._open.values())
        return {place.path: document for place, document in placed if place and place.root == root}

    def open(self, item: TextDocumentItem, place: Place | None) -> Document:
        """Return the first version of *item*, the file at *place*, from now on open."""
        document = Document.of_text(
            item.text, uri=item.uri, version=item.version, language=str(item.language_id), place=place
        )
        self._open[unquote(item.uri)] = document
        self._recent[unquote(item.uri)] = deque([document], maxlen=_KEPT_VERSIONS)
        return document

    def change(
        self,
        named: VersionedTextDocumentIdentifier,
        changes: Sequence[TextDocumentContentChangeEvent],
        encoding: str,
    ) -> Document | None:
        """Return the new version of the document that *named* names, None if it is not open."""
        uri = unquote(named.uri)
        before = self._open.get(uri)
        if before is None:
            return None
        after = self._open[uri] = before.changed(named.version, changes, encoding)
        self._recent[uri].appendleft(after)
        return after

    def place_again(self, place_of: Callable[[str], Place | None]) -> tuple[Document, ...]:
        """Return the documents that lie in another place now, as *place_of* tells by uri."""
        placed = [(document, place_of(document.uri)) for document in self._open.values()]
        moved = [document.placed(place) for document, place in placed if place != document.place]
        self._open.update({unquote(document.uri): document for document in moved})
        return tuple(moved)

    def close(self, uri: str) -> None:
        """Forget the document at *uri*."""
        self._open.pop(unquote(uri), None)
        self._recent.pop(unquote(uri), None)
