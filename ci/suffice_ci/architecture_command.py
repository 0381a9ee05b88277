"""`suffice review --architecture`: facts about the structure, and what a strong lane makes of them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

from suffice.config import Config, load_config
from suffice.errors import SufficeError
from suffice.listing import listing
from suffice.outcome import Ending
from suffice.policy import Policy
from suffice.privacy import Ignored, ignored
from suffice.report import REASONS, Ended, Run, Status, head, outcome_entry, status_of, totals
from suffice.repository import repository_root
from suffice.review.architecture import ArchitectureReviewed, Asked, architecture_review
from suffice.review.architecture_markdown import architecture_data, architecture_markdown
from suffice.review.architecture_question import ASKED, ASKED_OF_A_CHANGE
from suffice.review.hunks.change import Change
from suffice.review.structure.facts import structure_of
from suffice.snapshot import Snapshot
from suffice.state.storage import Storage
from suffice_ci.answer import printable
from suffice_ci.connected import Connected
from suffice_ci.edit_summary import attempt_lines
from suffice_ci.fix_command import exit_code
from suffice_ci.model_run import Terms, agreed_terms, chosen_policy, open_storage, run_state, write_result
from suffice_ci.one_task import linting_for
from suffice_ci.progress import Progress
from suffice_ci.review_order import review_order


class _Order(NamedTuple):
    """A repository as it is, and the change to it where one is asked about."""

    snapshot: Snapshot
    root: Path
    config: Config
    unseen: Ignored
    change: Change | None = None


def run_architecture(options: Mapping[str, Any]) -> int:
    """Run `suffice review --architecture` and return the exit code. Raises SufficeError."""
    started, clock = datetime.now(UTC), time.perf_counter()
    order = _order(options)
    policy = chosen_policy(options, order.config)
    storage = open_storage()
    sends = "suffice sends facts about the structure of the repository and up to 12,000 tokens of its source"
    terms = agreed_terms(options, order.config, sends=sends, ledger=storage.ledger)
    reviewed, stopped = _carried_out(order, terms, policy, storage)
    run = Run(
        command="review",
        policy=policy,
        mode=terms.mode,
        cap_usd=terms.caps.run_usd,
        started_at=started,
        duration_ms=int((time.perf_counter() - clock) * 1000),
        stopped_by=(stopped.reason, str(stopped)) if stopped else None,
    )
    report = _report(reviewed, order, run)
    _deliver(report, reviewed, options)
    if stopped:
        click.echo(f"suffice: {stopped}", err=True)
        return stopped.exit_code
    return exit_code(report, options["fail_on"])


def _order(options: Mapping[str, Any]) -> _Order:
    if options["base"]:
        asked = review_order(options)
        return _Order(asked.change.after, asked.root, asked.config, asked.unseen, asked.change)
    root = repository_root(Path.cwd()) or Path.cwd()
    snapshot = Snapshot.of_folder(root)
    config = load_config(snapshot, os.environ)
    return _Order(snapshot, snapshot.root or root, config, ignored(snapshot, config.exclude))


def _carried_out(
    order: _Order, terms: Terms, policy: Policy, storage: Storage
) -> tuple[ArchitectureReviewed, SufficeError | None]:
    results: list[tuple[ArchitectureReviewed, SufficeError | None]] = []

    async def go() -> None:
        results.append(await _run(order, terms, policy, storage))

    asyncio.run(go())
    reviewed, stopped = results[0]
    return reviewed, stopped


async def _run(
    order: _Order, terms: Terms, policy: Policy, storage: Storage
) -> tuple[ArchitectureReviewed, SufficeError | None]:
    paths = listing(order.snapshot, patterns=order.unseen).paths
    structure = structure_of(order.snapshot, repo_root=order.root, paths=paths, change=order.change)
    linting = linting_for(order.root, order.config)
    async with Connected(os.environ, needed=terms.wishes.no_calls is None) as providers:
        with Progress(1, shown=sys.stderr.isatty() and not terms.quiet) as progress:
            state = run_state(terms, storage=storage, root=order.root, linting=linting, tell=progress.tell)
            state.unseen = order.unseen.match_file
            reviewed = await architecture_review(
                structure,
                snapshot=order.snapshot,
                policy=policy,
                providers=providers,
                state=state,
                ignored=order.unseen,
                asked=Asked(ASKED_OF_A_CHANGE if order.change else ASKED, terms.mode, terms.stakes),
            )
    return reviewed, next(iter(state.errors), None)


def _report(reviewed: ArchitectureReviewed, order: _Order, run: Run) -> dict[str, Any]:
    """Return the report: one item for the question, and the review itself as data."""
    outcome = reviewed.outcome
    status, reason = status_of([Ended(outcome.ending, outcome.reason)])
    if outcome.ending is Ending.PROPOSED:
        found = bool(reviewed.findings)
        status, reason = (Status.PROPOSED, "findings") if found else (Status.CLEAN, "nothing-to-do")
    detail = REASONS[reason]
    if run.stopped_by:
        status, (reason, detail) = Status.FAILED, run.stopped_by
    item = {
        "id": "i1",
        "fingerprint": "",
        **outcome_entry(outcome),
        "path": ".",
        "start_line": 1,
        "start_column": 1,
        "end_line": 1,
        "end_column": 1,
        "edits": [],
        "in_patch": False,
    }
    return {
        **head(run, status=status, reason=reason, detail=detail, interrupted=False),
        "root": str(order.root),
        "files": [],
        "items": [item],
        "not_looked_at": [],
        "patch": "",
        "architecture": architecture_data(reviewed),
        "totals": totals([outcome], run),
    }


def _deliver(report: Mapping[str, Any], reviewed: ArchitectureReviewed, options: Mapping[str, Any]) -> None:
    if options["output"]:
        write_result(options["output"], json.dumps(report, indent=1) + "\n")
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    click.echo(printable(architecture_markdown(reviewed)))
    for line in attempt_lines(reviewed.outcome):
        click.echo(printable(line), err=True)
