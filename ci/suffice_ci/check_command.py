"""`suffice check`: the checker alone, on anybody's patches."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from suffice.checker.check import check_patches, kind_of, refused
from suffice.checker.executed import EXECUTED_NAMES
from suffice.checker.linting import Linting
from suffice.checker.target_gone import NAME as TARGET_GONE
from suffice.checker.verdict import Check, State, Verdict
from suffice.config import load_config
from suffice.errors import InputError
from suffice.linters.chosen import linters_for
from suffice.report import verdict_entry
from suffice.snapshot import Snapshot
from suffice_ci.chosen_root import chosen_root
from suffice_ci.executed_commands import executed_of

MOST_BYTES = 16 * 1024 * 1024
"""A larger patch is not read: none that a person could look at comes near."""


_GC_THRESHOLD = (50_000, 20, 20)
"""Syntax trees are many objects that live for a moment: with the default threshold the collector takes a fifth of the
time of 500 patches (measured 2026-11)."""


class _Patch(NamedTuple):
    """A patch as it was given: its text, or why there is none that could be checked."""

    name: str
    text: str | None = None
    flaw: str = ""
    unreadable: str = ""


def run_check(options: Mapping[str, Any]) -> int:
    """Run `suffice check` and return 0 if all patches passed. Raises SufficeError.

    A patch that cannot be read does not keep the others from being checked: its error comes last.
    """
    if options["explained"] is not None:
        from suffice_ci.explain_check import run_explain_check

        return run_explain_check(options["explained"], as_json=options["as_json"])
    if not options["patches"]:
        raise InputError("No patch is named; give the file of one, or - for standard input.")
    root = chosen_root(options["root"])
    gc.set_threshold(*_GC_THRESHOLD)
    patches = [_read(name) for name in options["patches"]]
    linting, verdicts = _checked([patch.text for patch in patches if patch.text is not None], root, options)
    states = []
    for patch, verdict in _with_verdicts(patches, verdicts):
        states.append(verdict.state)
        _show(patch.name, verdict, as_json=options["as_json"])
    for note in linting.notes:
        click.echo(f"suffice: {note}", err=True)
    unreadable = [patch.unreadable for patch in patches if patch.unreadable]
    if unreadable:
        raise InputError(" ".join(unreadable))
    fine = {State.PASSED, State.UNCHECKED} if options["allow_unchecked"] else {State.PASSED}
    return int(not fine.issuperset(states))


def _checked(texts: Sequence[str], root: Path, options: Mapping[str, Any]) -> tuple[Linting, Iterator[Verdict]]:
    """Return the verdicts on *texts*, each worked out when it is asked for, and the linting that serves them.

    Whether the project's own programs may run is said by the user alone, never by the repository.
    """
    kind = kind_of(options["kind"]) if options["kind"] else None
    snapshot = Snapshot.of_folder(root)
    executed = executed_of(options, snapshot=snapshot, environment=os.environ)
    config = load_config(None, os.environ)
    linters = linters_for(snapshot.root, config, os.environ, for_this_run=options["trust"])
    linting = Linting.for_rule(options["rule"], root=snapshot.root, linters=linters)
    return linting, check_patches(
        texts,
        snapshot=snapshot,
        kind=kind,
        rule=options["rule"],
        executed=executed,
        linting=linting,
        weights=config.own_weights,
    )


def _with_verdicts(patches: Sequence[_Patch], verdicts: Iterator[Verdict]) -> Iterator[tuple[_Patch, Verdict]]:
    """Yield each patch that could be read with its verdict, in order; *verdicts* are those on texts."""
    for patch in patches:
        if patch.text is not None:
            yield patch, next(verdicts)
        elif patch.flaw:
            yield patch, refused(patch.flaw)


def _read(name: str) -> _Patch:
    try:
        with sys.stdin.buffer if name == "-" else Path(name).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        return _Patch(name, unreadable=f"{name} cannot be read ({error.strerror}); name a readable file.")
    if len(content) > MOST_BYTES:
        return _Patch(name, flaw=f"the patch is larger than {MOST_BYTES // 1024 // 1024} MiB")
    try:
        return _Patch(name, text=content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _Patch(name, flaw=f"the patch is not UTF-8 (byte {error.start}), so it is for no text that we read")


def _show(name: str, verdict: Verdict, *, as_json: bool) -> None:
    """Print one line of verdict, what speaks against the patch, and how many checks say nothing of it."""
    if as_json:
        click.echo(json.dumps({"patch": name, **verdict_entry(verdict)}))
        return
    calibrated = f"from {verdict.n} outcomes" if verdict.calibrated else "not calibrated"
    proof = f"; proven: {verdict.proof}" if verdict.proof else ""
    lines = [f"{name}: {verdict.state}, confidence {verdict.confidence:.2f} ({calibrated}){proof}"]
    lines += [
        f"  {mark} {check.name}: {check.evidence}" for check in verdict.checks if (mark := _mark(check, verdict.state))
    ]
    counts = {state: sum(check.state is state for check in verdict.checks) for state in State}
    lines.append(f"  {counts[State.PASSED]} checks passed, {counts[State.SKIPPED]} did not apply")
    click.echo("\n".join(lines))


def _mark(check: Check, verdict: State) -> str:
    """Return how *check* is marked; nothing for one that says nothing against the patch, unless it was asked for."""
    if check.name == TARGET_GONE and verdict is State.UNCHECKED:  # why the patch is no more than that
        return "skip "
    if check.name in EXECUTED_NAMES and check.state is not State.FAILED:
        return "ok   " if check.state is State.PASSED else "skip "
    if check.state is State.SKIPPED and check.evidence.startswith("could not look"):
        return "skip "
    if check.state is not State.FAILED:
        return ""
    return "FAIL " if check.blocking else "lower"
