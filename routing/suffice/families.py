"""Which kinds are asked and checked alike: lint fixes by their windows, all text kinds by their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from suffice.asking import Question
from suffice.checker.subject import UNKNOWN, Maker
from suffice.checker.verdict import Verdict
from suffice.checker.waves import Waves
from suffice.errors import InputError
from suffice.lanes import Lane
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.snapshot import Snapshot
from suffice.state.ledger import Work
from suffice.task import Kind, Task

if TYPE_CHECKING:
    from suffice.state.storage import Storage


class Family(Protocol):
    """What a module for a family of kinds offers."""

    def work(self, task: Task, snapshot: Snapshot) -> Work:
        """Return what *task* is called in the ledger."""
        ...

    def prompt_version(self, kind: Kind) -> str:
        """Return the version of the prompt, as the ledger knows it."""
        ...

    def question(
        self, task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]
    ) -> Question:
        """Return what *lane* is asked, after *before*."""
        ...

    async def checked(
        self, task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves, maker: Maker = UNKNOWN
    ) -> Verdict:
        """Return the checker's word on what *made* proposes."""
        ...


TEXT_KINDS = (
    Kind.EXPLAIN_CODE,
    Kind.TRIAGE,
    Kind.SUMMARY,
    Kind.TAGGING,
    Kind.EXTRACTION,
    Kind.WORKFLOW_DESIGN,
    Kind.INCIDENT_REASONING,
    Kind.FIRST_PASS_SUMMARY,
    Kind.SYNTHESIS,
    Kind.FINAL_PASS,
    Kind.PLAN,
    Kind.WRITE,
    Kind.ANALYSE,
)
"""What `suffice ask` answers."""

EDIT_KINDS = (Kind.EDIT, Kind.CODEGEN, Kind.REFACTOR, Kind.TEST_WRITING, Kind.DEBUG)
"""What `suffice edit` carries out."""

LOOKING_AROUND = frozenset({*EDIT_KINDS, Kind.REVIEW, Kind.ARCHITECTURE_REVIEW})
"""Kinds whose prompts show more of a repository than the files that the task names."""

_FAMILIES: Mapping[Kind, str] = {
    Kind.LINT_FIX: "suffice.lint_fix",
    **dict.fromkeys(EDIT_KINDS, "suffice.edit_task"),
    **dict.fromkeys(TEXT_KINDS, "suffice.text_task"),
    Kind.REVIEW: "suffice.review.questions.asking",
    Kind.ARCHITECTURE_REVIEW: "suffice.review.architecture_question",
}


def of(kind: Kind) -> Family:
    """Return the family of *kind*, imported at its first use. Raises InputError for a kind that is not there yet."""
    if kind not in _FAMILIES:
        raise InputError(f"{kind} cannot be carried out yet; what can: {', '.join(_FAMILIES)}.")
    return cast("Family", import_module(_FAMILIES[kind]))


def question(
    task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...], storage: Storage
) -> Question:
    """Return what *lane* is asked about *task*, after *before*; *storage* knows what files define and use."""
    ask: Callable[..., Question] = of(task.kind).question
    if task.kind in EDIT_KINDS:
        ask = partial(ask, symbols=storage.symbols)
    return ask(task, lane, snapshot=snapshot, rules=rules, before=before)
