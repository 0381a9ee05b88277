"""LSP over JSON-RPC: every request gets exactly one reply, at once or when it is cancelled; none tells of our code.

Messages are dispatched here and not by pygls 2.1, of which the types, the sending and our own requests are used. It
sends no reply to a request whose params are wrong, takes any nested object with a "jsonrpc" key for a message, lets a
cancelled command run on, keeps a future of each notification for ever, and sends tracebacks in `error.data`:
https://github.com/openlawlibrary/pygls/blob/main/pygls/protocol/json_rpc.py
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcRequestCancelled
from pygls.protocol import lsp_method
from pygls.workspace import Workspace

from suffice_server.capabilities import initialize_reply, position_encoding
from suffice_server.front.rpc import client_process
from suffice_server.front.rpc.bugs import log_bug, log_bug_of_loop, log_bug_of_task
from suffice_server.front.rpc.sending import Id, Sending, mapping_in
from suffice_server.front.rpc.shapes import initialize_params
from suffice_server.front.rpc.steps import Steps, awaited, called
from suffice_server.wire import Messages, Unreadable, is_id

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

_PARSE_ERROR = -32700
_INVALID_REQUEST = -32600
_METHOD_NOT_FOUND = -32601
_NOT_INITIALIZED = -32002

_TEXTS = (types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE)
_NOTEBOOKS = (
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
)


class Refusal(Exception):  # noqa: N818 - a reply, not an error of ours
    """The reply to a message that is not handled: a code of JSON-RPC and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Protocol(Sending):
    """The protocol of our server. Document texts are kept by the server's own handlers, not by pygls."""

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.ended = asyncio.Event()
        self.client: Any = None
        self._begun = asyncio.Event()
        self._request: Id | None = None
        self._running: dict[Id, asyncio.Task[Any]] = {}
        for method in _NOTEBOOKS:  # left alone for now
            self.fm.builtin_features.pop(method)

    @property
    def exit_code(self) -> int:
        """0 after a proper `shutdown`, else 1."""
        return 0 if self._shutdown else 1

    def gone(self) -> None:
        """End: the editor is gone."""
        self.ended.set()

    async def hear(self, messages: Messages, *, at_end: Callable[[], None]) -> None:
        """Handle *messages* until `exit` or their end, of which *at_end* hears at once, from whichever thread.

        The loop may not hear of it: it waits for ever where the editor does not read what it is sent.
        """
        asyncio.get_running_loop().set_exception_handler(log_bug_of_loop)
        reading = (messages, asyncio.get_running_loop(), at_end)
        threading.Thread(target=self._read, args=reading, daemon=True).start()
        watching = asyncio.create_task(self._watch())
        await self.ended.wait()
        at_end()
        watching.cancel()

    async def _watch(self) -> None:
        """End with the client's process, once it has said which that is."""
        await self._begun.wait()
        if self._server.process_id is not None:
            await client_process.ended(self._server.process_id)
            self.ended.set()

    def _read(self, messages: Messages, loop: asyncio.AbstractEventLoop, at_end: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            try:
                while True:
                    message = messages.next()
                    if _is_exit(message):
                        at_end()
                    loop.call_soon_threadsafe(self.handle_message, message)
            except (EOFError, OSError, ValueError):
                at_end()
                loop.call_soon_threadsafe(self.ended.set)

    def handle_message(self, message: Any) -> None:
        """Handle one parsed message of the client."""
        if self.ended.is_set():
            return
        number = _id_of(message)
        try:
            self._handle(message, number)
        except Refusal as refusal:
            self.refuse(number, refusal.code, refusal.sentence)
        except Exception as error:  # noqa: BLE001 - the last handler: there is always a reply
            log_bug(error)
            if number is not None:
                self.refuse_for(number, error)

    def _handle(self, message: Any, number: Id | None) -> None:
        if isinstance(message, Unreadable):
            raise Refusal(_PARSE_ERROR, "The message is no JSON.")
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            raise Refusal(_INVALID_REQUEST, "A message is to be one JSON-RPC 2.0 object.")
        if "method" not in message and ("result" in message or "error" in message or number in self._request_futures):
            self.take_response(message, number)
        elif not isinstance(message.get("method"), str):
            raise Refusal(_INVALID_REQUEST, "The name of a method is missing.")
        elif "id" not in message:
            self._take_notification(message)
        elif number is None:
            raise Refusal(_INVALID_REQUEST, "The id of a request is to be a whole number or a text.")
        else:
            self._take_request(message, number)

    def _take_request(self, message: dict[str, Any], number: Id) -> None:
        method = message["method"]
        if self._shutdown:
            raise Refusal(_INVALID_REQUEST, "The server is shutting down.")
        if method == types.INITIALIZE:
            self._take_initialize(message)
            return
        if not self._begun.is_set():
            raise Refusal(_NOT_INITIALIZED, "The server waits for initialize.")
        if number in self._running:
            raise Refusal(_INVALID_REQUEST, "A request with this id is under way.")
        handler = self._handler(method)
        if handler is None or _is_notification(method):
            raise Refusal(_METHOD_NOT_FOUND, "There is no such request here.")
        self._request = number
        self._start(number, handler, self._params(message))

    def _params(self, message: dict[str, Any]) -> Any:
        """Return the params of *message*. Raises Refusal."""
        kind: Any = types.METHOD_TO_TYPES.get(message["method"], (None, None, Any))[2]
        try:
            return None if kind is None else self._converter.structure(message.get("params"), kind)
        except Exception as error:
            logger.warning("malformed params of %s (%s)", message["method"][:60], type(error).__name__)
            raise Refusal(JsonRpcInvalidParams.CODE, "The params are not as the protocol says.") from error

    def _start(self, number: Id, handler: Callable[..., Any], params: Any) -> None:
        """Reply to request *number* with what *handler* returns, now or when it has been waited for."""
        try:
            result = called(handler, (params,))
        except Exception as error:  # noqa: BLE001 - a handler may raise anything
            self.refuse_for(number, error)
            return
        if inspect.isawaitable(result):
            task = self._running[number] = asyncio.ensure_future(awaited(result))
            task.add_done_callback(lambda ended: self._reply_later(number, ended))
        else:
            self.reply(number, result)

    def _reply_later(self, number: Id, task: asyncio.Task[Any]) -> None:
        if self._running.get(number) is not task:
            log_bug(None if task.cancelled() else task.exception())  # it was cancelled, and replied to
            return
        del self._running[number]
        error = JsonRpcRequestCancelled() if task.cancelled() else task.exception()
        if error is not None:
            self.refuse_for(number, error)
        else:
            self.reply(number, task.result())

    def _take_initialize(self, message: dict[str, Any]) -> None:
        if self._begun.is_set():
            raise Refusal(_INVALID_REQUEST, "The server is initialized already.")
        reply = initialize_reply(message)
        if reply is None:
            raise Refusal(JsonRpcInvalidParams.CODE, "The params of initialize are to be an object.")
        self._send_data(reply)  # first, as when it was answered early: nothing else may come before it
        self.begin(message["params"])

    def begin(self, fields: Mapping[str, Any]) -> None:
        """Begin the session of an `initialize` with *fields* as its params. It was answered: bugs are only logged."""
        self._begun.set()
        try:
            self._begin(fields)
        except Exception as error:  # noqa: BLE001 - the session goes on with what could be read
            log_bug(error)

    def _begin(self, fields: Mapping[str, Any]) -> None:
        params = initialize_params(fields, self._converter)
        self._server.process_id = params.process_id
        self.client = fields.get("capabilities")
        self.client_capabilities = params.capabilities
        folders = params.workspace_folders or _root(params)
        encoding = position_encoding(fields.get("capabilities"))
        self._workspace = Workspace(None, types.TextDocumentSyncKind.Incremental, folders, encoding)
        self._tell(types.INITIALIZE, params)

    def _take_notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        if method == types.EXIT:
            self.ended.set()
        elif self._shutdown or not self._begun.is_set() or _is_request(method):
            logger.warning("a notification out of place")
        elif method == types.CANCEL_REQUEST:
            self._take_cancel(_id_of(message.get("params")))
        elif self._handler(method) is not None:
            with suppress(Refusal):
                self._tell(method, self._params(message))
                return
            self._lose(message)

    def _tell(self, method: str, params: Any) -> None:
        """Call the handler of the notification *method*; there is nobody to reply to."""
        handler = self.fm.features.get(method) if method == types.INITIALIZE else self._handler(method)
        try:
            result = called(handler, (params,)) if handler else None
        except Exception as error:  # noqa: BLE001 - a handler may raise anything
            log_bug(error)
            return
        if inspect.isawaitable(result):
            asyncio.ensure_future(awaited(result)).add_done_callback(log_bug_of_task)

    def _take_cancel(self, number: Id | None) -> None:
        """Cancel request *number*, which is replied to at once, or else what its command has begun."""
        task = self._running.pop(number, None) if number is not None else None
        if task is not None and number is not None:
            asyncio.get_running_loop().call_soon(task.cancel)  # it has begun by then: no part of it is left unawaited
            self.refuse_for(number, JsonRpcRequestCancelled())
        elif number is not None and types.CANCEL_REQUEST in self.fm.features:
            self._tell(types.CANCEL_REQUEST, types.CancelParams(id=number))

    def _lose(self, message: dict[str, Any]) -> None:
        """Close the document whose text or change could not be read: nobody knows its text any more."""
        named = mapping_in(mapping_in(message.get("params")).get("textDocument")).get("uri")
        if message["method"] in _TEXTS and isinstance(named, str):
            document = types.TextDocumentIdentifier(uri=named)
            self._tell(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(text_document=document))

    def _handler(self, method: str) -> Callable[..., Any] | None:
        found: Callable[..., Any] | None = self.fm.builtin_features.get(method) or self.fm.features.get(method)
        return found

    # Each of these only hands over to the server's own handler; pygls' own versions would keep the text too.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Steps:
        """Hand over."""
        yield from self._hand_over(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Steps:
        """Hand over."""
        yield from self._hand_over(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Steps:
        """Hand over."""
        yield from self._hand_over(types.TEXT_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Steps:
        """Hand over the arguments as they came, and the id of the request, by which the work can be cancelled."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams("There is no such command here.")
        return (yield handler, (tuple(params.arguments or ()), self._request), None)

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> Steps:
        """Hand over: pygls would only mark a future, and the work would go on."""
        yield from self._hand_over(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, params)

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_params: Any) -> Steps:
        """Take no more requests, cancel those under way, and let the server put everything away."""
        self._shutdown = True
        for number in list(self._running):
            self._take_cancel(number)
        yield from self._hand_over(types.SHUTDOWN, None)

    def _hand_over(self, method: str, params: Any) -> Steps:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None


def _id_of(message: Any) -> Id | None:
    number = message.id if isinstance(message, Unreadable) else mapping_in(message).get("id")
    return number if is_id(number) else None


def _is_exit(message: Any) -> bool:
    return isinstance(message, dict) and message.get("method") == types.EXIT and "id" not in message


def _is_request(method: str) -> bool:
    return method in types.METHOD_TO_TYPES and types.METHOD_TO_TYPES[method][1] is not None


def _is_notification(method: str) -> bool:
    return method in types.METHOD_TO_TYPES and types.METHOD_TO_TYPES[method][1] is None


def _root(params: types.InitializeParams) -> list[types.WorkspaceFolder]:
    """Return the only folder of an editor that knows of no more than one."""
    return [types.WorkspaceFolder(uri=params.root_uri, name="")] if params.root_uri else []
