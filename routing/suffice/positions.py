"""Lines and columns of a text, counted as linters count them.

Lines end with LF, CRLF or CR and nothing else (a form feed or U+2028 is text); columns are code points.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from suffice.task import Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


_OTHER_ENDS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What str.splitlines ends a line with besides LF (docs.python.org)."""


@lru_cache(maxsize=8)
def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of *text* with their line ends; joined they are *text* again."""
    if not any(map(text.__contains__, _OTHER_ENDS)):
        return tuple(text.splitlines(keepends=True))  # ten times as fast
    if "\r" in text:
        return tuple(_LINE.findall(text))
    *ended, rest = text.split("\n")
    lines = tuple(f"{line}\n" for line in ended)
    return (*lines, rest) if rest else lines


def common_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """Return how many lines at the start, and then at the end, are the same in *left* and *right*."""
    most = min(len(left), len(right))
    head = next((n for n in range(most) if left[n] != right[n]), most)
    most -= head
    tail = next((n for n in range(most) if left[-1 - n] != right[-1 - n]), most)
    return head, tail


class LineIndex:
    """Turns 1-based lines and columns of one text into 0-based offsets, and back.

    `starts` holds the offset of each line and, as the last, the length of the text.
    """

    __slots__ = ("_text", "starts")

    def __init__(self, text: str) -> None:
        self._text = text
        self.starts = array("L", [0, *accumulate(len(line) for line in split_lines(text))])

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines with their line ends; made anew unless it is one of the texts that were split last."""
        return split_lines(self._text)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.starts) - 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of *line*, *column* (1-based); past the end it is the end of the text."""
        if line > self.count:
            return self.starts[-1]
        return min(self.starts[line - 1] + column - 1, self.starts[line])

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return the start and end offset of *span*."""
        return self.offset(span.start_line, span.start_column), self.offset(span.end_line, span.end_column)

    def line_of(self, offset: int) -> int:
        """Return the 1-based line that holds *offset*; the end of the text is on the last line."""
        return max(1, min(bisect_right(self.starts, offset), self.count))

    def text(self, first: int, last: int) -> str:
        """Return lines *first* to *last* (1-based, inclusive) as one text."""
        return self._text[self.starts[min(first - 1, self.count)] : self.starts[min(last, self.count)]]
