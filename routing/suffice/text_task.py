"""Text kinds: explain, summarise, label, extract, plan, write.

Their answers are data of a form that we choose, or that the user gives. Form, labels and quotes are verified; what an
answer claims is not, so that its verdict is never better than `unchecked`. Secrets are taken out of all that is sent
and stay out of the answer: it is shown, not written into the file they came from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from suffice.answer_form import DATA, data_flaw, sent_schema, usable_schema
from suffice.asking import Question, allowed_output_tokens, prompt_cache_key, told
from suffice.checker.subject import UNKNOWN, Maker
from suffice.checker.verdict import Check, Verdict
from suffice.checker.verdict import State as CheckState
from suffice.checker.waves import Waves
from suffice.errors import InputError
from suffice.fences import fenced
from suffice.fingerprint import repository_name
from suffice.lanes import Lane
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.privacy import Names
from suffice.prompt_file import prompt_file
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Request
from suffice.quotes import invented, points_at_something
from suffice.snapshot import Snapshot
from suffice.state.ledger import Work
from suffice.task import Kind, Task

LABELLED = frozenset({Kind.TRIAGE, Kind.TAGGING})
"""Kinds whose answer is one (triage) or several (tagging) of the labels that the task names."""

STRUCTURED = LABELLED | {Kind.EXTRACTION}
"""Kinds whose answer is labels or data."""


def prompt_version(kind: Kind) -> str:
    """Return the version of the prompt of *kind*, as the ledger knows it."""
    return prompt_file(kind).version


def work(task: Task, snapshot: Snapshot) -> Work:
    """Return what *task* is called in the ledger: a hash over all that is asked."""
    texts = [snapshot.text(path) for path in task.paths]
    parts = [task.kind, task.instruction, task.labels, task.items, task.answer_schema, task.paths, texts]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Work(kind=task.kind, rule=None, repository=repository_name(snapshot.root), fingerprint=name)


def question(task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]) -> Question:
    """Return what *lane* is asked, after *before*. Raises InputError for a task without what its kind needs."""
    instructions = prompt_file(task.kind)
    prompt, form = "\n".join(_asked(task, shown(task, snapshot), before)), _schema(task)
    request = Request(
        lane=lane,
        stable=instructions.text,
        prompt=prompt,
        schema=form,
        schema_name=task.kind.replace("-", "_"),
        max_output_tokens=allowed_output_tokens(
            before, lane, rules.max_output_tokens, prompt=instructions.text + prompt, form=form
        ),
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(instructions.text),
        strict=task.answer_schema is None,
    )
    return Question(request, instructions.version, partial(_read, task=task))


class Shown(NamedTuple):
    """What a model sees of a task: its question, names and texts of its files, and its items, all without secrets."""

    instruction: str
    files: tuple[tuple[str, str], ...]
    items: tuple[str, ...]

    def hidden(self, texts: Iterable[str]) -> list[str]:
        """Return *texts*, in which names of secrets mean what they do here, without any other secret."""
        own = [self.instruction, *(text for file in self.files for text in file), *self.items]
        return Names().hidden_all([*own, *texts])[len(own) :]


def shown(task: Task, snapshot: Snapshot) -> Shown:
    """Return what a model sees of *task*."""
    texts = [snapshot.text(path) for path in task.paths]
    instruction, *hidden = Names().hidden_all([task.instruction, *task.paths, *texts, *task.items])
    names, texts = hidden[: len(task.paths)], hidden[len(task.paths) : 2 * len(task.paths)]
    return Shown(instruction, tuple(zip(names, texts, strict=True)), tuple(hidden[2 * len(task.paths) :]))


def _asked(task: Task, seen: Shown, before: tuple[Attempt, ...]) -> Iterator[str]:
    if task.labels:
        yield f"# The labels\n\n{fenced(chr(10).join(task.labels))}\n"
    for name, text in seen.files:
        yield f"# {name}\n\n{fenced(text, name)}\n"
    for number, item in enumerate(seen.items, 1):
        yield f"# Item {number}\n\n{fenced(item)}\n"
    if seen.instruction.strip():
        yield f"# What is asked\n\n{seen.instruction.strip()}\n"
    rejected = seen.hidden(told(before))
    if rejected:
        listed = "\n".join(f"- {item}" for item in rejected)
        yield f"# What was tried before and rejected\n\n{listed}\n\nAnswer differently."


_TEXT = {"type": "string"}


def _schema(task: Task) -> Mapping[str, Any]:
    """Return the form of the answer; a form of the user's own stands under `data`, since an answer is an object."""
    if (task.kind is Kind.EXTRACTION) != (task.answer_schema is not None):
        raise InputError(f"{task.kind}: a schema belongs to extraction, and to nothing else; see suffice ask --help.")
    if (task.kind in LABELLED) != bool(task.labels):
        raise InputError(f"{task.kind}: labels belong to triage and tagging, and only there; see suffice ask --help.")
    if task.answer_schema is not None:
        return sent_schema(usable_schema(task.answer_schema, name="The schema"))
    if task.kind is Kind.TRIAGE:
        sorted_under = {"label": {"type": "string", "enum": list(task.labels)}, "why": _TEXT}
        if not task.items:
            return _object(sorted_under)
        return _object({"items": {"type": "array", "items": _object({"number": {"type": "integer"}, **sorted_under})}})
    if task.kind is Kind.TAGGING:
        labels = {"type": "array", "items": {"type": "string", "enum": list(task.labels)}}
        return _object({"labels": labels, "why": _TEXT})
    return _object({"answer": _TEXT, "quotes": {"type": "array", "items": _TEXT}})


