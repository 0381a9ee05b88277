"""What a person reads after `suffice review`: the findings on standard output, all else on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from suffice.providers.connect import KEY_VARIABLES
from suffice.review.hunks.shown import one_line
from suffice.told import printable
from suffice_ci.summary import dollars

_MOST_PLACES = 20
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": None}


def print_review(report: Mapping[str, Any]) -> None:
    """Print what *report* found, and beside it what was not read, what was dropped, and what it cost."""
    folded = [item for item in report["items"] if not item["finding"]["inline"]]
    for item in report["items"]:
        for number, line in enumerate(finding_lines(item) if item not in folded else ()):
            click.secho(printable(line), fg=_COLOURS.get(item["severity"]) if number == 0 else None)
    for line in folded_lines(folded):
        click.echo(printable(line))
    if report.get("summary"):
        click.echo(printable(report["summary"]))
    for line in summary_lines(report):
        click.echo(printable(line), err=True)


def finding_lines(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield one finding as lines: the place and what is wrong, the quote, when it happens, who says so."""
    finding = item["finding"]
    yield _claim(item)
    yield f"    > {finding['first_line'].strip()}"
    if finding["last_line"].strip() != finding["first_line"].strip():
        yield f"    > ... {finding['last_line'].strip()}"
    yield f"    {finding['body']}"
    yield f"    {'; '.join(item['why'])}; confidence {finding['confidence']:.2f}"
    if item["edits"]:
        yield (
            "    Suggestion (checked):" if finding["suggestion"] else "    Suggestion (checked): take these lines away."
        )
        yield from (f"        {line}" for line in finding["suggestion"].splitlines())
    yield ""


def folded_lines(folded: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is less sure or less severe than what is shown in full, a line each."""
    if folded:
        yield "Less sure, or less severe:"
        yield from (f"    {_claim(item)}" for item in folded[:_MOST_PLACES])
        if len(folded) > _MOST_PLACES:
            yield f"    ... and {len(folded) - _MOST_PLACES} more (--json has all of them)"
        yield ""


def _claim(item: Mapping[str, Any]) -> str:
    finding = item["finding"]
    before = " (before the change)" if finding["in_old"] else ""
    place = f"{one_line(item['path'])}:{item['start_line']}{before}"
    return f"{place}: {item['severity']} {finding['category']}: {finding['title']}"


def summary_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was read and dropped, what was left out by name, and what it cost."""
    review, left = report["review"], report["not_looked_at"]
    if not left and not any(review["hunks"].values()) and not report["interrupted"]:
        yield "suffice: nothing changed."
        return
    if not report["items"] and report["reason"] == "nothing-to-do":
        yield "suffice: nothing found."
    yield from review["lines"]
    for entry in left[:_MOST_PLACES]:
        yield f"not looked at: {one_line(entry['path'])}{_lines_of(entry)}: {one_line(entry['reason'])}"
    if len(left) > _MOST_PLACES:
        yield f"... and {len(left) - _MOST_PLACES} more places (--json names them all)"
    yield from (f"note: {note}" for note in review["notes"])
    yield from _expected(review["expected"])
    yield from _money(report["totals"])
    if report["reason"] == "no-key":
        yield f"Set {' or '.join(KEY_VARIABLES.values())} to have it reviewed."


def _lines_of(entry: Mapping[str, Any]) -> str:
    lines = dict.fromkeys(entry[key] for key in ("start_line", "end_line") if key in entry)
    return f":{'-'.join(map(str, lines))}" if lines else ""


def _expected(expected: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say whom a review would ask for what; it is the most that reading takes: what is sorted out is not read."""
    asked = [
        f"{entry['lane']} {entry['calls']} to {entry['doing']}, {dollars(entry['estimated_cost_usd'])}"
        for entry in expected
    ]
    if asked:
        whole_usd = sum(entry["estimated_cost_usd"] for entry in expected)
        yield f"Would ask, at most: {'; '.join(asked)}. About {dollars(whole_usd)}, and a little to test each finding."


def _money(totals: Mapping[str, Any]) -> Iterator[str]:
    asked = [f"{lane} {entry['attempts']}, {dollars(entry['cost_usd'])}" for lane, entry in totals["by_lane"].items()]
    if asked:
        yield f"Asked: {'; '.join(asked)}. Cost {dollars(totals['cost_usd'])} of at most {dollars(totals['cap_usd'])}."
    hits = totals["cache"]["hits"]
    if hits:
        yield f"{hits} answer{'s' * (hits != 1)} came from the cache, saving {dollars(totals['cache']['saved_usd'])}."
