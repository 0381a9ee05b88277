"""The command that says which lane would take each diagnostic at a range, and why: from what is held, nobody is asked.

It says what a hover says, of all that is there and in an editor that shows no hovers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from lsprotocol.types import MessageType

from suffice_server.front.commands.orders import PlaceOrder
from suffice_server.front.editor import Editor
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.hover import about_claim, about_found
from suffice_server.front.shown.linter import why_left_alone
from suffice_server.front.shown.store import Store
from suffice_server.front.text.documents import Document, Documents

_TITLE = "Where it would go"


class Explain:
    """The command that explains."""

    def __init__(self, *, documents: Documents, store: Store, claims: Claims, editor: Editor) -> None:
        self._documents = documents
        self._store = store
        self._claims = claims
        self._editor = editor
        self._showing: asyncio.Task[None] | None = None

    def start(self, order: PlaceOrder) -> None:
        """Show the explanation of what stands on the lines of *order*."""
        document = self._documents.get(order.uri)
        why_not = "the file is not open" if document is None else why_left_alone(document)
        if document is None or why_not is not None:
            self._editor.show(f"suffice: nothing to explain: {why_not}")
            return
        text = "\n\n".join(self._parts(document, order))
        if text:
            page = f"# {_TITLE}\n\n{text}\n"
            self._showing = asyncio.create_task(self._editor.show_markdown(_TITLE, page))
        else:
            self._editor.show("suffice: nothing to explain: nothing is reported there.", kind=MessageType.Info)

    def _parts(self, document: Document, order: PlaceOrder) -> Iterator[str]:
        start = order.range.start.line + 1 if order.range else 1
        end = order.range.end.line + 1 if order.range else len(document.lines) + 1
        for found in self._store.of(document):
            if found.span.start_line <= end and start <= found.span.end_line:
                yield f"### Line {found.span.start_line}\n\n{about_found(found)}"
        for held in self._claims.of(document):
            if max(held.first, 1) <= end and start <= max(held.last, 1):
                line = f"### Line {held.first}\n\n" if held.first else ""
                yield f"{line}{about_claim(held)}"
