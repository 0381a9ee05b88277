"""An order, and the edits that answer it, carried over from one version of a text to another. Pure."""

from __future__ import annotations

from lsprotocol.types import Range

from suffice.edits.edit import line_edits
from suffice_server.front.applying.workspace_edit import edited
from suffice_server.front.text.anchors import moved_by
from suffice_server.front.text.documents import Document
from suffice_server.messages import Change, Fix
from suffice_server.values import Changed, Op, Replacement


def lines_of(place: Range, document: Document) -> tuple[int, int]:
    """Return the lines (1-based, inclusive) of *place*; a selection up to the start of a line ends before it."""
    first = min(place.start.line, max(len(document.lines) - 1, 0)) + 1
    last = place.end.line + 1 - (place.end.character == 0 and place.end.line > place.start.line)
    return first, max(first, min(last, len(document.lines)))


def moved_order(order: Fix | Change, sent: Document, base: Document) -> Fix | Change | None:
    """Return *order*, which speaks of the text *sent*, as one about *base*; None if its lines were changed."""
    if isinstance(order, Change):
        if order.first is None or order.last is None:
            return order
        shift = moved_by(sent.text, base.text, order.first, order.last)
        return None if shift is None else order._replace(first=order.first + shift, last=order.last + shift)
    return moved_fix(order, sent, base)


def moved_fix(order: Fix, sent: Document, base: Document) -> Fix | None:
    """Return *order*, which speaks of the text *sent*, as one about *base*; None if its lines were changed."""
    span = order.span
    shift = moved_by(sent.text, base.text, span.start_line, span.end_line)
    if shift is None:
        return None
    moved = span._replace(start_line=span.start_line + shift, end_line=span.end_line + shift)
    return order._replace(text=base.text, span=moved)


def rebased(changes: tuple[Changed, ...], path: str, base: Document, document: Document) -> tuple[Changed, ...]:
    """Return *changes* with those of *path*, which are edits of *base*, as edits of *document*, line by line."""
    return tuple(
        change._replace(edits=_edits_between(document, edited(base.text, change.edits)))
        if change.path == path and change.op is Op.REPLACE
        else change
        for change in changes
    )


def _edits_between(document: Document, after: str) -> tuple[Replacement, ...]:
    starts = document.starts
    return tuple(
        Replacement(starts[edit.start_line - 1], starts[edit.end_line], edit.new_text)
        for edit in line_edits(document.text, after)
    )
