"""What is asked: a task, its kind, and the diagnostics it is about. Nothing here reads or decides."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What sort of work a task is; its policy holds a ladder for each."""

    LINT_FIX = "lint-fix"
    EDIT = "edit"
    CODEGEN = "codegen"
    REFACTOR = "refactor"
    TEST_WRITING = "test-writing"
    DEBUG = "debug"
    EXPLAIN_CODE = "explain-code"
    TRIAGE = "triage"
    SUMMARY = "summary"
    REVIEW = "review"
    ARCHITECTURE_REVIEW = "architecture-review"
    TAGGING = "tagging"
    EXTRACTION = "extraction"
    WORKFLOW_DESIGN = "workflow-design"
    INCIDENT_REASONING = "incident-reasoning"
    FIRST_PASS_SUMMARY = "first-pass-summary"
    SYNTHESIS = "synthesis"
    FINAL_PASS = "final-pass"
    PLAN = "plan"
    WRITE = "write"
    ANALYSE = "analyse"


class Mode(StrEnum):
    """Who waits: a person, nobody, or nobody for very many tasks."""

    INTERACTIVE = "interactive"
    BACKGROUND = "background"
    BULK = "bulk"


class Stakes(StrEnum):
    """How much a wrong answer costs."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Applicability(StrEnum):
    """How far the author of a fix vouches for it: a linter's safe or unsafe fix, or a model's."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MODEL = "model"


class Span(NamedTuple):
    """A place in a file: lines 1-based and inclusive, columns 1-based in code points, end column exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


class SpanEdit(NamedTuple):
    """The text that a linter would put at a place."""

    span: Span
    new_text: str


class LinterFix(NamedTuple):
    """The linter's own fix of a diagnostic: rung zero."""

    edits: tuple[SpanEdit, ...]
    applicability: Applicability
    message: str = ""


class Diagnostic(NamedTuple):
    """What a linter says of a place. `source` is the linter's name (`ruff`)."""

    rule: str
    message: str
    path: str
    span: Span
    source: str = "ruff"
    severity: str = "error"
    url: str | None = None
    fix: LinterFix | None = None


class Place(NamedTuple):
    """What an edit may touch: a file or all below a folder, or only the lines `first` to `last` (1-based, inclusive).

    `path` may name a file that is not there yet.
    """

    path: str
    first: int | None = None
    last: int | None = None


class Task(NamedTuple):
    """One unit of work. `deadline_s` is None when nobody waits; `paths` are relative to the snapshot's root.

    `labels` are those to choose among (triage, tagging), `items` what is to be sorted besides the files;
    `answer_schema` is the JSON Schema, as text, of an answer. `places` are what an edit may touch, `evidence` is what
    failed (the output of a command, a traceback); `stage` is which question of a review it is.
    """

    kind: Kind
    paths: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    instruction: str = ""
    mode: Mode = Mode.INTERACTIVE
    stakes: Stakes = Stakes.NORMAL
    deadline_s: float | None = None
    labels: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    answer_schema: str | None = None
    places: tuple[Place, ...] = ()
    evidence: str = ""
    stage: str = ""
