"""What is asked of a lane in a review: one question for each stage, the same way for all of them.

A stage is a module with its prompt, the form of its answer, what is shown, and how the answer is read. Secrets are
taken out of all that is sent; what a lane answers is data of our form, and nothing in it is ever carried out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Protocol

from suffice.asking import Question, allowed_output_tokens, prompt_cache_key, told
from suffice.checker.subject import UNKNOWN, Maker
from suffice.checker.verdict import Check, Verdict
from suffice.checker.verdict import State as CheckState
from suffice.checker.waves import Waves
from suffice.errors import InputError
from suffice.fingerprint import repository_name
from suffice.lanes import Lane
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.prompt_file import prompt_file
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Request
from suffice.review.hunks.hidden import without_secrets
from suffice.review.questions import find, reanchor, refute, settle
from suffice.snapshot import Snapshot
from suffice.state.ledger import Work
from suffice.task import Kind, Task


class Stage(Protocol):
    """What a module for a question offers.

    `PROMPT` names its instructions; `MOST_OUTPUT_TOKENS` is what its answer takes at most, None: what the policy says.
    """

    PROMPT: str
    SCHEMA: Mapping[str, Any]
    MOST_OUTPUT_TOKENS: int | None

    def body(self, task: Task) -> Iterator[str]:
        """Yield what is shown, part by part."""
        ...

    def read(self, answer: Mapping[str, Any], task: Task) -> Proposal | Unusable:
        """Return what *answer* says, in our own form. Never raises, whatever it holds."""
        ...


STAGES: Mapping[str, Stage] = {"find": find, "anchor": reanchor, "refute": refute, "settle": settle}


def prompt_version(kind: Kind) -> str:
    """Return the version of all prompts of a review together, as the ledger knows it."""
    numbers = [prompt_file(stage.PROMPT).version.rpartition("/")[2] for stage in STAGES.values()]
    return f"{kind}/{'.'.join(numbers)}"


def work(task: Task, snapshot: Snapshot) -> Work:
    """Return what *task* is called in the ledger: a hash over all that is asked; the stage stands for a rule."""
    parts = [task.kind, task.stage, task.instruction, task.items, task.evidence, task.paths]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Work(kind=task.kind, rule=task.stage, repository=repository_name(snapshot.root), fingerprint=name)


def question(task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]) -> Question:
    """Return what *lane* is asked, after *before*. Raises InputError for a stage that there is not."""
    del snapshot  # what is shown stands in the task
    if task.stage not in STAGES:
        raise InputError(f"A review has no stage {task.stage!r}; it has: {', '.join(STAGES)}.")
    stage = STAGES[task.stage]
    instructions = prompt_file(stage.PROMPT)
    shown = without_secrets(task)
    prompt = "\n".join([*stage.body(shown), *_rejected(before)])
    usual = stage.MOST_OUTPUT_TOKENS or rules.max_output_tokens
    request = Request(
        lane=lane,
        stable=instructions.text,
        prompt=prompt,
        schema=stage.SCHEMA,
        schema_name=stage.PROMPT.replace("-", "_"),
        max_output_tokens=allowed_output_tokens(
            before, lane, usual, prompt=instructions.text + prompt, form=stage.SCHEMA
        ),
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(instructions.text),
    )
    return Question(request, prompt_version(task.kind), partial(_read, task=shown))


def _rejected(before: tuple[Attempt, ...]) -> Iterator[str]:
    rejected = told(before)
    if rejected:
        listed = "\n".join(f"- {item}" for item in rejected)
        yield f"# What was tried before and rejected\n\n{listed}\n\nAnswer differently."


def _read(answer: Mapping[str, Any], *, task: Task) -> Proposal | CannotFix | Unusable:
    try:
        json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):  # half a surrogate, a number beyond all bounds, no JSON at all
        return Unusable(why="the answer holds a character or a number that cannot be written down")
    return STAGES[task.stage].read(answer, task)


async def checked(task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves, maker: Maker = UNKNOWN) -> Verdict:
    """Return the checker's word on an answer: it has its form, and what it claims is for the stages that follow."""
    del task, made, snapshot, checking, maker
    evidence = "the answer has the form that was asked for"
    form = Check("form", CheckState.PASSED, blocking=True, evidence=evidence)
    return Verdict(CheckState.UNCHECKED, 0.0, (form,))
