"""LSP over JSON-RPC with pygls' gaps closed: every request gets exactly one reply, none tells of our code.

pygls 2.1 sends no reply at all to a request whose params are wrong, takes any nested object with a "jsonrpc"
key for a message, drops requests after `shutdown`, and sends tracebacks in `error.data`:
https://github.com/openlawlibrary/pygls/blob/main/pygls/protocol/json_rpc.py
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator
from threading import Event
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    LanguageServerProtocol,
    lsp_method,
)

if TYPE_CHECKING:
    from cattrs import Converter
    from pygls.lsp.server import LanguageServer

logger = logging.getLogger(__name__)

PARSE_ERROR = -32700

_INVALID_REQUEST = -32600
_METHOD_NOT_FOUND = -32601
_INVALID_PARAMS = -32602
_NOT_INITIALIZED = -32002

Steps = Generator[Any, Any, None]


class Protocol(LanguageServerProtocol):
    """The protocol of our server. Document texts are kept by the server's own handlers, not by pygls."""

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        super().__init__(server, converter)
        self.ended = Event()
        self._is_initialized = False
        self._request: str | int | None = None

    @property
    def exit_code(self) -> int:
        """0 after a proper `shutdown`, else 1."""
        return 0 if self._shutdown else 1

    def structure_message(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return *data* as it is: it is called for every nested object, `handle_message` for the whole."""
        return data

    def handle_message(self, message: Any) -> None:
        """Handle one parsed message of the client."""
        if not isinstance(message, dict):
            self.refuse(None, _INVALID_REQUEST, "A message is to be one JSON object.")
            return
        refusal = self._refusal(message)
        if refusal is None:
            self._handle_whole(message)
        elif "id" in message:
            self.refuse(message["id"], *refusal)

    def _refusal(self, message: dict[str, Any]) -> tuple[int, str] | None:
        """Return why *message* is not even looked at, None if it is."""
        method = message.get("method")
        if not isinstance(method, str):
            return None
        if self._shutdown and method != types.EXIT:
            return _INVALID_REQUEST, "The server is shutting down."
        if not self._is_initialized and method not in {types.INITIALIZE, types.EXIT}:
            return _NOT_INITIALIZED, "The server waits for initialize."
        if method == types.INITIALIZE and self._is_initialized:
            return _INVALID_REQUEST, "The server is initialized already."
        kind = self.get_message_type(method)
        if "id" in message and kind is not None and not _has_id(kind):
            return _METHOD_NOT_FOUND, f"{method} is a notification."
        return None

    def _handle_whole(self, message: dict[str, Any]) -> None:
        try:
            structured = self._converter.structure(message, self._kind(message))
        except Exception as error:  # noqa: BLE001 - cattrs raises whatever a converter met
            self._take_malformed(message, error)
            return
        if message.get("method") == types.INITIALIZE:
            self._is_initialized = True
        self._request = message.get("id")
        super().handle_message(structured)

    def _kind(self, message: dict[str, Any]) -> Any:
        method = message.get("method")
        if method is not None:
            fallback = JsonRPCRequestMessage if "id" in message else JsonRPCNotification
            return self.get_message_type(method) or fallback
        if "error" in message:
            return types.ResponseErrorMessage
        return self._result_types.pop(message["id"], None) or JsonRPCResponseMessage

    def _take_malformed(self, message: dict[str, Any], error: Exception) -> None:
        number, method = message.get("id"), message.get("method")
        logger.warning("malformed: %s (%s)", method or "a response", type(error).__name__)
        if number is not None and method is not None:
            self.refuse(number, _INVALID_PARAMS, f"The params of {method} are not as the protocol says.")
        elif number is not None:
            waiting = self._request_futures.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_exception(JsonRpcInternalError("The response is not as the protocol says."))

    def refuse(self, number: Any, code: int, message: str) -> None:
        """Send an error as the reply to request *number*; None where the request could not be read."""
        error = {"code": code, "message": message}
        self._send_data({"jsonrpc": self.VERSION, "id": number, "error": error})

    def _send_handler_result(self, future: Any, *, msg_id: int | str) -> None:
        """Log a bug before its exception is turned into a reply."""
        _log_bug(future)
        super()._send_handler_result(future, msg_id=msg_id)

    def _check_handler_result(self, future: Any) -> None:
        """Log a bug in the handler of a notification; there is nobody to reply to."""
        _log_bug(future)

    def _send_response(
        self, msg_id: int | str, result: Any | None = None, error: types.ResponseError | None = None
    ) -> None:
        """Send the reply to a request; what an exception said stays here."""
        if error is None:
            super()._send_response(msg_id, result)
            return
        self._result_types.pop(msg_id, None)
        self.refuse(msg_id, error.code, _safe_sentence(error))

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
            raise JsonRpcInvalidParams(f"There is no command {params.command}.")
        yield handler, (tuple(params.arguments or ()), self._request), None

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> Steps:
        """Hand over: pygls would only mark a future, and the work would go on."""
        yield from self._hand_over(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, params)

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_params: Any) -> Steps:
        """Let the main loop end; it is the one that cleans up."""
        self.ended.set()
        yield from ()

    def _hand_over(self, method: str, params: Any) -> Steps:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None


def _log_bug(future: Any) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None and not isinstance(error, JsonRpcException):
        calls = "".join(traceback.format_tb(error.__traceback__))
        logger.error("a bug of ours, %s:\n%s", type(error).__name__, calls)  # its text may quote user code


def _has_id(kind: Any) -> bool:
    return any(attribute.name == "id" for attribute in getattr(kind, "__attrs_attrs__", ()))


def _safe_sentence(error: types.ResponseError) -> str:
    if error.code == JsonRpcInternalError.CODE:
        name = error.message.partition(":")[0].rpartition(".")[2]
        return f"This is a bug in suffice ({name}); the server's log says more."
    return error.message.splitlines()[0] if error.message else "The request failed."
