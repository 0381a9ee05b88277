"""What became of a model's reply: applied as a whole, or rejected with what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from suffice.edits.edit import FileChange


class Step(StrEnum):
    """How far the applier had to go to find a place, nearest first; the farther, the less sure."""

    EXACT = "exact"
    TRAILING_SPACE = "trailing-space"
    INDENT = "indent"
    FIRST_LINE_INDENT = "first-line-indent"
    PUNCTUATION = "punctuation"
    SKIPPED_BLANK = "skipped-blank"
    SKIPPED_COMMENT = "skipped-comment"
    ELISION = "elision"
    CONTEXT_TYPO = "context-typo"


class Candidate(NamedTuple):
    """A place that was perhaps meant: lines 1-based, inclusive; `similarity` 0..1. Only ever shown."""

    path: str
    start_line: int
    end_line: int
    text: str
    similarity: float


class Applied(NamedTuple):
    """A reply applied in memory, all of it. `files` are the new texts by path, None for a deleted one.

    `step` is the farthest that was needed; `notes` say what decided where a text stood at several places, or which
    indentation was changed.
    """

    files: Mapping[str, str | None]
    patch: str
    step: Step
    changes: tuple[FileChange, ...]
    notes: tuple[str, ...] = ()


class Rejected(NamedTuple):
    """Why nothing of a reply was applied, in one sentence that a model can act on, and what was perhaps meant."""

    reason: str
    candidates: tuple[Candidate, ...] = ()
