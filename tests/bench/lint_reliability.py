"""Right and wrong lint fixes, each checked as if a model without any record had written it.

Right are ruff's own fixes. Wrong are three destructions of the diagnosed lines (deleted, commented out, replaced by
`pass`), of what ruff can fix and of what it cannot, and the other wrong fixes of wrong_fixes.jsonl.gz (no-op,
suppressions, broken syntax, undefined names), which pass no check to speak of. All made from ruff's fixtures (MIT).
"""

from __future__ import annotations

import ast
import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import State, Verdict
from suffice.checker.weights import OTHER, shipped_weights
from suffice.edits.edit import FileChange
from suffice.reliability import Judged
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind

SOFT = "E4,E7,E9,F"
"""What the project's own rules are taken to be, beside the rule in question."""

DESTRUCTIVE = ("delete-line", "comment-out", "delete-span->pass")
"""Wrong fixes that take the diagnostic away with the code: what the linter alone does not see."""


class Case(NamedTuple):
    """One fix of one diagnostic: what it makes of a file, and whether it is `right` or which wrong one."""

    path: str
    rule: str
    row: int
    before: str
    after: str
    made: str


def read_cases(folder: Path) -> Iterator[Case]:
    """Yield right fixes and what was made of them."""
    fixes = {row["id"]: row for row in _rows(folder / "ruff_fixes.jsonl.gz")}
    for name, row in fixes.items():
        yield _case(name, row, row["after"], f"right, {row['applicability']}")
        harmless = {_tree(row["before"]), _tree(row["after"])}
        for made, after in _destroyed(row):
            if _tree(after) not in harmless:  # what deletes a comment that the rule is about destroys nothing
                yield _case(name, row, after, made)
    for row in _rows(folder / "ruff_nofix.jsonl.gz"):
        for made, after in _destroyed(row):
            if _tree(after) != _tree(row["before"]):
                yield _case(row["id"], row, after, made)
    for row in _rows(folder / "wrong_fixes.jsonl.gz"):
        name = row["id"].split("#")[0]
        if row["mutation"] not in DESTRUCTIVE and name in fixes:
            yield _case(name, fixes[name], row["after"], row["mutation"])


def _tree(text: str) -> str:
    """Return the syntax tree of *text*, or the text itself where it has none."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return text


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _case(name: str, row: Mapping[str, Any], after: str, made: str) -> Case:
    path = f"{name.replace('/', '_')}/{Path(row['source']['path']).name}"
    return Case(path, row["rule"], row["location"]["row"], row["before"], after, made)


def _destroyed(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the three destructions, of every fix, as wrong_fixes.jsonl.gz has them for some."""
    lines = row["before"].splitlines(keepends=True)
    first, last = row["location"]["row"] - 1, row["end_location"]["row"]
    touched = lines[first:last]
    if not touched:
        return
    indent = touched[0][: len(touched[0]) - len(touched[0].lstrip())]
    made = {
        "delete-line": [],
        "comment-out": [f"{line[: len(line) - len(line.lstrip())]}# {line.lstrip()}" for line in touched],
        "delete-span->pass": [f"{indent}pass\n"],
    }
    for name, text in made.items():
        yield name, "".join([*lines[:first], *text, *lines[last:]])


class Checked(NamedTuple):
    """A case and the checker's word on it."""

    case: Case
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        """Whether it is ruff's own fix."""
        return self.case.made.startswith("right")

    def passes(self, without: Sequence[str] = ()) -> bool:
        """Return whether no check blocks it, those of *without* left aside."""
        blocked = any(check.name not in without for check in self.verdict.failed)
        return not blocked and self.verdict.state is not State.UNCHECKED


def checked(cases: Sequence[Case]) -> list[Checked]:
    """Return what the checker says of *cases*; one whose diagnostic our ruff does not find is left out."""
    by_rule: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_rule[case.rule].append(case)
    found: list[Checked] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pyproject.toml").write_text("[tool.ruff]\npreview = true\n", "utf-8")
        for rule, own in by_rule.items():
            found += _of_rule(rule, own, root)
    return found


def _of_rule(rule: str, cases: Sequence[Case], root: Path) -> Iterator[Checked]:
    linting = Linting(root=root, select=f"{SOFT},{rule}")
    snapshots = [Snapshot.of_texts({case.path: case.before}, root=root) for case in cases]
    said = linting.diagnostics_of([s.file(case.path) for case, s in zip(cases, snapshots, strict=True)])
    pairs = [
        (case, _subject(case, snapshot, diagnostic))
        for case, snapshot, diagnostics in zip(cases, snapshots, said, strict=True)
        if (diagnostic := _meant(case, diagnostics))
    ]
    verdicts = check_wave([subject for _, subject in pairs], linting=linting, run_all=True)
    for (case, _), verdict in zip(pairs, verdicts, strict=True):
        yield Checked(case, verdict)


def _meant(case: Case, diagnostics: Sequence[Diagnostic]) -> Diagnostic | None:
    """Return the diagnostic of *case*, as if the linter had no fix of its own: then it would be the model's work."""
    found = next((d for d in diagnostics if d.rule == case.rule and d.span.start_line == case.row), None)
    return found._replace(fix=None) if found else None


def _subject(case: Case, snapshot: Snapshot, diagnostic: Diagnostic) -> Subject:
    return Subject(
        kind=Kind.LINT_FIX,
        changes=(FileChange(path=case.path, before=case.before, after=case.after),),
        snapshot=snapshot,
        diagnostics=(diagnostic,),
        rule=case.rule,
    )


RIGHT_BEFORE = shipped_weights().rates[OTHER]


def mixed(found: Sequence[Checked]) -> list[Judged]:
    """Return the confidences of what passed, the wrong ones weighed to the share that the shipped rate says."""
    right = sum(each.is_right for each in found)
    wrong = sum(each.case.made in DESTRUCTIVE for each in found)
    weight = right / RIGHT_BEFORE * (1 - RIGHT_BEFORE) / wrong
    return [
        Judged(each.verdict.confidence, each.is_right, 1.0 if each.is_right else weight)
        for each in found
        if each.passes() and (each.is_right or each.case.made in DESTRUCTIVE)
    ]
