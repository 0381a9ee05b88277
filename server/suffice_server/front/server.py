"""The front process of the language server: it answers the editor at once and leaves all work to its worker.

It never imports an SDK, git, the checker or a linter; a test asserts that. Here are all parts, wired, and what happens
on each message: `_handlers` says which method is whose. What each command begins is in commands/table.py.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer

from suffice import __version__
from suffice_server.front.actions import Can, Known, code_actions
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.delivery import Delivery
from suffice_server.front.commands.resolve import Resolving
from suffice_server.front.commands.retries import retries
from suffice_server.front.commands.table import Needs, commands
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.jobs import Jobs
from suffice_server.front.offers import Offers
from suffice_server.front.rpc.protocol import Protocol
from suffice_server.front.rpc.shapes import strict_converter
from suffice_server.front.settings import SECTION, SettingsPull
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.hover import hover, markup_of
from suffice_server.front.shown.linter import REST_S, Linter
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.shown.store import Store
from suffice_server.front.status import Standing, Status
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.places import holds_settings, place_of
from suffice_server.front.trust import UNTRUSTED, is_trusted
from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Spent
from suffice_server.wire import JsonText, Messages

logger = logging.getLogger(__name__)

_GRACE_S = 0.9


def _quiet_logs() -> None:
    """Log to standard error. pygls writes whole messages, so source code, at all levels but the highest."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)


class _Rpc(LanguageServer):
    """pygls' server over our protocol, which answers and logs errors itself; none pops up on the screen."""

    protocol: Protocol

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log the kind of *error*, never what it says: that may quote the user's code."""
        logger.error("%s in the protocol (%s)", type(error).__name__, getattr(source, "__name__", source))


