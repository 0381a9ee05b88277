"""From the worker's edits to edits of what the editor shows now, or the word that it has changed.

The edits are of the text that was sent to the worker. Where the user has typed elsewhere meanwhile they move
along; where the lines that they touch were changed nothing is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol.types import TextEdit

from suffice.positions import common_ends
from suffice_server.front.anchors import moved_by
from suffice_server.front.documents import Document
from suffice_server.front.positions import range_of
from suffice_server.messages import Replacement


def moved_to(edits: Iterable[Replacement], *, before: Document, now: Document) -> tuple[Replacement, ...] | None:
    """Return *edits* of *before* as edits of *now*, None if a line that they touch was changed."""
    moved = []
    for edit in edits:
        offset = _offset_change(edit, before, now)
        if offset is None:
            return None
        moved.append(edit._replace(start=edit.start + offset, end=edit.end + offset))
    return tuple(moved)


def _offset_change(edit: Replacement, before: Document, now: Document) -> int | None:
    first = before.line_of(edit.start) + 1
    last = before.line_of(max(edit.start, edit.end - 1)) + 1
    lines = moved_by(before.text, now.text, first, last)
    return None if lines is None else now.starts[first - 1 + lines] - before.starts[first - 1]


def text_edits(edits: Sequence[Replacement], document: Document, encoding: str) -> list[TextEdit]:
    """Return *edits* of *document* as the editor counts, each no longer than what differs."""
    smallest = (_smallest(edit, document.text) for edit in edits)
    return [
        TextEdit(range=range_of(document, edit.start, edit.end, encoding), new_text=edit.new_text) for edit in smallest
    ]


def _smallest(edit: Replacement, text: str) -> Replacement:
    """Return *edit* without what it leaves as it is; a CRLF is never cut in two."""
    old, new = text[edit.start : edit.end], edit.new_text
    head, tail = common_ends(old, new)
    head -= old[:head].endswith("\r")
    cut_old, cut_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if old[len(old) - tail :].startswith("\n") and "\r" in {cut_old[-1:], cut_new[-1:]}:
        tail -= 1
    return Replacement(start=edit.start + head, end=edit.end - tail, new_text=new[head : len(new) - tail])
