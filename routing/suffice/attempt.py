"""One attempt at one lane: from the prompt to a checked patch. What fails says what the next try has to know."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import time
from collections.abc import Mapping
from typing import NamedTuple

from suffice.checker.subject import Subject
from suffice.checker.verdict import State as CheckState
from suffice.decide import Failure
from suffice.edits.edit import apply_to_file, linter_edits
from suffice.edits.window_reply import SCHEMA, SCHEMA_NAME, CannotFix, Unusable, edits_of_reply
from suffice.fingerprint import fingerprint
from suffice.lanes import LINTER, Lane, Usage, catalogue, estimate_tokens
from suffice.lint_prompt import lint_prompt
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.privacy import Redacted, redact
from suffice.project import oldest_python
from suffice.providers.reply import Ended, NoReply, Provider, Reply, Request
from suffice.snapshot import Snapshot, SourceFile
from suffice.solve import State
from suffice.state.ledger import Call, Work
from suffice.task import Task
from suffice.windows import Window, window


class OverBudget(NamedTuple):
    """The cap leaves no room for the next call."""

    cap_usd: float
    spent_usd: float

    def __str__(self) -> str:
        return f"the cap of ${self.cap_usd:.2f} leaves no room after ${self.spent_usd:.4f}"


async def attempt_lane(
    task: Task,
    lane: str,
    *,
    snapshot: Snapshot,
    rules: KindPolicy,
    providers: Mapping[str, Provider],
    state: State,
    before: tuple[Attempt, ...],
) -> Attempt | OverBudget | None:
    """Return what *lane* made of *task*, checked, after *before*; `failure` says why it does not suffice.

    None if its provider became unavailable before anything was sent.
    """
    if lane == LINTER:
        return await _checked(
            task, _of_linter(task, snapshot), snapshot=snapshot, state=state, least=_least_confidence(rules, state, 0)
        )
    prompt = functools.partial(_question, task, catalogue().lanes[lane], snapshot, rules, before)
    question = await asyncio.to_thread(prompt)  # the first of a rule runs `ruff rule`
    attempt = await _ask(question, provider=providers[question.request.lane.provider], state=state)
    if attempt is None or isinstance(attempt, OverBudget):
        return attempt
    row = state.ledger.record_call(_work(task, snapshot), _call(attempt))
    if attempt.failure:
        return attempt
    least = _least_confidence(rules, state, len(before))
    checked = await _checked(task, attempt, snapshot=snapshot, state=state, least=least)
    if checked.verdict:
        failed = tuple(check.name for check in checked.verdict.failed)
        state.ledger.record_check(row, failed, checked.verdict.confidence)
    return checked


def _of_linter(task: Task, snapshot: Snapshot) -> Attempt:
    """Return the linter's own fix as an attempt: rung zero, free."""
    diagnostic = task.diagnostics[0]
    edits = linter_edits(diagnostic.fix, snapshot.file(diagnostic.path)) if diagnostic.fix else ()
    return Attempt(lane=LINTER, provider="ruff", model="ruff", ended=Ended.ANSWERED, edits=edits)


async def _checked(task: Task, made: Attempt, *, snapshot: Snapshot, state: State, least: float) -> Attempt:
    """Return *made* with its verdict, and with a failure unless it may be proposed."""
    file = snapshot.file(task.diagnostics[0].path)
    subject = Subject(
        kind=task.kind,
        changes=(apply_to_file(file, made.edits),),
        snapshot=snapshot,
        diagnostics=task.diagnostics,
        from_linter=made.lane == LINTER,
        base_shas={edit.path: edit.base_sha for edit in made.edits},
        oldest_python=oldest_python(snapshot.root, file.path),
    )
    verdict = await state.checking.check(subject)
    if verdict.state is not CheckState.PASSED:
        found = verdict.failed[0] if verdict.failed else None
        evidence = f"{found.name}: {found.evidence}" if found else "no check could look at the patch"
        return made._replace(verdict=verdict, failure=Failure.CHECK_FAILED, evidence=evidence)
    if verdict.confidence < least:
        evidence = f"confidence {verdict.confidence:.2f} is below {least:.2f}"
        return made._replace(verdict=verdict, failure=Failure.LOW_CONFIDENCE, evidence=evidence)
    return made._replace(verdict=verdict)


_RISE_PER_TRY = 0.01


def _least_confidence(rules: KindPolicy, state: State, tries: int) -> float:
    """Return the confidence that is needed: it rises with each try, another chance to be fooled."""
    wished = state.wishes.min_confidence
    return rules.propose + _RISE_PER_TRY * tries if wished is None else wished


class _Question(NamedTuple):
    """A request, and what its answer is read with: the window, the file, and the secrets that were held back."""

    request: Request
    version: str
    window: Window
    file: SourceFile
    redacted: Redacted


