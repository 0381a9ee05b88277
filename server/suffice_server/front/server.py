"""The front process of the language server: it answers the editor at once and leaves all work to its worker.

It never imports an SDK, git, the checker or a linter; a test asserts that.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from suffice_server.front.actions import COMMAND, KIND, code_actions
from suffice_server.front.diagnostics import REST_S, Linter, Store
from suffice_server.front.documents import Documents
from suffice_server.front.editor import Editor
from suffice_server.front.fixes import Fixes, Wish
from suffice_server.front.jobs import Jobs
from suffice_server.front.offers import Offers
from suffice_server.front.places import place_of
from suffice_server.front.protocol import PARSE_ERROR, Protocol
from suffice_server.front.worker_link import WorkerEnded, WorkerLink

logger = logging.getLogger(__name__)

Command = Callable[[tuple[Any, ...], str | int | None], None]

_GRACE_S = 0.9


def serve_stdio() -> None:
    """Serve one editor over standard input and output until it leaves."""
    _quiet_logs()
    output, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else may write between the messages
    server = Server()
    code = asyncio.run(server.serve(sys.stdin.buffer, output))
    sys.stderr.flush()
    os._exit(code)  # a thread may still wait for standard input, and would keep the process alive


def _quiet_logs() -> None:
    """Log to standard error. pygls writes whole messages, so source code, at all levels but the highest."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("pygls").setLevel(logging.CRITICAL)


class _Rpc(LanguageServer):
    """pygls' server over our protocol. Errors are answered by the protocol; none pops up on the screen."""

    protocol: Protocol

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log the kind of *error*, never what it says: that may quote the user's code."""
        if isinstance(error, json.JSONDecodeError):
            self.protocol.refuse(None, PARSE_ERROR, "The message is no JSON.")
        logger.error("%s in the protocol (%s)", type(error).__name__, getattr(source, "__name__", source))


class Server:
    """All parts of the front, wired. Handlers that change state are short and synchronous.

    *worker_command* None: our own console script.
    """

    def __init__(self, *, worker_command: Sequence[str] | None = None) -> None:
        name, release = "suffice", version("suffice")
        self.rpc = _Rpc(name, release, protocol_cls=Protocol, converter_factory=default_converter)
        self.documents = Documents()
        self.store = Store()
        self.editor = Editor(self.rpc)
        self.link = WorkerLink(command=worker_command, on_end=self.editor.show)
        self.jobs = Jobs(self.editor)
        self.offers = Offers(self.link)
        self.linter = Linter(documents=self.documents, store=self.store, link=self.link, editor=self.editor)
        self.fixes = Fixes(
            documents=self.documents, link=self.link, editor=self.editor, jobs=self.jobs, linter=self.linter
        )
        self._warming: asyncio.Task[None] | None = None
        self._register()

    def _register(self) -> None:
        quick_fix = types.CodeActionOptions(code_action_kinds=[KIND], resolve_provider=False)
        self._handle(types.INITIALIZE, self.editor.meet)
        self._handle(types.INITIALIZED, self._on_initialized)
        self._handle(types.SHUTDOWN, self._on_shutdown)
        self._handle(types.TEXT_DOCUMENT_DID_OPEN, self._on_open)
        self._handle(types.TEXT_DOCUMENT_DID_CHANGE, self._on_change)
        self._handle(types.TEXT_DOCUMENT_DID_SAVE, self._on_save)
        self._handle(types.TEXT_DOCUMENT_DID_CLOSE, self._on_close)
        self._handle(types.TEXT_DOCUMENT_CODE_ACTION, self._on_code_action, quick_fix)
        self._handle(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, self._on_cancel)
        for name, start in self._commands().items():
            self.rpc.command(name)(partial(start))

    def _commands(self) -> Mapping[str, Command]:
        """Return what each command begins, given its arguments and the id of its request."""
        return {COMMAND: lambda arguments, request: self.fixes.start(Wish.of(arguments), request=request)}

    def _handle(self, method: str, handler: Callable[..., Any], options: Any = None) -> None:
        self.rpc.feature(method, options)(partial(handler))  # pygls marks what it is given: no bound method

    async def serve(self, stdin: BinaryIO, stdout: BinaryIO) -> int:
        """Return the exit code once the editor has said `exit` or closed its end."""
        protocol = self.rpc.protocol
        protocol.set_writer(StdoutWriter(stdout))
        reader = StdinAsyncReader(stdin, ThreadPoolExecutor(max_workers=1))
        try:
            await run_async(protocol.ended, reader, protocol, logger, self.rpc.report_server_error)
        except BrokenPipeError:
            logger.warning("the editor is gone")
        _leave_within(_GRACE_S, protocol.exit_code)
        await self._stop()
        return protocol.exit_code

    async def _stop(self) -> None:
        self.linter.stop()
        self.offers.stop()
        await self.jobs.stop()
        await self.link.stop()

    def _on_initialized(self, _params: types.InitializedParams) -> None:
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
        self.linter.lint(self.documents.open(params.text_document, place))

    def _on_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.change(params.text_document, params.content_changes, self.editor.encoding)
        if document is not None:
            self.linter.lint(document, after_s=REST_S)

    def _on_save(self, params: types.DidSaveTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            self.linter.lint(document)

    def _on_close(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        if self.documents.get(uri) is not None:
            self.documents.close(uri)
            self.jobs.cancel_about(uri)
            self.linter.forget(uri)

    def _on_code_action(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        document = self.documents.get(params.text_document.uri)
        if document is None:
            return []
        actions = code_actions(
            params,
            document=document,
            held=self.store.of(document),
            usual=self.offers.of(str(document.place.root) if document.place else "", "lint-fix"),
            encoding=self.editor.encoding,
        )
        return [action for action in actions if action.disabled is None or self.editor.shows_disabled]

    def _on_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        self.jobs.cancel_progress(params.token)


def _leave_within(seconds: float, code: int) -> None:
    """End this process even if something still hangs by then."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()
