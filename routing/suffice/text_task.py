"""Text kinds: explain, summarise, label, extract, plan, write.

Their answers are data of a form that we choose. Form, labels and quotes are verified; what an answer claims is not,
so that its verdict is never better than `unchecked`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from suffice.asking import Question, allowed_output_tokens, prompt_cache_key, told
from suffice.checker.verdict import Check, Verdict
from suffice.checker.verdict import State as CheckState
from suffice.checker.waves import Waves
from suffice.fences import fenced
from suffice.fingerprint import repository_name
from suffice.lanes import Lane
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.privacy import Redacted, redact
from suffice.prompt_file import prompt_file
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Request
from suffice.snapshot import Snapshot
from suffice.state.ledger import Work
from suffice.task import Kind, Task

LABELLED = frozenset({Kind.TRIAGE, Kind.TAGGING})
"""Kinds whose answer is one (triage) or several (tagging) of the labels that the task names."""

KINDS = (
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


def prompt_version(kind: Kind) -> str:
    """Return the version of the prompt of *kind*, as the ledger knows it."""
    return prompt_file(kind).version


def work(task: Task, snapshot: Snapshot) -> Work:
    """Return what *task* is called in the ledger: a hash over all that is asked."""
    texts = [snapshot.text(path) for path in task.paths]
    parts = [task.kind, task.instruction, *task.labels, task.answer_schema or "", *task.paths, *texts]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Work(kind=task.kind, rule=None, repository=repository_name(snapshot.root), fingerprint=name)


def question(task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]) -> Question:
    """Return what *lane* is asked, after *before*."""
    instructions = prompt_file(task.kind)
    redacted = redact("\n".join(_asked(task, snapshot, before)))
    request = Request(
        lane=lane,
        stable=instructions.text,
        prompt=redacted.text,
        schema=_schema(task),
        schema_name=task.kind.replace("-", "_"),
        max_output_tokens=allowed_output_tokens(before, lane.name, rules.max_output_tokens),
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(instructions.text),
        strict=task.answer_schema is None,
    )
    return Question(request, instructions.version, partial(_read, task=task, redacted=redacted))


def _asked(task: Task, snapshot: Snapshot, before: tuple[Attempt, ...]) -> Iterator[str]:
    if task.labels:
        yield f"# The labels\n\n{fenced(chr(10).join(task.labels))}\n"
    for path in task.paths:
        yield f"# {path}\n\n{fenced(snapshot.text(path), path)}\n"
    if task.instruction:
        yield f"# What is asked\n\n{task.instruction}"
    rejected = told(before)
    if rejected:
        listed = "\n".join(f"- {item}" for item in rejected)
        yield f"\n# What was tried before and rejected\n\n{listed}\n\nAnswer differently."


def _schema(task: Task) -> Mapping[str, Any]:
    """Return the form of the answer; a form of the user's own stands under `data`, since an answer is an object."""
    if task.answer_schema is not None:
        return _object({"data": json.loads(task.answer_schema)})
    if task.kind is Kind.TRIAGE:
        return _object({"label": {"type": "string", "enum": list(task.labels)}, "why": _TEXT})
    if task.kind is Kind.TAGGING:
        labels = {"type": "array", "items": {"type": "string", "enum": list(task.labels)}}
        return _object({"labels": labels, "why": _TEXT})
    return _object({"answer": _TEXT, "quotes": {"type": "array", "items": _TEXT}})


_TEXT = {"type": "string"}


def _object(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _read(answer: Mapping[str, Any], *, task: Task, redacted: Redacted) -> Proposal | CannotFix | Unusable:
    text = answer.get("answer")
    if isinstance(text, str) and not text.strip():
        return Unusable(why="the answer is empty")
    return Proposal(answer=_restored(answer, redacted) if task.answer_schema is None else answer)


def _restored(answer: Mapping[str, Any], redacted: Redacted) -> Mapping[str, Any]:
    """Return *answer* with the secrets back in its quotes, which are held against the text."""
    if "quotes" not in answer:
        return answer
    return {**answer, "quotes": [redacted.restore(quote) for quote in answer["quotes"]]}


async def checked(task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves) -> Verdict:
    """Return the checker's word on the form of an answer."""
    del checking  # there is no patch to look at
    answer = made.answer or {}
    checks = [_form_check(task, answer), *_quote_checks(task, answer, snapshot)]
    failed = any(check.blocking and check.state is CheckState.FAILED for check in checks)
    return Verdict(CheckState.FAILED if failed else CheckState.UNCHECKED, 0.0, tuple(checks))


def _form_check(task: Task, answer: Mapping[str, Any]) -> Check:
    flaw = None
    if task.answer_schema is not None:
        flaw = _schema_flaw(answer.get("data"), task.answer_schema)
    elif task.kind in LABELLED:
        given = answer.get("labels", [answer.get("label")])
        unknown = [label for label in given if label not in task.labels]
        flaw = f"{unknown[0]!r} is none of the labels" if unknown else None
    evidence = flaw or "the answer has the form that was asked for"
    return Check("form", CheckState.FAILED if flaw else CheckState.PASSED, blocking=True, evidence=evidence)


def _schema_flaw(data: Any, schema: str) -> str | None:
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for(json.loads(schema)).validate(data)
    except jsonschema_rs.ValidationError as error:
        at = "".join(f"[{part!r}]" for part in error.instance_path)
        return f"data{at} does not keep the schema: {error.message}"[:300]
    return None


def _quote_checks(task: Task, answer: Mapping[str, Any], snapshot: Snapshot) -> list[Check]:
    """Hold every quote against the files; one that nobody wrote fails the answer."""
    quotes = [quote for quote in answer.get("quotes", ()) if quote.strip()]
    if not quotes:
        return []
    texts = [task.instruction, *(snapshot.text(path) for path in task.paths)]
    invented = [quote for quote in quotes if not any(quote.strip() in text for text in texts)]
    if invented:
        evidence = f"{len(invented)} of {len(quotes)} quotes stand nowhere in the text: {invented[0].strip()[:80]!r}"
        return [Check("quotes", CheckState.FAILED, blocking=True, evidence=evidence)]
    return [Check("quotes", CheckState.PASSED, blocking=True, evidence=f"{len(quotes)} quotes stand in the text")]
