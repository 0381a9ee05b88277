"""A cheap model as judge, last and weakest: it is asked about what every check passed, and can only lower.

It sees what was asked and what was made of it, not who made it. A doubt counts if it quotes what it doubts, word for
word. What fails on the way to a judge changes nothing; its check says what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from suffice.asking import Question, prompt_cache_key
from suffice.checker.confidence import log_odds, probability
from suffice.checker.verdict import Check, State, Verdict
from suffice.checker.weights import Weights, shipped_weights
from suffice.context.inside import inside
from suffice.edits.edit import FileChange, apply_to_file
from suffice.edits.unified import unified_diff
from suffice.fences import fenced
from suffice.judges import NAME
from suffice.lanes import Lane, estimate_tokens
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.positions import LineIndex
from suffice.privacy import Names
from suffice.prompt_file import prompt_file
from suffice.proposal import Proposal
from suffice.providers.reply import Request
from suffice.quotes import invented, points_at_something
from suffice.snapshot import Snapshot
from suffice.task import Kind, Span, Task
from suffice.text_task import shown
from suffice.windows import window

AMOUNTS: Mapping[str, float] = {"right": 0.0, "doubtful": 0.5, "wrong": 1.0}
"""How much each verdict counts against what was made; what that weighs for a patch stands in confidence.toml."""

_MOST_OUTPUT_TOKENS = 2048
_MOST_DOUBTS = 5
_LONGEST_SHOWN = 160

_TEXT = {"type": "string"}
_DOUBT = {
    "type": "object",
    "properties": {"quote": _TEXT, "why": _TEXT},
    "required": ["quote", "why"],
    "additionalProperties": False,
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "doubts": {"type": "array", "items": _DOUBT},
        "verdict": {"type": "string", "enum": list(AMOUNTS)},
    },
    "required": ["doubts", "verdict"],
    "additionalProperties": False,
}
"""The reasons come first: a verdict that is written before them is not thought through."""


class Case(NamedTuple):
    """What a judge sees, without secrets: what was asked, what was made of it, and texts beside it by name."""

    asked: str
    made: str
    beside: tuple[tuple[str, str], ...]
    quotable: tuple[str, ...]


def question(task: Task, made: Attempt, judge: Lane, *, snapshot: Snapshot, rules: KindPolicy) -> Question:
    """Return what *judge* is asked about what *made* proposes for *task*."""
    case = _of_patch(task, made, snapshot, rules) if made.answer is None else _of_answer(task, made, snapshot)
    instructions = prompt_file(NAME)
    request = Request(
        lane=judge,
        stable=instructions.text,
        prompt="\n".join(_prompt(case, is_patch=made.answer is None)),
        schema=SCHEMA,
        schema_name=NAME,
        max_output_tokens=_MOST_OUTPUT_TOKENS,
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(instructions.text),
    )
    return Question(request, instructions.version, partial(_read, quotable=case.quotable))


def _prompt(case: Case, *, is_patch: bool) -> Iterator[str]:
    for name, text in case.beside:
        yield f"# {name}\n\n{fenced(text, name)}\n"
    if case.asked:
        yield f"# What was asked\n\n{fenced(case.asked)}\n"
    yield f"# The {'patch' if is_patch else 'answer'}\n\n{fenced(case.made)}"


def _of_answer(task: Task, made: Attempt, snapshot: Snapshot) -> Case:
    seen = shown(task, snapshot)
    (answer,) = seen.hidden([_written(made.answer or {})])
    items = tuple((f"Item {number}", text) for number, text in enumerate(seen.items, 1))
    beside = (*seen.files, *items)
    return Case(seen.instruction.strip(), answer, beside, (answer, seen.instruction, *(text for _, text in beside)))


def _written(answer: Mapping[str, Any]) -> str:
    """Return *answer* as lines: prose as it is, data under their names."""
    if set(answer) == {"answer", "quotes"}:
        return str(answer["answer"])
    return "\n".join(f"{key}: {value}" for key, value in answer.items())


def _of_patch(task: Task, made: Attempt, snapshot: Snapshot, rules: KindPolicy) -> Case:
    asked = "\n".join([*(f"{d.rule}: {d.message}" for d in task.diagnostics), task.instruction.strip()])
    asked, changes = _without_secrets(asked, made.changes or _changes(made, snapshot))
    diff = unified_diff(changes)
    beside = tuple(_enclosing(changes, rules.context_budget_tokens))
    return Case(asked.strip(), diff, beside, (diff, *_sides(diff), asked))


def _changes(made: Attempt, snapshot: Snapshot) -> list[FileChange]:
    by_path = groupby(sorted(made.edits, key=lambda edit: edit.path), key=lambda edit: edit.path)
    return [
        apply_to_file(snapshot.file(path), edits)
        if snapshot.has(path)
        else FileChange(path=path, before=None, after="".join(edit.new_text for edit in edits))
        for path, edits in by_path
    ]


def _without_secrets(asked: str, changes: Sequence[FileChange]) -> tuple[str, list[FileChange]]:
    """Return both with each secret under one name, before and after, so that none looks changed."""
    texts = [asked, *(text or "" for change in changes for text in (change.before, change.after))]
    asked, *hidden = Names().hidden_all(texts)
    sides = zip(changes, hidden[::2], hidden[1::2], strict=True)
    return asked, [
        replace(
            change,
            before=None if change.before is None else before,
            after=None if change.after is None else after,
            known_edits=None,
        )
        for change, before, after in sides
    ]


def _sides(diff: str) -> tuple[str, str]:
    """Return the lines of *diff* before and after, without their marks, as a judge may quote them."""
    lines = [line for line in diff.splitlines() if not line.startswith(("--- ", "+++ ", "@@ ", "diff "))]
    before, after = ([line[1:] for line in lines if line[:1] != other] for other in "+-")
    return "\n".join(before), "\n".join(after)


def _enclosing(changes: Iterable[FileChange], budget_tokens: int) -> Iterator[tuple[str, str]]:
    """Yield the statement or function around each change as it was, as far as there is room."""
    for change in changes:
        if change.before is None:
            continue
        index = LineIndex(change.before)
        spans = [Span(e.start_line, 1, max(e.start_line, e.end_line), 2) for e in change.line_edits]
        for place in dict.fromkeys(window(change.before, span) for span in spans):
            _, headers = inside(change.before, index, place)
            text = headers + index.text(place.first, place.last)
            budget_tokens -= estimate_tokens(text)
            if budget_tokens < 0:
                return
            yield f"{change.path} as it was, line {place.first} and on", text


def _read(answer: Mapping[str, Any], *, quotable: Sequence[str]) -> Proposal:
    """Keep the doubts whose quote stands; a verdict that rests on none is worth nothing."""
    given = answer["doubts"][:_MOST_DOUBTS]
    unfounded = {*invented([doubt["quote"] for doubt in given], quotable)}
    standing = [doubt for doubt in given if doubt["quote"] not in unfounded and points_at_something(doubt["quote"])]
    verdict = answer["verdict"] if standing else "right"
    return Proposal(answer={"doubts": standing, "verdict": verdict, "dropped": len(given) - len(standing)})


def lowered(
    verdict: Verdict, said: Attempt | None, *, kind: Kind, why_not: str = "", weights: Weights | None = None
) -> Verdict:
    """Return *verdict* on a proposal of *kind* with the word of a judge beside its checks, never surer than it was.

    *said* is the judge's call; None: it was not asked, for the reason *why_not*. *weights* None: as shipped.
    """
    check, weighing = _check(said, why_not), (weights or shipped_weights()).of(kind)
    judged = verdict._replace(checks=(*verdict.checks, check))
    if verdict.state is not State.PASSED or not check.amount:
        return judged
    odds = log_odds(verdict.confidence) + weighing.weight(NAME) * weighing.moved(NAME, check.amount, kind)
    seen = verdict.signals and verdict.signals._replace(amounts={**verdict.signals.amounts, NAME: check.amount})
    return judged._replace(confidence=min(verdict.confidence, round(probability(odds), 3)), signals=seen)


def _check(said: Attempt | None, why_not: str) -> Check:
    if said is None:
        return Check(NAME, State.SKIPPED, blocking=False, evidence=f"nobody was asked: {why_not}")
    paid = "from the cache" if said.from_cache else f"${said.cost_usd:.4f}"
    if said.answer is None:
        evidence = f"{said.lane} gave no word: {said.cause or said.ended}, {paid}"
        return Check(NAME, State.SKIPPED, blocking=False, evidence=evidence, ms=said.latency_ms)
    amount = AMOUNTS[said.answer["verdict"]]
    state = State.FAILED if amount else State.PASSED
    return Check(NAME, state, blocking=False, evidence=f"{words(said)}, {paid}", ms=said.latency_ms, amount=amount)


def words(said: Attempt) -> str:
    """Return what the judge says, without its price, so that the same word always reads the same."""
    answer = said.answer or {}
    dropped = f" ({answer['dropped']} without a quote that stands)" if answer.get("dropped") else ""
    if answer.get("verdict", "right") == "right":
        return f"{said.lane} would take it{dropped}"
    thinks = "doubts it" if answer["verdict"] == "doubtful" else "thinks it wrong"
    doubts = "; ".join(f'"{_line(doubt["quote"])}": {_line(doubt["why"])}' for doubt in answer["doubts"])
    return f"{said.lane} {thinks}: {doubts}{dropped}"


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_SHOWN]


def trust(verdict: Verdict) -> float:
    """Return how sure (0..1) an answer is that no check can prove: as sure as the judge leaves it."""
    return 1.0 - max((check.amount for check in verdict.checks if check.name == NAME), default=0.0)


def told(verdict: Verdict) -> str | None:
    """Return what a judge said of *verdict*, for a person; None if none was to be asked."""
    return next((f"{NAME}: {check.evidence}" for check in verdict.checks if check.name == NAME), None)
