"""`suffice tune`: what this machine's ledger would change in a policy, as a diff, or in the confidence, as a file.

It changes nothing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from suffice.config import load_config, weights_file
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.errors import InputError
from suffice.evidence import evidence
from suffice.policy import SHIPPED, Policy, policy_text
from suffice.repository import repository_root
from suffice.tune import Tuning, tune
from suffice.tune_confidence import (
    ENOUGH_OUTCOMES,
    Refit,
    Scores,
    TooFew,
    figures,
    file_text,
    known_outcomes,
    tune_confidence,
)
from suffice_ci.recollection import COUNTED
from suffice_ci.remembered import known_kind, remembered


def run_tune(options: Mapping[str, Any]) -> int:
    """Run `suffice tune` and return the exit code. Raises SufficeError."""
    if options["confidence"]:
        return _run_confidence(options)
    kind, config = known_kind(options["kind"]), load_config(None, os.environ)
    name = options["policy"] or config.policy or "guide"
    policy = Policy.load(name, lanes=config.catalogue().lanes)
    text = policy_text(name) if name in SHIPPED else Path(name).read_bytes().decode()
    with remembered() as storage:
        seen = evidence(storage.ledger, policy, now=time.time())
    tuning = tune(policy, text, file=name, seen=seen, kind=kind)
    path = f"{name}.toml" if name in SHIPPED else _path_in_patch(Path(name).resolve())
    diff = unified_diff([FileChange(path=path, before=text, after=tuning.text)])
    if options["as_json"]:
        click.echo(json.dumps(_document(tuning, policy, path, diff)))
        return 0
    for note in tuning.notes:
        click.echo(f"{note}.", err=True)
    if not tuning.suggestions:
        click.echo("Nothing to suggest.", err=True)
        return 0
    if name in SHIPPED:
        click.echo(f"# {name} ships with suffice: suffice policy show {name} > {path}, apply this, use --policy {path}")
    _print(tuning, diff)
    return 0


def _path_in_patch(file: Path) -> str:
    """Return *file* as a patch names it: from the root of its repository, else from here, else its name."""
    for folder in (repository_root(file.parent), Path.cwd()):
        if folder and file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    return file.name


def _document(tuning: Tuning, policy: Policy, path: str, diff: str) -> dict[str, Any]:
    return {
        "policy": {"name": policy.name, "sha256": policy.sha256},
        "path": path,
        "suggestions": [suggestion._asdict() for suggestion in tuning.suggestions],
        "notes": list(tuning.notes),
        "diff": diff,
    }


def _print(tuning: Tuning, diff: str) -> None:
    """Print the reasons as lines that patch and git skip, then the diff."""
    for made in tuning.suggestions:
        click.echo(f"# {made.kind}: {made.key} = {made.before} becomes {made.after} (n = {made.n})")
        click.echo(f"#   {made.why}")
    if any(made.key == "ladder" for made in tuning.suggestions):
        click.echo(f"# Of tasks: {COUNTED}.")
    click.echo(diff, nl=False)


def _run_confidence(options: Mapping[str, Any]) -> int:
    """Print the file of own weights, if there are outcomes enough for one that is better."""
    if options["policy"] or options["kind"]:
        raise InputError("The confidence is the same in all policies; leave out --policy and --kind with --confidence.")
    now = load_config(None, os.environ).own_weights
    with remembered() as storage:
        outcomes = known_outcomes(storage.ledger, now=time.time())
    made, path = tune_confidence(outcomes, now=now), weights_file(os.environ)
    text = file_text(made, path=path, today=datetime.now(UTC).date()) if isinstance(made, Refit) else ""
    if options["as_json"]:
        click.echo(json.dumps(_confidence_document(made, path, text)))
    elif isinstance(made, TooFew):
        click.echo(f"{_few(made)}: nothing changes.", err=True)
    elif made.is_better:
        click.echo(text, nl=False)
        click.echo(f"Nothing was written; to use these numbers, save them as {path}.", err=True)
    else:
        click.echo("\n".join(figures(made)), err=True)
        click.echo("The numbers in use do as well on what a fit has not seen: nothing changes.", err=True)
    return 0


def _few(made: TooFew) -> str:
    usable = "" if made.usable == made.known else f", {made.usable} of them of a kind that has enough of its own"
    return f"Known are {made.known} results that were kept, undone or rejected{usable}; a fit needs {ENOUGH_OUTCOMES}"


def _confidence_document(made: Refit | TooFew, path: Path, text: str) -> dict[str, Any]:
    if isinstance(made, TooFew):
        return {"outcomes": made.usable, "needed": ENOUGH_OUTCOMES, "before": None, "after": None, "file": None}
    return {
        "outcomes": made.n,
        "needed": ENOUGH_OUTCOMES,
        "before": _scores(made.before),
        "after": _scores(made.after),
        "file": {"path": str(path), "text": text} if made.is_better else None,
    }


def _scores(scores: Scores) -> dict[str, Any]:
    return {**scores._asdict(), "bands": [band._asdict() for band in scores.bands]}
