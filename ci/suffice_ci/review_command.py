"""`suffice review`: findings on a change, or on the architecture; nothing is ever written into the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from suffice.errors import InputError
from suffice.review.work_tree import WorkTree
from suffice.review_report import review_report
from suffice.task import Mode
from suffice_ci.fix_command import exit_code
from suffice_ci.model_run import (
    INTERRUPTED,
    agreed_terms,
    begin,
    chosen_policy,
    open_storage,
    write_result,
)
from suffice_ci.review_order import review_order


def run_review(options: Mapping[str, Any]) -> int:
    """Run `suffice review` and return the exit code. Raises SufficeError."""
    if options["min_confidence"]:
        raise InputError("A finding is no patch, so --min-confidence has no meaning here: leave it out.")
    begun = begin()
    if options["architecture"]:
        from suffice_ci.architecture_command import run_architecture

        return run_architecture(options, begun)
    order = review_order(options)
    policy = chosen_policy(options, order.config)
    storage = open_storage()
    terms = agreed_terms(options, order.config, sends=_sends(order), ledger=storage.ledger, unattended=Mode.BACKGROUND)
    from suffice_ci import review_run

    one, stopped = review_run.carried_out(order, terms, policy=policy, storage=storage, summary=options["summary"])
    run = begun.run("review", policy=policy, terms=terms, stopped=stopped)
    report = review_report(one, run)
    _deliver(report, options)
    if stopped:
        click.echo(f"suffice: {stopped}", err=True)
        return stopped.exit_code
    return INTERRUPTED if report["interrupted"] else exit_code(report, options["fail_on"])


def _sends(order: WorkTree) -> str | None:
    """Return what is sent, None if nothing changed."""
    files = len(order.change.files)
    return f"suffice sends the changes of up to {files} files with the definitions around them" if files else None


def _deliver(report: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    if options["output"]:
        write_result(options["output"], json.dumps(report, indent=1) + "\n")
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    from suffice_ci.review_summary import print_review

    print_review(report)
