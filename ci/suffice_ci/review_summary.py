"""What a person reads after `suffice review`: the findings on standard output, all else on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from suffice.providers.connect import KEY_VARIABLES
from suffice_ci.answer import printable
from suffice_ci.summary import dollars

_MOST_PLACES = 20
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": None}


def print_review(report: Mapping[str, Any]) -> None:
    """Print what *report* found, and beside it what was not read, what was dropped, and what it cost."""
    for item in report["items"]:
        for number, line in enumerate(finding_lines(item)):
            click.secho(printable(line), fg=_COLOURS.get(item["severity"]) if number == 0 else None)
    if report.get("summary"):
        click.echo(printable(report["summary"]))
    for line in summary_lines(report):
        click.echo(printable(line), err=True)


def finding_lines(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield one finding as lines: the place and what is wrong, the quote, when it happens, who says so."""
    finding = item["finding"]
    place = f"{item['path']}:{item['start_line']}"
    yield f"{place}: {item['severity']} {finding['category']}: {finding['title']}"
    yield f"    > {finding['first_line'].strip()}"
    if finding["last_line"].strip() != finding["first_line"].strip():
        yield f"    > ... {finding['last_line'].strip()}"
    yield f"    {finding['body']}"
    yield f"    {'; '.join(item['why'])}; confidence {finding['confidence']:.2f}"
    if finding.get("suggestion") is not None and item["edits"]:
        yield "    Suggestion (checked):"
        yield from (f"        {line}" for line in finding["suggestion"].splitlines())
    yield ""


def summary_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was read and dropped, what was left out by name, and what it cost."""
    review = report["review"]
    if not report["items"] and report["reason"] == "nothing-to-do":
        yield "suffice: nothing found."
    yield from review["lines"]
    left = report["not_looked_at"]
    for entry in left[:_MOST_PLACES]:
        lines = f":{entry['start_line']}-{entry['end_line']}" if "start_line" in entry else ""
        yield f"not looked at: {entry['path']}{lines}: {entry['reason']}"
    if len(left) > _MOST_PLACES:
        yield f"... and {len(left) - _MOST_PLACES} more places (--json names them all)"
    yield from (f"note: {note}" for note in review["notes"])
    totals = report["totals"]
    asked = [f"{lane} {entry['attempts']}, {dollars(entry['cost_usd'])}" for lane, entry in totals["by_lane"].items()]
    if asked:
        yield f"Asked: {'; '.join(asked)}. Cost {dollars(totals['cost_usd'])} of at most {dollars(totals['cap_usd'])}."
    if totals["cache"]["hits"]:
        yield f"{totals['cache']['hits']} answers came from the cache, saving {dollars(totals['cache']['saved_usd'])}."
    if report["reason"] == "no-key":
        yield f"Set {' or '.join(KEY_VARIABLES.values())} to have it reviewed."
