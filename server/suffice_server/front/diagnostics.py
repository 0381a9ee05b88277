"""The diagnostics of each open document: asked of the worker when a text rests, kept, and shown.

What is kept belongs to one version of a text. Of it, a newer version has what stands on unchanged lines.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from lsprotocol import types

from suffice_server.front.anchors import UnchangedEnds, unchanged_ends
from suffice_server.front.documents import Document, Documents
from suffice_server.front.editor import Editor
from suffice_server.front.places import Place
from suffice_server.front.positions import range_of_span
from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Failed, Found, Lint, Linted

REST_S = 0.2
"""How long a text rests before it is linted: most keystrokes follow sooner."""


class Findings(NamedTuple):
    """What the linter said of one version of a document."""

    document: Document
    found: tuple[Found, ...]


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
        if held.document is document:
            return held.found
        unchanged = unchanged_ends(held.document.lines, document.lines)
        moved = (_moved(found, unchanged) for found in held.found)
        found = tuple(one for one in moved if one is not None)
        self._findings[document.uri] = Findings(document=document, found=found)
        return found

    def forget(self, uri: str) -> None:
        """Forget the document at *uri*."""
        self._findings.pop(uri, None)


def _version(document: Document) -> int:
    return document.version or 0


def _moved(found: Found, unchanged: UnchangedEnds) -> Found | None:
    first, last = found.span.start_line, found.span.end_line
    if last <= unchanged.head:
        return found
    if first <= unchanged.tail_from:
        return None
    span = found.span._replace(start_line=first + unchanged.shift, end_line=last + unchanged.shift)
    return found._replace(span=span)


class Linter:
    """Keeps the store and the editor up to date."""

    def __init__(self, *, documents: Documents, store: Store, link: WorkerLink, editor: Editor) -> None:
        self._documents = documents
        self._store = store
        self._link = link
        self._editor = editor
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._told: set[str] = set()

    def lint(self, document: Document, *, after_s: float = 0.0) -> None:
        """Lint *document* after it has rested for *after_s*; a newer call for its uri replaces this one."""
        if document.place is not None:
            self._stop(document.uri)
            self._tasks[document.uri] = asyncio.create_task(self._lint(document, document.place, after_s))

    def forget(self, uri: str) -> None:
        """Stop looking at the document at *uri* and take its diagnostics from the screen."""
        self._stop(uri)
        self._store.forget(uri)
        self._editor.publish(uri, None, [])

    def stop(self) -> None:
        """Stop looking at all documents."""
        for uri in list(self._tasks):
            self._stop(uri)

    def _stop(self, uri: str) -> None:
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _lint(self, document: Document, place: Place, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if self._link.keeps_dying:
            return
        message = Lint(id=self._link.next_id(), root=str(place.root), path=place.path, text=document.text)
        try:
            answer = await self._link.ask(message)
        except WorkerEnded:
            return  # the link has told the user
        if isinstance(answer, Failed):
            self._tell_once(answer.message)
            return
        if not isinstance(answer, Linted):
            return
        self._store.keep(Findings(document=document, found=answer.found))
        current = self._documents.get(document.uri)
        if current is not None and current.version == document.version:
            shown = [to_lsp(found, document, self._editor.encoding) for found in answer.found]
            self._editor.publish(document.uri, document.version, shown)

    def _tell_once(self, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            self._editor.show(why)


def to_lsp(found: Found, document: Document, encoding: str) -> types.Diagnostic:
    """Return *found* as the editor shows it."""
    severity = types.DiagnosticSeverity.Warning if found.offer else types.DiagnosticSeverity.Error
    return types.Diagnostic(
        range=range_of_span(document, found.span, encoding),
        severity=severity,
        source=found.source,
        code=found.rule,
        code_description=types.CodeDescription(href=found.url) if found.url else None,
        message=found.message,
    )
