"""Positions as an editor counts them, and back: lines from 0, characters in UTF-8, UTF-16 or UTF-32 units.

The one place that knows about units. Everything else speaks of offsets and columns in code points. A position
inside of a character belongs to its start; one behind the end of a line is that end, before the line break.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Protocol

from lsprotocol.types import Position, PositionEncodingKind, Range

from suffice.task import Span

_CODECS: Mapping[str, tuple[str, int]] = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2)}
"""The codec that shows the units of an encoding, and how many bytes of it are one."""


class Lines(Protocol):
    """What a text needs for its positions: its lines with their ends, and the offset of each and of the end."""

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their line ends."""
        ...

    @property
    def starts(self) -> Sequence[int]:
        """The offset of each line, and as the last the length of the text."""
        ...


def units(text: str, encoding: str) -> int:
    """Return the length of *text* in units of *encoding*."""
    if text.isascii() or encoding == PositionEncodingKind.Utf32:
        return len(text)
    codec, size = _CODECS[encoding]
    return len(text.encode(codec, "surrogatepass")) // size


def code_points(line: str, character: int, encoding: str) -> int:
    """Return how many code points of *line* (without line break) stand before unit *character*."""
    if line.isascii() or encoding == PositionEncodingKind.Utf32:
        return min(character, len(line))
    codec, size = _CODECS[encoding]
    encoded = line.encode(codec, "surrogatepass")
    end = min(character * size, len(encoded))
    while end < len(encoded) and _is_inside(encoded, end, size):
        end -= size
    return len(encoded[:end].decode(codec, "surrogatepass"))


def _is_inside(encoded: bytes, at: int, size: int) -> bool:
    """Whether a character that began before *at* goes on there."""
    if size == 1:
        return encoded[at] & 0xC0 == 0x80  # noqa: PLR2004 - a continuation byte of UTF-8
    return encoded[at + 1] & 0xFC == 0xDC and at > 0 and encoded[at - 1] & 0xFC == 0xD8  # noqa: PLR2004 - low, high half


def place_in(lines: Sequence[str], position: Position, encoding: str) -> tuple[int, int]:
    """Return line and column (0-based, in code points) of *position*; behind the text it is the text's end."""
    line = position.line
    if line >= len(lines):
        if lines and not lines[-1].endswith(("\n", "\r")):
            return len(lines) - 1, len(lines[-1])
        return len(lines), 0
    return line, code_points(lines[line].rstrip("\r\n"), position.character, encoding)


def offset_of(text: Lines, position: Position, encoding: str) -> int:
    """Return the offset of *position*."""
    line, column = place_in(text.lines, position, encoding)
    return text.starts[line] + column


def position_of(text: Lines, offset: int, encoding: str) -> Position:
    """Return the position of *offset*; the place behind a final line break is a line of its own."""
    line = bisect_right(text.starts, offset) - 1
    if line == len(text.lines) and line and not text.lines[-1].endswith(("\n", "\r")):
        line -= 1
    if line >= len(text.lines):
        return Position(line=line, character=0)
    before = text.lines[line].rstrip("\r\n")[: offset - text.starts[line]]
    return Position(line=line, character=units(before, encoding))


def range_of(text: Lines, start: int, end: int, encoding: str) -> Range:
    """Return the range from offset *start* to offset *end*."""
    return Range(start=position_of(text, start, encoding), end=position_of(text, end, encoding))


def range_of_span(text: Lines, span: Span, encoding: str) -> Range:
    """Return the range of *span*, as a linter counts it."""
    start = _position(text.lines, span.start_line - 1, span.start_column - 1, encoding)
    return Range(start=start, end=_position(text.lines, span.end_line - 1, span.end_column - 1, encoding))


def _position(lines: Sequence[str], line: int, column: int, encoding: str) -> Position:
    if line >= len(lines):
        if lines and not lines[-1].endswith(("\n", "\r")):
            return Position(line=len(lines) - 1, character=units(lines[-1], encoding))
        return Position(line=len(lines), character=0)
    content = lines[line].rstrip("\r\n")
    return Position(line=line, character=units(content[:column], encoding))


def span_of(text: Lines, place: Range, encoding: str) -> Span:
    """Return *place* as a linter would count it."""
    start, end = place.start, place.end
    return Span(
        start_line=start.line + 1,
        start_column=_column(text.lines, start, encoding),
        end_line=end.line + 1,
        end_column=_column(text.lines, end, encoding),
    )


def _column(lines: Sequence[str], position: Position, encoding: str) -> int:
    if position.line >= len(lines):
        return 1
    return code_points(lines[position.line].rstrip("\r\n"), position.character, encoding) + 1
