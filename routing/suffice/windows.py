"""Windows: the part of a file that a lint fix may rewrite, chosen by us so that no model has to locate it."""

from __future__ import annotations

from typing import NamedTuple

from suffice.outline import Block, around, outline
from suffice.positions import split_lines
from suffice.task import Span

MAX_WINDOW_LINES = 40
"""A window is the largest enclosing function or statement of at most so many lines, never a class: models drop code
from longer ones (edit formats measured 2026-11: whole rewrites of long texts elide)."""

_BLIND_LINES = 8
"""Lines around the place where no syntax tree says what encloses it."""

_MAX_HEADER_LINES = 8


class Window(NamedTuple):
    """Lines `first` to `last` (1-based, inclusive), and the headers of the classes and functions around them."""

    first: int
    last: int
    headers: str = ""


def window(text: str, span: Span) -> Window:
    """Return the window in which the diagnostic at *span* can be mended."""
    lines = split_lines(text)
    last_line = min(max(span.start_line, span.end_line - (span.end_column == 1)), len(lines))
    outlined = outline(text)
    enclosing = list(around(outlined.blocks, span.start_line, last_line)) if outlined else []
    fitting = next((b for b in enclosing if not b.is_class and b.last - b.first < MAX_WINDOW_LINES), None)
    outer = enclosing[: enclosing.index(fitting)] if fitting else enclosing
    headers = "".join(_header(block, lines) for block in outer if block.name)
    if fitting:
        return Window(first=fitting.first, last=fitting.last, headers=headers)
    first, last = max(1, span.start_line - _BLIND_LINES), min(len(lines), last_line + _BLIND_LINES)
    return Window(first=first, last=last, headers=headers)


def _header(block: Block, lines: tuple[str, ...]) -> str:
    """Return the `class` or `def` lines of *block*, up to its first statement."""
    end = min(block.children[0].first - 1, block.line + _MAX_HEADER_LINES - 1)
    return "".join(lines[block.line - 1 : max(end, block.line)])