def _object(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _read(answer: Mapping[str, Any], *, task: Task) -> Proposal | CannotFix | Unusable:
    try:
        json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # half of a pair of surrogates, a number beyond all bounds
        return Unusable(why="the answer holds a character or a number that cannot be written down")
    if task.kind not in STRUCTURED and not answer["answer"].strip():
        return Unusable(why="the answer is empty")
    return Proposal(answer=answer)


async def checked(task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves, maker: Maker = UNKNOWN) -> Verdict:
    """Return the checker's word on the form of an answer."""
    del checking, maker  # there is no patch to look at
    answer = made.answer or {}
    checks = [_form_check(task, answer)]
    if "quotes" in answer:
        checks.append(_quote_check(answer["quotes"], shown(task, snapshot)))
    failed = any(check.blocking and check.state is CheckState.FAILED for check in checks)
    return Verdict(CheckState.FAILED if failed else CheckState.UNCHECKED, 0.0, tuple(checks))


def _form_check(task: Task, answer: Mapping[str, Any]) -> Check:
    flaw, fine = None, "the answer has the form that was asked for"
    if task.answer_schema is not None:
        fine = "data keeps the schema"
        flaw = data_flaw(answer.get(DATA), usable_schema(task.answer_schema, name="The schema"))
    elif task.kind in LABELLED:
        fine = "only labels that were given"
        given = (
            [item["label"] for item in answer["items"]] if task.items else answer.get("labels", [answer.get("label")])
        )
        unknown = [label for label in given if label not in task.labels]
        flaw = f"{unknown[0]!r} is none of the labels" if unknown else None
    return Check("form", CheckState.FAILED if flaw else CheckState.PASSED, blocking=True, evidence=flaw or fine)


def _quote_check(quotes: Iterable[str], seen: Shown) -> Check:
    """Hold every quote against what the model saw: one that stands nowhere fails the answer, a letter shows nothing."""
    given = [quote for quote in quotes if re.search(r"\w", quote)]
    if not given:
        return Check("quotes", CheckState.SKIPPED, blocking=False, evidence="the answer quotes nothing")
    texts = [seen.instruction, *(text for _, text in seen.files)]
    wrong = invented(given, texts)
    if wrong:
        evidence = f"{len(wrong)} of {len(given)} quotes not found in the text, the first {wrong[0].strip()[:80]!r}"
        return Check("quotes", CheckState.FAILED, blocking=True, evidence=evidence)
    given = [quote for quote in given if points_at_something(quote, texts)]
    if not given:
        evidence = "what the answer quotes is too short to show anything"
        return Check("quotes", CheckState.SKIPPED, blocking=False, evidence=evidence)
    found = "1 quote stands" if len(given) == 1 else f"{len(given)} quotes stand"
    return Check("quotes", CheckState.PASSED, blocking=True, evidence=f"{found} in the text")
