"""Lines behind a mark (' ', '+' or '-'): what the hunks of V4A patches and unified diffs are made of."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.edits.applied import Rejected
from suffice.edits.operation import HunkLine, Mark

_MARKS = {mark.value: mark for mark in Mark}

MARKED = (" ", "+", "-")


def is_marked(line: str) -> bool:
    """Whether *line* can stand in a hunk: behind a mark, or blank, since models lose the mark of blank lines."""
    return not line.strip() or line.startswith(MARKED)


def hunk_lines(body: Sequence[str]) -> tuple[HunkLine, ...]:
    """Return the lines of a hunk, all of them marked or blank; blank ones at its end only set it apart."""
    last = len(body)
    while last and not body[last - 1].strip(" \t") and not body[last - 1].startswith(MARKED):
        last -= 1
    return tuple(HunkLine(_MARKS.get(line[:1], Mark.KEEP), line[1:]) for line in body[:last])


def cut_at_prose(body: Sequence[str], *, also: tuple[str, ...] = ()) -> tuple[Sequence[str], Sequence[str]] | Rejected:
    """Return the lines of *body* that can stand in hunks and the prose after them, which is set apart from them.

    No edit may stand in the prose; lines that begin with one of *also* are none.
    """
    end = next((n for n, line in enumerate(body) if not is_marked(line) and not line.startswith(also)), len(body))
    if end < len(body) and not _sets_apart(body[end]) and (end == 0 or body[end - 1].strip()):
        return unmarked(body[end])
    lost = next((line for line in body[end:] if line.startswith("+") or line.rstrip() == "-"), None)
    if lost is not None:
        return unmarked(body[end])
    return body[:end], body[end:]


def _sets_apart(line: str) -> bool:
    """Whether *line* ends a fence or a shell's here-document, after which there is prose."""
    return line.startswith(("```", "~~~")) or line.strip() in {"EOF", "PATCH"}


def unmarked(line: str) -> Rejected:
    """Return why *line* cannot stand in a hunk."""
    return Rejected(f"the line {line[:60]!r} begins with none of ' ', '+' and '-'; put one before every line")
