"""Changes with known defects, changes presumed clean, and both mixed: read, never shipped.

Whole texts are there for the files that hold a defect; of the others the diff gives the lines that it shows, and what
lies between them is blank.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from unidiff import PatchedFile, PatchSet

from suffice.review.hunks.change import Change, ChangedFile
from suffice.snapshot import Snapshot


class Defect(NamedTuple):
    """A place of the new text (lines 1-based, inclusive) that is known to be wrong, with its first and last line."""

    path: str
    first: int
    last: int
    quote_first: str
    quote_last: str
    says: str


class Case(NamedTuple):
    """A change and what is known to be wrong in it."""

    id: str
    change: Change
    defects: tuple[Defect, ...]
    diff: str


def defects(data: Path) -> Iterator[Case]:
    """Yield changes that brought in one defect each."""
    for row in _rows(data / "defects.jsonl.gz"):
        known = {row["path"]: row["head_text"]}
        yield _case(row, known, (_defect(row),), title=row.get("change_title", ""))


def clean(data: Path) -> Iterator[Case]:
    """Yield changes of which nearly every line stayed as it was for more than a year."""
    for row in _rows(data / "clean.jsonl.gz"):
        yield _case(row, row["head_texts"], (), title=row["change_title"])


def composites(data: Path) -> Iterator[Case]:
    """Yield changes of some twenty hunks, three of which are wrong."""
    for row in _rows(data / "composite.jsonl.gz"):
        yield _case(row, row["head_texts"], tuple(map(_defect, row["defects"])))


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _defect(row: Mapping[str, Any]) -> Defect:
    says = row["description"].strip().split("\n")[0]
    return Defect(row["path"], row["start_line"], row["end_line"], row["quote_first"], row["quote_last"], says)


def _case(row: Mapping[str, Any], after: Mapping[str, str], wrong: tuple[Defect, ...], title: str = "") -> Case:
    befores: dict[str, str] = {}
    afters: dict[str, str] = {}
    files = []
    for file in PatchSet(row["diff"]):
        path, old_path = file.path, file.source_file.removeprefix("a/")
        if file.is_binary_file or not len(file):
            continue
        new = after[path].split("\n") if path in after else _shown(file, new=True)
        if not file.is_added_file:
            befores[path if file.is_removed_file else old_path] = "\n".join(_before(file, new))
        if not file.is_removed_file:
            afters[path] = "\n".join(new)
        files.append(ChangedFile(path, old_path if file.is_rename else None))
    change = Change(Snapshot.of_texts(befores), Snapshot.of_texts(afters), tuple(files), title)
    return Case(row["id"], change, wrong, row["diff"])


def _shown(file: PatchedFile, *, new: bool) -> list[str]:
    """Return the lines of one side that the diff shows, blank ones between them."""
    lines: list[str] = []
    for hunk in file:
        lines += [""] * ((hunk.target_start if new else hunk.source_start) - 1 - len(lines))
        lines += [_bare(line.value) for line in (hunk.target_lines() if new else hunk.source_lines())]
    return lines


def _before(file: PatchedFile, new: list[str]) -> list[str]:
    """Return the lines before the change, from those after it and the diff."""
    lines: list[str] = []
    at = 0
    for hunk in file:
        start = hunk.target_start - 1 if hunk.target_length else hunk.target_start
        lines += new[at:start]
        lines += [_bare(line.value) for line in hunk.source_lines()]
        at = start + hunk.target_length
    return lines + new[at:]


def _bare(line: str) -> str:
    return line.removesuffix("\n")
