"""What the front and its worker say to each other: one JSON object a line, each a small frozen type.

`id` names a request; every Lint and every Fix is answered by exactly one Linted, Finished or Failed with its
id, unless the worker ends first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from suffice.task import Applicability, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """Find the diagnostics of *text*, which stands for the file *path* under *root*."""

    id: int
    root: str
    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """Mend what *rule* says at *span* of *text*. `free`: with the linter's own fix or not at all."""

    id: int
    root: str
    path: str
    text: str
    rule: str
    message: str
    span: Span
    free: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Stop working on the request *id*; no answer is expected any more."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The user agrees to send code to *provider*, from now on."""

    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A diagnostic of a linted text. `fix` is how far the linter vouches for its own fix, None without one.

    Not `mendable` is what no lane is asked about, such as a syntax error.
    """

    rule: str
    message: str
    span: Span
    source: str = "ruff"
    url: str | None = None
    fix: Applicability | None = None
    mendable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The answer to a Lint."""

    id: int
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt of a Fix has ended; `failure` is what failed, None if it sufficed."""

    id: int
    lane: str
    failure: str | None
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """New text for the characters *start* to *end* (0-based code points, end exclusive) of the given text."""

    start: int
    end: int
    new_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The answer to a Fix: its ending and reason are those of the report.

    `lane` is the one that sufficed or, where nobody was asked, the one that would be, for `estimate_usd`.
    """

    id: int
    ending: str
    reason: str
    detail: str
    lane: str | None
    cost_usd: float
    estimate_usd: float
    confidence: float | None
    edits: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The answer to a request that could not be worked on: *message* is a sentence for the user."""

    id: int
    message: str


ToWorker = Lint | Fix | Cancel | Consent
FromWorker = Linted | Attempted | Finished | Failed

_TYPES: Mapping[str, type[ToWorker | FromWorker]] = {
    "lint": Lint,
    "fix": Fix,
    "cancel": Cancel,
    "consent": Consent,
    "linted": Linted,
    "attempted": Attempted,
    "finished": Finished,
    "failed": Failed,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


def to_line(message: ToWorker | FromWorker) -> bytes:
    """Return *message* as one line."""
    return json.dumps({"type": _NAMES[type(message)], **asdict(message)}).encode("ascii") + b"\n"


def from_line(line: bytes) -> ToWorker | FromWorker:
    """Return the message that *line* spells. Raises ValueError, KeyError or TypeError if it is none."""
    fields = json.loads(line)
    kind = _TYPES[fields.pop("type")]
    return kind(**{name: _read(name, value) for name, value in fields.items()})


def _read(name: str, value: Any) -> Any:
    match name:
        case "span":
            return Span(*value)
        case "edits":
            return tuple(Replacement(**edit) for edit in value)
        case "found":
            return tuple(_found(entry) for entry in value)
        case _:
            return value


def _found(entry: Mapping[str, Any]) -> Found:
    fix = entry["fix"] and Applicability(entry["fix"])
    return Found(**{**entry, "span": Span(*entry["span"]), "fix": fix})
