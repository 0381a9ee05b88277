"""`suffice explain REPORT#ITEM`: what became of one item of a finished run, read from its report alone.

A report may come from anywhere: its texts are printed with nothing in them that moves or hides what stands around.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from suffice.errors import InputError
from suffice.report import SCHEMA_NAME
from suffice_ci.published import clean
from suffice_ci.summary import dollars

_MOST_NAMED = 20

_Item = Mapping[str, Any]


def explain_item(what: str, options: Mapping[str, Any]) -> int:
    """Print what became of the item that *what* (`REPORT#ITEM`) names and return the exit code. Raises InputError."""
    file, _, name = what.rpartition("#")
    report = _report(file)
    item = _item(report["items"], name, file)
    other = report["totals"].get("counterfactual")
    if options["as_json"]:
        click.echo(json.dumps({**item, "counterfactual": other}))
        return 0
    try:
        lines = [_shown(line) for line in _lines(item, report, other)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _no_report(file) from error
    click.echo("\n".join(lines))
    return 0


def _report(file: str) -> Mapping[str, Any]:
    try:
        report = json.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}); name a report of suffice fix --output.") from error
    except (ValueError, RecursionError) as error:
        raise _no_report(file) from error
    if not isinstance(report, dict) or report.get("schema") != SCHEMA_NAME or not _has_items(report):
        raise _no_report(file)
    return report


def _has_items(report: Mapping[str, Any]) -> bool:
    items = report.get("items")
    listed = isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("id"), str) for item in items
    )
    return listed and isinstance(report.get("totals"), dict)


def _no_report(file: str) -> InputError:
    return InputError(f"{file} is no report of suffice ({SCHEMA_NAME}); write one with suffice fix --output {file}.")


def _item(items: Sequence[_Item], name: str, file: str) -> _Item:
    found = next((item for item in items if item["id"] == name), None)
    if found is not None:
        return found
    if not items:
        raise InputError(f"{file} has no items, for there was nothing to do; name another report.")
    ids = [clean(item["id"]) for item in items]
    shown = ", ".join(ids) if len(ids) <= _MOST_NAMED else f"{', '.join(ids[:_MOST_NAMED])} and so on to {ids[-1]}"
    raise InputError(f"{file} has no item {name!r}; name one of: {shown}.")


def _lines(item: _Item, report: Mapping[str, Any], other: _Item | None) -> Iterator[str]:
    """Yield why this lane, what was tried, what it cost, what came next, and what the top lane would have cost."""
    what = " ".join(str(item[key]) for key in ("rule", "message") if item.get(key))
    yield f"{item['path']}:{item['start_line']}:{item['start_column']}: {what}".rstrip(": ")
    by = f" by {item['lane']}" if item.get("lane") else ""
    yield f"{item['outcome']}{by}: {item['detail']} ({item['reason']})"
    yield from _section("why:", item["why"])
    yield from _section("tried:", [_attempt(attempt) for attempt in item["attempts"]] or ["nobody was asked"])
    yield from _section("checks:", _checks(item.get("verdict")))
    yield f"cost: {_paid(sum(attempt['cost_usd'] for attempt in item['attempts']))}"
    following = item.get("next_lane")
    yield (
        f"next: {following['lane']}, about {dollars(following['estimated_cost_usd'])}"
        if following
        else "next: a person"
    )
    if other:
        paid_usd, other_usd = dollars(report["totals"]["cost_usd"]), dollars(other["cost_usd"])
        yield f"the whole run cost {paid_usd}; always {other['lane']}: about {other_usd} ({other['how']})"


def _shown(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] + clean(line)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _attempt(attempt: _Item) -> str:
    effort = f", effort {attempt['effort']}" if attempt.get("effort") else ""
    cause = f" ({attempt['cause']})" if attempt.get("cause") else ""
    failed = f", failed {', '.join(attempt['failed_checks'])}" if attempt["failed_checks"] else ""
    paid = "from the cache, free" if attempt["from_cache"] else _paid(attempt["cost_usd"])
    return f"{attempt['lane']} ({attempt['model']}{effort}): {attempt['ended']}{cause}{failed}, {paid}"


def _paid(cost_usd: float) -> str:
    return dollars(cost_usd) if cost_usd else "free"


def _checks(verdict: _Item | None) -> list[str]:
    """Return what the checker said, and each check that did not pass."""
    if verdict is None:
        return []
    how = "calibrated" if verdict["calibrated"] else "not calibrated"
    proof = f", proven by {verdict['proof']}" if verdict.get("proof") else ""
    not_passed = [check for check in verdict["checks"] if check["state"] != "passed"]
    lines = [f"{check['state']} {check['name']}: {check['evidence']}" for check in not_passed]
    return [f"{verdict['state']}, confidence {verdict['confidence']:.2f} ({how}){proof}", *lines]
