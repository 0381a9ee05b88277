"""The checker on patches by real models whose outcome is known: how many wrong ones it blocks, and no right one.

    python tests/bench/gates.py DATA_FOLDER

The folder holds patches/{model_patches,haiku_patches,base_files,edits}.jsonl.gz. Their licences let us measure, not
ship them: they are never part of this project. Ends with 1 if a bar is missed.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from patches_and_bases import Labelled, labelled, rows

from suffice.checker import edits_source
from suffice.checker.check import check, check_patches
from suffice.checker.verdict import State, Verdict
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.snapshot import Snapshot
from suffice.task import Kind

LEAST_BLOCKED = 0.37
LEAST_BLOCKED_OF_SOURCE = 0.18
"""Shares of wrong patches, of all and of those that edit source, that such gates blocked in a study of 952."""


class Seen(NamedTuple):
    """A patch and what the checker says of it."""

    patch: Labelled
    verdict: Verdict

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """The checks that block it, cheapest first."""
        return tuple(check.name for check in self.verdict.failed)


def main(folder: Path) -> int:
    """Print all tables; return 1 if a bar is missed."""
    patches = labelled(folder)
    seen = _looked_at([one for one in patches if one.base is not None and one.resolved is not None])
    good = [_print_gates(seen), _print_golden(folder), _print_all(patches), _print_haiku(folder)]
    return int(not all(good))


def _looked_at(patches: Sequence[Labelled]) -> list[Seen]:
    by_base = defaultdict(list)
    for one in patches:
        by_base[id(one.base)].append(one)
    found: list[Seen] = []
    for own in by_base.values():
        snapshot = Snapshot.of_texts(own[0].base or {})
        verdicts = check_patches([one.patch for one in own], snapshot=snapshot, kind=Kind.DEBUG)
        found += map(Seen, own, verdicts)
    return found


def _print_gates(seen: Sequence[Seen]) -> bool:
    right = [one for one in seen if one.patch.resolved]
    wrong = [one for one in seen if not one.patch.resolved]
    source = [one for one in wrong if edits_source.NAME not in one.blocked_by]
    false = [one for one in right if one.blocked_by]
    print("## Patches with known outcome and base, as debug")
    _print_share("wrong ones blocked", wrong, LEAST_BLOCKED)
    _print_share("of those that edit source", source, LEAST_BLOCKED_OF_SOURCE)
    print(f"{'right ones blocked':34} {len(false)} of {len(right)}")
    for one in false:
        print(f"  {one.patch.id}: {[(c.name, c.evidence) for c in one.verdict.failed]}")
    print("\nwrong ones by system:")
    for system, own in sorted(_by_system(wrong).items()):
        _print_share(f"  {system}", own)
    print("\nwrong ones by check (any of several; the first):")
    any_of, first = Counter(n for one in wrong for n in one.blocked_by), Counter(one.blocked_by[:1] for one in wrong)
    for name, number in any_of.most_common():
        print(f"  {name:32} {number:4} {first[name,]:4}")
    print("\nwhat only lowers (wrong, right):")
    for name, (of_wrong, of_right) in _lowered(seen).items():
        print(f"  {name:32} {of_wrong:4} {of_right:4}")
    return _share(wrong) >= LEAST_BLOCKED and _share(source) >= LEAST_BLOCKED_OF_SOURCE and not false


def _share(seen: Sequence[Seen]) -> float:
    return sum(bool(one.blocked_by) for one in seen) / len(seen)


def _print_share(name: str, seen: Sequence[Seen], least: float | None = None) -> None:
    bar = "" if least is None else f"  (at least {least:.0%})"
    print(f"{name:34} {sum(bool(one.blocked_by) for one in seen)} of {len(seen)} = {_share(seen):.1%}{bar}")


def _by_system(seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    found = defaultdict(list)
    for one in seen:
        found[one.patch.system].append(one)
    return found


def _lowered(seen: Sequence[Seen]) -> dict[str, tuple[int, int]]:
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for one in seen:
        for found in one.verdict.checks:
            if not found.blocking and found.state is State.FAILED:
                counts[found.name][bool(one.patch.resolved)] += 1
    return {name: (counted[False], counted[True]) for name, counted in sorted(counts.items())}


def _print_golden(folder: Path) -> bool:
    """Check what people did about the same tasks."""
    blocked = []
    golden = [row for row in rows(folder, "edits") if "golden" in row["edit_id"]]
    for row in golden:
        path = row["base_ref"]["path"]
        patch = unified_diff([FileChange(path=path, before=row["before"], after=row["after"])])
        verdict = check(patch, snapshot=Snapshot.of_texts({path: row["before"]}), kind=Kind.DEBUG)
        blocked += [(row["edit_id"], c.name, c.evidence) for c in verdict.failed]
    print(f"\n## Golden edits, as debug: {len(blocked)} of {len(golden)} blocked")
    for one in blocked:
        print(f"  {one}")
    return not blocked


def _print_all(patches: Sequence[Labelled]) -> bool:
    """Check every patch against whatever is there of its base: none may raise, and prose is refused."""
    states: Counter[str] = Counter()
    prose = prose_passed = 0
    for base, own in _grouped(patches):
        for kind in (Kind.DEBUG, Kind.EDIT):
            verdicts = check_patches([one.patch for one in own], snapshot=Snapshot.of_texts(base), kind=kind)
            for one, verdict in zip(own, verdicts, strict=True):
                states[f"{kind} {verdict.state}"] += 1
                is_prose = "diff --git" not in one.patch and "\n@@" not in one.patch
                prose += is_prose and kind is Kind.DEBUG
                prose_passed += is_prose and verdict.state is not State.FAILED
    print(
        f"\n## All {len(patches)} patches: none raised; {dict(states)}; prose: {prose}, of which passed {prose_passed}"
    )
    return not prose_passed


def _grouped(patches: Sequence[Labelled]) -> list[tuple[dict[str, str], list[Labelled]]]:
    found: dict[int, tuple[dict[str, str], list[Labelled]]] = {}
    for one in patches:
        found.setdefault(id(one.base), (dict(one.base or {}), []))[1].append(one)
    return list(found.values())


def _print_haiku(folder: Path) -> bool:
    """Check the patches of one small model, whose base files are not here, by what their text alone says."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows(folder, "haiku_patches"):
        patch, right = row["model_patch"], str(row["resolved"]) == "True"
        base = as_far_as_seen(patch)
        verdict = check(patch, snapshot=Snapshot.of_texts(base), kind=Kind.DEBUG)
        counts["patches"]["right" if right else "wrong"] += 1
        for found in verdict.checks:
            if found.state is State.FAILED and found.name not in _NEED_WHOLE_FILES:
                counts[f"{found.name}{'' if found.blocking else ' (lowers)'}"]["right" if right else "wrong"] += 1
    print("\n## Haiku's patches, text alone (wrong, right)")
    for name, counted in counts.items():
        print(f"  {name:32} {counted['wrong']:4} {counted['right']:4}")
    return True


_NEED_WHOLE_FILES = {"syntax", "hard-diagnostics", "soft-diagnostics", "tree-changed"}


def as_far_as_seen(patch: str) -> dict[str, str]:
    """Return the files of *patch* as far as its hunks show them, other lines empty."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        files = [file for file in PatchSet(patch) if not file.is_added_file]
    except UnidiffParseError:
        return {}
    found = {}
    for file in files:
        lines: dict[int, str] = {}
        for hunk in file:
            old = [line.value for line in hunk if line.line_type in {" ", "-"}]
            lines.update(enumerate((f"{text.rstrip(chr(10))}\n" for text in old), hunk.source_start))
        found[file.path] = "".join(lines.get(number, "\n") for number in range(1, max(lines, default=0) + 1))
    return found


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
