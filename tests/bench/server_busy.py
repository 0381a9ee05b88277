"""The language server while models are asked: listing, cancelling and leaving with calls in flight."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from server_client import Arrived, Client, framed

CALLS = 32
REQUESTS = 500
CANCELS = 10
LEAVINGS = 3
CANCEL_PATIENCE_S = 5.0

_CANCEL_ALL = framed(
    {"id": "all", "method": "workspace/executeCommand", "params": {"command": "suffice.cancelAll", "arguments": []}}
)

Row = tuple[str, float, float]
"""What is bounded, its value, and the most that it may be."""


class Provider:
    """The provider in a process of its own, which takes all requests and never answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            raise TypeError("the provider has no output")
        self._lines = process.stdout
        self.address = self._lines.readline().strip()
        self.asked: list[float] = []
        self.closed: list[float] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._lines:
            what, at_s = line.split()
            (self.asked if what == "asked" else self.closed).append(float(at_s))

    def wait(self, times: list[float], number: int, *, patience_s: float = 30.0) -> None:
        """Wait until there are *number* of *times*. Raises TimeoutError."""
        until = time.perf_counter() + patience_s
        while len(times) < number:
            if time.perf_counter() > until:
                raise TimeoutError(f"{len(times)} of {number} calls")
            time.sleep(0.002)


