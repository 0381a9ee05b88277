"""What a person reads after `suffice edit`: the way by lane, what was sent, what it cost, what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from suffice.checker.verdict import State
from suffice.edit_report import sent_files
from suffice.outcome import Ending, Outcome
from suffice.providers.connect import KEY_VARIABLES
from suffice.report import REASONS
from suffice.told import printable, step_told
from suffice_ci.summary import dollars
from suffice_ci.way_back import way_back


def print_edit(report: Mapping[str, Any], outcome: Outcome, *, held_back: str | None) -> None:
    """Print on standard error what became of the edit; *held_back* is why it was not written although asked for."""
    for line in edit_lines(report, outcome, held_back=held_back):
        click.echo(printable(line), err=True)


def edit_lines(report: Mapping[str, Any], outcome: Outcome, *, held_back: str | None) -> Iterator[str]:
    """Yield the lines of the summary."""
    if outcome.ending is not Ending.PROPOSED:
        yield from _not_made(outcome)
        return
    steps = [*map(step_told, outcome.attempts[:-1]), f"{outcome.lane} sufficed"]
    yield f"{', '.join(steps)}, {dollars(outcome.cost_usd)}"
    yield from _verdict(outcome)
    yield from _sent(outcome)
    if held_back:
        yield f"Not written: {held_back}. Take the diff above with git apply, or run it with --tests for a proof."
    elif report["status"] == "fixed":
        back = way_back(outcome.changes, root=Path(report["root"]))
        yield f"Written; {back}. Only after that --retry-harder asks a stronger lane."
    else:
        yield "Nothing was written: --apply writes it; --retry-harder asks a stronger lane."
    if outcome.next_lane:
        about = f", about {dollars(outcome.next_cost_usd)}" if outcome.next_cost_usd else ""
        yield f"Next would come {outcome.next_lane}{about}."


def attempt_lines(outcome: Outcome) -> Iterator[str]:
    """Yield how a question ended that is no edit: by whom, or why by nobody, and what it cost."""
    if outcome.ending is Ending.PROPOSED:
        steps = [*map(step_told, outcome.attempts[:-1]), f"{outcome.lane} sufficed"]
        yield f"{', '.join(steps)}, {dollars(outcome.cost_usd)}"
        return
    yield from _why_none(outcome)


def _tried(outcome: Outcome) -> Iterator[str]:
    for attempt in outcome.attempts:
        why = f": {attempt.evidence or attempt.cause}" if attempt.evidence or attempt.cause else ""
        yield f"  {step_told(attempt)}{why}, {dollars(attempt.paid_usd)}"


def _verdict(outcome: Outcome) -> Iterator[str]:
    verdict = outcome.verdict
    if verdict is None:
        return
    if verdict.proof:
        yield f"Checked, with a proof: {verdict.proof}."
        return
    doubts = [check for check in verdict.checks if not check.blocking and check.state is State.FAILED]
    lowered = "; ".join(f"{check.name}: {check.evidence}" for check in doubts)
    how_sure = "Unchecked" if verdict.state is not State.PASSED else f"Checked, confidence {verdict.confidence:.2f}"
    left_open = [check.evidence for check in verdict.checks if check.name == "written-test"]
    yield f"{how_sure}{f' ({lowered})' if lowered else ''}{f'; {left_open[0]}' if left_open else ''}."


def _sent(outcome: Outcome) -> Iterator[str]:
    files = sent_files(outcome)
    if files:
        listed = ", ".join(f"{path} {tokens}" for path, tokens in files)
        yield f"Sent, in tokens: {listed}."


def _not_made(outcome: Outcome) -> Iterator[str]:
    yield from _why_none(outcome)
    if outcome.attempts:
        yield f"Cost {dollars(outcome.cost_usd)}; nothing was changed."


def _why_none(outcome: Outcome) -> Iterator[str]:
    """Yield why there is no result, what was tried, and what would be asked for how much."""
    is_priced = outcome.ending is Ending.SKIPPED and outcome.next_cost_usd
    about = f", about {dollars(outcome.next_cost_usd)}" if is_priced else ""
    yield f"suffice: {outcome.ending}: {outcome.detail or REASONS[outcome.reason]}{about}"
    yield from _tried(outcome)
    if outcome.reason == "no-key":
        yield f"Set {' or '.join(KEY_VARIABLES.values())} to have it tried."
