"""`suffice edit`: one change that a person asks for, checked; nothing is written without `--apply`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from suffice import families
from suffice.edit_report import Edited, edit_report, least_to_apply
from suffice.edits.write import write_changes
from suffice.errors import InputError, StorageError
from suffice.outcome import Outcome
from suffice.policy import Policy
from suffice.privacy import ignored
from suffice.report import Run
from suffice.state.ledger import Feedback, Work
from suffice.state.storage import Storage
from suffice.task import Kind
from suffice_ci.edit_order import EditOrder, edit_order
from suffice_ci.edit_summary import print_edit
from suffice_ci.executed_commands import executed_of
from suffice_ci.fix_command import exit_code, print_diff
from suffice_ci.model_run import (
    INTERRUPTED,
    agreed_terms,
    begin,
    chosen_policy,
    in_ci,
    open_storage,
    write_report,
)

if TYPE_CHECKING:
    from suffice.checker.executed.sides import Executed


def run_edit(options: Mapping[str, Any]) -> int:
    """Run `suffice edit` and return the exit code. Raises SufficeError."""
    begin()
    started, clock = datetime.now(UTC), time.perf_counter()
    order = edit_order(options)
    policy = chosen_policy(options, order.config)
    executed = executed_of(options, snapshot=order.snapshot, environment=os.environ)
    order = _with_evidence(order, executed)
    storage = open_storage()
    work = families.of(order.task.kind).work(order.task, order.snapshot)
    if options["retry_harder"]:
        _reject_the_last(work, storage)
    terms = agreed_terms(options, order.config, sends=_sends(order), ledger=storage.ledger)
    from suffice_ci.one_task import OneTask, carried_out, linting_for

    task = order.task._replace(mode=terms.mode, stakes=terms.stakes)
    unseen = ignored(order.snapshot, order.config.exclude).match_file
    linting = linting_for(order.root, order.config)
    one = OneTask(task, order.snapshot, order.root, linting, unseen=unseen, executed=executed)
    outcome, stopped = carried_out(one, terms, policy=policy, storage=storage)
    held_back = _held_back(outcome, policy) if options["apply"] else None
    written = _written(outcome, order) if options["apply"] and held_back is None else False
    failed = written if isinstance(written, StorageError) else stopped
    run = Run(
        command="edit",
        policy=policy,
        mode=terms.mode,
        cap_usd=terms.caps.run_usd,
        started_at=started,
        duration_ms=int((time.perf_counter() - clock) * 1000),
        applied=written is True,
        stopped_by=(failed.reason, str(failed)) if failed else None,
    )
    report = edit_report(Edited(outcome, work.fingerprint, order.snapshot, str(order.root)), run)
    _deliver(report, options, outcome, held_back=held_back)
    if failed:
        click.echo(f"suffice: {failed}", err=True)
        return failed.exit_code
    return INTERRUPTED if report["interrupted"] else exit_code(report, options["fail_on"])


def _with_evidence(order: EditOrder, executed: Executed | None) -> EditOrder:
    """Return *order* with what the tests print as they fail, where a bug is to be mended and nobody showed it."""
    task = order.task
    if task.kind is not Kind.DEBUG or task.evidence or executed is None or executed.tests is None:
        return order
    from suffice.checker.executed.failing import failing_output

    shown = failing_output(executed, snapshot=order.snapshot)
    if not shown and not task.instruction.strip():
        raise InputError(f"{executed.tests} passes, so it shows no bug; say what is wrong with -m or --evidence.")
    return order._replace(task=task._replace(evidence=shown))


def _sends(order: EditOrder) -> str:
    """Return what is sent, for who has to agree to it."""
    names = ", ".join(place.path for place in order.task.places)
    return f"suffice sends your request, the text of {names} and what in the repository belongs to it"


def _reject_the_last(work: Work, storage: Storage) -> None:
    """Record that the last result for *work* is not wanted. Raises InputError if there was none."""
    last = storage.ledger.last_proposed(work)
    if last is None:
        raise InputError(
            "Nothing was proposed yet for this request on these files; run it without --retry-harder first. "
            "If it was applied, take it back before (git checkout)."
        )
    storage.ledger.record_feedback(work, lane=last, word=Feedback.REJECTED)


def _held_back(outcome: Outcome, policy: Policy) -> str | None:
    """Return why the result is not written although that was asked for, None if it is."""
    return least_to_apply(outcome, threshold=policy.of(outcome.task.kind).apply, proof_only=in_ci())


def _written(outcome: Outcome, order: EditOrder) -> bool | StorageError:
    try:
        return bool(write_changes(outcome.changes, snapshot=order.snapshot, root=order.root))
    except StorageError as error:
        return error


def _deliver(report: Mapping[str, Any], options: Mapping[str, Any], outcome: Outcome, *, held_back: str | None) -> None:
    write_report(report, options)
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    if report["status"] != "fixed":
        print_diff(report["patch"])
    print_edit(report, outcome, held_back=held_back)