@contextmanager
def provider() -> Iterator[Provider]:
    """Run a provider while the context lasts."""
    command = [sys.executable, Path(__file__).with_name("hanging_provider.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Provider(process)
        finally:
            process.kill()


class Scene(NamedTuple):
    """A running server with the large document open, and the commands of its fixes that ask a model."""

    client: Client
    double: Provider
    uri: str
    found: Sequence[Mapping[str, Any]]
    fixes: Sequence[Mapping[str, Any]]

    def begin(self, number: int) -> list[tuple[int, str]]:
        """Choose the first *number* fixes; return request and progress token of each, once all models are asked."""
        before, started = len(self.double.asked), []
        for command in self.fixes[:number]:
            request = self.client.ask("workspace/executeCommand", command)
            self.client.reply(request)
            token = self.client.find(_is_progress("begin")).message["params"]["token"]
            started.append((request, token))
        self._pump_until(lambda: len(self.double.asked) >= before + number)
        return started

    def _pump_until(self, condition: Callable[[], bool]) -> None:
        until = time.perf_counter() + 60
        while not condition():
            if time.perf_counter() > until:
                raise TimeoutError(f"only {len(self.double.asked)} calls came")
            self.client.pump(0.02)

    def ended(self, token: str) -> Arrived:
        """Return the end of the progress *token*. Raises TimeoutError."""
        is_end = _is_progress("end")
        return self.client.find(lambda m: is_end(m) and m["params"]["token"] == token, patience_s=CANCEL_PATIENCE_S)


def _is_progress(kind: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda m: m.get("method") == "$/progress" and m["params"]["value"]["kind"] == kind


@contextmanager
def scene(server: Any, project: Path) -> Iterator[Scene]:
    """Start *server* on the large document while the context lasts."""
    with provider() as double, tempfile.TemporaryDirectory(prefix="suffice-state-") as state:
        own = {"SUFFICE_ANTHROPIC_BASE_URL": double.address, "SUFFICE_STATE_DIR": state}
        environment = {**server.environment, **own}
        client = Client(server.command, folder=project, environment=environment)
        try:
            yield _opened(client, double, project)
        finally:
            client.stop()


def _opened(client: Client, double: Provider, project: Path) -> Scene:
    uri = (project / "large.py").as_uri()
    text = (project / "large.py").read_text("utf-8")
    client.initialize()
    client.open(uri, text)
    client.open((project / "small.py").as_uri(), (project / "small.py").read_text("utf-8"))
    found = client.diagnostics(uri).message["params"]["diagnostics"]
    client.pump(0.5)
    fixes = []
    for one in found:
        context = {"diagnostics": [one], "triggerKind": 1}
        params = {"textDocument": {"uri": uri}, "range": one["range"], "context": context}
        _, actions = client.timed("textDocument/codeAction", params)
        command = next(a["command"] for a in actions if a["title"].startswith("Fix B904 with"))
        fixes.append({"command": command["command"], "arguments": command["arguments"]})
    return Scene(client, double, uri, found, fixes)


def busy_rows(server: Any, project: Path) -> list[Row]:
    """Print what was measured and return what is bounded."""
    return [
        *_listing_rows(server, project),
        *_cancel_rows(server, project),
        *_request_rows(server, project),
        *_leaving_rows(server, project),
    ]


def _listing_rows(server: Any, project: Path) -> list[Row]:
    """List while models are asked, and while the worker lints another file without end."""
    with scene(server, project) as on:
        on.begin(CALLS)
        other = (project / "small.py").as_uri()
        times = []
        for turn in range(REQUESTS):
            if turn % 10 == 0:
                _save_anew(on.client, other, turn + 2)
            one = on.found[turn % len(on.found)]
            context = {"diagnostics": [one], "triggerKind": 1}
            params = {"textDocument": {"uri": on.uri}, "range": one["range"], "context": context}
            times.append(on.client.timed("textDocument/codeAction", params)[0] * 1000)
            time.sleep(0.005)  # so that the worker's lint is under way at most requests
    times.sort()
    p50, p99 = statistics.median(times), times[REQUESTS * 99 // 100]
    print(f"\n## {CALLS} calls in flight and the worker busy\n")
    print(f"code actions of one line, p50 / p99 ms: {p50:.2f} / {p99:.2f} (n={REQUESTS})")
    return [(f"code actions of one line with {CALLS} calls in flight, p99 ms", p99, 5.0)]


def _save_anew(client: Client, uri: str, version: int) -> None:
    """Change a document and save it, so that the worker lints it at once."""
    start = {"line": 0, "character": 0}
    changes = [{"range": {"start": start, "end": start}, "text": f"VERSION = {version}\n"}]
    named = {"uri": uri, "version": version}
    client.tell("textDocument/didChange", {"textDocument": named, "contentChanges": changes})
    client.tell("textDocument/didSave", {"textDocument": {"uri": uri}})


def _cancel_rows(server: Any, project: Path) -> list[Row]:
    """Cancel one fix again and again, in each way that there is."""
    ways: dict[str, Callable[[Client, int, str], None]] = {
        "$/cancelRequest of its command": lambda client, request, _: client.tell("$/cancelRequest", {"id": request}),
        "cancel of its progress": lambda client, _, token: client.tell(
            "window/workDoneProgress/cancel", {"token": token}
        ),
        "suffice.cancelAll": lambda client, *_: client.write(_CANCEL_ALL),
    }
    rows: list[Row] = []
    with scene(server, project) as on:
        for name, cancel in ways.items():
            rows += _cancelled(on, name, cancel)
    return rows


def _cancelled(on: Scene, name: str, cancel: Callable[[Client, int, str], None]) -> list[Row]:
    ends, closes = [], []
    for _ in range(CANCELS):
        ((request, token),) = on.begin(1)
        closed = len(on.double.closed)
        start = time.perf_counter()
        cancel(on.client, request, token)
        try:
            end_s = on.ended(token).at_s
            on.double.wait(on.double.closed, closed + 1)
        except TimeoutError:
            return [(f"{name}: to the end of the progress, ms", float("inf"), 20.0)]
        ends.append((end_s - start) * 1000)
        closes.append((on.double.closed[closed] - end_s) * 1000)
    print(
        f"{name}: to the end of the progress {statistics.median(ends):.1f} ms (at most {max(ends):.1f}),"
        f" then to the end of the call {statistics.median(closes):.1f} (at most {max(closes):.1f}); n={CANCELS}"
    )
    return [
        (f"{name}: to the end of the progress, worst ms", max(ends), 20.0),
        (f"{name}: from there to the end of the call, worst ms", max(closes), 100.0),
    ]


def _request_rows(server: Any, project: Path) -> list[Row]:
    """Cancel a request that waits for the worker: the edit of a free fix, while the worker lints the large document."""
    with scene(server, project) as on:
        uri = (project / "free.py").as_uri()
        on.client.open(uri, 'VALUE = str("a")\n')
        (found,) = on.client.diagnostics(uri).message["params"]["diagnostics"]
        context = {"diagnostics": [found], "triggerKind": 1}
        params = {"textDocument": {"uri": uri}, "range": found["range"], "context": context}
        _, actions = on.client.timed("textDocument/codeAction", params)
        free = next(one for one in actions if "free" in one["title"])
        taken, errors = [], 0
        for turn in range(CANCELS):
            _save_anew(on.client, on.uri, turn + 2)
            number = on.client.ask("codeAction/resolve", free)
            on.client.pump(0.002)
            start = time.perf_counter()
            on.client.tell("$/cancelRequest", {"id": number})
            answered = on.client.reply(number)
            taken.append(max(0.0, answered.at_s - start) * 1000)
            errors += "error" in answered.message
    print(
        f"$/cancelRequest of codeAction/resolve: to the reply {statistics.median(taken):.1f} ms"
        f" (at most {max(taken):.1f}), {errors} of {CANCELS} before they were answered"
    )
    return [("$/cancelRequest of codeAction/resolve: to the reply, worst ms", max(taken), 20.0)]


def _leaving_rows(server: Any, project: Path) -> list[Row]:
    """Leave with calls in flight, in each way that an editor does."""
    ways: dict[str, Callable[[Client], None]] = {
        "shutdown and exit": _shut_down,
        "exit alone": lambda client: client.tell("exit", None),
        "end of input": lambda client: client.process.stdin and client.process.stdin.close(),
    }
    rows: list[Row] = []
    for name, leave in ways.items():
        taken = [_left(server, project, leave) for _ in range(LEAVINGS)]
        print(f"{name}: until no process is left {max(taken):.2f} s at worst, with {CALLS} calls in flight")
        rows.append((f"{name}: until no process is left, worst s", max(taken), 1.0))
    return rows


def _shut_down(client: Client) -> None:
    client.reply(client.ask("shutdown", None))
    client.tell("exit", None)


def _left(server: Any, project: Path, leave: Callable[[Client], None]) -> float:
    with scene(server, project) as on:
        on.begin(CALLS)
        children = on.client.children()
        start = time.perf_counter()
        leave(on.client)
        on.client.process.wait(10)
        while any(_runs(child) for child in children):
            time.sleep(0.005)
        return time.perf_counter() - start


def _runs(process: int) -> bool:
    """Whether the process *process* is there and no zombie (Linux)."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
