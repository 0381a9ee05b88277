"""`suffice feedback REPORT#ITEM WORD`: what became of a result, for the ledger to remember."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from suffice.errors import InputError
from suffice.fingerprint import repository_name
from suffice.report import SCHEMA_NAME
from suffice.state.ledger import Feedback, Work
from suffice.task import Kind
from suffice_ci.published import clean
from suffice_ci.remembered import remembered


def run_feedback(place: str, word: str, *, as_json: bool) -> int:
    """Record *word* on the item at *place* and return the exit code. Raises SufficeError."""
    name, _, wanted = place.rpartition("#")
    try:
        work, said = _read(_report(name, place), wanted, name)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{name} is no whole report ({error!r}); name the file of suffice fix --output.") from error
    with remembered() as storage:
        storage.ledger.record_feedback(work, lane=said["lane"], word=Feedback(word))
    if as_json:
        click.echo(json.dumps({**said, "word": word}))
        return 0
    of = f" in {said['path']}" if "path" in said else ""
    click.echo(clean(f"Noted: what {said['lane']} made of {work.rule or work.kind}{of} was {word}."))
    if word == Feedback.REJECTED:
        click.echo(clean(f"The next run starts above {said['lane']}."))
    return 0


def _read(report: dict[str, Any], wanted: str, name: str) -> tuple[Work, dict[str, str]]:
    """Return what the item is called in the ledger, and what is said of it."""
    item = _item(report, wanted, name)
    repository = repository_name(Path(report["root"]))
    said: dict[str, str] = {key: str(item[key]) for key in ("kind", "rule", "path", "lane") if key in item}
    return Work(Kind(said["kind"]), said.get("rule"), repository, str(item["fingerprint"])), said


def _report(name: str, place: str) -> dict[str, Any]:
    if not name:
        raise InputError(f"{place} names no item; write the report's file and the item's id, such as report.json#i3.")
    try:
        report = json.loads(Path(name).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{name} cannot be read ({error}); name the file of suffice fix --output.") from error
    if not isinstance(report, dict) or report.get("schema") != SCHEMA_NAME:
        raise InputError(f"{name} is no {SCHEMA_NAME}; name the file of suffice fix --output.")
    return report


def _item(report: dict[str, Any], wanted: str, name: str) -> dict[str, Any]:
    item: dict[str, Any] | None = next((item for item in report["items"] if item["id"] == wanted), None)
    if item is None:
        ids = [item["id"] for item in report["items"]]
        known = f"it has {ids[0]} to {ids[-1]}" if ids else "it has none"
        raise InputError(f"{name} has no item {wanted}; {known}, name one of them.")
    if "lane" not in item:
        raise InputError(
            f"Item {wanted} holds no result of any lane ({item['outcome']}); name an item that was proposed."
        )
    return item