def _question(task: Task, lane: Lane, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]) -> _Question:
    diagnostic = task.diagnostics[0]
    file = snapshot.file(diagnostic.path)
    place = window(file.text, diagnostic.span)
    evidence = [_told(attempt) for attempt in before if attempt.evidence]
    prompt = lint_prompt(diagnostic, file=file, window=place, evidence=evidence)
    redacted = redact(prompt.body)
    request = Request(
        lane=lane,
        stable=prompt.stable,
        prompt=redacted.text,
        schema=SCHEMA,
        schema_name=SCHEMA_NAME,
        max_output_tokens=rules.max_output_tokens,
        timeout_s=rules.timeout_s,
        cache_key=hashlib.sha256(prompt.stable.encode()).hexdigest()[:32],
    )
    return _Question(request, prompt.version, place, file, redacted)


async def _ask(question: _Question, *, provider: Provider, state: State) -> Attempt | OverBudget | None:
    """Ask within the budget and return the attempt with its edits, unchecked.

    None if the provider became unavailable while the call waited for its turn: nothing was sent, decide again.
    """
    request, lane = question.request, question.request.lane
    prompt_tokens = estimate_tokens(request.stable + request.prompt)
    worst_usd = lane.cost_usd(Usage(input_tokens=prompt_tokens, output_tokens=request.max_output_tokens))
    if not await state.budget.reserve(worst_usd):
        return OverBudget(cap_usd=state.budget.cap_usd, spent_usd=state.budget.spent_usd)
    cost_usd = 0.0
    try:
        async with state.calls:  # freed at the reply: the check needs no place among the calls
            if lane.provider in state.health.unavailable():
                return None
            start = time.perf_counter()
            cost_usd = lane.cost_usd(Usage(input_tokens=prompt_tokens))  # what a call that is cut off costs at least
            answer = await provider.ask(request)
            latency_ms = (time.perf_counter() - start) * 1000
        cost_usd = lane.cost_usd(answer.paid)
    finally:
        state.budget.settle(worst_usd, cost_usd)
    _note_health(answer, lane, state)
    return _of_answer(answer, question)._replace(cost_usd=cost_usd, latency_ms=latency_ms)


_FAILURES = {
    Ended.REFUSED: Failure.REFUSED,
    Ended.TRUNCATED: Failure.MALFORMED,
    Ended.MALFORMED: Failure.MALFORMED,
    Ended.UNAVAILABLE: Failure.TRANSPORT,
    Ended.TIMED_OUT: Failure.TRANSPORT,
    Ended.CANCELLED: Failure.TRANSPORT,
}


def _of_answer(answer: Reply | NoReply, question: _Question) -> Attempt:
    lane = question.request.lane
    made = Attempt(
        lane=lane.name,
        provider=lane.provider,
        model=lane.model,
        effort=lane.effort,
        prompt_version=question.version,
        ended=Ended.ANSWERED if isinstance(answer, Reply) else answer.ended,
        request_id=answer.request_id,
        usage=answer.paid,
    )
    if isinstance(answer, NoReply):
        failure = _FAILURES[answer.ended]
        told = "" if failure is Failure.TRANSPORT else f"your answer was unusable: {answer.cause}"
        return made._replace(failure=failure, cause=answer.cause, evidence=told)
    texts = {key: question.redacted.restore(answer.answer.get(key)) for key in ("replacement", "extra_import")}
    edits = edits_of_reply({**answer.answer, **texts}, window=question.window, file=question.file)
    match edits:
        case CannotFix(why=why):
            return made._replace(failure=Failure.CANNOT_FIX, cause=why, evidence=f"it cannot be fixed: {why}")
        case Unusable(why=why):
            return made._replace(failure=Failure.MALFORMED, cause=why, evidence=why)
        case _:
            return made._replace(edits=edits)


def _told(attempt: Attempt) -> str:
    """Return what the next try is told of *attempt*: what it wrote, and why that was rejected."""
    written = "".join(edit.new_text for edit in attempt.edits).rstrip()
    shown = f", having written:\n{written[:_MOST_TOLD_CHARS]}\n" if written else ""
    return f"{attempt.lane} was rejected ({attempt.evidence}){shown}"


_MOST_TOLD_CHARS = 1500


def _note_health(answer: Reply | NoReply, lane: Lane, state: State) -> None:
    if isinstance(answer, NoReply) and _FAILURES[answer.ended] is Failure.TRANSPORT:
        state.health.failed(lane.provider, answer.retry_after_s)
    else:
        state.health.answered(lane.provider)


def _work(task: Task, snapshot: Snapshot) -> Work:
    diagnostic = task.diagnostics[0]
    repository = hashlib.sha256(str(snapshot.root).encode()).hexdigest()[:16]
    name = fingerprint(diagnostic, snapshot)
    return Work(kind=task.kind, rule=diagnostic.rule, repository=repository, fingerprint=name)


def _call(attempt: Attempt) -> Call:
    return Call(
        lane=attempt.lane,
        provider=attempt.provider,
        model=attempt.model,
        effort=attempt.effort or "",
        prompt_version=attempt.prompt_version or "",
        ended=attempt.ended,
        cause=attempt.cause,
        request_id=attempt.request_id,
        cost_usd=attempt.cost_usd,
        usage=attempt.usage,
        latency_ms=attempt.latency_ms,
    )
