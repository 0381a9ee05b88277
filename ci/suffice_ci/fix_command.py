"""`suffice fix`: finds what to mend, runs it, and writes the result where it was asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from suffice.config import Config, load_config
from suffice.edits.write import write_changes
from suffice.errors import InputError, StorageError
from suffice.linters.chosen import Linters, linters_for
from suffice.policy import Policy
from suffice.providers.connect import KEY_VARIABLES
from suffice.report import Status, build_report
from suffice.targets import Targets, Wanted, find_targets, root_of, trusted_settings
from suffice.task import Kind
from suffice_ci.fix_order import Order
from suffice_ci.model_run import (
    INTERRUPTED,
    Terms,
    agreed_terms,
    begin,
    chosen_policy,
    in_ci,
    open_storage,
    write_report,
)
from suffice_ci.named_text import named_text
from suffice_ci.summary import print_summary

if TYPE_CHECKING:
    from suffice.fix import Fixed


def run_fix(options: Mapping[str, Any]) -> int:
    """Run `suffice fix` and return the exit code. Raises SufficeError."""
    begun = begin()
    asked = _asked(options)
    storage = open_storage()
    terms = agreed_terms(options, asked.config, sends=_sends(asked.targets), ledger=storage.ledger)
    from suffice_ci import fix_run

    fixed = fix_run.carried_out(asked.targets, _order(options, asked, terms), policy=asked.policy, storage=storage)
    written = _written(fixed, asked.targets) if options["apply"] else False
    stopped = written if isinstance(written, StorageError) else fixed.stopped_by
    run = begun.run("fix", policy=asked.policy, terms=terms, stopped=stopped, applied=written is True)
    report = build_report(fixed, targets=asked.targets, run=run)
    _deliver(report, options)
    if stopped:
        click.echo(f"suffice: {stopped}", err=True)
        return stopped.exit_code
    return INTERRUPTED if fixed.interrupted else exit_code(report, options["fail_on"])


class _Asked(NamedTuple):
    """What is to be mended, by which rules and with which linters."""

    config: Config
    policy: Policy
    linters: Linters
    targets: Targets


def _asked(options: Mapping[str, Any]) -> _Asked:
    wanted, folder = _wanted(options), Path.cwd()
    root = root_of(wanted, folder=folder)
    settings = trusted_settings(wanted, root=root)
    config = load_config(settings, os.environ)
    policy = chosen_policy(options, config, kinds=(Kind.LINT_FIX,))
    linters = linters_for(root, config, os.environ)
    targets = find_targets(
        wanted,
        folder=folder,
        settings=settings,
        config=config,
        own_ruff=linters.ruff.program,
        meanwhile=_load_the_rest,
    )
    return _Asked(config, policy, linters, targets)


def _written(fixed: Fixed, targets: Targets) -> bool | StorageError:
    """Return whether files were written, or why they could not be: what was paid for is reported all the same."""
    if fixed.interrupted or not fixed.changes:
        return False
    try:
        return bool(write_changes(fixed.changes, snapshot=targets.snapshot, root=targets.root))
    except StorageError as error:
        return error


def _load_the_rest() -> None:
    """Import, while the linter looks, what the run needs once it has."""
    import pathspec  # noqa: F401
    import unidiff  # noqa: F401

    import suffice_ci.fix_run  # noqa: F401


def _sends(targets: Targets) -> str | None:
    """Return what is sent of *targets* at most, None if the linter's own fixes may do for all."""
    to_ask = sum(diagnostic.fix is None for diagnostic in targets.diagnostics)
    some = "suffice sends some lines around each, the file's imports and path"
    return f"For up to {to_ask} diagnostics, {some}" if to_ask else None


def _order(options: Mapping[str, Any], asked: _Asked, terms: Terms) -> Order:
    apply = bool(options["apply"])
    return Order(
        terms=terms,
        linters=asked.linters,
        select=_select(options, asked.targets),
        unsafe=options["unsafe"],
        least_confidence=asked.policy.of(Kind.LINT_FIX).apply if apply else 0.0,
        proof_only=apply and in_ci(),
    )


def _select(options: Mapping[str, Any], targets: Targets) -> str | None:
    """Return the rules that the checker's linter runs are to find: of given diagnostics, just theirs."""
    if not options["diagnostics"]:
        return str(options["select"]) if options["select"] else None
    return ",".join(sorted({d.rule for d in targets.diagnostics if d.source.lower() == "ruff"})) or None


def exit_code(report: Mapping[str, Any], fail_on: str | None) -> int:
    """Return 1 where something is left for a human or was cut short, or for what *fail_on* names or worse."""
    status = report["status"]
    if status == Status.FAILED:
        return 1
    unfixed = sum(
        n for outcome, n in report["totals"]["by_outcome"].items() if outcome not in {"unchanged", "proposed"}
    )
    match fail_on:
        case None:
            return int(status in {Status.NEEDS_HUMAN, Status.DEGRADED})
        case "findings":
            return int(bool(report["items"]))
        case "unfixed":
            return int(bool(unfixed) or status in {Status.NEEDS_HUMAN, Status.DEGRADED})
        case "degraded":
            return int(status == Status.DEGRADED)
        case _:
            return 0


def _wanted(options: Mapping[str, Any]) -> Wanted:
    if sum(bool(options[name]) for name in ("staged", "base", "diff")) > 1:
        raise InputError("--staged, --base and --diff each say which lines count; give one of them.")
    return Wanted(
        paths=options["paths"],
        staged=options["staged"],
        base=options["base"],
        diff=named_text(options["diff"]) if options["diff"] else None,
        diagnostics=tuple((name, named_text(name)) for name in options["diagnostics"]),
        select=options["select"],
    )


def _deliver(report: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    write_report(report, options)
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    if not options["apply"]:
        print_diff(report["patch"])
    print_summary(report, keys=tuple(KEY_VARIABLES.values()))


def print_diff(diff: str) -> None:
    """Print *diff* on standard output, coloured on a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(diff.encode("utf-8"))
        sys.stdout.flush()
        return
    from suffice.told import printable

    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.split("\n"):
        bold = line.startswith(("diff ", "--- ", "+++ "))
        click.secho(printable(line.rstrip("\r")), fg=colours.get(line[:1]), bold=bold)
