"""What the provider double can be told to answer, and how a script file spells it.

Every kind exists on all APIs, in each API's own form, but for ScriptedFailure, which is the Responses API's, and
ScriptedFilter, which is OpenAI's: the others say the same with a status 500 and a refusal. The calls of ScriptedCalls
are those of one API's edit tool, and on another the mistake of the script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suffice.errors import InputError
from suffice.lanes import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedReply:
    """The base of all kinds. The reply leaves after `delay_s`."""

    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedSpeech(ScriptedReply):
    """The base of what a model says. `usage` None: estimated from the texts."""

    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedAnswer(ScriptedSpeech):
    """A complete answer, sent as JSON text."""

    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedText(ScriptedSpeech):
    """A complete answer with any text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedCalls(ScriptedSpeech):
    """Calls of the edit tool that the request offers, after a `text`; no call is a model that only talks.

    Anthropic's text editor: {"command": "str_replace", "path": ..., "old_str": ..., "new_str": ...}, or `create`,
    `insert`, `view` with their arguments. OpenAI's `apply_patch`: {"type": "update_file", "path": ..., "diff": ...},
    or `create_file`, `delete_file`. The arguments are sent as they stand, right or wrong.
    """

    calls: Sequence[Mapping[str, Any]]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedRefusal(ScriptedSpeech):
    """A refusal with status 200."""

    text: str = "I can't help with that."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTruncation(ScriptedSpeech):
    """An answer that ran into the limit of output tokens."""

    text: str = '{"replacement": "x = 1'


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedFilter(ScriptedSpeech):
    """A reply stopped by the content filter (OpenAI: incomplete, with status 200)."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedFailure(ScriptedSpeech):
    """A reply with `status: failed` (OpenAI, with HTTP status 200)."""

    code: str = "server_error"
    message: str = "The model failed to generate a response."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedError(ScriptedReply):
    """An HTTP error.

    `retry_after` is the header as it is sent: seconds or an HTTP date; `type` None: the usual one for the
    status; `code` is OpenAI's.
    """

    status: int
    message: str = "scripted error"
    type: str | None = None
    code: str | None = None
    retry_after: str | None = None
    retry_after_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedHang(ScriptedReply):
    """Silence for `hang_s`, then the end of the connection."""

    hang_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedCutBody(ScriptedSpeech):
    """A complete answer of which half arrives before the connection ends."""

    text: str = '{"replacement": "x = 1"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedJson(ScriptedReply):
    """Any JSON with status 200: for instance of the wrong shape."""

    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedHtml(ScriptedReply):
    """A web page with status 200, as a captive portal or a proxy would send it."""

    html: str = "<!doctype html><title>Sign in</title>"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedWhen:
    """*reply* to every request whose prompt holds *substring*, whatever comes next in the list."""

    substring: str
    reply: ScriptedReply


Scripted = ScriptedReply | Mapping[str, Any]
"""A mapping stands for a ScriptedAnswer with it."""

ScriptedLine = Scripted | Callable[[Mapping[str, Any]], Scripted]
"""A function gets the body of the request."""

ScriptedEntry = ScriptedLine | ScriptedWhen


def scripted_reply(scripted: Scripted) -> ScriptedReply:
    """Return the reply that *scripted* stands for."""
    return scripted if isinstance(scripted, ScriptedReply) else ScriptedAnswer(answer=scripted)


def speech_text(speech: ScriptedSpeech) -> str:
    """Return what the model says."""
    match speech:
        case ScriptedAnswer():
            return json.dumps(speech.answer, ensure_ascii=False)
        case ScriptedText() | ScriptedCalls() | ScriptedRefusal() | ScriptedTruncation():
            return speech.text
        case ScriptedFilter() | ScriptedCutBody():
            return speech.text
        case _:
            return ""


def written(speech: ScriptedSpeech) -> str:
    """Return all that the model writes: what it says and the calls that it makes."""
    calls = json.dumps(list(speech.calls), ensure_ascii=False) if isinstance(speech, ScriptedCalls) else ""
    return speech_text(speech) + calls


def pieces(text: str, *, size: int = 16) -> list[str]:
    """Return *text* as a stream delivers it."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def entry_from_json(entry: Mapping[str, Any]) -> ScriptedReply | ScriptedWhen:
    """Return the reply that a script file spells. Raises InputError.

    One of the keys in `_KINDS` tells its kind, its other keys are the fields of that kind.
    """
    if "when" in entry:
        return ScriptedWhen(substring=entry["when"], reply=_reply_from_json(entry.get("reply", {})))
    return _reply_from_json(entry)


def _reply_from_json(entry: Mapping[str, Any]) -> ScriptedReply:
    fields = dict(entry)
    try:
        key = next(key for key in _KINDS if key in fields)
        if "usage" in fields:
            fields["usage"] = Usage(**fields["usage"])
        kind, field_name = _KINDS[key]
        value = fields.pop(key)
        return kind(**{field_name: value}, **fields)
    except (StopIteration, TypeError) as error:
        expected = ", ".join(_KINDS)
        raise InputError(f"This is no scripted reply: {dict(entry)!r}. Expected one of {expected}.") from error


_KINDS: Mapping[str, tuple[type[ScriptedReply], str]] = {
    "answer": (ScriptedAnswer, "answer"),
    "calls": (ScriptedCalls, "calls"),
    "text": (ScriptedText, "text"),
    "refusal": (ScriptedRefusal, "text"),
    "truncated": (ScriptedTruncation, "text"),
    "content_filter": (ScriptedFilter, "text"),
    "failed": (ScriptedFailure, "code"),
    "status": (ScriptedError, "status"),
    "hang_s": (ScriptedHang, "hang_s"),
    "cut_body": (ScriptedCutBody, "text"),
    "json": (ScriptedJson, "body"),
    "html": (ScriptedHtml, "html"),
}
"""Key in a script file -> kind, and the field that holds the key's value. The first of them tells the kind."""
