"""Messages as LSP frames them on a stream: a header with their length, then JSON.

Standard library only, and little of it: the first message is read and answered before anything else is loaded. A wrong
frame costs no more than itself: reading goes on at the next header that can be found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, BinaryIO, NamedTuple

_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,9})[ \t]*\r?\n\Z", re.IGNORECASE)
"""At the end of a line, which may begin with the rest of a message whose header told too short a length."""

_LEADING_ID = re.compile(r'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(-?\d{1,15}|"[^"\\]{0,200}")\s*,')

_DECODER = json.JSONDecoder()


class Unreadable(NamedTuple):
    """A message that is no JSON. `id` is that of the request, if it could be read nevertheless."""

    id: int | str | None = None


class Messages:
    """The messages that come in on *stream*."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = b""

    def next(self) -> Any:
        """Wait for the next message and return its JSON; Unreadable if it is none, EOFError at the end of the stream.

        Raises EOFError.
        """
        length = -1
        while line := self._line():
            found = _LENGTH.search(line)
            if found:
                length = int(found[1])
            elif length >= 0 and not line.strip():
                return self._body(length)
        raise EOFError

    def _line(self) -> bytes:
        if not self._left:
            return self._stream.readline()
        line, end, self._left = self._left.partition(b"\n")
        return line + end if end else line + self._stream.readline()

    def _body(self, length: int) -> Any:
        body, self._left = self._left[:length], self._left[length:]
        body += self._stream.read(length - len(body))
        if len(body) < length:
            raise EOFError
        text = _decoded(body)
        try:
            message, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip()))
        except (ValueError, RecursionError):
            return Unreadable(_leading_id(text))
        if text[end:].strip():  # the header told too great a length: what follows is the next message's
            self._left = text[end:].encode("utf-8", "surrogatepass") + self._left
        return message


def _decoded(body: bytes) -> str:
    """Return the text of *body*; what is not UTF-8 becomes a replacement character, so that no request is lost."""
    try:
        return body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace")


def _leading_id(text: str) -> int | str | None:
    found = _LEADING_ID.match(text)
    return json.loads(found[1]) if found else None


def is_id(value: object) -> bool:
    """Whether *value* may name a request."""
    return isinstance(value, int | str) and not isinstance(value, bool)


class JsonText(str):
    """A result that is JSON already, in ASCII: of what is asked for after each keystroke, parts are kept written."""

    __slots__ = ()


def framed(message: Any, **options: Any) -> bytes:
    """Return *message* with its header; *options* are those of json.dumps. Raises TypeError or ValueError."""
    body = _written(message, options).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _written(message: Any, options: Mapping[str, Any]) -> str:
    result = message.get("result") if isinstance(message, dict) else None
    if not isinstance(result, JsonText):
        return json.dumps(message, allow_nan=False, **options)
    rest = json.dumps({name: value for name, value in message.items() if name != "result"})
    return f'{rest[:-1]}, "result": {result}}}'
