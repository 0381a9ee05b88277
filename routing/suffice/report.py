"""The report of a run (`suffice.report/1`), the same for people, editors and CI; both shells render it.

`status` is the worst that applies; every way out has one status and one reason. The JSON Schema beside this file
ships, and every report that a test writes is held against it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice import __version__
from suffice.counterfactual import counterfactual
from suffice.lanes import HUMAN, catalogue
from suffice.outcome import Attempt, Ending, Outcome
from suffice.shipped import shipped_text

if TYPE_CHECKING:
    from suffice.checker.verdict import Verdict
    from suffice.fix import Fixed, Item
    from suffice.policy import Policy
    from suffice.snapshot import SourceFile
    from suffice.targets import Targets
    from suffice.task import Mode

SCHEMA_NAME = "suffice.report/1"


class Status(StrEnum):
    """How a run ended as a whole, best first."""

    CLEAN = "clean"
    SKIPPED = "skipped"
    PROPOSED = "proposed"
    FIXED = "fixed"
    NEEDS_HUMAN = "needs-human"
    DEGRADED = "degraded"
    FAILED = "failed"


REASONS: Mapping[str, str] = {
    "already-gone": "the diagnostic went away with another item's patch",
    "bad-key": "a provider rejects the key or does not know the model",
    "bug": "suffice met something it did not expect",
    "cannot-fix": "a model says that no edit of its window is a right fix",
    "cap-reached": "a cap on what may be spent leaves no room for the next call",
    "changes-public-api": "the fix would change a public name or signature, which a person decides",
    "checks-failed": "no lane wrote a patch that passes the checker",
    "configuration": "a setting or a policy is wrong",
    "conflicts-with": "the patch runs into that of another item",
    "dry-run": "--dry-run calls nobody",
    "findings": "there are findings to look at",
    "filtered": "a cheap lane said that it is not worth asking a dear one",
    "fetch-failed": "the action could not fetch the base of the change",
    "install-failed": "the action could not install suffice",
    "interrupted": "the run was interrupted before this was finished",
    "left-for-human": "something is left for a person",
    "linter-failed": "the linter could not run",
    "low-confidence": "the patch passes, but not surely enough",
    "no-checker": "fixes of this linter cannot be checked yet",
    "no-consent": "nobody agreed to send code to the provider",
    "no-key": "no key is set for a model that may be used",
    "no-lane": "the constraints leave no lane for this task",
    "no-usable-reply": "no lane gave a reply that could be used",
    "not-worth-climbing": "another try would likely cost more than a person's time",
    "nothing-to-do": "there is nothing to fix",
    "offline": "--offline calls nobody",
    "patch-applied": "files were changed",
    "patch-proposed": "there is a checked patch to take",
    "provider-outage": "no provider that may be used could be reached",
    "refused": "a model refuses to answer",
    "spoils-the-file": "the file with all accepted patches passes only without this one",
    "stale": "the file is no longer what the diagnostic or patch speaks of",
    "storage": "a file or the state folder cannot be written",
    "sufficed": "a lane wrote a patch that passes the checker",
    "syntax-error": "the file cannot be parsed",
    "time-budget": "the time of the run or of the task is up",
    "unreadable-file": "the file cannot be read as text",
    "usage": "what was asked for cannot be used",
}
"""The closed list of reason codes, of items and of runs."""

_DEGRADING_REASONS = {"provider-outage", "interrupted"}

_STATUS = {
    Ending.PROPOSED: Status.PROPOSED,
    Ending.NEEDS_HUMAN: Status.NEEDS_HUMAN,
    Ending.UNCHANGED: Status.CLEAN,
    Ending.SKIPPED: Status.SKIPPED,
    Ending.REFUSED: Status.NEEDS_HUMAN,
    Ending.OUT_OF_BUDGET: Status.DEGRADED,
    Ending.ERROR: Status.FAILED,
}

_RUN_REASON = {
    Status.CLEAN: "nothing-to-do",
    Status.PROPOSED: "patch-proposed",
    Status.FIXED: "patch-applied",
    Status.NEEDS_HUMAN: "left-for-human",
}


class Run(NamedTuple):
    """What a report is about, besides its items. `started_at` is in UTC."""

    command: str
    policy: Policy
    mode: Mode
    cap_usd: float
    started_at: datetime
    duration_ms: int
    applied: bool = False
    stopped_by: tuple[str, str] | None = None


class Ended(NamedTuple):
    """The ending and reason code of one item, which is all that the status of a run depends on."""

    ending: Ending
    reason: str
    written: bool = False


def status_of_item(item: Ended) -> Status:
    """Return what one item makes of the run."""
    if item.reason in _DEGRADING_REASONS:
        return Status.DEGRADED
    return Status.FIXED if item.written else _STATUS[item.ending]


def status_of(items: Iterable[Ended], *, interrupted: bool = False) -> tuple[Status, str]:
    """Return the worst status of *items*, and the reason code of the run."""
    order = list(Status)
    found = [(status_of_item(item), item.reason) for item in items]
    worst = max((status for status, _ in found), key=order.index, default=Status.CLEAN)
    if interrupted:
        return max(worst, Status.DEGRADED, key=order.index), "interrupted"
    own = Counter(reason for status, reason in found if status is worst)
    return worst, _RUN_REASON.get(worst) or own.most_common(1)[0][0]


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of the report."""
    loaded: dict[str, Any] = json.loads(shipped_text("report.schema.json"))
    return loaded


