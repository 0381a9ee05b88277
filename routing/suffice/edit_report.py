"""The report of an edit: one item, its edits file by file against the versions they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.outcome import Ending, Outcome
from suffice.positions import split_lines
from suffice.privacy import without_secrets
from suffice.report import REASONS, Ended, Run, Status, file_entry, head, outcome_entry, status_of, totals
from suffice.snapshot import Snapshot
from suffice.task import Place


class Edited(NamedTuple):
    """How an edit ended, and what the ledger calls it. `root` is what its paths are relative to."""

    outcome: Outcome
    fingerprint: str
    snapshot: Snapshot
    root: str


def edit_report(edited: Edited, run: Run) -> dict[str, Any]:
    """Return the report of *edited* as it is printed by `--json`."""
    outcome = edited.outcome
    ended = Ended(outcome.ending, outcome.reason, written=run.applied)
    status, reason = status_of([ended], interrupted=outcome.reason == "interrupted")
    detail = REASONS[reason]
    if run.stopped_by:
        status, (reason, detail) = Status.FAILED, run.stopped_by
    changes = outcome.changes
    touched = dict.fromkeys((*outcome.task.paths, *(change.path for change in changes)))
    return {
        **head(run, status=status, reason=reason, detail=detail, interrupted=outcome.reason == "interrupted"),
        "root": edited.root,
        "files": [file_entry(edited.snapshot.file(path)) for path in touched if edited.snapshot.has(path)],
        "items": [_item(edited)],
        "not_looked_at": [],
        "patch": unified_diff(changes),
        "totals": totals([outcome], run),
    }


def _item(edited: Edited) -> dict[str, Any]:
    outcome = edited.outcome
    place = outcome.task.places[0]
    return {
        "id": "i1",
        "fingerprint": edited.fingerprint,
        **outcome_entry(outcome),
        "message": without_secrets(outcome.task.instruction),
        "path": place.path,
        **_span(place, edited.snapshot),
        "edits": [edit for change in outcome.changes for edit in change_edits(change)],
        "in_patch": outcome.ending is Ending.PROPOSED,
    }


def _span(place: Place, snapshot: Snapshot) -> Mapping[str, int]:
    """Return where *place* is: its lines from the first column to behind the last, all of the file without any."""
    index = snapshot.file(place.path).index if snapshot.has(place.path) else None
    count = max(1, index.count) if index else 1
    first, last = min(place.first or 1, count), min(place.last or count, count)
    width = len(index.text(last, last).rstrip("\r\n")) if index else 0
    return {"start_line": first, "start_column": 1, "end_line": last, "end_column": width + 1}


def change_edits(change: FileChange) -> Iterator[dict[str, Any]]:
    """Yield *change* as the edits of a report: lines are those of the file as it was, at its old path."""
    nothing = {"start_line": 1, "end_line": 0, "new_text": ""}
    if change.before is None:
        yield {"path": change.path, "op": "create", **nothing, "new_text": change.after or ""}
        return
    if change.after is None:
        lines = len(split_lines(change.before))
        yield {"path": change.path, "op": "delete", **nothing, "end_line": lines}
        return
    if change.target != change.path:
        yield {"path": change.path, "op": "rename", "new_path": change.target, **nothing}
    for edit in change.line_edits:
        yield {"path": change.path, "op": "replace", **edit._asdict()}


def least_to_apply(outcome: Outcome, *, threshold: float, proof_only: bool) -> str | None:
    """Return why *outcome* is not to be written into the files, None if it is."""
    verdict = outcome.verdict
    if outcome.ending is not Ending.PROPOSED or verdict is None:
        return "nothing is proposed"
    if verdict.state != "passed":
        return "it is unchecked"
    if proof_only and verdict.proof is None:
        return "nobody is there to look, and only what is proven is written then"
    if verdict.confidence < threshold:
        return f"its confidence {verdict.confidence:.2f} is below {threshold:.2f}"
    return None


def sent_files(outcome: Outcome) -> Sequence[tuple[str, int]]:
    """Return which files the prompts of *outcome* showed, each with the most tokens that one prompt held of it."""
    most: dict[str, int] = {}
    for attempt in outcome.attempts:
        for path, tokens in attempt.sent:
            most[path] = max(tokens, most.get(path, 0))
    return tuple(most.items())
