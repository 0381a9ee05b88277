"""`suffice explain REPORT#ITEM`: what became of one item of a finished run, read from its report alone.

A report may come from anywhere: its texts are printed with nothing in them that moves or hides what stands around.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from suffice.outcome import Ending
from suffice.report import REASONS
from suffice_ci.published import clean
from suffice_ci.report_item import Item, is_finding, no_report, read_item, rule_in_words
from suffice_ci.summary import dollars, paid_usd


def explain_item(what: str, options: Mapping[str, Any]) -> int:
    """Print what became of the item that *what* (`REPORT#ITEM`) names and return the exit code. Raises InputError."""
    report, item = read_item(what)
    other = report["totals"].get("counterfactual")
    if options["as_json"]:
        click.echo(json.dumps({**item, "counterfactual": other}))
        return 0
    try:
        lines = [_shown(line) for line in _lines(item, report, other)]
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
        raise no_report(what.rpartition("#")[0]) from error
    click.echo("\n".join(lines))
    return 0


def _lines(item: Item, report: Mapping[str, Any], other: Item | None) -> Iterator[str]:
    """Yield why this lane, what was tried, what it cost, what came next, and what the top lane would have cost."""
    what = " ".join(str(word) for word in (rule_in_words(item), item.get("message")) if word)
    yield f"{item['path']}:{item['start_line']}:{item['start_column']}: {what}".rstrip(": ")
    yield from _ended(item)
    # The attempts say better what was tried.
    yield from _section("why:", [reason for reason in item["why"] if not reason.startswith("tried ")])
    yield from _of_review(item["finding"], report["review"]) if is_finding(item) else _of_task(item)
    whole = f"the whole run cost {dollars(report['totals']['cost_usd'])}"
    if other and other["cost_usd"]:
        whole += f"; always {other['lane']}: about {dollars(other['cost_usd'])} ({other['how']})"
    yield whole


def _ended(item: Item) -> Iterator[str]:
    """Yield how the item ended, and by whom; then what the run said of it, where that says more."""
    by = f" by {item['lane']}" if item.get("lane") else ""
    detail, said = item["detail"], REASONS.get(item["reason"], item["reason"])
    if is_finding(item) or detail.startswith(said):
        yield f"{item['outcome']}{by}: {detail}"
        return
    yield f"{item['outcome']}{by}: {said}"
    if detail != f"{item.get('lane')} sufficed":
        yield f"  {detail}"


def _of_task(item: Item) -> Iterator[str]:
    yield from _section("tried:", [_attempt(attempt) for attempt in item["attempts"]] or ["nobody was asked"])
    yield from _section("checks:", _checks(item.get("verdict")))
    yield f"cost: {_paid(paid_usd(item))}"
    following = item.get("next_lane")
    about = f"{following['lane']}, about {dollars(following['estimated_cost_usd'])}" if following else "a person"
    yield f"next would have come: {about}" if item["outcome"] == Ending.PROPOSED else f"next: {about}"


def _of_review(finding: Item, review: Item) -> Iterator[str]:
    """Yield the claim with its quote, and the requests of the whole review: each was about several findings."""
    quoted = dict.fromkeys((finding["first_line"], finding["last_line"]))
    yield from _section("the finding:", [f"{finding['body']}", *(f"> {line.strip()}" for line in quoted)])
    said = finding.get("refuter")
    if said and said["quote"]:
        yield from _section(f"what {said['lane']} pointed at:", [f"> {line}" for line in said["quote"].split("\n")])
    if finding.get("suggestion"):
        yield from _section("suggestion, checked:", finding["suggestion"].split("\n"))
    yield f"confidence: {finding['confidence']:.2f}"
    yield from _section("asked in this review:", [_attempt(call) for call in review["calls"]] or ["nobody"])
    yield "next: a person; suffice feedback with kept or dismissed says what became of it"


def _shown(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))] + clean(line)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _attempt(attempt: Item) -> str:
    effort = f", effort {attempt['effort']}" if attempt.get("effort") else ""
    cause = f" ({attempt['cause']})" if attempt.get("cause") else ""
    failed = f", failed {', '.join(attempt['failed_checks'])}" if attempt["failed_checks"] else ""
    paid = "from the cache, free" if attempt["from_cache"] else _paid(attempt["cost_usd"])
    judge = attempt.get("judge")
    judged = f"; judged {judge.get('said', 'not')} by {_attempt(judge)}" if judge else ""
    return f"{attempt['lane']} ({attempt['model']}{effort}): {attempt['ended']}{cause}{failed}, {paid}{judged}"


def _paid(cost_usd: float) -> str:
    return dollars(cost_usd) if cost_usd else "free"


def _checks(verdict: Item | None) -> list[str]:
    """Return what the checker said, and each check that did not pass: first what failed."""
    if verdict is None:
        return []
    how = f"{'' if verdict['calibrated'] else 'not '}calibrated, n = {verdict['n']}"
    proof = f", proven by {verdict['proof']}" if verdict.get("proof") else ""
    not_passed = sorted(
        (check for check in verdict["checks"] if check["state"] != "passed"),
        key=lambda check: check["state"] != "failed",
    )
    lines = [f"{check['state']} {check['name']}: {check['evidence']}" for check in not_passed]
    return [f"{verdict['state']}, confidence {verdict['confidence']:.2f} ({how}){proof}", *lines]
