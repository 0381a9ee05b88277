"""`suffice check`: the checker alone, on anybody's patch."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from suffice.checker.check import check
from suffice.checker.verdict import State, Verdict
from suffice.errors import InputError
from suffice.report import verdict_entry
from suffice.snapshot import Snapshot
from suffice.task import Kind

_MARKS = {State.PASSED: "ok  ", State.FAILED: "FAIL", State.SKIPPED: "skip"}


def run_check(options: Mapping[str, Any]) -> int:
    """Run `suffice check` and return 0 if all patches passed. Raises SufficeError."""
    root = Path(options["root"])
    if not root.is_dir():
        raise InputError(f"There is no folder {root}; name the one that the patch is for.")
    kind = _kind(options["kind"])
    verdicts = []
    for name in options["patches"]:
        verdict = check(_read(name), snapshot=Snapshot.of_folder(root), kind=kind, rule=options["rule"])
        verdicts.append(verdict)
        _show(name, verdict, as_json=options["as_json"])
    fine = {State.PASSED, State.UNCHECKED} if options["allow_unchecked"] else {State.PASSED}
    return int(any(verdict.state not in fine for verdict in verdicts))


def _kind(name: str | None) -> Kind | None:
    try:
        return Kind(name) if name else None
    except ValueError:
        raise InputError(f"{name} is no kind of task; kinds are: {', '.join(Kind)}.") from None


def _read(name: str) -> str:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} cannot be read ({error}); name a readable text file.") from error


def _show(name: str, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"patch": name, **verdict_entry(verdict)}))
        return
    click.echo(f"{name}: {verdict.state}, confidence {verdict.confidence:.2f} (not calibrated)")
    for check_ in verdict.checks:
        click.echo(f"  {_MARKS[check_.state]} {check_.name}: {check_.evidence}")
