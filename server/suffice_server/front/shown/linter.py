"""Has each open text linted when it rests: one at a time of a document, the newest wins, and none is left behind.

The worker says what there is to say of any language. While it keeps dying nobody is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from suffice_server.front.editor import Editor
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.shown.store import Findings, Store
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.places import is_notebook
from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Failed, Lint, Linted

REST_S = 0.2
"""How long a text rests before it is linted: most keystrokes follow sooner."""

PATIENCE_S = 10.0
"""How long an editor that pulls waits for a linter; what comes later makes it pull again."""

LONGEST_CHARACTERS = 1_000_000
"""A longer text is generated or data: linting it at each rest would keep the worker from what is asked for."""


def why_left_alone(document: Document) -> str | None:
    """Return why nothing is done with *document*, None if it is worked with: a sentence for who asks for it."""
    if is_notebook(document.uri):
        return "suffice leaves notebooks alone for now; open the code as a file of its own."
    if document.place is None:
        return "suffice works with files only; save the text as a file first."
    if len(document.text) > LONGEST_CHARACTERS:
        return f"The text has more than {LONGEST_CHARACTERS:,} characters; suffice works with shorter ones."
    return None


class Linter:
    """Keeps the store up to date, and has shown what is in it. *on_linted* hears of each text that was."""

    def __init__(
        self,
        *,
        documents: Documents,
        store: Store,
        link: WorkerLink,
        editor: Editor,
        publishing: Publishing,
        on_linted: Callable[[Document], None] = lambda _document: None,
    ) -> None:
        self._documents = documents
        self._store = store
        self._link = link
        self._editor = editor
        self._publishing = publishing
        self._on_linted = on_linted
        self._due: dict[str, Document] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._told: set[str] = set()

    def lint(self, document: Document, *, after_s: float = 0.0) -> None:
        """Have *document* linted after it has rested for *after_s*, in the place of an older version of it."""
        uri = document.uri
        self._due[uri] = document
        if uri in self._timers:
            self._timers[uri].cancel()
        self._timers[uri] = asyncio.get_running_loop().call_later(after_s, self._begin, uri)

    def lint_again(self, root: str | None = None) -> None:
        """Have every open text (under the folder *root*) linted anew: what holds for them has changed."""
        for document in self._documents.all():
            if root is None or (document.place is not None and str(document.place.root) == root):
                self.lint(document)

    async def rested(self, uri: str, *, within_s: float = PATIENCE_S) -> None:
        """Wait until the newest version of the document at *uri* is linted, as far as it can be; at most *within_s*."""
        if uri in self._due or uri in self._tasks:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(uri, []).append(waiting)
            try:
                await asyncio.wait({waiting}, timeout=within_s)
            finally:
                if waiting in self._waiting.get(uri, ()):
                    self._waiting[uri].remove(waiting)

    def forget(self, uri: str) -> None:
        """Stop looking at the document at *uri*."""
        self._stop(uri)
        self._store.forget(uri)

    def stop(self) -> None:
        """Stop looking at all documents."""
        for uri in {*self._due, *self._tasks}:
            self._stop(uri)

    def _stop(self, uri: str) -> None:
        self._due.pop(uri, None)
        timer, task = self._timers.pop(uri, None), self._tasks.pop(uri, None)
        if timer is not None:
            timer.cancel()
        if task is not None:
            task.cancel()
        self._wake(uri)

    def _begin(self, uri: str) -> None:
        """Begin with what is due, unless the version before is still being linted: then that goes on with it."""
        self._timers.pop(uri, None)
        if uri not in self._tasks:
            task = self._tasks[uri] = asyncio.create_task(self._work_off(uri))
            task.add_done_callback(lambda ended: self._end(uri, ended))

    async def _work_off(self, uri: str) -> None:
        while uri in self._due and uri not in self._timers:
            document = self._due.pop(uri)
            why = why_left_alone(document)
            if why is not None:
                self._log_once(why)
            elif not self._link.keeps_dying:
                await self._lint(document)
            if uri not in self._due:
                self._publishing.show(uri)

    def _end(self, uri: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(uri) is not task:
            return
        del self._tasks[uri]
        if uri not in self._due:
            self._wake(uri)
        elif uri not in self._timers:
            self._begin(uri)

    def _wake(self, uri: str) -> None:
        for waiting in self._waiting.pop(uri, ()):
            if not waiting.done():
                waiting.set_result(None)

    async def _lint(self, document: Document) -> None:
        if document.place is None:
            return
        root, path = str(document.place.root), document.place.path
        try:
            answer = await self._link.ask(Lint(id=self._link.next_id(), root=root, path=path, text=document.text))
        except WorkerEnded:
            return  # the link has told the user
        match answer:
            case Linted():
                is_left_out = answer.left_out is not None
                self._store.keep(Findings(document, answer.found, is_left_out=is_left_out, offers=answer.offers))
                if answer.note:
                    self._log_once(answer.note)
                self._on_linted(document)
            case Failed(message=message):
                self._tell_once(message)
            case _:
                pass

    def _log_once(self, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            self._editor.log(why)

    def _tell_once(self, why: str) -> None:
        if why not in self._told:
            self._told.add(why)
            self._editor.show(why)
