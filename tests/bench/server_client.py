"""A client of a language server that adds as little as possible to what it measures: standard library, one thread.

Messages are encoded before the clock starts, and a reply counts as arrived when its last byte is read, before its JSON
is. What the server asks of its editor is answered at once.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_S = 60.0

CAPABILITIES: Mapping[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True},
        "configuration": False,
        "workspaceFolders": True,
    },
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {"versionSupport": True, "dataSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit", "command"]},
        },
    },
    "window": {"workDoneProgress": True, "showMessage": {}},
}


class Arrived(NamedTuple):
    """A message, and when its last byte was read (time.perf_counter)."""

    message: Mapping[str, Any]
    at_s: float


def framed(message: Mapping[str, Any]) -> bytes:
    """Return *message* as it goes over the wire."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Client:
    """One running server. Everything that it sends is kept in `arrived` until it is looked for."""

    def __init__(self, command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.started_s = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self.arrived: deque[Arrived] = deque()
        self._buffer = bytearray()
        self._last_id = 0

    def initialize(self) -> float:
        """Return the seconds from the spawn to the answer to `initialize`."""
        uri = self.folder.as_uri()
        params = {
            "processId": os.getpid(),
            "clientInfo": {"name": "bench"},
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": "bench"}],
            "capabilities": CAPABILITIES,
        }
        number = self.ask("initialize", params)
        answered = self.reply(number)
        self.tell("initialized", {})
        return answered.at_s - self.started_s

    def open(self, uri: str, text: str) -> None:
        """Open *text* as version 1."""
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})

    def diagnostics(self, uri: str) -> Arrived:
        """Return the first published diagnostics of *uri* that are not empty."""
        method = "textDocument/publishDiagnostics"
        return self.find(
            lambda m: m.get("method") == method and m["params"]["uri"] == uri and bool(m["params"]["diagnostics"])
        )

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.write(framed({"method": method, "params": params}))

    def ask(self, method: str, params: Any) -> int:
        """Send a request and return its id."""
        self._last_id += 1
        self.write(framed({"id": self._last_id, "method": method, "params": params}))
        return self._last_id

    def reply(self, number: int | str) -> Arrived:
        """Return the reply to the request *number*."""
        return self.find(lambda m: m.get("id") == number and "method" not in m)

    def timed(self, method: str, params: Any) -> tuple[float, Any]:
        """Return the seconds until the reply to one request, and its result."""
        self._last_id += 1
        frame = framed({"id": self._last_id, "method": method, "params": params})
        number, start = self._last_id, time.perf_counter()
        self.write(frame)
        answer = self.reply(number)
        return answer.at_s - start, answer.message.get("result")

    def find(self, wanted: Callable[[Mapping[str, Any]], bool], *, patience_s: float = PATIENCE_S) -> Arrived:
        """Return the first message that is *wanted*, waiting for it. Raises TimeoutError."""
        for one in self.arrived:
            if wanted(one.message):
                self.arrived.remove(one)
                return one
        until = time.perf_counter() + patience_s
        while True:
            one = self._read(until)
            if wanted(one.message):
                return one
            self.arrived.append(one)

    def pump(self, seconds: float) -> None:
        """Take what comes in for *seconds*, and answer what is asked."""
        until = time.perf_counter() + seconds
        try:
            while True:
                self.arrived.append(self._read(until))
        except TimeoutError:
            return

    def write(self, frame: bytes) -> None:
        """Send *frame*."""
        if self.process.stdin is None:
            raise TypeError("the server has no input")
        view = memoryview(frame)
        while view:
            view = view[self.process.stdin.write(view) or 0 :]

    def _read(self, until: float) -> Arrived:
        """Return the next message; a request of the server is answered on the way."""
        while (body := self._frame()) is None:
            self._fill(until)
        at_s = time.perf_counter()
        message = json.loads(body)
        if "method" in message and "id" in message:
            self.write(framed({"id": message["id"], "result": _answer(message)}))
        return Arrived(message, at_s)

    def _frame(self) -> bytes | None:
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return None
        length = int(bytes(self._buffer[:head]).lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(self._buffer) < head + 4 + length:
            return None
        body = bytes(self._buffer[head + 4 : head + 4 + length])
        del self._buffer[: head + 4 + length]
        return body

    def _fill(self, until: float) -> None:
        if self.process.stdout is None:
            raise TypeError("the server has no output")
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], max(0.0, until - time.perf_counter()))[0]:
            raise TimeoutError
        data = os.read(descriptor, 1 << 20)
        if not data:
            raise ConnectionError(f"the server ended with {self.process.wait()}")
        self._buffer += data

    def peak_mib(self) -> float:
        """Return the peak memory of the process alone, without its children (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def children(self) -> list[int]:
        """Return the ids of the processes that it has started (Linux)."""
        folder = Path(f"/proc/{self.process.pid}/task")
        return [int(child) for task in folder.iterdir() for child in (task / "children").read_text("ascii").split()]

    def stop(self) -> None:
        """End the server: by `exit`, then by force."""
        try:
            self.tell("exit", None)
            self.process.wait(3)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def _answer(request: Mapping[str, Any]) -> Any:
    match request["method"]:
        case "workspace/applyEdit":
            return {"applied": False, "failureReason": "this is a benchmark"}
        case "workspace/configuration":
            return [None for _ in request["params"]["items"]]
        case _:
            return None
