"""How a task ended, with everything that was tried: values, whatever happened."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from suffice.checker.verdict import Verdict
from suffice.constraints import Failure
from suffice.edits.applied import Step
from suffice.edits.edit import Edit, FileChange
from suffice.lanes import Usage
from suffice.providers.reply import Ended
from suffice.task import Applicability, Task


class Ending(StrEnum):
    """What became of an item, in the words of the report."""

    PROPOSED = "proposed"
    NEEDS_HUMAN = "needs-human"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    REFUSED = "refused"
    OUT_OF_BUDGET = "out-of-budget"
    ERROR = "error"


class Attempt(NamedTuple):
    """One try at one lane: what it cost, what it gave, and why that did not suffice (`failure` is None if it did).

    `evidence` is what the next try is told. `answer` is the data that a text kind gives; an edit kind gives `changes`,
    which the applier made at `step`, against the snapshot: also those that a reply spoiled in part holds. `sent` is
    how much of which file the prompt showed, in tokens. An attempt `from_cache` cost nothing now; `saved_usd` and
    `saved_usage` are what it took when it was made. `judge` is the call of the judge.
    """

    lane: str
    provider: str
    model: str
    ended: Ended
    effort: str | None = None
    prompt_version: str | None = None
    cause: str | None = None
    request_id: str | None = None
    cost_usd: float = 0.0
    usage: Usage = Usage()
    latency_ms: float = 0.0
    failure: Failure | None = None
    edits: tuple[Edit, ...] = ()
    verdict: Verdict | None = None
    evidence: str = ""
    answer: Mapping[str, Any] | None = None
    from_cache: bool = False
    saved_usd: float = 0.0
    saved_usage: Usage = Usage()
    judge: Attempt | None = None
    changes: tuple[FileChange, ...] = ()
    step: Step = Step.EXACT
    sent: tuple[tuple[str, int], ...] = ()

    @property
    def paid_usd(self) -> float:
        """What it cost, with the judge that was asked about it."""
        return self.cost_usd + (self.judge.cost_usd if self.judge else 0.0)


class Outcome(NamedTuple):
    """How *task* ended. `reason` is one of report.REASONS; `edits` or `changes` are the proposed patch."""

    task: Task
    ending: Ending
    reason: str
    detail: str
    attempts: tuple[Attempt, ...] = ()
    lane: str | None = None
    edits: tuple[Edit, ...] = ()
    changes: tuple[FileChange, ...] = ()
    verdict: Verdict | None = None
    applicability: Applicability = Applicability.MODEL
    next_lane: str | None = None
    next_cost_usd: float = 0.0
    why: tuple[str, ...] = ()

    @property
    def cost_usd(self) -> float:
        """What all attempts cost, the failed ones too."""
        return sum(attempt.paid_usd for attempt in self.attempts)
