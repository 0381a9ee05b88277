"""An eslint message as our diagnostic.

eslint counts UTF-16 code units and lets U+2028 and U+2029 end a line; we count code points, and they do not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from suffice.linters.ruff import SYNTAX_ERROR
from suffice.positions import LineIndex
from suffice.task import Applicability, Diagnostic, LinterFix, Span, SpanEdit

UNUSED_DIRECTIVE = "unused-eslint-disable"
"""What we call a message that comes from no rule: of directives that silence nothing."""

_LINE_END = re.compile("\r\n|[\r\n\u2028\u2029]")
_FIRST_PAIR = "\U00010000"
"""From here on a code point is two units."""


class Places:
    """Turns eslint's lines, columns and offsets in one text into ours."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._index = LineIndex(text)
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]
        self._pairs = [at for at, character in enumerate(text) if character >= _FIRST_PAIR] if _has_pairs(text) else []

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Return our line and column (1-based) for eslint's."""
        start = self._starts[min(max(line, 1), len(self._starts)) - 1]
        before = bisect_left(self._pairs, start)
        return self._place(self._offset(start + before + max(column, 1) - 1))

    def span(self, start: int, end: int) -> Span:
        """Return the place between two of eslint's offsets (0-based)."""
        return Span(*self._place(self._offset(start)), *self._place(self._offset(end)))

    def _offset(self, units: int) -> int:
        """Return the code points before the first *units* units: one less for each pair that is among them."""
        low, high = 0, len(self._pairs)
        while low < high:
            middle = (low + high) // 2
            if self._pairs[middle] + middle < units:
                low = middle + 1
            else:
                high = middle
        return min(units - low, len(self._text))

    def _place(self, offset: int) -> tuple[int, int]:
        line = self._index.line_of(offset)
        return line, offset - self._index.starts[line - 1] + 1


def _has_pairs(text: str) -> bool:
    return not text.isascii() and max(text) >= _FIRST_PAIR


@lru_cache(maxsize=2)
def places_of(text: str) -> Places:
    """Return the places of *text*; what was said and what was silenced of one text share them."""
    return Places(text)


def diagnostic_of(message: Mapping[str, Any], path: str, places: Places) -> Diagnostic:
    """Return *message* of eslint on the file *path*. Raises KeyError, TypeError for what is none."""
    line, column = message.get("line") or 1, message.get("column") or 1
    start = places.place(line, column)
    end = places.place(message.get("endLine") or line, message.get("endColumn") or column + 1)
    return Diagnostic(
        rule=_rule(message),
        message=str(message["message"]),
        path=path,
        span=Span(*start, *max(start, end)),
        source="eslint",
        severity="error" if message.get("severity") == 2 or message.get("fatal") else "warning",  # noqa: PLR2004 - eslint's number for errors
        fix=_fix(message.get("fix"), places),
    )


def _rule(message: Mapping[str, Any]) -> str:
    if message.get("fatal"):
        return SYNTAX_ERROR
    return str(message.get("ruleId") or UNUSED_DIRECTIVE)


def _fix(fix: Mapping[str, Any] | None, places: Places) -> LinterFix | None:
    if fix is None:
        return None
    start, end = fix["range"]
    if start < 0:
        return None  # takes the byte order mark away, which is not in our text
    return LinterFix(edits=(SpanEdit(places.span(start, end), str(fix["text"])),), applicability=Applicability.SAFE)