def build_report(fixed: Fixed, *, targets: Targets, run: Run) -> dict[str, Any]:
    """Return the report of a lint-fix run as it is printed by `--json`."""
    from suffice.edits.unified import unified_diff

    entries = [_item(item, targets) for item in fixed.items]
    written = run.applied
    status, reason = status_of(
        (Ended(ending=i.outcome.ending, reason=i.outcome.reason, written=written and i.in_patch) for i in fixed.items),
        interrupted=fixed.interrupted,
    )
    detail = REASONS[reason]
    if run.stopped_by:
        status, (reason, detail) = Status.FAILED, run.stopped_by
    top = head(run, status=status, reason=reason, detail=detail, interrupted=fixed.interrupted)
    shas = {"base_sha": targets.base_sha, "head_sha": targets.head_sha}
    paths = sorted({item.diagnostic.path for item in fixed.items if targets.snapshot.has(item.diagnostic.path)})
    return {
        **top,
        "root": str(targets.root),
        **{key: sha for key, sha in shas.items() if sha},
        "files": [file_entry(targets.snapshot.file(path)) for path in paths],
        "items": entries,
        "not_looked_at": [{"path": left.path, "reason": left.reason} for left in targets.not_looked_at],
        "patch": unified_diff(fixed.changes),
        "totals": totals(
            [item.outcome for item in fixed.items], run, besides=fixed.filters, diagnostics=len(fixed.items)
        ),
    }


def failure_report(*, command: str, reason: str, detail: str, root: str = ".") -> dict[str, Any]:
    """Return the report of a run that could not start or was stopped by an error."""
    return {
        **head(None, status=Status.FAILED, reason=reason, detail=detail, interrupted=False, command=command),
        "root": root,
        "files": [],
        "items": [],
        "not_looked_at": [],
        "patch": "",
        "totals": {
            "diagnostics": 0,
            "by_outcome": {},
            "by_lane": {},
            "cost_usd": 0.0,
            "cap_usd": 0.0,
            "cache": {"hits": 0, "saved_usd": 0.0},
        },
    }


def head(
    run: Run | None, *, status: Status, reason: str, detail: str, interrupted: bool, command: str = ""
) -> dict[str, Any]:
    """Return what every report begins with, of *run*; None: there was none, only *command*."""
    started = run.started_at if run else datetime.now(UTC)
    policy = {"name": run.policy.name, "sha256": run.policy.sha256} if run else {"name": "none", "sha256": ""}
    return {
        "schema": SCHEMA_NAME,
        "tool": {"name": "suffice", "version": __version__},
        "command": run.command if run else command,
        "status": status,
        "reason": reason,
        "detail": detail,
        "interrupted": interrupted,
        "policy": policy,
        "prices_read_on": catalogue().read_on.isoformat(),
        "mode": run.mode if run else "interactive",
        "started_at": started.isoformat(timespec="seconds"),
        "duration_ms": run.duration_ms if run else 0,
    }


def file_entry(file: SourceFile) -> dict[str, Any]:
    """Return *file* as it stands in a report, so that edits of it can be held against the version they are of."""
    return {"path": file.path, "blob_sha": file.blob_sha, "eol": file.eol, "final_newline": file.final_newline}


def _item(item: Item, targets: Targets) -> dict[str, Any]:
    outcome, diagnostic = item.outcome, targets.diagnostics[item.number]
    entry: dict[str, Any] = {
        "id": f"i{item.number + 1}",
        "fingerprint": item.fingerprint,
        **outcome_entry(outcome),
        "path": diagnostic.path,
        "rule": diagnostic.rule,
        "source": diagnostic.source,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "url": diagnostic.url,
        "start_line": diagnostic.span.start_line,
        "start_column": diagnostic.span.start_column,
        "end_line": diagnostic.span.end_line,
        "end_column": diagnostic.span.end_column,
        "edits": _edits(item, targets),
        "in_patch": item.in_patch,
    }
    if item.conflicts_with:
        entry["conflicts_with"] = [f"i{number + 1}" for number in sorted(item.conflicts_with)]
    return {key: value for key, value in entry.items() if value is not None}


def outcome_entry(outcome: Outcome) -> dict[str, Any]:
    """Return what the item of *outcome* says in any report: how it ended, why, what was tried, what comes next."""
    entry: dict[str, Any] = {
        "kind": outcome.task.kind,
        "outcome": outcome.ending,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "lane": outcome.lane,
        "attempts": [attempt_entry(attempt) for attempt in outcome.attempts],
        "applicability": outcome.applicability,
        "why": list(outcome.why),
    }
    if outcome.verdict:
        entry["verdict"] = verdict_entry(outcome.verdict)
    if outcome.next_lane and outcome.next_lane != HUMAN:
        cost = round(outcome.next_cost_usd, 6)
        entry["next_lane"] = {"lane": outcome.next_lane, "estimated_cost_usd": cost}
    return {key: value for key, value in entry.items() if value is not None}


