"""How a hunk is shown to a model, and which of the lines that it is shown may be quoted: they are the same lines.

Every line stands behind its number and a bar, so that no line of a file can pass for a heading of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.edits.operation import Mark
from suffice.positions import split_lines
from suffice.review.hunks.change import Change
from suffice.review.hunks.cutting import MOST_LINE_CHARS
from suffice.review.hunks.hunk import Fate, Hunk

MOST_DEFINITION_LINES = 120
"""A longer definition is not shown beside its hunk, only its header. With definitions the finder reads 2.4 times the
tokens of the diff (62 real changes), with whole files 8 times."""


class QuotableLine(NamedTuple):
    """A line without its end, its 1-based number in the new text, or in the old one where `in_old`."""

    text: str
    number: int
    in_old: bool
    changed: bool


def labels_of(hunks: Sequence[Hunk]) -> dict[str, Hunk]:
    """Return *hunks* by the labels of one request: h1, h2 and so on."""
    return {f"h{number}": hunk for number, hunk in enumerate(hunks, 1)}


def shown_hunk(hunk: Hunk, change: Change, label: str, *, with_definition: bool = True) -> str:
    """Return *hunk* as a model reads it under *label* ("h1"): path, headers around it, new text and old text apart."""
    parts = [f"## {label}: {_name(hunk)}"]
    if hunk.around:
        parts.append(f"in {' > '.join(hunk.around)}")
    new = _new_lines(hunk, change) if with_definition else _own_new_lines(hunk)
    if new:
        parts += ["__new__", *(_numbered(line, "+") for line in new)]
    old = _old_lines(hunk)
    if old:
        parts += ["__old__", *(_numbered(line, "-") for line in old)]
    return "\n".join(parts)


def quotable(hunk: Hunk, change: Change) -> tuple[QuotableLine, ...]:
    """Return the lines that may be quoted: new ones with context and definition, then the old ones."""
    return (*_new_lines(hunk, change), *_old_lines(hunk))


def definition_lines(hunk: Hunk, change: Change) -> tuple[int, int] | None:
    """Return the lines (1-based, inclusive) of the definition that is shown with *hunk*; None if none is."""
    if hunk.definition is None or hunk.definition[1] - hunk.definition[0] >= MOST_DEFINITION_LINES:
        return None
    first, last = hunk.definition
    own = split_lines(change.after.text(hunk.path))[first - 1 : last] if change.after.has(hunk.path) else ()
    return None if not own or max(map(len, own)) > MOST_LINE_CHARS else hunk.definition


def _new_lines(hunk: Hunk, change: Change) -> list[QuotableLine]:
    """Return the new lines of *hunk* and of the definition that is shown with it, in the order of the file."""
    own = _own_new_lines(hunk)
    whole = definition_lines(hunk, change)
    if whole is None:
        return own
    text = split_lines(change.after.text(hunk.path))
    lines = {
        number: QuotableLine(text[number - 1].rstrip("\r\n"), number, in_old=False, changed=False)
        for number in range(whole[0], min(whole[1], len(text)) + 1)
    }
    lines.update((line.number, line) for line in own)
    return [lines[number] for number in sorted(lines)]


def _old_lines(hunk: Hunk) -> list[QuotableLine]:
    """Return the old lines of *hunk* with those around them; none where nothing was taken away."""
    old = [(line.text, line.old, line.mark is Mark.DROP) for line in hunk.lines if line.old is not None]
    return [QuotableLine(text, number, in_old=True, changed=gone) for text, number, gone in old if hunk.removed]


def _own_new_lines(hunk: Hunk) -> list[QuotableLine]:
    return list(_of_new_side(hunk))


def _of_new_side(hunk: Hunk) -> Iterator[QuotableLine]:
    for line in hunk.lines:
        if line.new is not None:
            yield QuotableLine(line.text, line.new, in_old=False, changed=line.mark is Mark.ADD)


def _numbered(line: QuotableLine, mark: str) -> str:
    return f"{line.number:>5} {mark if line.changed else ' '}|{line.text}"


def _name(hunk: Hunk) -> str:
    path, old_path = one_line(hunk.path), one_line(hunk.old_path)
    if hunk.fate is not Fate.CHANGED:
        return f"{path} ({hunk.fate})"
    return path if path == old_path else f"{path} (was {old_path})"


def one_line(path: str) -> str:
    """Return *path* as it may stand in a line of ours, whatever it holds."""
    return path if path.isprintable() else ascii(path)
