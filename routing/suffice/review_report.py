"""The report of a review: each finding is an item, and whatever was not read or not shown is counted or named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from suffice.edit_report import change_edits
from suffice.outcome import Ending, Outcome
from suffice.report import (
    REASONS,
    Ended,
    Run,
    Status,
    attempt_entry,
    file_entry,
    head,
    status_of,
    totals,
    verdict_entry,
)
from suffice.review.claims.finding import Finding
from suffice.review.claims.memory import rule_of
from suffice.review.reviewed import Reviewed, Unread
from suffice.snapshot import Snapshot
from suffice.task import Kind


class ReviewedChange(NamedTuple):
    """What a report of a review is about: `after` are the files as they were reviewed, paths are relative to `root`.

    The shas are of the commits; `summary` is what it says of the change in words, and `more` are the calls for that.
    """

    reviewed: Reviewed
    after: Snapshot
    root: str
    base_sha: str | None = None
    head_sha: str | None = None
    summary: str | None = None
    more: tuple[Outcome, ...] = ()


def review_report(one: ReviewedChange, run: Run) -> dict[str, Any]:
    """Return the report of *one* as it is printed by `--json`."""
    reviewed = one.reviewed
    outcomes = (*reviewed.outcomes, *one.more)
    findings = [Ended(Ending.PROPOSED, "findings") for _ in reviewed.findings]
    left_open = (*_cut_short(outcomes), *_not_read(reviewed))
    status, reason = status_of([*findings, *left_open], interrupted=reviewed.interrupted)
    reason = "findings" if status is Status.PROPOSED else reason
    detail = REASONS[reason]
    if run.stopped_by:
        status, (reason, detail) = Status.FAILED, run.stopped_by
    shas = {"base_sha": one.base_sha, "head_sha": one.head_sha, "summary": one.summary}
    return {
        **head(run, status=status, reason=reason, detail=detail, interrupted=reviewed.interrupted),
        "root": one.root,
        **{key: value for key, value in shas.items() if value},
        "files": [file_entry(one.after.file(path)) for path in _paths(reviewed) if one.after.has(path)],
        "items": _items(reviewed),
        "not_looked_at": [_unread(left) for left in reviewed.not_looked_at],
        "patch": "",
        "review": _review(reviewed, outcomes),
        "totals": _totals(outcomes, run, findings=len(reviewed.findings)),
    }


def _paths(reviewed: Reviewed) -> tuple[str, ...]:
    return tuple(sorted({finding.path for finding in reviewed.findings if not finding.in_old}))


_NOT_READ: Mapping[str, Ended] = {
    "budget": Ended(Ending.OUT_OF_BUDGET, "cap-reached"),
    "time": Ended(Ending.OUT_OF_BUDGET, "time-budget"),
    **{reason: Ended(Ending.NEEDS_HUMAN, reason) for reason in ("no-lane", "no-usable-reply", "not-worth-climbing")},
    "refused": Ended(Ending.REFUSED, "refused"),
}
"""What follows from why a hunk was not read: the money or the time is used up, or no lane can do it."""


def _not_read(reviewed: Reviewed) -> Iterator[Ended]:
    return (_NOT_READ[left.reason] for left in reviewed.not_looked_at if left.reason in _NOT_READ)


def _cut_short(outcomes: Sequence[Outcome]) -> Iterator[Ended]:
    """Yield how the calls ended that were cut short: an outage, a cap, no key."""
    for outcome in outcomes:
        if outcome.ending in {Ending.OUT_OF_BUDGET, Ending.SKIPPED, Ending.ERROR}:
            yield Ended(outcome.ending, outcome.reason)


def _totals(outcomes: Sequence[Outcome], run: Run, *, findings: int) -> dict[str, Any]:
    reading = [outcome for outcome in outcomes if outcome.task.kind is Kind.REVIEW]
    besides = [outcome for outcome in outcomes if outcome.task.kind is not Kind.REVIEW]
    by_outcome = {"proposed": findings} if findings else {}
    return {**totals(reading, run, besides=besides), "by_outcome": by_outcome}


def _review(reviewed: Reviewed, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    dropped = Counter(str(dropped.reason) for dropped in reviewed.dropped)
    return {
        "lines": list(reviewed.lines()),
        "hunks": {
            "read": len(reviewed.looked_at),
            "trivial": len(reviewed.sorted_out),
            "not_read": sum(bool(left.hunk) for left in reviewed.not_looked_at),
        },
        "dropped": dict(sorted(dropped.items())),
        "notes": list(reviewed.notes),
        "expected": [
            {"doing": one.doing, "lane": one.lane, "calls": one.calls, "estimated_cost_usd": round(one.cost_usd, 6)}
            for one in reviewed.expected
        ],
        "calls": [attempt_entry(attempt) for outcome in outcomes for attempt in outcome.attempts],
    }


def _unread(left: Unread) -> dict[str, Any]:
    lines = {"start_line": left.first, "end_line": left.last}
    return {"path": left.path, "reason": left.said, **{key: line for key, line in lines.items() if line}}


def _items(reviewed: Reviewed) -> list[dict[str, Any]]:
    """Return the findings as items; suggestions for the same lines name each other."""
    items = [_item(number, finding, reviewed) for number, finding in enumerate(reviewed.findings, 1)]
    suggested = [item for item in items if item["edits"]]
    for item in suggested:
        others = [other["id"] for other in suggested if other is not item and _meet(item, other)]
        if others:
            item["conflicts_with"] = others
    return items


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two items speak of some line both."""
    apart: int = max(one["start_line"], other["start_line"]) - min(one["end_line"], other["end_line"])
    return one["path"] == other["path"] and apart <= 0


