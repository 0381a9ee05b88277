"""From the worker's edits to edits of what the editor shows now, in the form that this editor understands. Pure.

The worker's edits are of the text that was sent to it. Where the user has typed elsewhere meanwhile they move along;
where the lines that they touch were changed there is no edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lsprotocol import types

from suffice.positions import common_ends
from suffice_server.front.abilities import Abilities
from suffice_server.front.text.anchors import moved_by
from suffice_server.front.text.documents import Document
from suffice_server.front.text.positions import range_of
from suffice_server.values import Op, Replacement

_ANNOTATION = "suffice"


class FileEdit(NamedTuple):
    """What becomes of one file: *edits* of `document`, whose version is None where the editor does not show it.

    `new_uri` is where a renamed file goes.
    """

    op: Op
    document: Document
    edits: tuple[Replacement, ...] = ()
    new_uri: str | None = None


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
    if before is now:
        return 0
    if not before.lines and now.lines:
        return None  # there is no line to move along with
    first = before.line_of(edit.start) + 1
    last = before.line_of(max(edit.start, edit.end - 1)) + 1
    lines = moved_by(before.text, now.text, first, last)
    return None if lines is None else now.starts[first - 1 + lines] - before.starts[first - 1]


def are_within(edits: Sequence[Replacement], document: Document) -> bool:
    """Whether *edits* lie in *document* and do not overlap."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    ends = [0, *(edit.end for edit in ordered)]
    return all(end <= edit.start <= edit.end for end, edit in zip(ends, ordered, strict=False)) and (
        ends[-1] <= document.starts[-1]
    )


def edited(text: str, edits: Iterable[Replacement]) -> str:
    """Return *text* with all *edits* made."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[position : edit.start], edit.new_text]
        position = edit.end
    return "".join((*parts, text[position:]))


def text_edits(edits: Sequence[Replacement], document: Document, encoding: str) -> list[types.TextEdit]:
    """Return *edits* of *document* as the editor counts, each no longer than what differs."""
    smallest = (_smallest(_whole_breaks(edit, document.text), document.text) for edit in edits)
    return [
        types.TextEdit(range=range_of(document, edit.start, edit.end, encoding), new_text=edit.new_text)
        for edit in smallest
        if edit.new_text or edit.start < edit.end
    ]


def _whole_breaks(edit: Replacement, text: str) -> Replacement:
    """Return *edit* with the whole of a CRLF that it begins or ends in: no position names the middle of one."""
    start, end, new = edit
    if text[max(start - 1, 0) : start + 1] == "\r\n":
        start, new = start - 1, f"\r{new}"
    if text[max(end - 1, 0) : end + 1] == "\r\n":
        end, new = end + 1, f"{new}\n"
    return Replacement(start, end, new)


def _smallest(edit: Replacement, text: str) -> Replacement:
    """Return *edit* without what it leaves as it is; a CRLF is never cut in two."""
    old, new = text[edit.start : edit.end], edit.new_text
    head, tail = common_ends(old, new)
    head -= old[:head].endswith("\r")
    cut_old, cut_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if old[len(old) - tail :].startswith("\n") and "\r" in {cut_old[-1:], cut_new[-1:]}:
        tail -= 1
    return Replacement(start=edit.start + head, end=edit.end - tail, new_text=new[head : len(new) - tail])


def workspace_edit(
    files: Sequence[FileEdit], *, abilities: Abilities, encoding: str, confirm: str | None = None
) -> types.WorkspaceEdit:
    """Return *files* as one edit: with versions where the editor handles them.

    *confirm* is what the user is to be told where the editor asks before it makes the edit; None: it need not ask.
    """
    if not abilities.takes_versions:
        plain = {file.document.uri: text_edits(file.edits, file.document, encoding) for file in files}
        return types.WorkspaceEdit(changes=plain)
    annotation = _ANNOTATION if confirm is not None and abilities.confirms else None
    annotations: Mapping[str, types.ChangeAnnotation] | None = None
    if annotation is not None:
        note = types.ChangeAnnotation(label="suffice", needs_confirmation=True, description=confirm)
        annotations = {annotation: note}
    changes = [change for file in files for change in _changes(file, abilities, encoding, annotation)]
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def _changes(
    file: FileEdit, abilities: Abilities, encoding: str, annotation: str | None
) -> list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile]:
    uri = file.document.uri
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    if file.op is Op.CREATE:
        options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
        changes.append(types.CreateFile(uri=uri, options=options, annotation_id=annotation))
    if file.edits and file.op is not Op.DELETE:
        changes.append(_document_edit(file, abilities, encoding, annotation))
    if file.op is Op.RENAME and file.new_uri is not None:
        changes.append(types.RenameFile(old_uri=uri, new_uri=file.new_uri, annotation_id=annotation))
    if file.op is Op.DELETE:
        changes.append(types.DeleteFile(uri=uri, annotation_id=annotation))
    return changes


def _document_edit(
    file: FileEdit, abilities: Abilities, encoding: str, annotation: str | None
) -> types.TextDocumentEdit:
    document, edits = file.document, text_edits(file.edits, file.document, encoding)
    version = None if document.version is None else max(document.version, abilities.least_version)
    named = types.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=version)
    if annotation is None:
        return types.TextDocumentEdit(text_document=named, edits=edits)
    annotated = [types.AnnotatedTextEdit(annotation, edit.range, edit.new_text) for edit in edits]
    return types.TextDocumentEdit(text_document=named, edits=annotated)
