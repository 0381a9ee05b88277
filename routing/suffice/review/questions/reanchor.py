"""The question that anchors: a quote stands several times in its hunk, and the line above says which one is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from suffice.fences import fenced
from suffice.proposal import Proposal, Unusable
from suffice.review.claims.finding import Finding
from suffice.review.questions.answers import TEXT, block, number, object_form
from suffice.task import Task

PROMPT = "review-anchor"
MOST_OUTPUT_TOKENS: int | None = 2048

_PLACE = object_form({"number": {"type": "integer"}, "before_line": TEXT})
SCHEMA: Mapping[str, Any] = object_form({"places": {"type": "array", "items": _PLACE}})


def remark(finding: Finding, number: int, *, label: str, times: int) -> str:
    """Return *finding* as remark *number* (from 1) on hunk *label*, in which its quote stands *times* times."""
    return (
        f"{number}. In hunk {label}: {finding.title} {finding.consequence}\n"
        f"The quote stands {times} times; give the line just above the one that is meant:\n{finding.first_line}\n"
    )


def body(task: Task) -> Iterator[str]:
    """Yield the hunks, each under its label, and the remarks."""
    for count, text in enumerate(task.items, 1):
        yield f"# Hunk h{count}\n\n{fenced(text)}\n"
    yield f"# The remarks\n\n{fenced(task.instruction)}"


def read(answer: Mapping[str, Any], task: Task) -> Proposal | Unusable:
    """Return the line above for each remark that was answered once."""
    del task
    given = answer.get("places") if isinstance(answer, Mapping) else None
    if not isinstance(given, list):
        return Unusable(why="the answer has no list `places`; send one entry for each remark")
    entries = [entry for entry in given if isinstance(entry, Mapping)]
    above = [(number(entry.get("number")), block(entry.get("before_line"))) for entry in entries]
    counts = [count for count, _ in above]
    return Proposal(answer={"above": [[count, text] for count, text in above if text and counts.count(count) == 1]})


def anchored(findings: Sequence[Finding], answer: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """Return *findings*, in the order in which they were asked about, with the lines above that *answer* names."""
    above = dict((answer or {}).get("above", ()))
    return tuple(
        finding._replace(before_line=above[count].split("\n")[-1]) if count in above else finding
        for count, finding in enumerate(findings, 1)
    )
