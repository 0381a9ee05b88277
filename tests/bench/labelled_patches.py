"""Patches by models with known outcome, as the checker sees them: with their base files, or by their own lines alone.

Both give outcomes as `suffice.refit` takes them; a patch that a check blocks has none and is as good as wrong.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.checker import debug_output, files, placeholders, size
from suffice.checker.file_roles import Role, role
from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import Signals, State
from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange
from suffice.edits.patch_in import parse_patch
from suffice.refit import Outcome
from suffice.snapshot import Snapshot
from suffice.task import Kind

SOFT = "E4,E7,E9,F"
_WAVE = 64
_FILE = re.compile(r"^diff --git a/(\S+) b/\S+\n(?:(new file) mode \S+\n)?(?:index ([0-9a-f]+)\.\.)?", re.MULTILINE)
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_BY_TEXT = (size, files, placeholders, debug_output)


class Labelled(NamedTuple):
    """A patch by a system for a task, and whether the hidden tests passed."""

    instance: str
    system: str
    patch: str
    right: bool

    @property
    def paths(self) -> frozenset[str]:
        """The source files that it changes."""
        paths = frozenset(match[1] for match in _FILE.finditer(self.patch))
        return frozenset(path for path in paths if role(path) is Role.SOURCE)


class Seen(NamedTuple):
    """A labelled patch and what was seen of it; None if a check blocks it."""

    labelled: Labelled
    outcome: Outcome | None


def read_labelled(folder: Path) -> list[Labelled]:
    """Return the patches by models whose outcome is known; those by people would be told apart by their smell."""
    rows = _rows(folder / "model_patches.jsonl.gz")
    return [
        Labelled(row["instance_id"], row["system"], row["patch"], row["resolved"])
        for row in rows
        if row["resolved"] is not None and row["model"] != "human"
    ]


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def seen_with_base(labelled: Sequence[Labelled], folder: Path) -> list[Seen]:
    """Return what the whole checker says of those whose base files are all at hand."""
    bases = _Bases(folder)
    known = [(each, texts) for each in labelled if (texts := bases.of(each.patch)) is not None]
    found: list[Seen] = []
    with tempfile.TemporaryDirectory() as root:
        linting = Linting(root=Path(root), select=SOFT)
        for start in range(0, len(known), _WAVE):
            found += _looked(known[start : start + _WAVE], linting)
    return found


def _looked(wave: Sequence[tuple[Labelled, Mapping[str, str]]], linting: Linting) -> Iterator[Seen]:
    subjects = [_subject(each.patch, Snapshot.of_texts(texts, root=linting.root)) for each, texts in wave]
    verdicts = iter(check_wave([s for s in subjects if s], linting=linting, run_all=True))
    for (each, _), subject in zip(wave, subjects, strict=True):
        verdict = next(verdicts) if subject else None
        signals = verdict.signals if verdict and verdict.state is State.PASSED else None
        yield Seen(each, signals and Outcome(Kind.DEBUG, signals, each.right, each.instance))


def _subject(patch: str, snapshot: Snapshot) -> Subject | None:
    changes = parse_patch(patch, snapshot=snapshot)
    if isinstance(changes, Rejected):
        return None
    return Subject(kind=Kind.DEBUG, changes=changes, snapshot=snapshot)


class _Bases:
    """The base files at hand, by path and the start of their blob's name, as `index` lines have it."""

    def __init__(self, folder: Path) -> None:
        self._texts: dict[str, dict[str, str]] = defaultdict(dict)
        for row in _rows(folder / "base_files.jsonl.gz"):
            content = row["text"].encode()
            name = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            self._texts[row["path"]][name] = row["text"]

    def of(self, patch: str) -> dict[str, str] | None:
        """Return the texts that *patch* is for, none where it only adds files; None if one is missing."""
        found, changed = {}, _FILE.findall(patch)
        for path, new, blob in changed:
            if new:
                continue
            text = next((t for name, t in self._texts[path].items() if blob and name.startswith(blob)), None)
            if text is None:
                return None
            found[path] = text
        return found if changed else None


def seen_by_text(labelled: Sequence[Labelled]) -> list[Seen]:
    """Return what the checks say that need no more than the lines of a patch; none of them blocks."""
    return [Seen(each, Outcome(Kind.DEBUG, _signals(each.patch), each.right, each.instance)) for each in labelled]


def _signals(patch: str) -> Signals:
    changes = tuple(_changes(patch))
    subject = Subject(kind=Kind.DEBUG, changes=changes, snapshot=Snapshot.of_texts({}))
    return Signals(0.0, {module.NAME: module.look(subject).amount for module in _BY_TEXT})


def _changes(patch: str) -> Iterator[FileChange]:
    """Yield the hunks of each file, as if the file held nothing else."""
    for part in re.split(r"^(?=diff --git )", patch, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("@@")), len(lines))
        body = [line for line in lines[first:] if not line.startswith(("@@", "\\"))]
        match = _FILE.match(part)
        if match and body:
            before, after = (_side(body, left_out) for left_out in "+-")
            yield FileChange(path=match[1], before=None if match[2] else before, after=after)


def _side(body: Sequence[str], left_out: str) -> str:
    return "".join(f"{line[1:]}\n" for line in body if not line.startswith(left_out))


def with_agreement(seen: Sequence[Seen], labelled: Sequence[Labelled]) -> list[Seen]:
    """Return *seen* with the share of the other systems that change none of the same source files."""
    by_instance: dict[str, list[Labelled]] = defaultdict(list)
    for each in labelled:
        by_instance[each.instance].append(each)
    return [_compared(each, by_instance[each.labelled.instance]) for each in seen]


def _compared(seen: Seen, same_task: Sequence[Labelled]) -> Seen:
    others = [other for other in same_task if other.system != seen.labelled.system]
    if seen.outcome is None or not others:
        return seen
    differs = sum(not seen.labelled.paths & other.paths for other in others) / len(others)
    signals = seen.outcome.signals
    signals = signals._replace(amounts={**signals.amounts, "agreement": differs})
    return seen._replace(outcome=seen.outcome._replace(signals=signals))
