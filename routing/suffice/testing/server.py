"""The HTTP side of the provider double: one thread for each connection, one write for each response."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from suffice.lanes import Usage, estimate_tokens
from suffice.providers.validate import parse_object
from suffice.testing import anthropic_wire, chat_wire, edit_calls, openai_wire
from suffice.testing.double import ProviderDouble, requests_as_json
from suffice.testing.model_list import ModelEntry
from suffice.testing.replies import (
    ScriptedCalls,
    ScriptedCutBody,
    ScriptedError,
    ScriptedHang,
    ScriptedHtml,
    ScriptedJson,
    ScriptedReply,
    ScriptedSpeech,
    written,
)
from suffice.testing.request_rules import key_of, missing_key, rejection

REQUESTS_PATH = "/__requests"
_MODELS_PATH = "/v1/models"
_APIS: Mapping[str, str] = {
    "/v1/messages": "anthropic",
    "/v1/responses": "openai",
    "/v1/chat/completions": "chat",
}
_WIRES: Mapping[str, ModuleType] = {"anthropic": anthropic_wire, "openai": openai_wire, "chat": chat_wire}
_SPEAK = {"anthropic": anthropic_wire.message, "openai": openai_wire.response, "chat": chat_wire.completion}
_STREAM_ENDS: Mapping[str, str] = {"chat": "data: [DONE]\n\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Response:
    content: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class DoubleServer(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1."""

    daemon_threads = False
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.double = ProviderDouble(f"http://127.0.0.1:{self.server_port}")
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()

    def stop(self) -> None:
        """End all connections and waits; return when no thread is left."""
        self.stopping.set()
        self.shutdown()
        for connection in tuple(self.connections):
            _shut(connection)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away; show anything else."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: DoubleServer

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the output belongs to the tests."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == REQUESTS_PATH:
            self._send(_Response(content=requests_as_json(self.server.double)))
            return
        api = "anthropic" if self.headers.get("anthropic-version") else "openai"
        found = missing_key(self._lower_headers()) or _found(path, api, self.server.double)
        self._reply(found or ScriptedError(status=404, message=f"not found: {path}"), api, {})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        api = _APIS.get(path)
        if api is None:
            self._send(_error(ScriptedError(status=404, message=f"not found: {path}"), "openai"))
            return
        self._answer(api, parse_object(content))

    def _answer(self, api: str, body: Mapping[str, Any] | None) -> None:
        headers = self._lower_headers()
        double, asked = self.server.double, body or {}
        double.record(api, headers=headers, key=key_of(headers), body=asked)
        prompt = _text(_WIRES[api].prompt_of(asked))
        reply = rejection(api, headers=headers, body=body) or double.reply_to(asked, prompt=prompt)
        self._reply(reply, api, asked)

    def _reply(self, reply: ScriptedReply, api: str, asked: Mapping[str, Any]) -> None:
        self.server.stopping.wait(reply.hang_s if isinstance(reply, ScriptedHang) else reply.delay_s)
        if isinstance(reply, ScriptedHang):
            self.close_connection = True
            return
        self._send(_response(reply, api, asked), cut=isinstance(reply, ScriptedCutBody))

    def _lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, response: _Response, *, cut: bool = False) -> None:
        self.send_response(response.status)
        self.send_header("content-type", response.content_type)
        self.send_header("content-length", str(len(response.content)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.content[: len(response.content) // 2] if cut else response.content)
        self.wfile.flush()
        self.close_connection = self.close_connection or cut


def _response(reply: ScriptedReply, api: str, body: Mapping[str, Any]) -> _Response:
    match reply:
        case ScriptedSpeech():
            return _speech(reply, api, body)
        case ScriptedError():
            return _error(reply, api)
        case ScriptedJson():
            return _json(reply.body, headers=_request_id(api))
        case ScriptedHtml():
            return _Response(content=reply.html.encode(), content_type="text/html; charset=utf-8")
        case _:
            raise TypeError(f"no reply: {reply!r}")


def _speech(speech: ScriptedSpeech, api: str, asked: Mapping[str, Any]) -> _Response:
    wire = _WIRES[api]
    mistake = edit_calls.mistake(speech, api=api, asked=asked) if isinstance(speech, ScriptedCalls) else None
    if mistake is not None:
        return _error(mistake, api)
    usage = speech.usage or _estimated(speech, wire, asked)
    body = _SPEAK[api](speech, usage=usage, model=str(asked.get("model")), call_id=uuid.uuid4().hex)
    if isinstance(body, ScriptedError):
        return _error(body, api)
    if asked.get("stream") is True:
        content = _server_sent_events(wire.events(body), end=_STREAM_ENDS.get(api, ""))
        return _Response(content=content, content_type="text/event-stream", headers=_request_id(api))
    return _json(body, headers=_request_id(api))


def _estimated(speech: ScriptedSpeech, wire: ModuleType, asked: Mapping[str, Any]) -> Usage:
    prompt = _text(wire.stable_of(asked)) + _text(wire.prompt_of(asked))
    return Usage(input_tokens=estimate_tokens(prompt), output_tokens=estimate_tokens(written(speech)))


def _server_sent_events(events: Iterable[tuple[str, Mapping[str, Any]]], *, end: str) -> bytes:
    names = ((f"event: {name}\n" if name else "", fields) for name, fields in events)
    return ("".join(f"{line}data: {json.dumps(fields)}\n\n" for line, fields in names) + end).encode()


def _error(error: ScriptedError, api: str) -> _Response:
    headers = _request_id(api)
    if error.retry_after is not None:
        headers["retry-after"] = error.retry_after
    if error.retry_after_ms is not None:
        headers["retry-after-ms"] = str(error.retry_after_ms)
    return _json(_WIRES[api].error_body(error), status=error.status, headers=headers)


def _json(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> _Response:
    return _Response(content=json.dumps(body).encode(), status=status, headers=headers or {})


def _request_id(api: str) -> dict[str, str]:
    return {_WIRES[api].REQUEST_ID_HEADER: f"req_{uuid.uuid4().hex}"}


def _found(path: str, api: str, double: ProviderDouble) -> ScriptedReply | None:
    """Return what is said about the models or the model at *path*, None if there is nothing."""
    if path == _MODELS_PATH:
        return ScriptedJson(body=_WIRES[api].model_page(double.models.all_of(api)))
    folder, _, name = path.rpartition("/")
    found = double.models.find(unquote(name), api=api) if folder == _MODELS_PATH else None
    return ScriptedJson(body=_WIRES[api].model_info(found)) if isinstance(found, ModelEntry) else found


def _text(value: Any) -> str:
    """Return all strings in *value*, joined."""
    if isinstance(value, str):
        return value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return "\n".join(filter(None, map(_text, inner)))
