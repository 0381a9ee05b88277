"""The front process of the language server: it answers the editor at once and leaves all work to its worker.

It never imports an SDK, git, the checker or a linter; a test asserts that.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer

from suffice import __version__
from suffice_server.front.actions import KIND, Can, Known, code_actions
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.delivery import Delivery
from suffice_server.front.commands.changes import Changes
from suffice_server.front.commands.explain import Explain
from suffice_server.front.commands.explain_code import CodeExplained
from suffice_server.front.commands.orders import Command as Order
from suffice_server.front.commands.orders import (
    edit_order,
    fix_file_order,
    fix_order,
    fix_rule_order,
    folder_order,
    place_order,
    result_order,
    rule_order,
)
from suffice_server.front.commands.resolve import Resolving
from suffice_server.front.commands.retries import retries
from suffice_server.front.commands.reviews import Folders, Reviews
from suffice_server.front.commands.suggestions import Suggestions
from suffice_server.front.commands.usage import ShowUsage
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.jobs import Jobs
from suffice_server.front.offers import Offers
from suffice_server.front.rpc.protocol import Protocol
from suffice_server.front.rpc.shapes import strict_converter
from suffice_server.front.settings import SettingsPull
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.hover import hover, markup_of
from suffice_server.front.shown.linter import REST_S, Linter
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.shown.store import Store
from suffice_server.front.status import Standing, Status
from suffice_server.front.text.documents import Documents
from suffice_server.front.text.places import place_of
from suffice_server.front.trust import UNTRUSTED, is_trusted
from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Spent
from suffice_server.wire import JsonText, Messages

logger = logging.getLogger(__name__)

Command = Callable[[tuple[Any, ...], str | int | None], None]

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
        self.changes = Changes(
            documents=self.documents,
            asking=self.asking,
            delivery=self.delivery,
            aftermath=self.aftermath,
            editor=self.editor,
            jobs=self.jobs,
            relint=self.linter.lint,
        )
        self.explained = CodeExplained(documents=self.documents, asking=self.asking, editor=self.editor, jobs=self.jobs)
        self.resolving = Resolving(documents=self.documents, link=self.link, editor=self.editor)
        folders = Folders(self.documents, lambda: self.rpc.workspace.folders)
        self.reviews = Reviews(
            documents=self.documents,
            folders=folders,
            asking=self.asking,
            editor=self.editor,
            jobs=self.jobs,
            claims=self.claims,
            publishing=self.publishing,
        )
        self.suggestions = Suggestions(
            claims=self.claims,
            publishing=self.publishing,
            delivery=self.delivery,
            link=self.link,
            editor=self.editor,
            jobs=self.jobs,
        )
        self.usage = ShowUsage(folders=folders, asking=self.asking, editor=self.editor, jobs=self.jobs)
        self.explain = Explain(documents=self.documents, store=self.store, claims=self.claims, editor=self.editor)
        self._warming: asyncio.Task[None] | None = None
        self.settings = SettingsPull(
            ask=self.editor.configuration,
            configure=self.link.configure,
            show=self.editor.show,
            on_change=self._on_settings,
        )
        self._can = Can()
        self._markup = types.MarkupKind.Markdown
        self._pulling: asyncio.Task[None] | None = None
        self._register()

    def _register(self) -> None:
        quick_fix = types.CodeActionOptions(code_action_kinds=[KIND], resolve_provider=False)
        self._handle(types.INITIALIZE, self._on_initialize)
        self._handle(types.INITIALIZED, self._on_initialized)
        self._handle(types.SHUTDOWN, self._on_shutdown)
        self._handle(types.TEXT_DOCUMENT_DID_OPEN, self._on_open)
        self._handle(types.TEXT_DOCUMENT_DID_CHANGE, self._on_change)
        self._handle(types.TEXT_DOCUMENT_DID_SAVE, self._on_save)
        self._handle(types.TEXT_DOCUMENT_DID_CLOSE, self._on_close)
        self._handle(types.TEXT_DOCUMENT_CODE_ACTION, self._on_code_action, quick_fix)
        self._handle(types.CODE_ACTION_RESOLVE, self.resolving.resolve)
        self._handle(types.TEXT_DOCUMENT_DIAGNOSTIC, self._on_diagnostic)
        self._handle(types.TEXT_DOCUMENT_HOVER, self._on_hover)
        self._handle(types.WORKSPACE_DID_CHANGE_CONFIGURATION, self._on_configuration)
        self._handle(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, self._on_folders)
        self._handle(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, self._on_cancel)
        self._handle(types.CANCEL_REQUEST, self._on_cancel_request)
        for name, start in self._commands().items():
            self.rpc.command(name)(partial(start))

    def _commands(self) -> Mapping[str, Command]:
        """Return what each command begins, given its arguments and the id of its request."""
        return {
            Order.FIX: lambda given, request: self.changes.fix(fix_order(given), request=request),
            Order.FIX_RULE: lambda given, request: self.changes.fix_all(fix_rule_order(given), request=request),
            Order.FIX_FILE: lambda given, request: self.changes.fix_all(fix_file_order(given), request=request),
            Order.EDIT: lambda given, request: self.changes.edit(edit_order(given), request=request),
            Order.TRY_HARDER: lambda given, request: self.changes.try_harder(
                result_order(Order.TRY_HARDER, given), request=request
            ),
            Order.IGNORE_RULE: lambda given, request: self.changes.ignore_rule(rule_order(given), request=request),
            Order.EXPLAIN_CODE: lambda given, request: self.explained.start(
                place_order(Order.EXPLAIN_CODE, given), request=request
            ),
            Order.CANCEL_ALL: lambda _given, _request: self._cancel_all(),
            **{command: partial(self._review, command) for command in (Order.REVIEW, Order.ARCHITECTURE_REVIEW)},
            Order.EXPLAIN: lambda given, _request: self.explain.start(place_order(Order.EXPLAIN, given)),
            Order.DISMISS: lambda given, _request: self.suggestions.dismiss(result_order(Order.DISMISS, given)),
            Order.APPLY_SUGGESTION: lambda given, request: self.suggestions.apply(
                result_order(Order.APPLY_SUGGESTION, given), request=request
            ),
            Order.SHOW_USAGE: lambda given, request: self.usage.start(
                folder_order(Order.SHOW_USAGE, given), request=request
            ),
        }

    def _review(self, command: Order, arguments: tuple[Any, ...], request: str | int | None) -> None:
        self.reviews.start(command, folder_order(command, arguments), request=request)

    def _handle(self, method: str, handler: Callable[..., Any], options: Any = None) -> None:
        self.rpc.feature(method, options)(partial(handler))  # pygls marks what it is given: no bound method

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
        await protocol.hear(messages)
        _leave_within(_GRACE_S, protocol.exit_code)
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
        can = Can.of(params.capabilities, self.editor.abilities)
        self._can = can._replace(resolves=can.resolves and types.CODE_ACTION_RESOLVE in self.rpc.protocol.fm.features)
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
        if self.trusted:
            self._warming = asyncio.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        with suppress(WorkerEnded):  # the link has told the user
            await self.link.start()

    async def _on_shutdown(self, _params: None) -> None:
        await self._stop()

    def _on_open(self, params: types.DidOpenTextDocumentParams) -> None:
        place = place_of(params.text_document.uri, self.rpc.workspace.folders)
        if place is not None:
            self.offers.know(str(place.root))
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

    def _on_close(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            uri = document.uri
            self.documents.close(uri)
            self.jobs.cancel_about(uri)
            self.delivery.close(uri)
            self.aftermath.close(uri)
            self.linter.forget(uri)
            self.publishing.closed(document)
            self.offers.keep_only({str(other.place.root) for other in self.documents.all() if other.place})

    def _on_folders(self, _params: types.DidChangeWorkspaceFoldersParams) -> None:
        self._pull_settings()
        folders = self.rpc.workspace.folders
        for document in self.documents.place_again(lambda uri: place_of(uri, folders)):
            self.linter.lint(document)

    async def _on_diagnostic(self, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return await self.publishing.report(params, rested=self.linter.rested)

    def _on_code_action(self, params: types.CodeActionParams) -> list[Any] | JsonText:
        document = self.documents.get(params.text_document.uri)
        if document is None or document.place is None:
            return []
        root = str(document.place.root)
        return code_actions(
            params,
            document=document,
            known=Known(self.store.of(document), self.claims.of(document), retries(self.aftermath, document)),
            offer_of=partial(self.offers.of, root),
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
        if self.settings.untrusted:
            self.link.refusal = UNTRUSTED
        self.offers.refresh_all()
        self.linter.lint_again()

    def _pull_settings(self) -> None:
        if self._pulling is not None:
            self._pulling.cancel()
        self._pulling = asyncio.create_task(self.settings.pull(list(self.rpc.workspace.folders)))

    def _cancel_all(self) -> None:
        self.jobs.cancel_all()

    def _on_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        self.jobs.cancel_progress(params.token)

    def _on_cancel_request(self, params: types.CancelParams) -> None:
        self.jobs.cancel_request(params.id)


def _leave_within(seconds: float, code: int) -> None:
    """End this process even if something still hangs by then."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()
