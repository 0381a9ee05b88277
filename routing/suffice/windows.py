"""Windows: the part of a file that a lint fix may rewrite, chosen by us so that no model has to locate it."""

from __future__ import annotations

from typing import NamedTuple

from suffice.outline import around, outline
from suffice.positions import split_lines
from suffice.task import Span

MAX_WINDOW_LINES = 40
"""A window is the largest enclosing function or statement of at most so many lines, never a class: models drop code
from longer ones (edit formats measured 2026-11: whole rewrites of long texts elide)."""

_BLIND_LINES = 8
"""Lines around the place where no syntax tree says what encloses it."""


class Window(NamedTuple):
    """Lines `first` to `last` (1-based, inclusive)."""

    first: int
    last: int


def window(text: str, span: Span) -> Window:
    """Return the window in which the diagnostic at *span* can be mended."""
    lines = split_lines(text)
    last_line = min(max(span.start_line, span.end_line - (span.end_column == 1)), len(lines))
    outlined = outline(text)
    enclosing = list(around(outlined.blocks, span.start_line, last_line)) if outlined else []
    fitting = next((b for b in enclosing if not b.is_class and b.last - b.first < MAX_WINDOW_LINES), None)
    if fitting:
        return Window(first=fitting.first, last=fitting.last)
    first, last = max(1, span.start_line - _BLIND_LINES), min(len(lines), last_line + _BLIND_LINES)
    return Window(first=first, last=last)
