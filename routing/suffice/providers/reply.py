"""What is asked of a provider and what comes back, the same for all of them.

A provider never raises for what a ladder can mend (an outage, a refusal, a truncated or misshapen answer):
that is `NoReply`, with what was paid. It raises ProviderError for what no rung mends (a bad key, an unknown
model). Whatever the HTTP status says, an answer is only a Reply after it was validated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from suffice.lanes import Lane, Usage


class Request(NamedTuple):
    """One call.

    `stable` comes first in the prompt and is alike for many requests, so that the provider's
    prompt cache hits; `schema` is the JSON Schema of the answer. `strict`: the schema is ours, with all keys required
    and no others allowed, and the provider enforces it; else it is the user's own, and the answer may break it.
    Requests with the same `group` may be sent as one where that is cheaper; None: it goes alone and at once.
    `wants_edits`: no schema, the answer is edits by the provider's own edit tool, or as text where it has none; the
    reply's `answer` is then `{"calls": [...], "text": "..."}`, the calls as the provider sent them, and what was said.
    """

    lane: Lane
    stable: str
    prompt: str
    schema: Mapping[str, Any]
    schema_name: str
    max_output_tokens: int
    timeout_s: float
    cache_key: str
    strict: bool = True
    group: str | None = None
    wants_edits: bool = False

    def prompt_with_schema(self) -> str:
        """Return the prompt with the schema as text at its end, for where nobody enforces it."""
        schema = json.dumps(self.schema, ensure_ascii=False)
        return f"{self.prompt}\n\nAnswer with one JSON object that keeps this JSON Schema, and nothing else:\n{schema}"


class Ended(StrEnum):
    """How a call ended, in the words of the report."""

    ANSWERED = "answered"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    MALFORMED = "malformed"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"


class Reply(NamedTuple):
    """A complete answer: `answer` is a JSON object with the keys that the schema asked for."""

    answer: Mapping[str, Any]
    paid: Usage
    request_id: str | None = None


class NoReply(NamedTuple):
    """No usable answer. `paid` is what was used all the same; `retry_after_s` what the provider asked for."""

    ended: Ended
    cause: str
    paid: Usage
    retry_after_s: float | None = None
    request_id: str | None = None


class ModelStatus(NamedTuple):
    """What a provider says about a model.

    `known`: requests for it are answered; `retires_on` is the day when that ends, None if none is announced; `detail`
    is half a sentence for the user. `deprecated`: it will end, and is answered until its provider says that it did,
    also after that day.
    """

    model: str
    known: bool
    retires_on: date | None
    detail: str
    deprecated: bool = False


class Provider(Protocol):
    """One way to call models."""

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none, within the request's time limit. Raises ProviderError."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
