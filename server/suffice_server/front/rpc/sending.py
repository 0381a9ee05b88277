"""What is sent to the editor: one reply for each of its requests, and our own requests, of which it may say anything.

Nothing that leaves tells of our code or of what an exception said, but for the sentences that were made to be sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol

from suffice_server.front.rpc.bugs import log_bug
from suffice_server.wire import framed

Id = int | str


class Sending(LanguageServerProtocol):
    """The sending half of the protocol. It ends with `gone` when nobody reads any more."""

    def gone(self) -> None:
        """Take it that the editor is gone."""

    def reply(self, number: Id, result: Any) -> None:
        """Send *result* as the reply to request *number*."""
        self._send_data({"jsonrpc": self.VERSION, "id": number, "result": result})

    def refuse_for(self, number: Id, error: BaseException) -> None:
        """Send what *error* may tell as the reply to request *number*."""
        if isinstance(error, RecursionError):  # JSON can be read from a depth from which it cannot be written
            self.refuse(number, JsonRpcInvalidParams.CODE, "The params are nested too deeply.")
            return
        log_bug(error)
        if isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError):
            self.refuse(number, error.code, (error.message or "The request failed.").splitlines()[0])
        else:
            bug = f"This is a bug in suffice ({type(error).__name__}); the server's log says more."
            self.refuse(number, JsonRpcInternalError.CODE, bug)

    def refuse(self, number: Id | None, code: int, sentence: str) -> None:
        """Send an error as the reply to request *number*; None where the request could not be read."""
        self._send_data({"jsonrpc": self.VERSION, "id": number, "error": {"code": code, "message": sentence}})

    def _send_data(self, data: Any) -> None:
        """Send *data*; a reply that is no JSON becomes an error, and without an editor all ends."""
        try:
            frame = framed(data, default=self._serialize_message)
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(data, dict) and "result" in data:
                self.refuse_for(data["id"], error)
            else:
                log_bug(error)
            return
        try:
            if self.writer is not None:
                self.writer.write(frame)
        except (OSError, ValueError):  # its end of the pipe is closed, or ours
            self.gone()

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: Id | None = None,
    ) -> Future[Any]:
        """Return the future of the response. Once it is cancelled the editor is told that nobody waits any more."""
        number = msg_id or str(uuid.uuid4())
        waiting: Future[Any] = super().send_request(method, params, callback, number)
        waiting.add_done_callback(lambda ended: self._stop_waiting(number) if ended.cancelled() else None)
        return waiting

    def _stop_waiting(self, number: Id) -> None:
        self._result_types.pop(number, None)
        if self._request_futures.pop(number, None) is not None:
            self.notify(types.CANCEL_REQUEST, types.CancelParams(id=number))

    def take_response(self, message: dict[str, Any], number: Id | None) -> None:
        """Give what *message* says to whoever asked with the id *number*, if anybody still waits."""
        waiting = self._request_futures.pop(number, None) if number is not None else None
        kind = self._result_types.pop(number, None) if number is not None else None
        if waiting is None or waiting.done():
            return
        try:
            waiting.set_result(self._result(message, kind))
        except JsonRpcException as error:
            waiting.set_exception(error)

    def _result(self, message: dict[str, Any], kind: Any) -> Any:
        """Return the result that the response *message* holds. Raises JsonRpcException."""
        if message.get("error") is not None:
            error = mapping_in(message["error"])
            code, sentence = error.get("code"), error.get("message")
            raise JsonRpcException(str(sentence), code if isinstance(code, int) else None)
        try:
            whole = {"result": None, **message}
            return self._converter.structure(whole, kind).result if kind else whole["result"]
        except Exception as error:
            raise JsonRpcInternalError("The response is not as the protocol says.") from error


def mapping_in(value: Any) -> Mapping[str, Any]:
    """Return *value* if it is a JSON object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
