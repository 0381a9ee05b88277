"""A claim of a review, with the quoted lines it speaks of. Nothing else is called a finding."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Category(StrEnum):
    """What sort of defect is claimed."""

    CORRECTNESS = "correctness"
    SECURITY = "security"
    CONCURRENCY = "concurrency"
    DATA_LOSS = "data-loss"
    ERROR_HANDLING = "error-handling"
    PERFORMANCE = "performance"
    COMPATIBILITY = "compatibility"
    RESOURCE_LEAK = "resource-leak"
    OTHER = "other"


class Severity(StrEnum):
    """How bad it is where it happens, worst last."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Word(StrEnum):
    """What a refuter says of a claim."""

    HOLDS = "holds"
    REFUTED = "refuted"
    CANNOT_TELL = "cannot-tell"


class Refutation(NamedTuple):
    """The word of a lane that did not make the claim; `quote` stands in the tree, "" where none was needed."""

    word: Word
    because: str
    quote: str
    lane: str


class Finding(NamedTuple):
    """One claim about a change.

    `trigger` is the input or state that sets it off, `consequence` what goes wrong then. `first_line` and `last_line`
    are quoted from hunk `hunk`; `before_line` is the line just above, where a quote alone stands several times.
    `replacement` is the new text of the quoted lines, None without a suggestion. `seen_by` are the lanes that made
    the claim; `score` (0..1) is what the model itself said, stored and never used.

    `path`, `start_line`, `end_line` (1-based, inclusive) are where the quote was found: in the new text, or in the old
    one where `in_old` (what is quoted was taken away). Empty and 0 until then. `id` is stable over runs.
    """

    category: Category
    severity: Severity
    title: str
    trigger: str
    consequence: str
    hunk: str
    first_line: str
    last_line: str
    before_line: str = ""
    replacement: str | None = None
    score: float | None = None
    seen_by: tuple[str, ...] = ()
    path: str = ""
    start_line: int = 0
    end_line: int = 0
    in_old: bool = False
    refutation: Refutation | None = None
    confidence: float = 0.0
    id: str = ""


class Dropped(NamedTuple):
    """A finding that is not shown, and why: one of the reasons that a review counts."""

    finding: Finding
    reason: str
