"""Patches by models with known outcome, as the checker sees them: with their base files, or by their own lines alone.

Both give outcomes as `suffice.refit` takes them; a patch that a check blocks has none and is as good as wrong.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from patches_and_bases import Labelled, labelled

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
_FILE = re.compile(r"^diff --git a/(\S+) b/\S+\n(new file)?", re.MULTILINE)
_BY_TEXT = (size, files, placeholders, debug_output)


class Seen(NamedTuple):
    """A labelled patch and what was seen of it; None if a check blocks it."""

    labelled: Labelled
    outcome: Outcome | None

    @property
    def right(self) -> bool:
        """Whether the hidden tests passed."""
        return self.labelled.resolved is True


def by_models(folder: Path) -> list[Labelled]:
    """Return the patches by models whose outcome is known; those by people would be told apart by their smell."""
    return [each for each in labelled(folder) if each.resolved is not None and each.model != "human"]


def seen_with_base(patches: Sequence[Labelled]) -> list[Seen]:
    """Return what the whole checker says of those whose base files are all at hand."""
    known = [(each, texts) for each in patches if (texts := _texts(each)) is not None]
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
        yield Seen(each, signals and Outcome(Kind.DEBUG, signals, bool(each.resolved), each.instance))


def _subject(patch: str, snapshot: Snapshot) -> Subject | None:
    changes = parse_patch(patch, snapshot=snapshot)
    if isinstance(changes, Rejected):
        return None
    return Subject(kind=Kind.DEBUG, changes=changes, snapshot=snapshot)


def _texts(patch: Labelled) -> Mapping[str, str] | None:
    """Return the texts that *patch* is for, none where it only adds files; None if one is missing."""
    if patch.base is None:
        return None if patch.touched or not _FILE.search(patch.patch) else {}
    return {path: patch.base[path] for path in patch.touched}


def seen_by_text(patches: Sequence[Labelled]) -> list[Seen]:
    """Return what the checks say that need no more than the lines of a patch; none of them blocks."""
    return [
        Seen(each, Outcome(Kind.DEBUG, _signals(each.patch), bool(each.resolved), each.instance)) for each in patches
    ]


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


def with_agreement(seen: Sequence[Seen], patches: Sequence[Labelled]) -> list[Seen]:
    """Return *seen* with the share of the other systems that change none of the same source files."""
    by_instance: dict[str, list[Labelled]] = defaultdict(list)
    for each in patches:
        by_instance[each.instance].append(each)
    return [_compared(each, by_instance[each.labelled.instance]) for each in seen]


def _compared(seen: Seen, same_task: Sequence[Labelled]) -> Seen:
    others = [other for other in same_task if other.system != seen.labelled.system]
    if seen.outcome is None or not others:
        return seen
    differs = sum(not _sources(seen.labelled) & _sources(other) for other in others) / len(others)
    signals = seen.outcome.signals
    signals = signals._replace(amounts={**signals.amounts, "agreement": differs})
    return seen._replace(outcome=seen.outcome._replace(signals=signals))


def _sources(patch: Labelled) -> frozenset[str]:
    """Return the source files that *patch* changes."""
    paths = (match[1] for match in _FILE.finditer(patch.patch))
    return frozenset(path for path in paths if role(path) is Role.SOURCE)
