"""Run the cases of tests/live/cases.toml on the real models, with the keys of the environment: it costs money.

python tools/live.py [KIND]...    ends with 0 if all results are right, 1 if not, 2 if nothing was run
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.providers.connect import KEY_VARIABLES, with_key
from suffice_ci.summary import paid_usd

CASES = Path(__file__).resolve().parent.parent / "tests" / "live" / "cases.toml"
CAP_USD = 0.10
"""The most that all cases of a run may cost together."""

_SUFFICE = str(Path(sysconfig.get_path("scripts"), "suffice"))
_LINT_FIX = "lint-fix"
_COLUMNS = "{:38} {:16} {:>5}  {:10} {:6} {:>12} {:>9}"

Case = Mapping[str, Any]


class Row(NamedTuple):
    """What became of one case. `lane` is the one that sufficed, else the last that was tried."""

    case: str
    lane: str
    attempts: int
    verdict: str
    right: bool
    input_tokens: int
    output_tokens: int
    cost_usd: float
    remark: str = ""


def main(kinds: Sequence[str]) -> int:
    """Run the cases of *kinds*, all without any, print the table and return the exit code."""
    found = tomllib.loads(CASES.read_text("utf-8"))["case"]
    wrong = why_not(kinds, {case["kind"] for case in found})
    if wrong:
        print(f"live: {wrong}", file=sys.stderr)
        return 2
    print(_COLUMNS.format("case", "lane", "tried", "verdict", "right", "tokens", "cost"))
    rows = []
    for row in run_all([case for case in found if not kinds or case["kind"] in kinds]):
        rows.append(row)
        print(line_of(row), flush=True)
    right, cost_usd = sum(row.right for row in rows), sum(row.cost_usd for row in rows)
    tokens = f"{sum(row.input_tokens for row in rows)}/{sum(row.output_tokens for row in rows)}"
    print(f"\n{right} of {len(rows)} right, {tokens} tokens, ${cost_usd:.4f} of at most ${CAP_USD:.2f}")
    return int(right < len(rows))


def why_not(kinds: Sequence[str], known: set[str]) -> str | None:
    """Return why nothing may be run, and what to do; None if it may."""
    unknown = sorted(set(kinds) - known)
    if unknown:
        return f"there are no cases for {unknown[0]}; there are for {', '.join(sorted(known))}, or add some to {CASES}."
    if os.environ.get("CI"):
        return "this costs money and never runs in CI; run it on your machine, with CI unset."
    if not with_key(os.environ):
        return f"no key is set; set {' or '.join(KEY_VARIABLES.values())} to run these cases at your cost."
    return None


def run_all(cases: Sequence[Case]) -> Iterator[Row]:
    """Run *cases* one after the other, each with what the others left of the cap."""
    left_usd = CAP_USD
    with tempfile.TemporaryDirectory() as name:
        for number, case in enumerate(cases):
            folder = Path(name, str(number))
            folder.mkdir()
            row = run(case, folder=folder, state=Path(name, "state"), cap_usd=left_usd)
            left_usd = max(left_usd - row.cost_usd, 0.0)
            yield row


def run(case: Case, *, folder: Path, state: Path, cap_usd: float) -> Row:
    """Return what became of *case*, tried in the empty *folder*."""
    text = case["text"].lstrip("\n")
    (folder / ("case.py" if case["kind"] == _LINT_FIX else "case.txt")).write_text(text, "utf-8")
    if "schema" in case:
        (folder / "form.json").write_text(case["schema"], "utf-8")
    command = [_SUFFICE, *arguments(case), "--json", "--yes", "--max-cost-usd", f"{cap_usd:.6f}"]
    environment = {**os.environ, "SUFFICE_STATE_DIR": str(state)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"live: suffice failed on {case['name']}:\n{done.stderr}")
    return of_fix(case, document, text) if case["kind"] == _LINT_FIX else of_ask(case, document)


def arguments(case: Case) -> list[str]:
    """Return what suffice is told for *case*."""
    if case["kind"] == _LINT_FIX:
        return ["fix", "case.py", "--select", case["rule"]]
    labels = ["--labels", ",".join(case["labels"])] if "labels" in case else []
    schema = ["--schema", "form.json"] if "schema" in case else []
    return ["ask", case["kind"], "case.txt", *labels, *schema]


def of_fix(case: Case, report: Mapping[str, Any], text: str) -> Row:
    """Return the row of a lint fix: right if the whole file, mended, is as the case says."""
    if not report["items"]:
        return Row(title(case), "", 0, "", right=False, input_tokens=0, output_tokens=0, cost_usd=0.0, remark="no item")
    item = report["items"][0]
    lines = text.splitlines(keepends=True)
    for edit in sorted(item["edits"], key=lambda edit: -edit["start_line"]):
        lines[edit["start_line"] - 1 : edit["end_line"]] = [edit["new_text"]]
    return row_of(case, item, right=item["outcome"] == "proposed" and matches(case, "".join(lines)))


def of_ask(case: Case, document: Mapping[str, Any]) -> Row:
    """Return the row of a text kind."""
    answer = document["answer"]
    if "label" in case:
        right = answer == case["label"]
    elif "expected" in case:
        right = isinstance(answer, dict) and answer.items() >= case["expected"].items()
    else:
        right = isinstance(answer, str) and matches(case, answer)
    return row_of(case, document, right=right)


def matches(case: Case, text: str) -> bool:
    """Tell whether *text* matches all that *case* says it contains, and nothing of what it lacks."""
    flags = re.MULTILINE | (re.IGNORECASE if case["kind"] != _LINT_FIX else 0)
    contains = all(re.search(pattern, text, flags) for pattern in case.get("contains", ()))
    return contains and not any(re.search(pattern, text, flags) for pattern in case.get("lacks", ()))


def row_of(case: Case, found: Mapping[str, Any], *, right: bool) -> Row:
    """Return the row of *found*, an item of a report or an answer."""
    attempts = found["attempts"]
    proposed = found["reason"] == "sufficed"
    return Row(
        case=title(case),
        lane=found.get("lane") or (attempts[-1]["lane"] if attempts else ""),
        attempts=len(attempts),
        verdict=(found.get("verdict") or {}).get("state", ""),
        right=right,
        input_tokens=sum(attempt["input_tokens"] for attempt in attempts),
        output_tokens=sum(attempt["output_tokens"] for attempt in attempts),
        cost_usd=paid_usd(found),
        remark="" if proposed else f"{found['reason']}: {found['detail']}",
    )


def title(case: Case) -> str:
    """Return what *case* is called."""
    return f"{case['kind']}: {case['name']}"


def line_of(row: Row) -> str:
    """Return *row* as it is printed."""
    right, tokens = "yes" if row.right else "NO", f"{row.input_tokens}/{row.output_tokens}"
    line = _COLUMNS.format(row.case, row.lane, row.attempts, row.verdict, right, tokens, f"${row.cost_usd:.4f}")
    return f"{line}\n    {row.remark}" if row.remark else line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