def _item(number: int, finding: Finding, reviewed: Reviewed) -> dict[str, Any]:
    suggestion = reviewed.suggestions.get(finding.id)
    inline = finding in reviewed.inline
    entry: dict[str, Any] = {
        "id": f"i{number}",
        "fingerprint": finding.id,
        "kind": Kind.REVIEW,
        "outcome": Ending.PROPOSED,
        "reason": "findings",
        "detail": "shown inline" if inline else "folded: less sure or less severe than what is shown inline",
        "path": finding.path,
        "rule": rule_of(finding),
        "source": "suffice",
        "severity": finding.severity,
        "message": finding.title,
        "start_line": finding.start_line,
        "start_column": 1,
        "end_line": finding.end_line,
        "end_column": len(finding.last_line) + 1,
        "lane": finding.seen_by[0],
        "attempts": [],
        "edits": list(change_edits(suggestion.change)) if suggestion else [],
        "in_patch": False,
        "applicability": "model",
        "why": list(_why(finding, reviewed)),
        "finding": _finding(finding, inline=inline),
    }
    if suggestion:
        entry["verdict"] = verdict_entry(suggestion.verdict)
    return entry


def _finding(finding: Finding, *, inline: bool) -> dict[str, Any]:
    said = finding.refutation
    entry = {
        "title": finding.title,
        "body": f"When {finding.trigger}: {finding.consequence}",
        "category": finding.category,
        "trigger": finding.trigger,
        "consequence": finding.consequence,
        "first_line": finding.first_line,
        "last_line": finding.last_line,
        "suggestion": finding.replacement,
        "in_old": finding.in_old,
        "inline": inline,
        "confidence": round(finding.confidence, 3),
        "seen_by": list(finding.seen_by),
        "refuter": said._asdict() if said else None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _why(finding: Finding, reviewed: Reviewed) -> Iterator[str]:
    yield f"seen by {' and '.join(finding.seen_by)}"
    if finding.refutation:
        yield f"{finding.refutation.lane} says that it {_WORDS[finding.refutation.word]}: {finding.refutation.because}"
    triaged = reviewed.levels.get(finding.hunk)
    if triaged:
        yield f"the hunk is {triaged.level}: {triaged.why}"
    if finding.id in reviewed.no_suggestion:
        yield f"no suggestion: {reviewed.no_suggestion[finding.id]}"


_WORDS: Mapping[str, str] = {"holds": "holds", "refuted": "is wrong", "cannot-tell": "cannot be told"}
