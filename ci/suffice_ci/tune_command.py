"""`suffice tune`: what this machine's ledger would change in a policy, as a diff. It changes nothing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from suffice.config import load_config
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.evidence import evidence
from suffice.policy import SHIPPED, Policy, policy_text
from suffice.repository import repository_root
from suffice.tune import Tuning, tune
from suffice_ci.remembered import known_kind, remembered


def run_tune(options: Mapping[str, Any]) -> int:
    """Run `suffice tune` and return the exit code. Raises SufficeError."""
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
    click.echo(diff, nl=False)
