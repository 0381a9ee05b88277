"""The names of a place and of a diagnostic, which stay the same from run to run while their lines do."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from suffice.positions import split_lines
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Diagnostic

_MOST_AROUND = 5
"""Lines on either side that may tell a place from others that read the same; copies beyond that share a name."""

_LINE_NUMBER = re.compile(r"\bline \d+")
"""Some messages name another line, which moves as this one does."""


def fingerprint(diagnostic: Diagnostic, snapshot: Snapshot) -> str:
    """Return 32 hex digits made of path, rule, message and the diagnosed lines, wherever in the file they stand.

    Of two that say the same of one line each has its own: where in the line it stands counts, the indent does not.
    """
    span, where = diagnostic.span, 0
    lines: Sequence[str] = ("",)
    if snapshot.has(diagnostic.path):
        file = snapshot.file(diagnostic.path)
        first = file.index.text(span.start_line, span.start_line)
        where = max(0, span.start_column - 1 - (len(first) - len(first.lstrip())))
        lines = lines_of_place(file, span.start_line, span.end_line)
    parts = (diagnostic.path, diagnostic.rule, _LINE_NUMBER.sub("line", diagnostic.message), str(where), *lines)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def lines_of_place(file: SourceFile, first: int, last: int) -> tuple[str, ...]:
    """Return the text of the lines *first* to *last* and, if *file* has such lines twice, those around that differ.

    Blank lines around them count for nothing, nor does where in the file they stand.
    """
    text, written = file.index.text(first, last).strip(), _written(file.text)
    start, stop = bisect_left(written.numbers, first), bisect_right(written.numbers, last)
    more = 0
    while more < _MOST_AROUND and not written.is_once(max(0, start - more), stop + more):
        more += 1
    before, after = written.lines[max(0, start - more) : start], written.lines[stop : stop + more]
    return (text, *before, "", *after) if more else (text,)


class _Written(NamedTuple):
    """The lines of a text that are not blank, stripped, with their numbers from 1, and where in `lines` each stands."""

    numbers: Sequence[int]
    lines: Sequence[str]
    places: Mapping[str, Sequence[int]]

    def is_once(self, begin: int, end: int) -> bool:
        """Tell whether there are lines from *begin* to before *end*, and no others that are the same."""
        part = self.lines[begin:end]
        starts = self.places[part[0]] if part else ()
        alike = (start for start in starts if self.lines[start : start + len(part)] == part)
        return len(list(islice(alike, 2))) == 1


@lru_cache(maxsize=8)
def _written(text: str) -> _Written:
    found = [(number, line.strip()) for number, line in enumerate(split_lines(text), 1) if line.strip()]
    places: dict[str, list[int]] = defaultdict(list)
    for place, (_, line) in enumerate(found):
        places[line].append(place)
    return _Written([number for number, _ in found], [line for _, line in found], places)


def repository_name(root: Path | None) -> str:
    """Return what the repository at *root* is called in the ledger: a hash, since its path is nobody's business."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:16]
