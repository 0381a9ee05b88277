"""One form for every edit: new text for a place in one version of a file, applied all or nothing in memory."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from suffice.positions import common_ends, split_lines
from suffice.snapshot import SourceFile, blob_sha
from suffice.task import LinterFix


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Replaces the characters `start` to `end` (0-based, end exclusive) of the version `base_sha` of a file."""

    path: str
    base_sha: str
    start: int
    end: int
    new_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file before and after. `before` is None for a created file, `after` for a deleted one."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEdit:
    """Replaces whole lines (1-based, inclusive; `end_line` = `start_line` - 1 inserts before `start_line`)."""

    start_line: int
    end_line: int
    new_text: str


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


@lru_cache(maxsize=64)
def line_edits(before: str, after: str) -> tuple[LineEdit, ...]:
    """Return the whole-line edits that turn *before* into *after*."""
    old, new = split_lines(before), split_lines(after)
    head, tail = common_ends(old, new)
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = difflib.SequenceMatcher(None, old_middle, new_middle, autojunk=False)
    return tuple(
        LineEdit(start_line=head + a + 1, end_line=head + b, new_text="".join(new_middle[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    )


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return *text* with all *edits* of one file made; they must not overlap."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[position : edit.start], edit.new_text]
        position = edit.end
    return "".join((*parts, text[position:]))


def apply_to_file(file: SourceFile, edits: Iterable[Edit]) -> FileChange:
    """Return what *edits* make of *file*."""
    return FileChange(path=file.path, before=file.text, after=apply_edits(file.text, edits))


def sha_of_text(file: SourceFile, text: str) -> str:
    """Return the blob id that *file* would have with *text*."""
    return blob_sha(file.to_bytes(text))
