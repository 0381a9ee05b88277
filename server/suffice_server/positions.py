"""Positions as an editor counts them, and back: lines from 0, characters in UTF-8, UTF-16 or UTF-32 units.

The one place that knows about units. Everything else speaks of offsets and columns in code points. A position
inside of a character belongs to its start; one behind the end of a line is that end, before the line break.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from lsprotocol.types import Position, PositionEncodingKind, Range

from suffice.positions import LineIndex
from suffice.task import Span

_ASTRAL = "\U00010000"


def units(text: str, encoding: str) -> int:
    """Return the length of *text* in units of *encoding*."""
    if text.isascii() or encoding == PositionEncodingKind.Utf32:
        return len(text)
    if encoding == PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(character >= _ASTRAL for character in text)


def code_points(line: str, character: int, encoding: str) -> int:
    """Return how many code points of *line* (without line break) stand before unit *character*."""
    if line.isascii() or encoding == PositionEncodingKind.Utf32:
        return min(character, len(line))
    ends = list(accumulate(units(single, encoding) for single in line))
    return bisect_right(ends, character)


def offset_of(index: LineIndex, position: Position, encoding: str) -> int:
    """Return the offset of *position* in the text of *index*."""
    if position.line >= len(index.lines):
        return index.starts[-1]
    line = index.lines[position.line].rstrip("\r\n")
    return index.starts[position.line] + code_points(line, position.character, encoding)


def position_of(index: LineIndex, offset: int, encoding: str) -> Position:
    """Return the position of *offset*; the place behind a final line break is a line of its own."""
    line = bisect_right(index.starts, offset) - 1
    if line == len(index.lines) and line and not index.lines[-1].endswith(("\n", "\r")):
        line -= 1
    if line >= len(index.lines):
        return Position(line=line, character=0)
    before = index.lines[line].rstrip("\r\n")[: offset - index.starts[line]]
    return Position(line=line, character=units(before, encoding))


def range_of(index: LineIndex, start: int, end: int, encoding: str) -> Range:
    """Return the range from offset *start* to offset *end*."""
    return Range(start=position_of(index, start, encoding), end=position_of(index, end, encoding))


def span_of(index: LineIndex, place: Range, encoding: str) -> Span:
    """Return *place* as a linter would count it."""
    start, end = place.start, place.end
    return Span(
        start_line=start.line + 1,
        start_column=_column(index, start, encoding),
        end_line=end.line + 1,
        end_column=_column(index, end, encoding),
    )


def _column(index: LineIndex, position: Position, encoding: str) -> int:
    if position.line >= len(index.lines):
        return 1
    return code_points(index.lines[position.line].rstrip("\r\n"), position.character, encoding) + 1
