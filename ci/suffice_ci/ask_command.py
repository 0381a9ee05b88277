"""`suffice ask`: one question of a text kind; the answer on standard output, everything else on standard error."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import click

from suffice.errors import InputError
from suffice.outcome import Ending, Outcome
from suffice.task import Kind
from suffice_ci.answer import answer_of, document, failure_document, told
from suffice_ci.ask_task import Asked, asked
from suffice_ci.model_run import INTERRUPTED, agreed_terms, begin, chosen_policy, open_storage, write_result

_DEGRADED = {"provider-outage", "interrupted"}


def run_ask(options: Mapping[str, Any]) -> int:
    """Run `suffice ask` and return the exit code. Raises SufficeError."""
    if options["min_confidence"]:
        raise InputError("Nobody checks what an answer claims, so --min-confidence has no meaning here: leave it out.")
    begin()
    clock = time.perf_counter()
    question = asked(options)
    policy = chosen_policy(options, question.config)
    storage = open_storage()
    terms = agreed_terms(options, question.config, sends=_sends(question), ledger=storage.ledger)
    from suffice.checker.linting import Linting
    from suffice_ci.one_task import OneTask, carried_out

    task = question.task._replace(mode=terms.mode, stakes=terms.stakes)
    one = OneTask(task, question.snapshot, question.root, Linting(root=question.root))  # no text kind asks a linter
    outcome, stopped = carried_out(one, terms, policy=policy, storage=storage)
    duration_ms = int((time.perf_counter() - clock) * 1000)
    _deliver(outcome, document(outcome, policy=policy, cap_usd=terms.caps.run_usd, duration_ms=duration_ms), options)
    return stopped.exit_code if stopped else exit_code(outcome, options["fail_on"])


def exit_code(outcome: Outcome, fail_on: str | None) -> int:
    """Return 0 for an answer, and where nobody was to be asked; 1 where it is left for a human or was cut short.

    *fail_on* says otherwise what ends with 1.
    """
    if outcome.reason == "interrupted":
        return INTERRUPTED
    cut_short = outcome.reason in _DEGRADED or outcome.ending is Ending.OUT_OF_BUDGET
    match fail_on:
        case None:
            return int(cut_short or outcome.ending not in {Ending.PROPOSED, Ending.SKIPPED})
        case "degraded":
            return int(cut_short)
        case "none":
            return 0
        case _:
            return int(outcome.ending is not Ending.PROPOSED)


def _sends(question: Asked) -> str:
    """Return what is sent, for who has to agree to it."""
    names = ", ".join(question.task.paths)
    size_kib = sum(len(question.snapshot.text(path)) for path in question.task.paths) / 1024
    files = f"the text of {names} ({size_kib:.1f} KiB)" if names else ""
    said = "your question" if question.task.instruction.strip() else ""
    return f"suffice sends {' and '.join(filter(None, (files, said)))}"


def _deliver(outcome: Outcome, answer: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    if options["output"]:
        write_result(options["output"], json.dumps(answer, indent=1) + "\n")
    if options["as_json"]:
        click.echo(json.dumps(answer))
        return
    found = answer_of(outcome)
    if found:
        click.echo(f"{found.text}\n".encode(), nl=False)
    for line in told(outcome):
        click.echo(line, err=True)


def failed_document(arguments: list[str], *, reason: str, detail: str) -> dict[str, Any]:
    """Return the document for *arguments* that could not be carried out."""
    kind = next((argument for argument in arguments[1:] if argument in set(Kind)), "")
    return failure_document(kind=kind, reason=reason, detail=detail)
