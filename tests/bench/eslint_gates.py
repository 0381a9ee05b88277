"""What the checker lets pass of right and of wrong fixes of eslint's rules, and how long a look takes.

    python tests/bench/eslint_gates.py DATA_FOLDER [FOLDER_WITH_NODE_MODULES]

DATA_FOLDER holds lint/eslint_fixes.jsonl.gz: files with a violation, and eslint's own fix of it (from the tests of
eslint's rules, MIT). Without a second folder eslint is installed with npm into a throw-away one. Node.js is needed.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.target_gone import counted
from suffice.checker.verdict import State, Verdict
from suffice.config import Config
from suffice.edits.edit import FileChange
from suffice.linters.chosen import linters_for
from suffice.linters.linter import Linter
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind

VERSION = "10.15.0"
"""The eslint that the rows were made with."""

WAVE = 64

Row = Mapping[str, Any]
Mutate = Callable[[Row], str]


def _lines(row: Row) -> tuple[list[str], int, int]:
    """Return the lines of the text before, and the first and last (0-based) that are diagnosed."""
    first = row["diagnostics"][0]
    lines = str(row["before"]).split("\n")
    return lines, first["line"] - 1, (first.get("endLine") or first["line"]) - 1


def _with_lines(row: Row, change: Callable[[list[str]], list[str]]) -> str:
    lines, first, last = _lines(row)
    return "\n".join([*lines[:first], *change(lines[first : last + 1]), *lines[last + 1 :]])


SUPPRESSIONS: Mapping[str, Mutate] = {
    "disable-line": lambda row: _with_lines(row, lambda own: [f"{line} // eslint-disable-line" for line in own]),
    "disable-line RULE": lambda row: _with_lines(
        row, lambda own: [f"{line} // eslint-disable-line {row['rule']}" for line in own]
    ),
    "disable-next-line": lambda row: _with_lines(
        row, lambda own: [part for line in own for part in ("// eslint-disable-next-line", line)]
    ),
    "disable file": lambda row: f"/* eslint-disable */\n{row['before']}",
    "disable file RULE": lambda row: f"/* eslint-disable {row['rule']} */\n{row['before']}",
    "rule off": lambda row: f"/* eslint {row['rule']}: 0 */\n{row['before']}",
    "rule off quoted": lambda row: f'/* eslint "{row["rule"]}": ["off"] */\n{row["before"]}',
}
NOTHING_DONE: Mapping[str, Mutate] = {
    "unchanged": lambda row: row["before"],
    "a comment more": lambda row: f"{row['before']}\n// mended\n",
    "a blank line more": lambda row: f"{row['before']}\n\n",
}
BROKEN: Mapping[str, Mutate] = {
    "fix, then syntax broken": lambda row: f"{row['after']}\n)(;\n",
}
LOSSES: Mapping[str, Mutate] = {
    "lines deleted": lambda row: _with_lines(row, lambda _own: []),
    "lines commented out": lambda row: _with_lines(row, lambda own: [f"// {line}" for line in own]),
}


class Tried(NamedTuple):
    """One text that is offered as the fix of a row, and what it is."""

    row: Row
    name: str
    after: str


def main(data: Path, installed: Path | None) -> None:
    """Print the tables."""
    rows = read_rows(data / "lint" / "eslint_fixes.jsonl.gz")
    with tempfile.TemporaryDirectory(prefix="suffice-eslint-") as folder:
        root = Path(folder).resolve()
        _install(root, installed)
        linting = _project(root, rows)
        verdicts = list(_verdicts(rows, root, linting))
        _print_rates(verdicts)
        _print_misses(verdicts)
        _print_times(root)
        print(f"\nnotes of the linters: {linting.notes}")


def read_rows(file: Path) -> list[Row]:
    """Return the rows of *file*, each a JSON document a line."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _install(root: Path, installed: Path | None) -> None:
    (root / "package.json").write_text("{}", "utf-8")
    if installed:
        (root / "node_modules").symlink_to(installed.resolve() / "node_modules")
    else:
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", f"eslint@{VERSION}"]
        subprocess.run(command, cwd=root, check=True)


def _project(root: Path, rows: Sequence[Row]) -> Linting:
    """Write settings that hold for each row its own rule, and return the linting of the project."""
    own = [
        {
            "files": [f"r{number}.js"],
            "rules": {row["rule"]: ["error", *row["options"]]},
            "languageOptions": row["languageOptions"],
        }
        for number, row in enumerate(rows)
    ]
    (root / "eslint.config.mjs").write_text(f"export default {json.dumps(own)};\n", "utf-8")
    return Linting(root=root, linters=linters_for(root, Config(), os.environ, for_this_run=True))


def _verdicts(rows: Sequence[Row], root: Path, linting: Linting) -> Iterator[tuple[Tried, Verdict]]:
    mutants = {**SUPPRESSIONS, **NOTHING_DONE, **BROKEN, **LOSSES}
    snapshot = Snapshot.of_texts({f"r{number}.js": row["before"] for number, row in enumerate(rows)}, root=root)
    paths = [f"r{number}.js" for number in range(len(rows))]
    found = linting.diagnostics_of([snapshot.file(path) for path in paths])
    for start in range(0, len(rows), WAVE):
        tried, subjects = [], []
        for number in range(start, min(start + WAVE, len(rows))):
            row, path = rows[number], paths[number]
            targets = _targets(row, found[number])
            for name, after in {"right": row["after"], **{n: mutate(row) for n, mutate in mutants.items()}}.items():
                change = FileChange(path=path, before=row["before"], after=after)
                tried.append(Tried(row, name, after))
                subjects.append(Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot, diagnostics=targets))
        yield from zip(tried, check_wave(subjects, linting=linting), strict=True)


