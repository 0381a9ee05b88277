"""`suffice review --architecture`: facts about the structure, and what a strong lane makes of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from suffice import families
from suffice.config import Config, load_config
from suffice.errors import InputError, SufficeError
from suffice.outcome import Outcome
from suffice.policy import Policy
from suffice.privacy import Ignored, ignored
from suffice.report import REASONS, Ended, Run, Status, by_lane, head, outcome_entry, status_of, totals
from suffice.repository import repository_root
from suffice.review.architecture import ArchitectureReviewed, Asked, nothing_to_ask, reviewed
from suffice.review.architecture_markdown import architecture_data, architecture_markdown
from suffice.review.architecture_question import ASKED, ASKED_OF_A_CHANGE
from suffice.review.hunks.change import Change
from suffice.review.measured import measured
from suffice.snapshot import Snapshot
from suffice.state.storage import Storage
from suffice.task import Mode
from suffice.told import printable
from suffice_ci.edit_summary import attempt_lines
from suffice_ci.fix_command import exit_code
from suffice_ci.model_run import INTERRUPTED, Begun, Terms, agreed_terms, chosen_policy, open_storage, write_result
from suffice_ci.one_task import OneTask, carried_out, linting_for
from suffice_ci.review_order import review_order


class _Order(NamedTuple):
    """A repository as it is; where a change to it is asked about, that too, with its commits as a report names them."""

    snapshot: Snapshot
    root: Path
    config: Config
    unseen: Ignored
    change: Change | None = None
    shas: Mapping[str, str] = {}


def run_architecture(options: Mapping[str, Any], begun: Begun) -> int:
    """Run `suffice review --architecture` and return the exit code. Raises SufficeError."""
    if options["summary"]:
        raise InputError("--summary speaks of a change, not of a structure: leave it or --architecture out.")
    order = _order(options)
    policy = chosen_policy(options, order.config)
    storage = open_storage()
    sends = "suffice sends facts about the structure of the repository and up to 12,000 tokens of its source"
    terms = agreed_terms(options, order.config, sends=sends, ledger=storage.ledger, unattended=Mode.BACKGROUND)
    found, stopped = _carried_out(order, terms, policy, storage)
    run = begun.run("review", policy=policy, terms=terms, stopped=stopped)
    report = _report(found, order, run)
    _deliver(report, found, options)
    if stopped:
        click.echo(f"suffice: {stopped}", err=True)
        return stopped.exit_code
    return INTERRUPTED if report["interrupted"] else _exit_code(report, options["fail_on"])


def _order(options: Mapping[str, Any]) -> _Order:
    if options["base"]:
        asked = review_order(options)
        shas = {"base_sha": asked.base_sha, "head_sha": asked.head_sha}
        return _Order(asked.change.after, asked.root, asked.config, asked.unseen, asked.change, shas)
    root = repository_root(Path.cwd()) or Path.cwd()
    snapshot = Snapshot.of_folder(root)
    config = load_config(snapshot, os.environ)
    return _Order(snapshot, snapshot.root or root, config, ignored(snapshot, config.exclude))


def _carried_out(
    order: _Order, terms: Terms, policy: Policy, storage: Storage
) -> tuple[ArchitectureReviewed, SufficeError | None]:
    """Return the review, and the error that no rung mends if there was one."""
    asked = Asked(ASKED_OF_A_CHANGE if order.change else ASKED, terms.mode, terms.stakes)
    structure, task = measured(
        order.snapshot, root=order.root, unseen=order.unseen, storage=storage, asked=asked, change=order.change
    )
    nothing = nothing_to_ask(task)
    if nothing:
        return reviewed(nothing, structure), None
    linting = linting_for(order.root, order.config)
    one = OneTask(task, order.snapshot, order.root, linting, unseen=order.unseen.match_file)
    outcome, stopped = carried_out(one, terms, policy=policy, storage=storage)
    return reviewed(outcome, structure), stopped


def _report(found: ArchitectureReviewed, order: _Order, run: Run) -> dict[str, Any]:
    """Return the report: one item for the question, and the review itself as data."""
    ended = found.ended
    interrupted = ended.reason == "interrupted"
    status, reason = status_of([Ended(ended.ending, ended.reason)], interrupted=interrupted)
    if found.findings:
        reason = "findings"
    detail = ended.detail if status is Status.CLEAN else REASONS[reason]
    if run.stopped_by:
        status, (reason, detail) = Status.FAILED, run.stopped_by
    return {
        **head(run, status=status, reason=reason, detail=detail, interrupted=interrupted),
        "root": str(order.root),
        **order.shas,
        "files": [],
        "items": [_item(ended, order)],
        "not_looked_at": [],
        "patch": "",
        "architecture": architecture_data(found),
        "totals": {**totals([ended], run), "by_lane": by_lane([found.outcome])},
    }


def _item(ended: Outcome, order: _Order) -> dict[str, Any]:
    """Return the item of the one question, which is about the whole repository."""
    return {
        "id": "i1",
        "fingerprint": families.of(ended.task.kind).work(ended.task, order.snapshot).fingerprint,
        **outcome_entry(ended),
        "path": ".",
        "start_line": 1,
        "start_column": 1,
        "end_line": 1,
        "end_column": 1,
        "edits": [],
        "in_patch": False,
    }


def _exit_code(report: Mapping[str, Any], fail_on: str | None) -> int:
    """Return the exit code; the one item is the question, so it is no finding where nothing was found or asked."""
    found_nothing = report["status"] in {Status.CLEAN, Status.SKIPPED}
    return 0 if fail_on == "findings" and found_nothing else exit_code(report, fail_on)


def _deliver(report: Mapping[str, Any], found: ArchitectureReviewed, options: Mapping[str, Any]) -> None:
    if options["output"]:
        write_result(options["output"], json.dumps(report, indent=1) + "\n")
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    click.echo(printable(architecture_markdown(found)))
    for line in attempt_lines(found.outcome):
        click.echo(printable(line), err=True)
