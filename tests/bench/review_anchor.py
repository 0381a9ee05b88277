"""The stages of a review that ask no model, on diffs that bring in known defects: nothing true may be lost in them.

    python tests/bench/review_anchor.py DATA_FOLDER

The folder holds {defects,composite,clean}.jsonl.gz. A finding is made of each defect's own first and last line; a hit
is a place in the same file that meets the labelled lines within 3. Licences let us measure, not ship them: they are
never part of this project.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from ast import literal_eval
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from unidiff import PatchedFile, PatchSet

from suffice.edits.operation import Mark
from suffice.review.claims.anchor import Ambiguous
from suffice.review.claims.finding import Category, Finding, Severity
from suffice.review.claims.gate import gate
from suffice.review.claims.merge import merged
from suffice.review.claims.reason import Reason
from suffice.review.hunks.change import Change, change_of_texts, hunks_of
from suffice.review.hunks.hunk import Hunk
from suffice.review.sorting.drop import dropped
from suffice.review.sorting.floors import floor_of
from suffice.review.sorting.order import static_score, tokens_of

Row = Mapping[str, Any]
NEAR = 3


class Label(NamedTuple):
    """Where a defect is, and what a reviewer would quote of it."""

    path: str
    lines: tuple[tuple[int, int], ...]
    first: str
    last: str

    def meets(self, first: int, last: int) -> bool:
        """Whether lines *first* to *last* meet it within NEAR lines."""
        return any(first - NEAR <= end and start - NEAR <= last for start, end in self.lines)


class Case(NamedTuple):
    """A change, its hunks, and the defects in it."""

    id: str
    change: Change
    hunks: tuple[Hunk, ...]
    labels: tuple[Label, ...]


def main(folder: Path) -> None:
    """Print all tables."""
    started = time.perf_counter()
    defects = [_defect(row) for row in _rows(folder, "defects")]
    composites = [_of_diff(row) for row in _rows(folder, "composite")]
    clean = [_of_diff(row) for row in _rows(folder, "clean")]
    for name, cases in (("defects", defects), ("composites", composites)):
        _print_anchors(name, cases)
        _print_gated(name, cases)
        _print_left(name, cases)
    _print_left("clean", clean)
    _print_order([case for case in defects if len(case.hunks) > 1])
    print(f"\n{time.perf_counter() - started:.1f} s for {len(defects) + len(composites) + len(clean)} changes")


def _rows(folder: Path, name: str) -> list[Row]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _defect(row: Row) -> Case:
    change = change_of_texts({row["path"]: row["base_text"]}, {row["path"]: row["head_text"]})
    lines = tuple((region["start"], region["end"]) for region in row["regions"])
    label = Label(row["path"], lines, row["quote_first"], row["quote_last"])
    return Case(row["id"], change, hunks_of(change)[0], (label,))


def _of_diff(row: Row) -> Case:
    heads = _parsed(row["head_texts"])
    files = [file for file in PatchSet(row["diff"]) if file.path in heads]
    before = {file.path: _base(heads[file.path], file) for file in files if not file.is_added_file}
    change = change_of_texts(before, {file.path: heads[file.path] for file in files})
    labels = tuple(
        Label(d["path"], ((d["start_line"], d["end_line"]),), d["quote_first"], d["quote_last"])
        for d in _parsed(row.get("defects", []))
    )
    return Case(row["id"], change, hunks_of(change)[0], labels)


def _parsed(value: Any) -> Any:
    return literal_eval(value) if isinstance(value, str) else value


def _base(head: str, file: PatchedFile) -> str:
    """Return the text before *file* was patched into *head*."""
    lines = head.splitlines(keepends=True)
    found: list[str] = []
    at = 0
    for hunk in file:
        start = hunk.target_start - 1 if hunk.target_length else hunk.target_start
        found += lines[at:start]
        found += [line.value for line in hunk if line.is_context or line.is_removed]
        at = start + hunk.target_length
    return "".join((*found, *lines[at:]))


def _holding(case: Case, label: Label) -> list[Hunk]:
    """Return the hunks whose changed lines, or the places of removed ones, meet *label*, the nearest first."""
    near = [hunk for hunk in case.hunks if hunk.path == label.path and any(label.meets(n, n) for n in _numbers(hunk))]
    return sorted(near, key=lambda hunk: min(abs(n - label.lines[0][0]) for n in _numbers(hunk)))


def _numbers(hunk: Hunk) -> list[int]:
    above = next((line.new - 1 for line in hunk.lines if line.new), 0)
    found = []
    for line in hunk.lines:
        above = line.new or above
        found += [above] if line.mark is not Mark.KEEP else []
    return found


def _claim(label: Label, hunk: Hunk, **more: Any) -> Finding:
    said = {"title": "a defect", "trigger": "an input", "consequence": "a wrong result", "seen_by": ("sonnet",)}
    quote = {"first_line": label.first, "last_line": label.last}
    return Finding(Category.CORRECTNESS, Severity.HIGH, hunk=hunk.id, **{**said, **quote, **more})


def _print_anchors(name: str, cases: Sequence[Case]) -> None:
    """Print how many defects are found by their own quote."""
    found = Counter(_anchored(case, label) for case in cases for label in case.labels)
    print(f"\n{name}: {len(cases)} changes, {sum(len(case.hunks) for case in cases)} hunks, {found.total()} defects")
    for outcome, count in found.most_common():
        print(f"  {outcome:<24}{count:>5}  {count / found.total():.1%}")


def _anchored(case: Case, label: Label) -> str:
    holding = _holding(case, label)
    if not holding:
        return "no hunk"
    results = [gate([_claim(label, hunk)], case.hunks, case.change) for hunk in holding]
    if any(label.meets(f.start_line, f.end_line) for found in results for f in found.kept):
        return "hit"
    if any(found.kept for found in results):
        return "wrong place"
    return next(
        ("ambiguous" if found.ambiguous else str(found.dropped[0].reason) for found in results),
        "lost",
    )


def _print_gated(name: str, cases: Sequence[Case]) -> None:
    """Print what becomes of true findings among invented ones, nits, vague ones and duplicates."""
    kept, reasons = Counter[str](), Counter[str]()
    for case in cases:
        for label in case.labels:
            for hunk in _holding(case, label)[:1]:
                found = gate(_mixed(label, hunk), case.hunks, case.change)
                left, duplicates = merged(found.kept)
                kept.update("true" if label.meets(f.start_line, f.end_line) else "false" for f in left)
                reasons.update(str(d.reason) for d in (*found.dropped, *duplicates))
                reasons.update(Reason.NOT_ANCHORED for a in found.ambiguous if isinstance(a, Ambiguous))
    print(f"  kept of a mixture: {dict(kept)}")
    print(f"  dropped of it: {', '.join(f'{count} {reason}' for reason, count in reasons.most_common())}")


def _mixed(label: Label, hunk: Hunk) -> Iterator[Finding]:
    yield _claim(label, hunk)
    yield _claim(label, hunk, seen_by=("codex",), title="the same defect")
    yield _claim(
        label, hunk, first_line="    return self._invented(value)", last_line="    return self._invented(value)"
    )
    yield _claim(label, hunk, last_line=f"{label.last} # invented")
    yield _claim(label, hunk, title="Missing docstring")
    yield _claim(label, hunk, title="Verify that the caller handles this")
    yield _claim(label, hunk, trigger="")
    yield _claim(label, hunk)._replace(hunk="h99")


def _print_left(name: str, cases: Sequence[Case]) -> None:
    """Print what is left out, what has a floor, and whether a defect is among what is left out."""
    why, floors = Counter[str](), Counter[str]()
    tokens, floored, hunks, lost = 0, 0, 0, []
    shares = []
    for case in cases:
        left_out = dropped(case.hunks, case.change)
        why.update(str(reason) for reason in left_out.values())
        risky = 0
        for hunk in case.hunks:
            floor = None if hunk.id in left_out else floor_of(hunk, case.change)
            floors.update([floor[1].partition("public")[0]] if floor else [])
            risky += tokens_of(hunk) if floor else 0
        whole = sum(map(tokens_of, case.hunks))
        tokens, floored, hunks = tokens + whole, floored + risky, hunks + len(case.hunks)
        shares.append(risky / whole if whole else 0.0)
        own = [_holding(case, label) for label in case.labels]
        lost += [case.id for held in own if held and all(hunk.id in left_out for hunk in held)]
    print(f"  {name}: left out {sum(why.values())} of {hunks} hunks {dict(why)}; defects lost: {lost or 'none'}")
    print(f"  with a floor: {sum(floors.values())} hunks, {floored / tokens:.0%} of the tokens {dict(floors)}")
    print(f"  share of a change's tokens with a floor: median {median(shares):.0%}, most {max(shares):.0%}")


def _print_order(cases: Sequence[Case]) -> None:
    """Print how much of a change is read until its defect, in the order of the static score."""
    shares = []
    for case in cases:
        held = {hunk.id for label in case.labels for hunk in _holding(case, label)}
        ordered = sorted(case.hunks, key=static_score, reverse=True)
        at = next((n for n, hunk in enumerate(ordered) if hunk.id in held), len(ordered) - 1)
        read = sum(tokens_of(hunk) for hunk in ordered[: at + 1])
        shares.append(read / sum(map(tokens_of, ordered)))
    half = sum(share <= 0.5 for share in shares) / len(shares)
    print(f"\nby static score, {len(shares)} changes of several hunks, of the one file that is known:")
    print(f"a defect is read after {median(shares):.0%} of the tokens (median), within the first half in {half:.0%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