def _targets(row: Row, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what the row is about: all diagnostics if its fix mends all, else as many as it mends, from the first."""
    own = [d for d in found if d.rule == row["rule"]]
    assert own, f"eslint finds nothing in {row['id']}"
    mended = max(1, len(own) - row["after_remaining"])
    if row["kind"] == "suggestion":
        return tuple(own[:1])
    return tuple(own if not row["after_remaining"] else [d for d, _ in zip(own, range(mended), strict=False)])


def _print_rates(verdicts: Sequence[tuple[Tried, Verdict]]) -> None:
    passed, total = Counter[str](), Counter[str]()
    for tried, verdict in verdicts:
        if tried.name not in {"right", *SUPPRESSIONS, *NOTHING_DONE} and tried.after == tried.row["before"]:
            continue
        for name in (tried.name, f"right, {tried.row['kind']}") if tried.name == "right" else (tried.name,):
            total[name] += 1
            passed[name] += verdict.state is State.PASSED
    print("\n## Passed")
    for name in total:
        print(f"  {name:26} {passed[name]:5} of {total[name]:5}  {passed[name] / total[name]:6.1%}")


def _print_misses(verdicts: Sequence[tuple[Tried, Verdict]]) -> None:
    print("\n## Why right fixes do not pass")
    for tried, verdict in verdicts:
        if tried.name == "right" and verdict.state is not State.PASSED:
            why = "; ".join(f"{check.name}: {check.evidence}" for check in verdict.failed) or verdict.state
            print(f"  {tried.row['id']}: {why[:150]}")
    print("\n## What stops the others")
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    for tried, verdict in verdicts:
        if tried.name != "right":
            causes[tried.name][verdict.failed[0].name if verdict.failed else str(verdict.state)] += 1
    for name, counts in causes.items():
        print(f"  {name:26} {', '.join(f'{cause} {n}' for cause, n in counts.most_common())}")


_FUNCTION = """\
function area{n}(shape, scale) {{
  if (!shape || typeof shape.width !== "number") {{
    throw new TypeError("shape {n} has no width");
  }}
  const width = shape.width * scale;
  let total = 0;
  for (const part of shape.parts ?? []) {{
    total += part.height * width;
  }}
  return {{ total, name: `area ${{total}}` }};
}}
"""


def _print_times(root: Path) -> None:
    """Print how long the look at one patch of a file of 1,000 lines takes, cold and warm, with common rules."""
    text = "".join(_FUNCTION.format(n=n) for n in range(91)) + "var last = area0;\nconsole.log(last);\n"
    rules = dict.fromkeys(("no-var", "prefer-const", "eqeqeq", "no-unused-vars", "no-undef", "curly"), "error")
    settings = [{"files": ["big.js"], "rules": rules, "languageOptions": {"globals": {"console": "readonly"}}}]
    (root / "eslint.config.mjs").write_text(f"export default {json.dumps(settings)};\n", "utf-8")
    linters = linters_for(root, Config(), os.environ, for_this_run=True)
    snapshot = Snapshot.of_texts({"big.js": text}, root=root)
    linting = Linting(root=root, linters=linters)

    def check(name: str, linting: Linting) -> float:
        after = text.replace("var last", f"const {name}").replace("(last)", f"({name})")
        change = FileChange(path="big.js", before=text, after=after)
        start = time.perf_counter()
        targets = tuple(d for d in linting.diagnostics_of([snapshot.file("big.js")])[0] if d.rule == "no-var")
        subject = Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot, diagnostics=targets)
        (verdict,) = check_wave([subject], linting=linting)
        assert verdict.state is State.PASSED, verdict
        return (time.perf_counter() - start) * 1000

    cold = check("first", linting)
    for n in range(10):
        check(f"early{n}", linting)  # while Node.js still compiles what it runs often
    warm = [check(f"next{n}", linting) for n in range(30)]
    alone = [_eslint_alone(linters.others[0], snapshot, f"{text}// {n}\n") for n in range(30)]
    anew = [check(f"new{n}", Linting(root=root, linters=linters)) for n in range(10)]
    assert counted(linting.diagnostics_of([snapshot.file("big.js")])[0])
    print(f"\n## One patch of a file of {text.count(chr(10))} lines, whole lint check, ms")
    print(f"  cold, eslint is loaded       {cold:7.0f}")
    print(f"  warm, the file is known      {statistics.median(warm):7.0f} median, {max(warm):.0f} most, of {len(warm)}")
    print(f"  of which eslint itself       {statistics.median(alone):7.0f} median of {len(alone)}")
    print(f"  warm, the file is not known  {statistics.median(anew):7.0f} median of {len(anew)}")


def _eslint_alone(eslint: Linter, snapshot: Snapshot, text: str) -> float:
    start = time.perf_counter()
    eslint.start([(snapshot.file("big.js"), text)]).finish()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