class Server:
    """All parts of the front, wired. Handlers that change state are short and synchronous.

    *worker_command* None: our own console script.
    """

    def __init__(self, *, worker_command: Sequence[str] | None = None) -> None:
        self.rpc = _Rpc("suffice", __version__, protocol_cls=Protocol, converter_factory=strict_converter)
        self.documents = Documents()
        self.store = Store()
        self.editor = Editor(self.rpc)
        self.link = WorkerLink(command=worker_command, on_end=self._on_worker_end, on_spent=self._on_spent)
        self.jobs = Jobs(self.editor, on_change=self._on_jobs)
        self.status = Status(look=self._standing, notify=self.editor.notify)
        self.editor.on_problem = self.status.failed
        self.asking = Asking(link=self.link, editor=self.editor)
        self.claims = Claims()
        self.publishing = Publishing(
            documents=self.documents,
            store=self.store,
            claims=self.claims,
            editor=self.editor,
            shows_lint=lambda document: self.settings.view(str(document.place.root) if document.place else "").lint,
        )
        self.linter = Linter(
            documents=self.documents,
            store=self.store,
            link=self.link,
            editor=self.editor,
            publishing=self.publishing,
            on_linted=lambda document: self.offers.know(str(document.place.root)) if document.place else None,
        )
        self.offers = Offers(self.link, on_change=self.status.changed, on_moved=self.linter.lint_again)
        self.delivery = Delivery(documents=self.documents, editor=self.editor)
        self.aftermath = Aftermath(self.link.say)
        self.resolving = Resolving(
            documents=self.documents, link=self.link, aftermath=self.aftermath, editor=self.editor
        )
        self.settings = SettingsPull(
            ask=self.editor.configuration,
            configure=self.link.configure,
            show=self.editor.show,
            on_change=self._on_settings,
        )
        self._can = Can()
        self._markup = types.MarkupKind.Markdown
        self._tasks: set[asyncio.Task[None]] = set()
        self._pulling: asyncio.Task[None] | None = None
        self._register()

    def _register(self) -> None:
        for method, handler in self._handlers().items():
            self.rpc.feature(method)(partial(handler))  # pygls marks what it is given: no bound method
        for name, begin in commands(self._needs()).items():
            self.rpc.command(name)(begin)

    def _handlers(self) -> Mapping[str, Callable[..., Any]]:
        return {
            types.INITIALIZE: self._on_initialize,
            types.INITIALIZED: self._on_initialized,
            types.SHUTDOWN: self._on_shutdown,
            types.TEXT_DOCUMENT_DID_OPEN: self._on_open,
            types.TEXT_DOCUMENT_DID_CHANGE: self._on_change,
            types.TEXT_DOCUMENT_DID_SAVE: self._on_save,
            types.TEXT_DOCUMENT_DID_CLOSE: self._on_close,
            types.TEXT_DOCUMENT_CODE_ACTION: self._on_code_action,
            types.CODE_ACTION_RESOLVE: self.resolving.resolve,
            types.TEXT_DOCUMENT_DIAGNOSTIC: self._on_diagnostic,
            types.TEXT_DOCUMENT_HOVER: self._on_hover,
            types.WORKSPACE_DID_CHANGE_CONFIGURATION: self._on_configuration,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: self._on_folders,
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: self._on_cancel,
            types.CANCEL_REQUEST: self._on_cancel_request,
        }

    def _needs(self) -> Needs:
        return Needs(
            documents=self.documents,
            store=self.store,
            claims=self.claims,
            publishing=self.publishing,
            delivery=self.delivery,
            aftermath=self.aftermath,
            asking=self.asking,
            editor=self.editor,
            jobs=self.jobs,
            named=lambda: self.rpc.workspace.folders,
            relint=self.linter.lint,
        )

    def run(self, messages: Messages, output: BinaryIO, *, first: Any, is_answered: bool) -> int:
        """Return the exit code once the editor has left; *first* has come already, and may be answered already."""
        _quiet_logs()
        return asyncio.run(self._serve(messages, output, first, is_answered=is_answered))

    async def _serve(self, messages: Messages, output: BinaryIO, first: Any, *, is_answered: bool) -> int:
        protocol = self.rpc.protocol
        protocol.set_writer(StdoutWriter(output))
        if is_answered:
            protocol.begin(first["params"])
        else:
            protocol.handle_message(first)
        await protocol.hear(messages, at_end=partial(_leave_within, _GRACE_S, protocol))
        await self._stop()
        return protocol.exit_code

    async def _stop(self) -> None:
        self.linter.stop()
        self.offers.stop()
        self.status.stop()
        self.asking.stop()
        await self.jobs.stop()
        self.delivery.stop()
        await self.aftermath.stop()
        self.editor.close()
        await self.link.stop()

    def _on_initialize(self, params: types.InitializeParams) -> None:
        self.link.refusal = None if is_trusted(params.initialization_options) else UNTRUSTED
        self.editor.meet(params)
        self._can = Can.of(params.capabilities, self.editor.abilities)
        self._markup = markup_of(params.capabilities)
        self.settings.begin(params)
        self.publishing.meet(self.rpc.protocol.client)
        self.status.want(wanted=self.settings.view().status)

    @property
    def trusted(self) -> bool:
        """Whether the editor trusts what it has open."""
        return self.link.refusal is None

    def _standing(self) -> Standing:
        return Standing(
            running=self.jobs.count,
            is_trusted=self.trusted,
            keeps_dying=self.link.keeps_dying,
            has_key=self.offers.has_key,
        )

    def _on_spent(self, spent: Spent) -> None:
        self.asking.spent(spent)
        self.status.spent(spent)
        self.offers.refresh_soon()

    def _on_jobs(self) -> None:
        self.status.changed()
        if not self.jobs.count:
            self.offers.refresh_soon()

    def _on_worker_end(self, why: str) -> None:
        self.offers.doubt()
        self.editor.show(why)

    def _on_initialized(self, _params: types.InitializedParams) -> None:
        self._pull_settings()
        if self.editor.abilities.registers_settings:
            self._begin(self.editor.register_settings(SECTION))
        if self.trusted:
            self._begin(self._warm_up())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _warm_up(self) -> None:
        with suppress(WorkerEnded):  # the link has told the user
            await self.link.start()

    async def _on_shutdown(self, _params: None) -> None:
        await self._stop()

    def _on_open(self, params: types.DidOpenTextDocumentParams) -> None:
        place = place_of(params.text_document.uri, self.rpc.workspace.folders)
        if place is not None:
            self.offers.know(str(place.root))
        older = self.documents.get(params.text_document.uri)
        if older is not None:  # it was not closed, and may begin with a lower version
            self._close(older)
        document = self.documents.open(params.text_document, place)
        self.publishing.opened(document)
        self.linter.lint(document)

    def _on_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.change(params.text_document, params.content_changes, self.editor.encoding)
        if document is not None:
            self.delivery.saw(document)
            self.aftermath.saw(document)
            self.linter.lint(document, after_s=REST_S)

    def _on_save(self, params: types.DidSaveTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            self.aftermath.settle(document.uri)
            self.linter.lint(document)
            if document.place is not None and holds_settings(document.place):
                self.offers.refresh(str(document.place.root))
                self.linter.lint_again(str(document.place.root))

    def _on_close(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            self._close(document)
            self.offers.keep_only({str(other.place.root) for other in self.documents.all() if other.place})

    def _close(self, document: Document) -> None:
        uri = document.uri
        self.documents.close(uri)
        if not self.delivery.closes(uri):
            self.jobs.cancel_about(uri)
        self.delivery.close(uri)
        self.aftermath.close(uri)
        self.linter.forget(uri)
        self.publishing.closed(document)

    def _on_folders(self, _params: types.DidChangeWorkspaceFoldersParams) -> None:
        self._pull_settings()
        folders = self.rpc.workspace.folders
        for document in self.documents.place_again(lambda uri: place_of(uri, folders)):
            self.linter.lint(document)

    async def _on_diagnostic(self, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return await self.publishing.report(params, rested=self.linter.rested)

    def _on_code_action(self, params: types.CodeActionParams) -> list[Any] | JsonText:
        document = self.documents.get(params.text_document.uri)
        if document is None or document.place is None or self.store.is_left_out(document):
            return []
        root = str(document.place.root)
        return code_actions(
            params,
            document=document,
            known=Known(self.store.of(document), self.claims.of(document), retries(self.aftermath, document)),
            offer_of=lambda kind: self.store.offer(document, kind) or self.offers.of(root, kind),
            view=self.settings.view(root)._replace(untrusted=not self.trusted),
            can=self._can,
            encoding=self.editor.encoding,
        )

    def _on_hover(self, params: types.HoverParams) -> types.Hover | None:
        document = self.documents.get(params.text_document.uri)
        if document is None or not self.settings.view(str(document.place.root) if document.place else "").hover:
            return None
        return hover(
            document,
            params.position,
            held=self.store.of(document),
            claims=self.claims.of(document),
            encoding=self.editor.encoding,
            markup=self._markup,
        )

    def _on_configuration(self, params: types.DidChangeConfigurationParams) -> None:
        self.settings.push(params.settings)
        self._pull_settings()

    def _on_settings(self) -> None:
        """Have all looked at anew that the editor's settings may change."""
        self.status.want(wanted=self.settings.view().status)
        if self.settings.untrusted and self.trusted:
            self._distrust()
        self.offers.refresh_all()
        self.linter.lint_again()

    def _distrust(self) -> None:
        """Stop all work: the editor says late that it does not trust what it has open."""
        self.link.refusal = UNTRUSTED
        self.jobs.cancel_all()
        self.offers.stop()
        self.linter.stop()
        self._begin(self.link.refuse(UNTRUSTED))

    def _pull_settings(self) -> None:
        if self._pulling is not None:
            self._pulling.cancel()
        self._pulling = asyncio.create_task(self.settings.pull(list(self.rpc.workspace.folders)))

    def _on_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        self.jobs.cancel_progress(params.token)

    def _on_cancel_request(self, params: types.CancelParams) -> None:
        self.jobs.cancel_request(params.id)


def _leave_within(seconds: float, protocol: Protocol) -> None:
    """End this process even if something still hangs by then."""
    timer = threading.Timer(seconds, lambda: os._exit(protocol.exit_code))
    timer.daemon = True
    timer.start()