def _edits(item: Item, targets: Targets) -> list[dict[str, Any]]:
    """Return the item's edits as whole lines of the file as it was; of a redone item those it shares too."""
    from suffice.edits.edit import whole_lines

    if item.outcome.ending is not Ending.PROPOSED:
        return []
    edits = item.line_edits or whole_lines(targets.snapshot.file(item.diagnostic.path), item.outcome.edits)
    return [
        {
            "path": item.diagnostic.path,
            "op": "replace",
            "start_line": edit.start_line,
            "end_line": edit.end_line,
            "new_text": edit.new_text,
        }
        for edit in edits
    ]


def attempt_entry(attempt: Attempt) -> dict[str, Any]:
    """Return *attempt* as it stands in a report."""
    entry = {
        "lane": attempt.lane,
        "provider": attempt.provider,
        "model": attempt.model,
        "effort": attempt.effort,
        "prompt_version": attempt.prompt_version,
        "ended": attempt.ended,
        "cause": attempt.cause,
        "request_id": attempt.request_id,
        "from_cache": attempt.from_cache,
        "cost_usd": round(attempt.cost_usd, 8),
        "input_tokens": attempt.usage.input_tokens,
        "cached_tokens": attempt.usage.cached_tokens,
        "output_tokens": attempt.usage.output_tokens,
        "reasoning_tokens": attempt.usage.reasoning_tokens,
        "latency_ms": round(attempt.latency_ms, 1),
        "failed_checks": [check.name for check in attempt.verdict.failed] if attempt.verdict else [],
        "sent": [{"path": path, "tokens": tokens} for path, tokens in attempt.sent] or None,
        "judge": _judge_entry(attempt.judge) if attempt.judge else None,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _judge_entry(judge: Attempt) -> dict[str, Any]:
    """Return the call of a judge, and its word if it gave one."""
    return {**attempt_entry(judge), **({"said": judge.answer["verdict"]} if judge.answer else {})}


def verdict_entry(verdict: Verdict) -> dict[str, Any]:
    """Return *verdict* as it stands in a report."""
    entry = {
        "state": verdict.state,
        "confidence": verdict.confidence,
        "calibrated": verdict.calibrated,
        "n": verdict.n,
        "proof": verdict.proof,
        "checks": [
            {
                "name": check.name,
                "state": check.state,
                "blocking": check.blocking,
                "ms": round(check.ms, 2),
                "evidence": check.evidence,
            }
            for check in verdict.checks
        ],
    }
    return {key: value for key, value in entry.items() if value is not None}


def totals(
    outcomes: Sequence[Outcome], run: Run, *, besides: Sequence[Outcome] = (), diagnostics: int = 0
) -> dict[str, Any]:
    """Return the sums over the *outcomes* of the items, and over what was paid *besides*."""
    paid = [*outcomes, *besides]
    cost_usd = sum(outcome.cost_usd for outcome in paid)
    return {
        "diagnostics": diagnostics,
        "by_outcome": dict(sorted(Counter(str(outcome.ending) for outcome in outcomes).items())),
        "by_lane": by_lane(paid),
        "cost_usd": round(cost_usd, 8),
        "cap_usd": run.cap_usd,
        "cache": cache_hits(paid),
        "counterfactual": counterfactual(outcomes, run.policy),
    }


def cache_hits(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return how many attempts came from the cache, and what they cost when they were made."""
    attempts = [attempt for outcome in outcomes for attempt in outcome.attempts]
    calls = [*attempts, *(attempt.judge for attempt in attempts if attempt.judge)]
    saved_usd = [call.saved_usd for call in calls if call.from_cache]
    return {"hits": len(saved_usd), "saved_usd": round(sum(saved_usd), 8)}


def by_lane(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Return how often each lane was tried and sufficed, how often it judged others, and what all of that cost."""
    lanes: dict[str, dict[str, Any]] = defaultdict(lambda: {"attempts": 0, "sufficed": 0, "cost_usd": 0.0})
    for outcome in outcomes:
        for attempt in outcome.attempts:
            lanes[attempt.lane]["attempts"] += 1
            lanes[attempt.lane]["cost_usd"] = round(lanes[attempt.lane]["cost_usd"] + attempt.cost_usd, 8)
            if attempt.judge:
                judge = lanes[attempt.judge.lane]
                judge["judged"] = judge.get("judged", 0) + 1
                judge["cost_usd"] = round(judge["cost_usd"] + attempt.judge.cost_usd, 8)
        if outcome.lane and outcome.ending is Ending.PROPOSED:
            lanes[outcome.lane]["sufficed"] += 1
    return dict(sorted(lanes.items()))
