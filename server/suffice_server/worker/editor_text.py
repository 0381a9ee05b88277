"""Texts as editors send them, and as the core has them: an editor's may begin with a byte order mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suffice.edits.edit import Edit, FileChange
from suffice.errors import InputError
from suffice.positions import LineIndex
from suffice.snapshot import safe_path
from suffice.task import Span
from suffice_server.values import Changed, Op, Replacement

_BOM = "\ufeff"


def without_marks(buffers: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of *buffers* as a snapshot has them. Raises InputError for what is no path or no text."""
    for path, text in buffers.items():
        if safe_path(path) != path:
            raise InputError("An open file has a path that leads outside of its folder; open it in its own project.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{path} holds half a surrogate pair, which is no text; take it out.") from error
    return {path: text.removeprefix(_BOM) for path, text in buffers.items()}


def shift_of(text: str) -> int:
    """Return by how many characters the editor's *text* is ahead of the core's."""
    return int(text.startswith(_BOM))


def shown(span: Span, shift: int) -> Span:
    """Return *span* of a core's text as it is in an editor's text that is ahead by *shift*."""
    start = span.start_column + (shift if span.start_line == 1 else 0)
    end = span.end_column + (shift if span.end_line == 1 else 0)
    return span._replace(start_column=start, end_column=end)


def replacements(edits: Iterable[Edit], shift: int) -> tuple[Replacement, ...]:
    """Return *edits* of one file as they are made in an editor's text that is ahead by *shift*."""
    return tuple(Replacement(edit.start + shift, edit.end + shift, edit.new_text) for edit in edits)


def changed(change: FileChange, buffers: Mapping[str, str]) -> Changed:
    """Return *change* for the editor, whose open texts were *buffers*."""
    if change.before is None:
        return Changed(change.path, Op.CREATE, (Replacement(0, 0, change.after or ""),))
    before = None if change.path in buffers else change.before
    if change.after is None:
        return Changed(change.path, Op.DELETE, before=before)
    shift, starts = shift_of(buffers.get(change.path, "")), LineIndex(change.before).starts
    edits = tuple(
        Replacement(starts[edit.start_line - 1] + shift, starts[edit.end_line] + shift, edit.new_text)
        for edit in change.line_edits
    )
    if change.target != change.path:
        return Changed(change.path, Op.RENAME, edits, before, change.target)
    return Changed(change.path, Op.REPLACE, edits, before)
