"""How many right lint fixes the checks let through, and how many wrong ones.

    python tests/bench/lint_gates.py DATA_FOLDER [--rule] [-v]

The folder holds lint/{ruff_fixes,ruff_nofix,wrong_fixes,developer_fixes}.jsonl.gz. The rows were made with `ruff check
--isolated --preview --select RULE` for Python 3.14 (some for an older one), so each is looked at under such settings,
by the whole pipeline in waves, all checks. The patch is for the row's diagnostic; with `--rule` nobody says for which,
as in `suffice check --rule`. `-v` names the rules of what goes wrong.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from suffice.checker.allowance import of_table
from suffice.checker.linting import Linting
from suffice.checker.loss import exceeded
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import State, Verdict
from suffice.edits.edit import FileChange, apply_edits, linter_edits
from suffice.positions import split_lines
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Diagnostic, Kind

TARGETS = ("py314", "py310", "py38")
WAVE = 64
NEAR_LINES = 10
SMALL_LINES = 20
MANY_DIAGNOSTICS = 1


class Case(NamedTuple):
    """A patch of one class, and the diagnostics that it is for by rule, line and column."""

    group: str
    name: str
    path: str
    rules: tuple[str, ...]
    places: frozenset[tuple[str, int, int]]
    before: str
    after: str


class Looked(NamedTuple):
    """A case, and what the checker said; `left_out`: whether it passes if its own row had not been measured."""

    case: Case
    verdict: Verdict
    left_out: bool


def main(data: Path, *, by_rule: bool, verbose: bool) -> None:
    """Print one line for each class of patches."""
    folder = data / "lint"
    fixes, wrong = read(folder / "ruff_fixes.jsonl.gz"), read(folder / "wrong_fixes.jsonl.gz")
    without, developers = read(folder / "ruff_nofix.jsonl.gz"), read(folder / "developer_fixes.jsonl.gz")
    print(f"{'class':34} cases  found  passed          left out  proven  what fails")
    derive = _derive_loss()
    for cases in (
        list(right(fixes)),
        list(given_wrong(wrong, fixes)),
        [case for row in (*fixes, *without) for case in mutants(row)],
        list(by_developers(developers)),
    ):
        with tempfile.TemporaryDirectory() as root:
            looked = list(look(cases, Path(root), by_rule=by_rule, tables=tables(derive, fixes)))
        for group in dict.fromkeys(case.group for case in cases):
            own = [one for one in looked if one.case.group == group]
            show(group, sum(case.group == group for case in cases), own, verbose=verbose)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of *path*."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _derive_loss() -> ModuleType:
    place = Path(__file__).resolve().parents[2] / "tools" / "derive_loss.py"
    spec = importlib.util.spec_from_file_location("derive_loss", place)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tables(derive: ModuleType, fixes: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, int]]:
    """Return by row what its rule would be allowed if the row had not been measured."""
    import tomllib

    read_part = tomllib.loads(derive.TABLE.read_text("utf-8").partition(derive.MARK)[0])
    by_rule: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in fixes:
        by_rule[row["rule"]][row["id"]] = derive.case_of(row)
    return {
        name: of_table(rule, {**read_part, **derive.derived([c for n, c in own.items() if n != name and c])})
        for rule, own in by_rule.items()
        for name in own
    }


def right(rows: Iterable[Mapping[str, Any]]) -> Iterator[Case]:
    """Yield the linter's own fixes: as the rows hold them, and with the edits that the rows hold, applied by us."""
    derive = _derive_loss()
    for row in rows:
        yield case_of(row, f"{row['applicability']}: as in the row", row["after"])
        file = SourceFile.of_bytes("x.py", row["before"].encode())
        ours = apply_edits(file.text, linter_edits(derive.fix_of(row), file))
        yield case_of(row, f"{row['applicability']}: its edits, applied by us", ours)


def case_of(row: Mapping[str, Any], group: str, after: str) -> Case:
    """Return the case that *after* mends the diagnostic of *row*."""
    place = (row["rule"], row["location"]["row"], row["location"]["column"])
    path = Path(row["source"]["path"]).name
    before, after = (text.removeprefix("\ufeff") for text in (row["before"], after))
    return Case(group, row["id"], path, (row["rule"],), frozenset({place}), before, after)


def given_wrong(rows: Iterable[Mapping[str, Any]], fixes: Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    """Yield the wrong fixes of the data."""
    by_id = {row["id"]: row for row in fixes}
    for row in rows:
        yield case_of(by_id[row["id"].partition("#")[0]], f"given: {row['mutation']}", row["after"])


def mutants(row: Mapping[str, Any]) -> Iterator[Case]:
    """Yield wrong fixes of our own making: of every rule, also of those without a fix by the linter."""
    kind = "fixable" if row["after"] is not None else "no tool fix"
    lines = split_lines(row["before"])
    first, last = row["location"]["row"] - 1, min(row["end_location"]["row"], row["location"]["row"] + 2)
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())] if first < len(lines) else ""
    end = "\r\n" if "\r\n" in row["before"] else "\n"
    instead: Mapping[str, Callable[[str], str]] = {
        "deleted": lambda _: "",
        "commented out": lambda line: f"{indent}# {line.lstrip()}",
        "made pass": lambda _: f"{indent}pass{end}",
        "noqa": lambda line: f"{line.rstrip()}  # noqa: {row['rule']}{end}",
    }
    for name, new in instead.items():
        changed = [
            new(line) if n == first else "" if name == "made pass" else new(line) for n, line in enumerate(lines)
        ]
        yield case_of(row, f"made, {kind}: {name}", "".join((*lines[:first], *changed[first:last], *lines[last:])))
    if row["after"] is not None:
        yield from _unrelated(row)


