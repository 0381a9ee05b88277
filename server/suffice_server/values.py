"""What messages between the front and its worker hold: diagnostics, offers, edits, claims, settings.

Texts are those of the editor, paths are relative to the folder that a message names.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from suffice.task import Applicability, Span


class Op(StrEnum):
    """What becomes of a file."""

    REPLACE = "replace"
    CREATE = "create"
    DELETE = "delete"
    RENAME = "rename"


class Work(NamedTuple):
    """What the ledger calls a task; the front hands it back with what became of the result."""

    kind: str
    rule: str | None
    repository: str
    fingerprint: str


class Offer(NamedTuple):
    """Where a task would go now: `lane` is asked first, for about `estimate_usd`; `free`: the linter's own fix.

    `refused` is why nobody can be asked, None if somebody can. `next_lane` would follow, for about `next_usd`.
    """

    lane: str
    estimate_usd: float = 0.0
    free: bool = False
    refused: str | None = None
    why: tuple[str, ...] = ()
    next_lane: str | None = None
    next_usd: float = 0.0


class Found(NamedTuple):
    """A diagnostic of a linted text. `fix` is how far the linter vouches for its own fix, None without one.

    `offer` None: no lane is asked about it, such as a syntax error.
    """

    rule: str
    message: str
    span: Span
    source: str = "ruff"
    url: str | None = None
    fix: Applicability | None = None
    offer: Offer | None = None


class Part(NamedTuple):
    """One of several tasks that a result is made of, and the lane that sufficed for it."""

    work: Work
    lane: str


class Replacement(NamedTuple):
    """New text for the characters `start` to `end` (0-based code points, end exclusive) of the text before."""

    start: int
    end: int
    new_text: str


class Changed(NamedTuple):
    """What becomes of one file: `edits` of the text that was sent of it, or else of `before`.

    A created file has its whole text as one edit of nothing; `new_path` is where a renamed one goes.
    """

    path: str
    op: Op = Op.REPLACE
    edits: tuple[Replacement, ...] = ()
    before: str | None = None
    new_path: str | None = None


class Claim(NamedTuple):
    """A finding of a review, at lines `start_line` to `end_line` (1-based, inclusive) of `path`; 0: of no line.

    `first_line` and `last_line` are what stands there. `why` says how it was made and tested; `edits` is a suggestion
    that passed the checker, against the text that was sent (or `before`).
    """

    path: str
    start_line: int
    end_line: int
    first_line: str
    last_line: str
    title: str
    body: str
    category: str
    severity: str
    lanes: tuple[str, ...]
    why: tuple[str, ...]
    work: Work
    confidence: float = 0.0
    url: str | None = None
    edits: tuple[Replacement, ...] = ()
    before: str | None = None


class Settings(NamedTuple):
    """What the editor's settings say, for one folder or all: it may come from the workspace, so it only tightens.

    A cap that is None is not set.
    """

    exclude: tuple[str, ...] = ()
    deny_lanes: tuple[str, ...] = ()
    disabled_rules: tuple[str, ...] = ()
    min_confidence: float | None = None
    max_cost_usd: float | None = None
    max_task_usd: float | None = None
    max_day_usd: float | None = None
    max_repository_month_usd: float | None = None
    time_budget_s: float | None = None
