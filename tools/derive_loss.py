"""Derive the measured part of checker/loss.toml: the most that a right fix of each rule loses.

    python tools/derive_loss.py CORPUS.jsonl.gz [--check | --validate]

Each row of the corpus holds a file `before`, the edits of ruff's own `fix` of one diagnostic, its `rule` and `message`.
What stands above the mark in loss.toml was read, not measured, and stays. With `--check` nothing is written: it
fails where the file is not what would be written. `--validate` prints how many of the fixes would pass if their
own row had not been measured (leave one out), and if half of the rows had not.
"""

from __future__ import annotations

import gzip
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import suffice.checker
from suffice.checker.allowance import FIELDS, of_table
from suffice.checker.loss import measured, names_in
from suffice.checker.trees import regions
from suffice.edits.edit import FileChange, apply_edits, linter_edits
from suffice.snapshot import SourceFile
from suffice.task import Applicability, LinterFix, Span, SpanEdit

TABLE = Path(suffice.checker.__file__).parent / "loss.toml"
MARK = "# ---- measured by tools/derive_loss.py; what stands above was read ----\n"
READ_ON = "2026-11-21"

ENOUGH_CASES = 3
"""A rule is called layout-only when so many fixes of it, and all, leave the syntax tree as it is."""


class Case(NamedTuple):
    """One fix of ruff's own: what it loses, and whether the syntax trees are equal."""

    rule: str
    number: int
    lost: Mapping[str, int]
    is_layout: bool


def main(corpus: str, *modes: str) -> None:
    """Write the table, or check or validate it."""
    rows, tool, source = read(corpus)
    cases = tuple(filter(None, map(case_of, rows)))
    read_part = TABLE.read_text("utf-8").partition(MARK)[0]
    text = f"{read_part}{MARK}{measured_part(cases, tool, source)}"
    if "--validate" in modes:
        validate(cases, tomllib.loads(read_part))
    elif "--check" not in modes:
        TABLE.write_text(text, "utf-8")
    elif TABLE.read_text("utf-8") != text:
        sys.exit(f"{TABLE.name} is not what {corpus} gives; run this without --check.")


def read(corpus: str) -> tuple[list[dict[str, Any]], str, str]:
    """Return the rows of *corpus*, the tool that made the fixes, and where the files come from."""
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["language"] == "python"]
    source = rows[0]["source"]
    return rows, rows[0]["tool"], f"{source['repo']}@{source['commit'][:12]}, {rows[0]['licence']}"


def case_of(row: Mapping[str, Any]) -> Case | None:
    """Return what the fix of *row* loses, None where one side cannot be parsed."""
    file = SourceFile.of_bytes("x.py", row["before"].encode("utf-8"))
    after = apply_edits(file.text, linter_edits(fix_of(row), file))
    touched = regions(FileChange(path=file.path, before=file.text, after=after))
    if not touched or not all(region.parsed for region in touched):
        return None
    lost = {what: count.total() for what, count in measured(touched, names_in(row["message"])).items()}
    number = int(row["id"].rpartition("/")[2])
    return Case(row["rule"], number, lost, all(region.is_same_layout for region in touched))


def fix_of(row: Mapping[str, Any]) -> LinterFix:
    """Return the linter's own fix in *row*."""
    edits = (SpanEdit(span(edit["location"], edit["end_location"]), edit["content"]) for edit in row["fix"]["edits"])
    return LinterFix(edits=tuple(edits), applicability=Applicability.SAFE)


def span(start: Mapping[str, int], end: Mapping[str, int]) -> Span:
    """Return the place between *start* and *end* of ruff's JSON."""
    return Span(start["row"], start["column"], end["row"], end["column"])


def measured_part(cases: Sequence[Case], tool: str, source: str) -> str:
    """Return the part of the table that the corpus says."""
    table = derived(cases)
    rows = "".join(f"{rule} = {{ {_inline(entry)} }}\n" for rule, entry in sorted(table["rules"].items()))
    return (
        f"# The most that {tool}'s own fix of a rule loses, over {len(cases)} fixes of {len(table['rules'])} rules in\n"
        f"# ruff's own test files ({source}), read {READ_ON}.\n\n"
        f"[measured]\nlayout_only = {json.dumps(table['layout_only'])}\n\n[rules]\n{rows}"
    )


def _inline(entry: Mapping[str, int]) -> str:
    return ", ".join(f"{field} = {number}" for field, number in entry.items())


def derived(cases: Iterable[Case]) -> dict[str, Any]:
    """Return the allowances and the layout-only rules that *cases* say."""
    by_rule: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_rule[case.rule].append(case)
    return {
        "rules": {rule: _entry(own) for rule, own in by_rule.items()},
        "layout_only": [
            rule
            for rule, own in sorted(by_rule.items())
            if len(own) >= ENOUGH_CASES and all(case.is_layout for case in own)
        ],
    }


def _entry(cases: Sequence[Case]) -> dict[str, int]:
    most = {field: max(case.lost[field] for case in cases) for field in FIELDS}
    return {"cases": len(cases), **{field: number for field, number in most.items() if number}}


def validate(cases: Sequence[Case], read_part: Mapping[str, Any]) -> None:
    """Print the share of *cases* within what the others allow."""
    for name, splits in (("in sample", [(cases, cases)]), ("leave one out", _each_left_out(cases)), *_halves(cases)):
        over = [(case, field) for own, others in splits for case, field in _exceeding(own, others, read_part)]
        total = sum(len(own) for own, _ in splits)
        wrong = len({(case.rule, case.number) for case, _ in over})
        fields = {field: sum(f == field for _, f in over) for field in FIELDS}
        shown = _inline({field: n for field, n in fields.items() if n})
        print(f"{name:14} {1 - wrong / total:6.1%} of {total} pass; over: {shown}")
        if "-v" in sys.argv:
            print("  ", " ".join(sorted({f"{case.rule}:{field}={case.lost[field]}" for case, field in over})))


def _each_left_out(cases: Sequence[Case]) -> list[tuple[Sequence[Case], Sequence[Case]]]:
    own: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        own[case.rule].append(case)
    return [([case], [other for other in own[case.rule] if other is not case]) for case in cases]


def _halves(cases: Sequence[Case]) -> Iterator[tuple[str, list[tuple[Sequence[Case], Sequence[Case]]]]]:
    odd = [case for case in cases if case.number % 2]
    even = [case for case in cases if not case.number % 2]
    yield "even from odd", [(even, odd)]
    yield "odd from even", [(odd, even)]


def _exceeding(
    cases: Sequence[Case], others: Sequence[Case], read_part: Mapping[str, Any]
) -> Iterator[tuple[Case, str]]:
    known = derived(others)
    for case in cases:
        allowed = of_table(case.rule, {**read_part, "rules": known["rules"]})
        yield from ((case, field) for field in FIELDS if case.lost[field] > allowed[field])
        if case.rule in known["layout_only"] and not case.is_layout:
            yield case, "layout"


if __name__ == "__main__":
    main(*sys.argv[1:])
