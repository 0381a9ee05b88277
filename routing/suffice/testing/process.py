"""The provider double in a process of its own, for benchmarks and for programs under test.

The child reads its script from standard input, writes its addresses to standard output, and ends when its
standard input does: it cannot outlive the process that started it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from suffice.errors import ToolError
from suffice.testing.double import RecordedRequest, provider_double, script_from_json
from suffice.testing.server import REQUESTS_PATH

_CHILD = "from suffice.testing.process import serve; serve()"
_STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleProcess:
    """A running child: where it is and what it was asked."""

    anthropic_base_url: str
    openai_base_url: str

    @property
    def local_base_url(self) -> str:
        """Return where it plays a local server."""
        return self.openai_base_url

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """Return all requests so far, in order of arrival."""
        opener = build_opener(ProxyHandler({}))
        with opener.open(self.anthropic_base_url + REQUESTS_PATH) as response:
            return tuple(RecordedRequest(**request) for request in json.load(response))


@contextmanager
def double_process(script: Mapping[str, Any] | Path) -> Iterator[DoubleProcess]:
    """Run a double that follows *script*, a mapping or a JSON file, while the context lasts.

    {"models": {MODEL: [{"answer": {...}, "delay_s": 1.0}, {"when": "E711", "reply": {...}}]}}: the kinds are
    those of `entry_from_json`, the other keys those of `script_from_json`.
    Raises ToolError if the child does not start.
    """
    text = script.read_text("utf-8") if isinstance(script, Path) else json.dumps(script)
    command = [sys.executable, "-P", "-c", _CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield DoubleProcess(**_addresses(child, json.loads(text)))
        finally:
            _stop(child)


def serve() -> None:
    """Be the child: follow the script in the first line of standard input until its end."""
    script = json.loads(sys.stdin.readline())
    with provider_double() as double:
        script_from_json(double, script)
        urls = {"anthropic_base_url": double.anthropic_base_url, "openai_base_url": double.openai_base_url}
        sys.stdout.write(json.dumps(urls) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _addresses(child: subprocess.Popen[str], script: Any) -> dict[str, str]:
    if child.stdin is None or child.stdout is None:
        raise TypeError("the child has no pipes")
    child.stdin.write(json.dumps(script) + "\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise ToolError("The provider double did not start: see its message above.")
    urls: dict[str, str] = json.loads(line)
    return urls


def _stop(child: subprocess.Popen[str]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
