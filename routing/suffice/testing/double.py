"""A loopback server that speaks Anthropic's Messages API, and OpenAI's Responses API and Chat Completions.

It says what a script tells it to, request by request and per model, after it has checked each request as the
real API would; it describes and lists models. It keeps no key: a recorded request holds the key's SHA-256 at most.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from suffice.testing.model_list import ModelList, ScriptedStatus, status_from_json
from suffice.testing.replies import (
    ScriptedEntry,
    ScriptedError,
    ScriptedLine,
    ScriptedReply,
    ScriptedWhen,
    entry_from_json,
    scripted_reply,
)

_KEY_HEADERS = frozenset({"authorization", "x-api-key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """A request to a model as it arrived, good or not; `api` is anthropic, openai (Responses) or chat.

    `headers` have lower-case names and no key; `body` is empty if it was no JSON object.
    """

    api: str
    model: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    key_sha256: str


@dataclass(slots=True)
class _Lines:
    """What is left of the script of one model."""

    entries: list[ScriptedLine]
    repeat_last: bool
    whens: list[ScriptedWhen] = field(default_factory=list)

    def next(self, prompt: str) -> ScriptedLine | None:
        for when in self.whens:
            if when.substring in prompt:
                return when.reply
        if not self.entries:
            return None
        return self.entries[0] if self.repeat_last and len(self.entries) == 1 else self.entries.pop(0)


class ProviderDouble:
    """The running server: where it is, what it will say, what it was asked."""

    def __init__(self, address: str) -> None:
        self.anthropic_base_url = address
        self.openai_base_url = self.local_base_url = f"{address}/v1"
        self._lock = threading.Lock()
        self._lines: dict[str, _Lines] = {}
        self._requests: list[RecordedRequest] = []
        self._statuses: dict[str, ScriptedStatus] = {}

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """Return all requests so far, in order of arrival."""
        with self._lock:
            return tuple(self._requests)

    def script(self, model: str, replies: Iterable[ScriptedEntry], *, repeat_last: bool = False) -> None:
        """Answer requests for *model* with *replies*, in order; this replaces what was scripted before."""
        entries = list(replies)
        whens = [entry for entry in entries if isinstance(entry, ScriptedWhen)]
        rest: list[ScriptedLine] = [entry for entry in entries if not isinstance(entry, ScriptedWhen)]
        with self._lock:
            self._lines[model] = _Lines(entries=rest, whens=whens, repeat_last=repeat_last)

    def model(
        self, model: str, *, retires_on: date | None = None, known: bool = True, reply: ScriptedReply | None = None
    ) -> None:
        """Describe *model* so to those who look it up, or answer them with *reply*.

        The models of the catalogue are described as it says; models of no hosted lane are listed first.
        """
        with self._lock:
            self._statuses[model] = ScriptedStatus(retires_on=retires_on, known=known, reply=reply)

    @property
    def models(self) -> ModelList:
        """Return the models that can be looked up."""
        with self._lock:
            return ModelList(statuses=dict(self._statuses), scripted=tuple(self._lines))

    def record(self, api: str, *, headers: Mapping[str, str], key: str, body: Mapping[str, Any]) -> None:
        """Remember a request, without its key."""
        hidden = {name: headers[name].replace(key, "***") for name in _KEY_HEADERS & headers.keys() if key}
        request = RecordedRequest(
            api=api,
            model=str(body.get("model")),
            body=body,
            headers={**headers, **hidden},
            key_sha256=hashlib.sha256(key.encode()).hexdigest() if key else "",
        )
        with self._lock:
            self._requests.append(request)

    def reply_to(self, body: Mapping[str, Any], *, prompt: str) -> ScriptedReply:
        """Return what the script says to this request."""
        model = str(body.get("model"))
        with self._lock:
            lines = self._lines.get(model)
            entry = lines.next(prompt) if lines else None
        if entry is None:
            missing = "has come to its end" if lines else "does not exist"
            return ScriptedError(status=500, message=f"the script for {model} {missing}: script a reply")
        return _reply(entry, body)


def _reply(entry: ScriptedLine, body: Mapping[str, Any]) -> ScriptedReply:
    if not callable(entry):
        return scripted_reply(entry)
    try:
        return scripted_reply(entry(body))
    except Exception as error:  # noqa: BLE001  the test's own function: its error belongs into the test's output
        return ScriptedError(status=500, message=f"the scripted function raised {error!r}")


@contextmanager
def provider_double() -> Iterator[ProviderDouble]:
    """Run a server on a free port of 127.0.0.1 while the context lasts.

    Raises InputError if the packages of suffice[testing] are missing.
    """
    from suffice.testing.request_rules import prepare_validators
    from suffice.testing.server import DoubleServer

    prepare_validators()
    server = DoubleServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.double
    finally:
        server.stop()
        thread.join()


def script_from_json(double: ProviderDouble, script: Mapping[str, Any]) -> None:
    """Script *double* as a script file says.

    {"models": {MODEL: [REPLY, ...]}, "repeat_last": false, "statuses": {MODEL: {"retires_on": "2027-01-31"}}}:
    a status has the fields of `ProviderDouble.model`. Raises InputError.
    """
    for model, replies in script.get("models", {}).items():
        entries = [entry_from_json(reply) for reply in replies]
        double.script(model, entries, repeat_last=bool(script.get("repeat_last")))
    for model, status in script.get("statuses", {}).items():
        double.model(model, **status_from_json(status))


def requests_as_json(double: ProviderDouble) -> bytes:
    """Return the recorded requests of *double*, the keys' hashes included."""
    names = ("api", "model", "body", "headers", "key_sha256")
    return json.dumps([{name: getattr(request, name) for name in names} for request in double.requests]).encode()
