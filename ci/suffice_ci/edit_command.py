"""`suffice edit`: one change that a person asks for, checked; nothing is written without `--apply`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from suffice import families
from suffice.edit_report import Edited, edit_report, least_to_apply
from suffice.edits.write import write_changes
from suffice.errors import InputError, StorageError, SufficeError
from suffice.outcome import Outcome
from suffice.policy import Policy
from suffice.privacy import ignored
from suffice.rejection import note_rejection
from suffice.report import Status
from suffice.state.ledger import Work
from suffice.state.storage import Storage
from suffice.task import Kind, Mode
from suffice_ci.edit_order import EditOrder, edit_order
from suffice_ci.edit_summary import print_edit
from suffice_ci.executed_commands import executed_of
from suffice_ci.fix_command import exit_code, print_diff
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

if TYPE_CHECKING:
    from suffice.checker.executed.sides import Executed


def run_edit(options: Mapping[str, Any]) -> int:
    """Run `suffice edit` and return the exit code. Raises SufficeError."""
    begun = begin()
    order = edit_order(options)
    policy = chosen_policy(options, order.config)
    executed = executed_of(options, snapshot=order.snapshot, environment=os.environ)
    storage = open_storage()
    terms = agreed_terms(options, order.config, sends=_sends(order), ledger=storage.ledger, unattended=Mode.BACKGROUND)
    made = _made(order, terms, executed, policy=policy, storage=storage, harder=options["retry_harder"])
    outcome, stopped = made.outcome, made.stopped
    held_back = _held_back(outcome, policy) if options["apply"] else None
    written = _written(outcome, order) if options["apply"] and held_back is None else False
    failed = written if isinstance(written, StorageError) else stopped
    about = Edited(outcome, made.work.fingerprint, order.snapshot, str(order.root))
    run = begun.run("edit", policy=policy, terms=terms, stopped=failed, applied=written is True)
    report = edit_report(about, run)
    if unwritten := _unwritten(report, options):
        failed = failed or unwritten
        report = edit_report(about, run._replace(stopped_by=(failed.reason, str(failed))))
    _deliver(report, options, outcome, held_back=held_back, written=written is True)
    if failed:
        click.echo(f"suffice: {failed}", err=True)
        return failed.exit_code
    return INTERRUPTED if report["interrupted"] else exit_code(report, options["fail_on"])


class _Made(NamedTuple):
    """How an edit ended, what the ledger calls it, and the error that no rung mends if there was one."""

    outcome: Outcome
    work: Work
    stopped: SufficeError | None = None


def _made(
    order: EditOrder, terms: Terms, executed: Executed | None, *, policy: Policy, storage: Storage, harder: bool
) -> _Made:
    """Return how the edit of *order* ended: with *harder* by a lane above those that nobody wanted the result of."""
    from suffice_ci.one_task import OneTask, carried_out, interrupted, linting_for

    try:
        order = _with_evidence(order, executed)
        _tell_if_silent(order, executed, terms)
    except KeyboardInterrupt:  # as the tests ran on what is there: nobody was asked yet
        return _Made(interrupted(order.task), _work(order))
    work = _work(order)
    rejected = _last_result(work, storage) if harder else None
    if rejected:
        terms = terms._replace(wishes=terms.wishes._replace(rejected=frozenset({rejected})))
    one = OneTask(
        order.task._replace(mode=terms.mode, stakes=terms.stakes),
        order.snapshot,
        order.root,
        linting_for(order.root, order.config),
        unseen=ignored(order.snapshot, order.config.exclude).match_file,
        executed=executed,
    )
    outcome, stopped = carried_out(one, terms, policy=policy, storage=storage)
    if rejected:
        note_rejection(outcome, work, rejected=rejected, ledger=storage.ledger)
    return _Made(outcome, work, stopped)


def _work(order: EditOrder) -> Work:
    return families.of(order.task.kind).work(order.task, order.snapshot)


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


def _tell_if_silent(order: EditOrder, executed: Executed | None, terms: Terms) -> None:
    """Run the tests before anybody is asked; say so if they prove little. Raises ConfigError if they cannot be run."""
    if executed is None or executed.tests is None or terms.wishes.no_calls:
        return
    from suffice.checker.executed.failing import silence

    why = silence(executed, snapshot=order.snapshot)
    if why and order.task.kind is not Kind.DEBUG and not terms.quiet:  # of a bug it is what is to be mended
        click.echo(f"{why}; unless an edit mends that, it is shown as unchecked.", err=True)


def _sends(order: EditOrder) -> str:
    """Return what is sent, for who has to agree to it."""
    names = ", ".join(place.path for place in order.task.places)
    return f"suffice sends your request, the text of {names} and what in the repository belongs to it"


def _last_result(work: Work, storage: Storage) -> str:
    """Return the lane whose result was last proposed for *work*. Raises InputError if there was none."""
    last = storage.ledger.last_proposed(work)
    if last is None and storage.ledger.was_tried(work):
        raise InputError(
            "No lane's result was proposed for this request, so there is none to do better than; change the request, "
            "or name a lane (--lane, --allow)."
        )
    if last is None:
        raise InputError(
            "Nothing was proposed yet for this request on these files; run it without --retry-harder first. "
            "If it was applied, take it back before."
        )
    return last


def _held_back(outcome: Outcome, policy: Policy) -> str | None:
    """Return why the result is not written although that was asked for, None if it is."""
    return least_to_apply(outcome, threshold=policy.of(outcome.task.kind).apply, proof_only=in_ci())


def _written(outcome: Outcome, order: EditOrder) -> bool | StorageError:
    try:
        return bool(write_changes(outcome.changes, snapshot=order.snapshot, root=order.root))
    except StorageError as error:
        return error


def _unwritten(report: Mapping[str, Any], options: Mapping[str, Any]) -> StorageError | None:
    """Write what *options* want in files; return why that failed, and what was written all the same."""
    try:
        write_report(report, options)
    except StorageError as error:
        kept = " The edit is in the files all the same." if report["status"] == "fixed" else ""
        return StorageError(f"{error}{kept}")
    return None


def _deliver(
    report: Mapping[str, Any], options: Mapping[str, Any], outcome: Outcome, *, held_back: str | None, written: bool
) -> None:
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    print_diff(report["patch"])  # also when it was written: with it the edit is taken back where git does not hold it
    shown = {**report, "status": Status.FIXED} if written else report  # whatever became of the other files
    print_edit(shown, outcome, held_back=held_back)
