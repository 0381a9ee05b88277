"""The question that finds: hunks with their definitions, and which defects they bring in. Nothing is a good answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from suffice.fences import fenced
from suffice.proposal import Proposal, Unusable
from suffice.review.claims.finding import Category, Finding, Severity
from suffice.review.questions.answers import NULL_OR_TEXT, TEXT, block, line, object_form, share
from suffice.task import Task

PROMPT = "review-find"
MOST_OUTPUT_TOKENS: int | None = None

MOST_FINDINGS = 20
"""Of one answer: on 50 changes runs with eight or more comments were right 24 % of the time, with one or two 50 %;
what comes after this many is noise (1,735 comments of 12 products, 2026-11)."""

_FINDING = {
    "hunk": TEXT,
    "category": {"type": "string", "enum": [str(category) for category in Category]},
    "severity": {"type": "string", "enum": [str(severity) for severity in Severity]},
    "title": TEXT,
    "trigger": TEXT,
    "consequence": TEXT,
    "first_line": TEXT,
    "last_line": TEXT,
    "replacement": NULL_OR_TEXT,
    "score": {"type": "number"},
}
SCHEMA: Mapping[str, Any] = object_form({"findings": {"type": "array", "items": object_form(_FINDING)}})


def body(task: Task) -> Iterator[str]:
    """Yield what the change says of itself, and the hunks; each names its label."""
    if task.instruction.strip():
        yield f"# What the change says of itself\n\n{fenced(task.instruction)}\n"
    for label, text in zip(labels(task), task.items, strict=True):
        yield f"# Hunk {label}\n\n{fenced(text)}\n"


def labels(task: Task) -> tuple[str, ...]:
    """Return what the hunks of *task* are called, in their order."""
    return tuple(f"h{count}" for count in range(1, len(task.items) + 1))


def read(answer: Mapping[str, Any], task: Task) -> Proposal | Unusable:
    """Return the findings that have the form of one; that of a hunk which was not shown speaks of none."""
    given = answer.get("findings") if isinstance(answer, Mapping) else None
    if not isinstance(given, list):
        return Unusable(why="the answer has no list `findings`; send an empty one if there is nothing to report")
    entries = [_entry(entry, labels(task)) for entry in given[:MOST_FINDINGS] if isinstance(entry, Mapping)]
    return Proposal(answer={"findings": entries, "left_out": len(given) - len(entries)})


def _entry(given: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    hunk = line(given.get("hunk")).removeprefix("#").strip().lower()
    texts = {key: line(given.get(key)) for key in ("title", "trigger", "consequence")}
    quotes = {key: block(given.get(key)) for key in ("first_line", "last_line")}
    replacement = given.get("replacement")
    return {
        "hunk": hunk if hunk in known else "",
        "category": str(given.get("category")),
        "severity": str(given.get("severity")),
        **texts,
        **quotes,
        "replacement": block(replacement) if isinstance(replacement, str) else None,
        "score": share(given.get("score")),
    }


def findings(answer: Mapping[str, Any] | None, ids: Mapping[str, str], *, lane: str) -> tuple[Finding, ...]:
    """Return what *lane* answered as findings; *ids* are those of the hunks by the labels they were shown under."""
    return tuple(_finding(entry, ids, lane) for entry in (answer or {}).get("findings", ()))


def _finding(entry: Mapping[str, Any], ids: Mapping[str, str], lane: str) -> Finding:
    first, last = entry["first_line"], entry["last_line"]
    return Finding(
        category=Category(entry["category"]) if entry["category"] in set(Category) else Category.OTHER,
        severity=Severity(entry["severity"]) if entry["severity"] in set(Severity) else Severity.LOW,
        title=entry["title"],
        trigger=entry["trigger"],
        consequence=entry["consequence"],
        hunk=ids.get(entry["hunk"], ""),
        first_line=first.split("\n")[0],
        last_line=(last or first).split("\n")[-1],
        replacement=entry["replacement"],
        score=entry["score"],
        seen_by=(lane,),
    )
