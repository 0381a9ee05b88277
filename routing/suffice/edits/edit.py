"""One form for every edit: new text for a place in one version of a file, applied all or nothing in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from suffice.edits.line_diff import differing_runs
from suffice.positions import common_ends, split_lines
from suffice.snapshot import MAX_FILE_BYTES, Snapshot, SourceFile
from suffice.task import LinterFix


class Edit(NamedTuple):
    """Replaces the characters `start` to `end` (0-based, end exclusive) of the version `base_sha` of a file."""

    path: str
    base_sha: str
    start: int
    end: int
    new_text: str


class LineEdit(NamedTuple):
    """Replaces whole lines (1-based, inclusive; `end_line` = `start_line` - 1 inserts before `start_line`)."""

    start_line: int
    end_line: int
    new_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file before and after. `before` is None for a created file, `after` for a deleted one.

    `new_path` is where a renamed file goes. Texts are without byte order mark; `bom` says that the file has one.
    `known_edits` are the line edits between the two where whoever made the change knows them.
    """

    path: str
    before: str | None
    after: str | None
    new_path: str | None = None
    bom: bool = False
    known_edits: tuple[LineEdit, ...] | None = field(default=None, compare=False, repr=False)

    @property
    def target(self) -> str:
        """Where the text stands afterwards."""
        return self.new_path or self.path

    @property
    def line_edits(self) -> tuple[LineEdit, ...]:
        """The whole-line edits that turn `before` into `after`, in order."""
        if self.known_edits is not None:
            return self.known_edits
        return line_edits(self.before or "", self.after or "")


def flaw_of(change: FileChange) -> str | None:
    """Return why *change* cannot be said as text and names, None if it can."""
    for text in filter(None, (change.after, change.before, change.target, change.path)):
        if "\0" in text:
            return f"{change.target!r} would hold a NUL character, as binary files do; leave it out"
        if not text.isascii() and _is_no_utf8(text):
            return f"{change.target!r} would hold half a surrogate pair, which is no text; leave it out"
    if change.after is not None and _size(change.after) > MAX_FILE_BYTES:
        return f"{change.target} would be over the limit of {MAX_FILE_BYTES // 1024**2} MiB; make the change smaller"
    return None


def clash_of(changes: Iterable[FileChange], snapshot: Snapshot) -> str | None:
    """Return why *changes* of *snapshot* cannot all be made: one puts a file where another needs a folder."""
    made = tuple(changes)
    is_file = {change.path: False for change in made} | {change.target: change.after is not None for change in made}
    for change in made:
        if change.after is None or (change.before is not None and change.target == change.path):
            continue
        for parent in map(str, PurePosixPath(change.target).parents):
            if parent == change.path or (is_file[parent] if parent in is_file else snapshot.has(parent)):
                return f"{change.target} cannot be created, {parent} is a file; choose another path"
    return None


def _is_no_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8"))


def linter_edits(fix: LinterFix, file: SourceFile) -> tuple[Edit, ...]:
    """Return *fix* as edits of *file*, with the file's own line ends."""
    edits = []
    for edit in fix.edits:
        start, end = file.index.offsets(edit.span)
        text = edit.new_text.replace("\r\n", "\n").replace("\n", file.eol)
        edits.append(Edit(path=file.path, base_sha=file.blob_sha, start=start, end=end, new_text=text))
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def edits_between(file: SourceFile, after: str) -> tuple[Edit, ...]:
    """Return the line-wise edits that turn *file* into *after*, as few lines as a diff finds."""
    starts = file.index.starts
    return tuple(
        Edit(
            path=file.path,
            base_sha=file.blob_sha,
            start=starts[edit.start_line - 1],
            end=starts[edit.end_line],
            new_text=edit.new_text,
        )
        for edit in line_edits(file.text, after)
    )


@lru_cache(maxsize=16)
def line_edits(before: str, after: str) -> tuple[LineEdit, ...]:
    """Return the whole-line edits that turn *before* into *after*, as a diff finds them."""
    old, new = split_lines(before), split_lines(after)
    return tuple(
        LineEdit(start_line=run.a1 + 1, end_line=run.a2, new_text="".join(new[run.b1 : run.b2]))
        for run in differing_runs(old, new)
    )


def whole_lines(file: SourceFile, edits: Iterable[Edit]) -> tuple[LineEdit, ...]:
    """Return *edits* of *file* as edits of whole lines, those on one line joined."""
    groups: list[tuple[int, int, list[Edit]]] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        first, last = _touched_lines(file, edit)
        if groups and first <= groups[-1][1]:
            begin, end, own = groups.pop()
            groups.append((begin, max(end, last), [*own, edit]))
        else:
            groups.append((first, last, [edit]))
    return tuple(filter(None, (_line_edit(file, *group) for group in groups)))


def _touched_lines(file: SourceFile, edit: Edit) -> tuple[int, int]:
    """Return the first and last line (1-based) that *edit* needs; last = first - 1 for lines put between."""
    index = file.index
    first = bisect_right(index.starts, edit.start, hi=index.count)
    at_start = edit.start == index.starts[max(first - 1, 0)]
    last = bisect_left(index.starts, edit.end)
    at_end = last <= index.count and index.starts[last] == edit.end
    if at_start and at_end and edit.new_text[-1:] in {"", "\n", "\r"}:
        return first, last
    joins_next = at_end and edit.end > edit.start and edit.new_text[-1:] not in {"\n", "\r"}
    return first, min(max(first, last + joins_next), index.count)


def _line_edit(file: SourceFile, first: int, last: int, edits: list[Edit]) -> LineEdit | None:
    """Return *edits*, all within lines *first* to *last*, as one; None if they change nothing."""
    begin, end = file.index.starts[first - 1], file.index.starts[last]
    shifted = [edit._replace(start=edit.start - begin, end=edit.end - begin) for edit in edits]
    old = split_lines(file.text[begin:end])
    new = split_lines(apply_edits(file.text[begin:end], shifted))
    head, tail = common_ends(old, new)
    if head == len(old) == len(new):
        return None
    text = "".join(new[head : len(new) - tail])
    return LineEdit(start_line=first + head, end_line=last - tail, new_text=text)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return *text* with all *edits* of one file made; they must not overlap."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[position : edit.start], edit.new_text]
        position = edit.end
    return "".join((*parts, text[position:]))


def apply_to_file(file: SourceFile, edits: Iterable[Edit]) -> FileChange:
    """Return what *edits* make of *file*."""
    made = tuple(edits)
    after = apply_edits(file.text, made)
    return FileChange(path=file.path, before=file.text, after=after, bom=file.bom, known_edits=whole_lines(file, made))
