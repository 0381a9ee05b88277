"""Shows the diagnostics of each document: pushed with their version, or pulled by the editor; never both.

They are pulled only by an editor that can be told to pull again: a review ends without any change of a text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from lsprotocol import types

from suffice_server.capabilities import pulls
from suffice_server.front.editor import Editor
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.diagnostics import claim_to_lsp, to_lsp
from suffice_server.front.shown.store import Store
from suffice_server.front.text.documents import Document, Documents

_DIGEST_BYTES = 12
_REFRESH_S = 0.05
"""How long to wait for more of what changes at once before the editor is told to pull again."""

_REFRESH_EVERY_S = 1.0
"""How often it is told at most: it pulls every text that it shows, and many are linted one after the other."""


class _Seen(NamedTuple):
    """What the editor has of one document."""

    version: int | None
    result_id: str


class Publishing:
    """Shows what the store and the reviews hold. *shows_lint*: whether the linters' own are wanted there."""

    def __init__(
        self,
        *,
        documents: Documents,
        store: Store,
        claims: Claims,
        editor: Editor,
        shows_lint: Callable[[Document], bool] = lambda _document: True,
    ) -> None:
        self._documents = documents
        self._store = store
        self._claims = claims
        self._editor = editor
        self._shows_lint = shows_lint
        self._is_pulled = False
        self._seen: dict[str, _Seen] = {}
        self._of_closed: dict[str, str] = {}
        self._refreshing: asyncio.TimerHandle | None = None
        self._refreshed_s = -_REFRESH_EVERY_S

    def meet(self, client: Any) -> None:
        """Learn by its capabilities (JSON) how *client* comes by its diagnostics: the condition of our own answer."""
        self._is_pulled = pulls(client)

    def diagnostics(self, document: Document) -> list[types.Diagnostic]:
        """Return what there is to show in *document*."""
        encoding = self._editor.encoding
        found = self._store.of(document) if self._shows_lint(document) else ()
        claimed = [claim_to_lsp(held, encoding) for held in self._claims.of(document)]
        return [*(to_lsp(one, document, encoding) for one in found), *claimed]

    def show(self, uri: str) -> None:
        """Show what there is now in the newest version of the open document at *uri*."""
        document = self._documents.get(uri)
        if document is None:
            return
        shown = self.diagnostics(document)
        now, seen = _Seen(document.version, _result_id(shown)), self._seen.get(uri)
        if seen == now:
            return
        if not self._is_pulled:
            self._seen[uri] = now
            self._editor.publish(uri, document.version, shown)
        elif seen is not None and seen.version == now.version:
            self._refresh_soon()  # of a newer version it asks by itself

    def show_all(self) -> None:
        """Show what there is now, also in files that are not open: the reviews or the settings have changed."""
        if self._is_pulled:
            self._refresh_soon()
            return
        for document in self._documents.all():
            self.show(document.uri)
        self._show_closed()

    def opened(self, document: Document) -> None:
        """Take away what was shown in the file of *document* while it was not open."""
        self._claims.of(document)
        self._show_closed()

    def closed(self, document: Document) -> None:
        """Take the diagnostics of *document* from the screen, but for the claims about its file."""
        self._claims.close(document)
        seen = self._seen.pop(document.uri, None)
        if not self._is_pulled and (seen is None or seen.result_id != _result_id([])):
            self._editor.publish(document.uri, None, [])
        self._show_closed()

    def _show_closed(self) -> None:
        if self._is_pulled:
            return  # there is no way to have one pulled that is not open
        encoding = self._editor.encoding
        closed = {uri: [claim_to_lsp(one, encoding) for one in held] for uri, held in self._claims.closed().items()}
        now = {uri: _result_id(shown) for uri, shown in closed.items()}
        for uri in self._of_closed.keys() - now.keys():
            self._editor.publish(uri, None, [])
        for uri, shown in closed.items():
            if self._of_closed.get(uri) != now[uri]:
                self._editor.publish(uri, None, shown)
        self._of_closed = now

    async def report(
        self, params: types.DocumentDiagnosticParams, *, rested: Callable[[str], Awaitable[None]]
    ) -> types.DocumentDiagnosticReport:
        """Return the diagnostics of the newest version once that has *rested*, or that they are what the editor has."""
        uri = params.text_document.uri
        opened = self._documents.get(uri)
        await rested(opened.uri if opened is not None else uri)
        document = self._documents.get(uri)
        shown = self.diagnostics(document) if document is not None else []
        result_id = _result_id(shown)
        if document is not None:
            self._seen[document.uri] = _Seen(document.version, result_id)
        if params.previous_result_id == result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=result_id)
        return types.RelatedFullDocumentDiagnosticReport(items=shown, result_id=result_id)

    def _refresh_soon(self) -> None:
        if self._refreshing is None:
            loop = asyncio.get_running_loop()
            at_s = max(loop.time() + _REFRESH_S, self._refreshed_s + _REFRESH_EVERY_S)
            self._refreshing = loop.call_at(at_s, self._refresh)

    def _refresh(self) -> None:
        self._refreshing = None
        self._refreshed_s = asyncio.get_running_loop().time()
        self._editor.refresh_diagnostics()


def _result_id(shown: Sequence[types.Diagnostic]) -> str:
    """Return the same for the same diagnostics."""
    spelled = repr([(one.code, one.message, one.severity, one.range) for one in shown])
    return blake2b(spelled.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
