"""The report of a review as Markdown for people: each finding with its evidence, what was not read, what it cost.

The Markdown is ours: what a lane wrote, and what files are called, stands in it as plain text or as code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from suffice.review.hunks.shown import one_line
from suffice.review.plain_markdown import block, code, prose

_MOST_FOLDED = 50
_MOST_PLACES = 100
"""Of what was not read; beyond that a file is read by nobody."""

Item = Mapping[str, Any]


def review_markdown(report: Mapping[str, Any]) -> str:
    """Return *report*, which `review_report` makes, as Markdown."""
    return "\n\n".join(part for part in _parts(report) if part) + "\n"


def _parts(report: Mapping[str, Any]) -> Iterator[str]:
    yield "# Review"
    yield _headline(report)
    inline = [item for item in report["items"] if item["finding"]["inline"]]
    folded = [item for item in report["items"] if not item["finding"]["inline"]]
    for number, item in enumerate(inline, 1):
        yield from _finding(number, item)
    yield _listed("## Less sure, or less severe", map(_folded, folded), most=_MOST_FOLDED)
    yield _listed("## Not looked at", map(_left, report["not_looked_at"]), most=_MOST_PLACES)
    review = report["review"]
    yield _listed("## What it rests on", map(prose, (*review["lines"], *review["notes"])))
    yield _listed("## What it took", _cost(report["totals"]))


def _headline(report: Mapping[str, Any]) -> str:
    found, hunks = len(report["items"]), report["review"]["hunks"]
    if not any(hunks.values()) and not report["not_looked_at"]:
        return "**Nothing changed.**"
    said = f"{found} finding{'s' * (found != 1)}" if found else "Nothing found"
    if report["status"] in {"clean", "proposed"}:
        return f"**{said}.**"
    is_read = hunks["read"] or hunks["trivial"]
    said = f"**{said}**; not all was looked at" if is_read else "**No review**"
    return f"{said}: {prose(report['detail'])}."


def _finding(number: int, item: Item) -> Iterator[str]:
    finding = item["finding"]
    yield f"## {number}. {prose(finding['title'])}"
    yield f"{_place(item)}, {item['severity']} {finding['category']}"
    quoted = dict.fromkeys((finding["first_line"], finding["last_line"]))
    yield block("\n...\n".join(quoted) if item["end_line"] - item["start_line"] > 1 else "\n".join(quoted))
    yield prose(finding["body"])
    if item["edits"]:
        suggestion = finding["suggestion"]
        yield "**Suggestion (checked):**" if suggestion else "**Suggestion (checked):** take these lines away."
        yield block(suggestion) if suggestion else ""
    yield _listed("**Why:**", (*map(prose, item["why"]), f"confidence {finding['confidence']:.2f}"))


def _folded(item: Item) -> str:
    finding = item["finding"]
    claim = f"{prose(finding['title'])} {prose(finding['body'])}"
    return f"{_place(item)}, {item['severity']} {finding['category']}: {claim}"


def _place(item: Item) -> str:
    before = " (before the change)" if item["finding"]["in_old"] else ""
    return f"{code(one_line(item['path']))} line {item['start_line']}{before}"


def _left(entry: Mapping[str, Any]) -> str:
    first, last = entry.get("start_line"), entry.get("end_line")
    lines = "" if first is None else f" line {first}" if first == last else f" lines {first} to {last}"
    return f"{code(one_line(entry['path']))}{lines}: {prose(entry['reason'])}"


def _cost(totals: Mapping[str, Any]) -> Iterator[str]:
    for lane, entry in totals["by_lane"].items():
        yield f"{code(lane)} {entry['attempts']} call{'s' * (entry['attempts'] != 1)}, ${entry['cost_usd']:.4f}"
    if totals["by_lane"]:
        yield f"${totals['cost_usd']:.4f} in all, of at most ${totals['cap_usd']:.2f}"
    hits = totals["cache"]["hits"]
    if hits:
        yield f"{hits} answer{'s' * (hits != 1)} came from the cache, saving ${totals['cache']['saved_usd']:.4f}"


def _listed(title: str, lines: Iterable[str], *, most: int | None = None) -> str:
    shown: Sequence[str] = [line for line in lines if line]
    if not shown:
        return ""
    more = [f"and {len(shown) - most} more"] if most is not None and len(shown) > most else []
    return f"{title}\n\n" + "\n".join(f"- {line}" for line in (*shown[:most], *more))
