"""What was decided, tried, checked, paid, kept and undone: the program's memory.

    Ledger(store, clock=time.time)
        .record_sent(work, call, at_most_usd=) -> row       .take_back_sent(row)
        .record_call(work, call, row=None) -> row
        .record_check(row, failure=, failed_checks=, confidence=, signals=None, unchecked=False)
        .record_outcome(work, ...)          .record_feedback(work, lane=, word=)
        .consented()                        .record_consent(provider)
        .attempts_since(at)  .outcomes_since(at)  .feedback_since(at)
        .spent_since(at, repository=None)  .calls_since(at)  .unanswered_usd(at, repository=None)

It holds hashes, names and numbers, never source text. A row for a call is written before the call leaves, with what
it may cost at most, and again before its reply is checked, so that no money is hidden when the process dies. Times
are seconds since 1970, UTC.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from suffice.checker.verdict import Signals
from suffice.lanes import Usage
from suffice.state.store import Store, Value


class Work(NamedTuple):
    """What an attempt or outcome is about, without its text."""

    kind: str
    rule: str | None
    repository: str
    fingerprint: str


class Call(NamedTuple):
    """One call to a model as it is recorded. `position`: attempts of this task that failed on other lanes before."""

    lane: str
    provider: str
    model: str
    effort: str
    prompt_version: str
    ended: str
    cause: str | None
    request_id: str | None
    cost_usd: float
    usage: Usage
    latency_ms: float
    position: int = 0


class Feedback(StrEnum):
    """What the developer did with a result.

    Rejected: asked to try harder. Rewritten: written anew in part, which speaks neither for nor against the lane.
    """

    KEPT = "kept"
    UNDONE = "undone"
    DISMISSED = "dismissed"
    REJECTED = "rejected"
    REWRITTEN = "rewritten"


SILENT_WORDS = frozenset({Feedback.DISMISSED, Feedback.REWRITTEN})
"""Words that do not tell whether a result was right."""

LEFT_OUT = "left-out"
"""The reason of an outcome that was proposed and is in no patch: unsafe, or less sure than the user wants."""


class AttemptRow(NamedTuple):
    """A call that was made. `settled` False: money without a verdict, since the check never ended.

    `at_most_usd` None: its cost is known; else it may have cost so much, since nobody has seen an answer to it yet.
    `unchecked`: nothing could be checked of what it made.
    """

    id: int
    at: float
    kind: str
    rule: str | None
    repository: str | None
    fingerprint: str
    lane: str
    provider: str
    model: str
    effort: str | None
    prompt_version: str | None
    ended: str
    cause: str | None
    cost_usd: float
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    latency_ms: float
    position: int
    settled: bool
    failure: str | None
    failed_checks: tuple[str, ...]
    confidence: float | None
    signals: Signals | None = None
    at_most_usd: float | None = None
    unchecked: bool = False


class OutcomeRow(NamedTuple):
    """How a task ended."""

    at: float
    kind: str
    rule: str | None
    repository: str | None
    fingerprint: str
    outcome: str
    reason: str
    lane: str | None
    cost_usd: float


class FeedbackRow(NamedTuple):
    """What the developer did with the result of a lane."""

    at: float
    kind: str
    rule: str | None
    repository: str | None
    fingerprint: str
    lane: str
    word: Feedback


class Ledger:
    """Writes and reads the records of *store*."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self._clock = clock

    def record_sent(self, work: Work, call: Call, *, at_most_usd: float, row: int | None = None) -> int:
        """Record that *call* leaves, and return the number of its row; one with a *row* leaves once more.

        Until it is recorded how it ended, it may have cost *at_most_usd* each time.
        """
        if row is None:
            return self._insert("attempts", work, {**_columns(call), "at_most_usd": at_most_usd})
        self.store.execute("UPDATE attempts SET at_most_usd = at_most_usd + ? WHERE id = ?", (at_most_usd, row))
        return row

    def take_back_sent(self, row: int) -> None:
        """Forget the call in *row*, which its provider would not take."""
        self.store.execute("DELETE FROM attempts WHERE id = ? AND at_most_usd IS NOT NULL", (row,))

    def record_call(self, work: Work, call: Call, *, row: int | None = None) -> int:
        """Record how *call* ended, in the *row* that it has since it was sent, and return the number of its row."""
        if row is None:
            return self._insert("attempts", work, _columns(call))
        columns = {"at": self._clock(), **_columns(call), "at_most_usd": None}
        marks = ", ".join(f"{name} = ?" for name in columns)
        self.store.execute(f"UPDATE attempts SET {marks} WHERE id = ?", (*columns.values(), row))  # noqa: S608 - ours
        return row

    def record_check(
        self,
        row: int,
        *,
        failure: str | None,
        failed_checks: tuple[str, ...],
        confidence: float | None,
        signals: Signals | None = None,
        unchecked: bool = False,
    ) -> None:
        """Record what became of the call in *row*: *failure* None means that it sufficed, as far as was checked."""
        written = None if signals is None else json.dumps(signals._asdict())
        self.store.execute(
            "UPDATE attempts SET settled = 1, failure = ?, failed_checks = ?, confidence = ?, signals = ?,"
            " unchecked = ? WHERE id = ?",
            (failure, ",".join(failed_checks), confidence, written, unchecked, row),
        )

    def record_outcome(self, work: Work, *, outcome: str, reason: str, lane: str | None, cost_usd: float) -> None:
        """Record how a task ended."""
        row: dict[str, Value] = {"outcome": outcome, "reason": reason, "lane": lane, "cost_usd": cost_usd}
        self._insert("outcomes", work, row)

    def record_feedback(self, work: Work, *, lane: str, word: Feedback) -> None:
        """Record what the developer did with the result of *lane*; the latest word on it counts."""
        self._insert("feedback", work, {"lane": lane, "word": word.value})

    def last_proposed(self, work: Work) -> str | None:
        """Return the lane whose result was last proposed for *work*, None if none was."""
        sql = (
            "SELECT lane FROM outcomes WHERE kind = ? AND repository = ? AND fingerprint = ? AND outcome = 'proposed'"
            " ORDER BY rowid DESC LIMIT 1"
        )
        rows = self.store.rows(sql, (work.kind, work.repository, work.fingerprint))
        return next((str(row["lane"]) for row in rows), None)

    def is_rejected(self, work: Work, *, lane: str) -> bool:
        """Tell whether the last result of *lane* for *work* was rejected already."""
        where = "kind = ? AND repository = ? AND fingerprint = ? AND lane = ?"
        proposed = f"SELECT COALESCE(MAX(at), 0) FROM outcomes WHERE {where} AND outcome = 'proposed'"  # noqa: S608 - ours
        sql = f"SELECT word, at >= ({proposed}) AS counts FROM feedback WHERE {where} ORDER BY rowid DESC LIMIT 1"  # noqa: S608
        about = (work.kind, work.repository, work.fingerprint, lane)
        return any(row["word"] == Feedback.REJECTED and row["counts"] for row in self.store.rows(sql, about * 2))

    def was_tried(self, work: Work) -> bool:
        """Tell whether it is known how *work* ended, well or not."""
        sql = "SELECT 1 FROM outcomes WHERE kind = ? AND repository = ? AND fingerprint = ? LIMIT 1"
        return bool(self.store.rows(sql, (work.kind, work.repository, work.fingerprint)))

    def consented(self) -> frozenset[str]:
        """Return the providers to which this user has agreed to send code."""
        return frozenset(row["provider"] for row in self.store.rows("SELECT provider FROM consents"))

    def record_consent(self, provider: str) -> None:
        """Record that the user agreed to send code to *provider*."""
        sql = "INSERT OR REPLACE INTO consents (provider, at) VALUES (?, ?)"
        self.store.execute(sql, (provider, self._clock()))

    def attempts_since(self, at: float) -> list[AttemptRow]:
        """Return the calls made at *at* or later, the oldest first."""
        found = self._since(at, "attempts", AttemptRow._fields)
        return [
            AttemptRow(**row)._replace(
                settled=bool(row["settled"]),
                unchecked=bool(row["unchecked"]),
                failed_checks=tuple(filter(None, (row["failed_checks"] or "").split(","))),
                signals=Signals(**json.loads(row["signals"])) if row["signals"] else None,
            )
            for row in found
        ]

    def outcomes_since(self, at: float) -> list[OutcomeRow]:
        """Return how tasks ended at *at* or later, the oldest first."""
        return [OutcomeRow(**row) for row in self._since(at, "outcomes", OutcomeRow._fields)]

    def feedback_since(self, at: float) -> list[FeedbackRow]:
        """Return what the developer said at *at* or later, the oldest first."""
        found = self._since(at, "feedback", FeedbackRow._fields)
        return [FeedbackRow(**row)._replace(word=Feedback(row["word"])) for row in found]

    def spent_since(self, at: float, repository: str | None = None) -> float:
        """Return the dollars paid at *at* or later, failed attempts included, in *repository* or everywhere."""
        sql = "SELECT TOTAL(cost_usd) AS usd FROM attempts WHERE at >= ? AND (? IS NULL OR repository = ?)"
        (row,) = self.store.rows(sql, (at, repository, repository))
        return float(row["usd"])

    def unanswered_usd(self, at: float, repository: str | None = None) -> float:
        """Return what calls sent at *at* or later and not answered may cost: in flight, or of processes that died."""
        sql = (
            "SELECT TOTAL(at_most_usd) AS usd FROM attempts"
            " WHERE at_most_usd IS NOT NULL AND at >= ? AND (? IS NULL OR repository = ?)"
        )
        (row,) = self.store.rows(sql, (at, repository, repository))
        return float(row["usd"])

    def calls_since(self, at: float) -> int:
        """Return how many calls were made at *at* or later."""
        (row,) = self.store.rows("SELECT COUNT(*) AS calls FROM attempts WHERE at >= ?", (at,))
        return int(row["calls"])

    def _insert(self, table: str, work: Work, more: dict[str, Value]) -> int:
        row = {"at": self._clock(), **work._asdict(), **more}
        marks = ", ".join("?" * len(row))
        sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608 - our own names
        return self.store.execute(sql, tuple(row.values())).lastrowid or 0

    def _since(self, at: float, table: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE at >= ? ORDER BY rowid"  # noqa: S608 - our own names
        return [dict(row) for row in self.store.rows(sql, (at,))]


def _columns(call: Call) -> dict[str, Value]:
    usage = call.usage
    row: dict[str, Value] = {
        **call._asdict(),
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }
    del row["usage"]
    return row