def _unrelated(row: Mapping[str, Any]) -> Iterator[Case]:
    """Yield the right fix with another line deleted, near and anywhere."""
    chance = random.Random(row["id"])  # the same mutants in every run
    lines = split_lines(row["after"])
    touched = {
        number
        for edit in FileChange(path="x.py", before=row["after"], after=row["before"]).line_edits
        for number in range(edit.start_line - 1, edit.end_line + 1)
    }
    code = [n for n, line in enumerate(lines) if line.strip() and line.strip()[0] != "#" and n not in touched]
    near = [n for n in code if any(abs(n - other) <= NEAR_LINES for other in touched)]
    for name, choice in (("near", near), ("anywhere", code)):
        if choice:
            gone = chance.choice(choice)
            yield case_of(row, f"made: fix, a line {name} deleted", "".join((*lines[:gone], *lines[gone + 1 :])))


def by_developers(rows: Iterable[Mapping[str, Any]]) -> Iterator[Case]:
    """Yield what developers did that reads like a lint fix alone: one diagnostic gone, none new, few lines."""
    for row in rows:
        quiet = not row["n_new"] and not row["suppression_added"] and row["n_removed"] <= MANY_DIAGNOSTICS
        changed = [line for line in row["patch"].splitlines() if line[:1] in {"+", "-"}]
        if row["before"] and row["after"] and quiet and len(changed) <= SMALL_LINES:
            gone = [d for d in row["diagnostics_removed"] if d["code"] != "invalid-syntax"]
            places = frozenset((d["code"], d["row"], d["col"]) for d in gone)
            rules = tuple(sorted({d["code"] for d in gone}))
            if rules:
                yield Case("developers", row["id"], row["path"], rules, places, row["before"], row["after"])


def look(
    cases: Sequence[Case], root: Path, *, by_rule: bool, tables: Mapping[str, Mapping[str, int]]
) -> Iterator[Looked]:
    """Yield what the checker says of each of *cases* whose diagnostics it finds."""
    together: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in cases:
        together[case.rules].append(case)
    for rules, own in together.items():
        left = own
        for target in TARGETS:
            left, subjects, linting = _subjects(left, rules, root / target, by_rule=by_rule)
            for start in range(0, len(subjects), WAVE):
                wave = subjects[start : start + WAVE]
                verdicts = check_wave([subject for _, subject in wave], linting=linting, run_all=True)
                for (case, subject), verdict in zip(wave, verdicts, strict=True):
                    yield Looked(case, verdict, _passes_left_out(case, subject, verdict, tables))


def _subjects(
    cases: Sequence[Case], rules: Sequence[str], root: Path, *, by_rule: bool
) -> tuple[list[Case], list[tuple[Case, Subject]], Linting]:
    root.mkdir(exist_ok=True)
    (root / "ruff.toml").write_text(f'preview = true\ntarget-version = "{root.name}"\n', "utf-8")
    linting = Linting(root=root, select=",".join(rules))
    snapshots = [Snapshot.of_texts({case.path: case.before}, root=root) for case in cases]
    found = linting.diagnostics_of([s.file(case.path) for s, case in zip(snapshots, cases, strict=True)])
    not_found, subjects = [], []
    for case, snapshot, diagnostics in zip(cases, snapshots, found, strict=True):
        named = tuple({_place(d): d for d in diagnostics if _place(d) in case.places}.values())
        if len(named) == len(case.places):
            subjects.append((case, _subject(case, snapshot, named, by_rule=by_rule and len(rules) == 1)))
        else:
            not_found.append(case)
    return not_found, subjects, linting


def _place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.rule, diagnostic.span.start_line, diagnostic.span.start_column


def _subject(case: Case, snapshot: Snapshot, named: tuple[Diagnostic, ...], *, by_rule: bool) -> Subject:
    return Subject(
        kind=Kind.LINT_FIX,
        changes=(FileChange(path=case.path, before=case.before, after=case.after),),
        snapshot=snapshot,
        diagnostics=() if by_rule else named,
        rule=case.rules[0] if by_rule else None,
    )


def _passes_left_out(case: Case, subject: Subject, verdict: Verdict, tables: Mapping[str, Mapping[str, int]]) -> bool:
    if case.name not in tables or any(check.name not in {"loss", "definitions"} for check in verdict.failed):
        return verdict.state is State.PASSED
    return exceeded(subject, tables[case.name]) is None


def show(group: str, cases: int, looked: Sequence[Looked], *, verbose: bool) -> None:
    """Print the line of one class."""
    passed = [one for one in looked if one.verdict.state is State.PASSED]
    left_out = sum(one.left_out for one in looked)
    proven = sum(one.verdict.proof is not None for one in passed)
    why = Counter(check.name for one in looked for check in one.verdict.failed)
    share = f"{len(passed):5} {len(passed) / max(len(looked), 1):6.1%}"
    fails = ", ".join(f"{name} {n}" for name, n in why.most_common(7))
    print(
        f"{group:34} {cases:5}  {len(looked):5}  {share}  {left_out / max(len(looked), 1):10.1%}  {proven:6}  {fails}"
    )
    if verbose:
        is_right = (
            ":" in group and group.partition(":")[0] in {"safe", "unsafe", "displayonly"}
        ) or group == "developers"
        odd = [one for one in looked if (one.verdict.state is State.PASSED) != is_right]
        for one in odd[:40]:
            print("    ", one.case.name, *[f"{c.name}: {c.evidence}"[:110] for c in one.verdict.failed[:2]])


if __name__ == "__main__":
    main(Path(sys.argv[1]), by_rule="--rule" in sys.argv, verbose="-v" in sys.argv)
