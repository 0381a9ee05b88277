"""One attempt at one lane: from the question to a checked proposal. What fails says what the next try has to know."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from suffice import families, judge, judges, lint_fix
from suffice.asking import REJECTED, Question, tellable
from suffice.checker.subject import Maker
from suffice.checker.verdict import State as CheckState
from suffice.constraints import Failure, not_set_up
from suffice.errors import ConfigError, ProviderError, SufficeError
from suffice.flight import Flight
from suffice.lanes import LINTER, Lane, Usage
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Ended, NoReply, Provider, Reply
from suffice.run import State
from suffice.shortfall import failed_for, failure_of
from suffice.snapshot import Snapshot
from suffice.state.budget import OverCap
from suffice.state.cache import Cached, CacheParts, cache_key
from suffice.state.ledger import Work
from suffice.task import Task


class NotSent(NamedTuple):
    """The lane's model became unavailable before anything was sent: decide again."""


class TooLong(NamedTuple):
    """The prompt and its answer do not fit the lane: decide again with `prompt_tokens` known."""

    prompt_tokens: int


class NotCached(NamedTuple):
    """Only what is cached was wanted, and this is not."""


Attempted = Attempt | OverCap | NotSent | TooLong | NotCached


class Step(NamedTuple):
    """What is to be tried next: `lane` (None: the linter), under `rules`, after `before`, recorded as `work`.

    `least_confidence` (0..1) is what the result needs to be proposed. With `only_cached` the lane is not asked.
    `judge` is asked about the result, unless `barred` says why nobody may be. `is_hidden` and `is_hidden_from_judge`
    tell which files the lane and the judge may not be shown, by path. `lost` is told what was paid when the step is
    cut off.
    """

    lane: Lane | None
    work: Work
    rules: KindPolicy
    before: tuple[Attempt, ...]
    least_confidence: float
    only_cached: bool = False
    judge: Lane | None = None
    barred: str | None = None
    is_hidden: Callable[[str], bool] | None = None
    is_hidden_from_judge: Callable[[str], bool] | None = None
    lost: Callable[[Attempt], None] = lambda _attempt: None


async def attempt_lane(
    task: Task, step: Step, *, snapshot: Snapshot, providers: Mapping[str, Provider], state: State
) -> Attempted:
    """Return what the step's lane made of *task*, checked; the attempt's `failure` says why it does not suffice."""
    if step.lane is None:
        with state.calls.coming():
            return await _checked(task, lint_fix.of_linter(task, snapshot), step, snapshot=snapshot, state=state)
    seen = _seen_by_lane(task, step, snapshot=snapshot, state=state)
    ask = functools.partial(
        families.question,
        task,
        step.lane,
        snapshot=seen,
        rules=step.rules,
        before=tellable(step.before, step.lane, step.is_hidden),
        storage=state.storage,
    )
    with state.calls.coming():
        question = await asyncio.to_thread(ask)  # the first of a rule runs `ruff rule`
    if question.prompt_tokens + question.request.max_output_tokens > step.lane.context_tokens:
        return TooLong(question.prompt_tokens)
    key = _cache_key(question, state)
    cached = state.cache.get(key)
    if cached is not None:
        known = await asyncio.to_thread(_of_cached, cached, question)
        made = await _checked(task, known, step, snapshot=snapshot, state=state)
        return await _judged(task, made, step, snapshot=snapshot, providers=providers, state=state)
    if step.only_cached:
        return NotCached()
    asked = await _ask(question, step, provider=providers[step.lane.provider], state=state)
    if not isinstance(asked, _Asked):
        return asked
    made, cut_off = asked.attempt, list[Attempt]()
    try:
        made = await _checked(task, made, step, snapshot=snapshot, state=state)
        asking = step._replace(lost=cut_off.append)
        made = await _judged(task, made, asking, snapshot=snapshot, providers=providers, state=state)
    except (asyncio.CancelledError, SufficeError):
        step.lost(_cut_short(made, cut_off))
        raise
    finally:  # what the checker said of it is known, whatever becomes of the judge
        if made.failure or made.verdict:
            _record(made, asked, key=key, work=step.work, state=state)
    return made


def _cut_short(made: Attempt, judges_asked: Sequence[Attempt]) -> Attempt:
    """Return *made*, which is paid, as it stands in the report of a run that ended before it was checked."""
    return made._replace(
        judge=next(iter(judges_asked), None), cause=made.cause or "the run ended before it was checked"
    )


def _seen_by_lane(task: Task, step: Step, *, snapshot: Snapshot, state: State) -> Snapshot:
    """Return what of *snapshot* the lane may be shown: for most kinds the files of the task, which decided the lane."""
    if task.kind not in families.LOOKING_AROUND:
        return snapshot
    is_hidden = step.is_hidden
    return snapshot.hiding(lambda path: state.unseen(path) or (is_hidden is not None and is_hidden(path)))


def _cache_key(question: Question, state: State) -> str:
    address = state.addresses.get(question.request.lane.provider, "")
    return cache_key(CacheParts.of(question.request, prompt_version=question.version, address=address))


class _Asked(NamedTuple):
    """An answered call: the attempt, not yet checked, its row in the ledger, and the answer as it may be cached."""

    attempt: Attempt
    row: int
    body: str | None


async def _ask(question: Question, step: Step, *, provider: Provider, state: State) -> _Asked | OverCap | NotSent:
    """Ask within the caps and record the call before its money is booked."""
    lane, work = question.request.lane, step.work
    prompt, most_tokens = Usage(input_tokens=question.prompt_tokens), question.request.max_output_tokens
    # at worst the provider's cache keeps all of the prompt, which costs more than reading it
    worst = prompt._replace(cache_write_tokens=prompt.input_tokens, output_tokens=most_tokens)
    reserved = await state.budget.reserve(lane.cost_usd(worst), spent_on_task_usd=sum(a.paid_usd for a in step.before))
    if isinstance(reserved, OverCap):
        return reserved
    flight = Flight(
        _unanswered(question, lane.cost_usd(prompt)),
        work,
        position=_position(step.before, lane),
        reserved=reserved,
        storage=state.storage,
        budget=state.budget,
    )

    def may_ask() -> bool:
        return not state.errors and state.time_left_s != 0 and state.health.may_ask(lane.provider, lane.model)

    try:
        answered = await state.calls.ask(provider, question.request, may_ask=may_ask, on_sent=flight.sent)
        if answered is None:
            return NotSent()
        _note_health(answered.answer, lane, state)
        flight.cost_usd = lane.cost_usd(answered.answer.paid)
        made = (await asyncio.to_thread(_of_answer, answered.answer, question))._replace(
            cost_usd=flight.cost_usd, usage=answered.answer.paid, latency_ms=answered.latency_ms
        )
        row = flight.landed(made)
    except asyncio.CancelledError:
        if cut_off := flight.cut_off():
            step.lost(cut_off)
        raise
    except (ProviderError, ConfigError):  # a key that is rejected, a model that is unknown, an address that is none
        flight.not_taken()
        raise
    finally:  # after the row is written: other processes may see the money twice for a moment, never nowhere
        state.budget.settle(reserved, flight.cost_usd)
    return _Asked(made, row, _body(answered.answer) if answered.is_own else None)


def _unanswered(question: Question, least_usd: float) -> Attempt:
    """Return what a call is that gets no answer, and which costs *least_usd* at least."""
    nothing = NoReply(ended=Ended.CANCELLED, cause="cancelled", paid=Usage())
    return _of_answer(nothing, question)._replace(cost_usd=least_usd)


def _position(before: tuple[Attempt, ...], lane: Lane) -> int:
    """Return how many attempts of this task failed on other lanes before."""
    return sum(a.lane not in {lane.name, LINTER} and a.failure is not Failure.TRANSPORT for a in before)


_FAILURES = {
    Ended.REFUSED: Failure.REFUSED,
    Ended.TRUNCATED: Failure.MALFORMED,
    Ended.MALFORMED: Failure.MALFORMED,
    Ended.UNAVAILABLE: Failure.TRANSPORT,
    Ended.TIMED_OUT: Failure.TRANSPORT,
    Ended.CANCELLED: Failure.TRANSPORT,
}


def _of_answer(answer: Reply | NoReply, question: Question) -> Attempt:
    lane = question.request.lane
    made = Attempt(
        lane=lane.name,
        provider=lane.provider,
        model=lane.model,
        effort=lane.effort or None,
        prompt_version=question.version,
        ended=Ended.ANSWERED if isinstance(answer, Reply) else answer.ended,
        request_id=answer.request_id,
        sent=question.sent,
    )
    if isinstance(answer, NoReply):
        failure = _FAILURES[answer.ended]
        told = "" if failure is Failure.TRANSPORT else f"your answer was unusable: {answer.cause}"
        return made._replace(failure=failure, cause=answer.cause, evidence=told)
    match question.read(answer.answer):
        case CannotFix(why=why, kept=kept):
            evidence = f"it cannot be fixed: {why}"
            return made._replace(failure=Failure.CANNOT_FIX, cause=why, evidence=evidence, changes=kept)
        case Unusable(why=why, kept=kept):
            return made._replace(failure=Failure.MALFORMED, cause=why, evidence=why, changes=kept)
        case Proposal(edits=edits, answer=data, changes=changes, step=step):
            return made._replace(edits=edits, answer=data, changes=changes, step=step)


def _body(answer: Reply | NoReply) -> str:
    """Return *answer* as it is cached: what was said, and the tokens of it."""
    if isinstance(answer, Reply):
        return json.dumps({"answer": answer.answer, "usage": answer.paid})
    return json.dumps({"ended": answer.ended, "cause": answer.cause, "usage": answer.paid})


def _of_cached(cached: Cached, question: Question) -> Attempt:
    body = json.loads(cached.body)
    if "answer" in body:
        answer: Reply | NoReply = Reply(answer=body["answer"], paid=Usage())
    else:
        answer = NoReply(ended=Ended(body["ended"]), cause=body["cause"], paid=Usage())
    made = _of_answer(answer, question)
    return made._replace(from_cache=True, saved_usd=cached.cost_usd, saved_usage=Usage(*body.get("usage", ())))


async def _checked(task: Task, made: Attempt, step: Step, *, snapshot: Snapshot, state: State) -> Attempt:
    """Return *made* with its verdict, and with a failure unless it may be proposed; as it is if it failed already."""
    if made.failure:
        return made
    same = (before for before in step.before if _is_same(before, made))
    again = next((before for before in same if before.lane == made.lane or before.evidence == REJECTED), None)
    if again is not None:
        return failed_for(made._replace(verdict=again.verdict), Failure.STALLED, again.evidence)
    maker, family = _maker(made, step, state), families.of(task.kind)
    verdict = await family.checked(task, made, snapshot=snapshot, checking=state.checking, maker=maker)
    made = made._replace(verdict=verdict)
    return failed_for(made, *failure_of(made, verdict, kind=step.work.kind, least=_least(step, state)))


def _least(step: Step, state: State) -> float:
    wished = state.wishes.min_confidence
    return step.least_confidence if wished is None else wished


def _is_same(before: Attempt, made: Attempt) -> bool:
    """Tell whether both propose the same patch."""
    return bool(made.edits or made.changes) and (before.edits, before.changes) == (made.edits, made.changes)


def _maker(made: Attempt, step: Step, state: State) -> Maker:
    """Return how often the lane of *made* was asked about the task before, and how it did on such tasks."""
    retries = sum(a.lane == made.lane and a.failure is not Failure.TRANSPORT for a in step.before)
    prior = state.storage.memory.prior(step.work, lane=made.lane, model=made.model, prompt_version=made.prompt_version)
    return Maker(retries, prior, made.provider)


async def _judged(
    task: Task, made: Attempt, step: Step, *, snapshot: Snapshot, providers: Mapping[str, Provider], state: State
) -> Attempt:
    """Return *made* with a cheap judge's word on it, where one is to be asked: it lowers, and nothing else."""
    if made.failure or made.verdict is None or made.verdict.proof or step.judge is None:
        return made
    ask = functools.partial(judge.question, task, made, step.judge, snapshot=snapshot, rules=step.rules)
    if _shows_hidden(made, step.is_hidden_from_judge):
        said: Attempt | str = f"a file of the patch may not be shown to {step.judge.name}"
    else:
        step = step._replace(before=(*step.before, made))
        said = await _second_word(await asyncio.to_thread(ask), step, providers=providers, state=state)
    heard, why_not = (said, "") if isinstance(said, Attempt) else (None, said)
    weights = state.checking.weights
    verdict = judge.lowered(made.verdict, heard, kind=task.kind, why_not=why_not, weights=weights)
    made = made._replace(judge=heard, verdict=verdict)
    return failed_for(made, *failure_of(made, verdict, kind=step.work.kind, least=_least(step, state)))


def _shows_hidden(made: Attempt, is_hidden: Callable[[str], bool] | None) -> bool:
    paths = (path for change in made.changes for path in (change.path, change.target))
    return is_hidden is not None and any(map(is_hidden, paths))


def _why_not(question: Question, step: Step, providers: Mapping[str, Provider]) -> str | None:
    """Return why the judge of *question* cannot be asked, None if it can."""
    lane = question.request.lane
    if question.prompt_tokens + question.request.max_output_tokens > lane.context_tokens:
        return f"it is too long for {lane.name}"
    return step.barred or (None if lane.provider in providers else not_set_up(lane.provider))


async def _second_word(
    question: Question, step: Step, *, providers: Mapping[str, Provider], state: State
) -> Attempt | str:
    """Return the call of the judge, paid and recorded as its own, or why nobody was asked."""
    lane = question.request.lane
    key = _cache_key(question, state)
    cached = state.cache.get(key)
    if cached is not None:
        return _of_cached(cached, question)
    if why_not := _why_not(question, step, providers):
        return why_not
    step = step._replace(lane=lane, work=step.work._replace(kind=judges.NAME))
    try:
        asked = await _ask(question, step, provider=providers[lane.provider], state=state)
    except ProviderError as error:  # a bad key ends a run that needs it to make something, not for a judge
        return str(error)
    match asked:
        case _Asked():
            _record(asked.attempt, asked, key=key, work=step.work, state=state)
            return asked.attempt
        case OverCap():
            return str(asked)
        case _:
            return f"{lane.name} cannot be reached now"


def _record(made: Attempt, asked: _Asked, *, key: str, work: Work, state: State) -> None:
    """Settle the row of the call, and keep the answer, good or bad, so that it is not paid twice."""
    failed = tuple(check.name for check in made.verdict.failed) if made.verdict else ()
    confidence = made.verdict.confidence if made.verdict else None
    signals = made.verdict.signals if made.verdict else None
    unchecked = made.verdict is not None and made.verdict.state is CheckState.UNCHECKED
    with state.store.transaction():
        state.ledger.record_check(
            asked.row,
            failure=made.failure,
            failed_checks=failed,
            confidence=confidence,
            signals=signals,
            unchecked=unchecked,
        )
        if asked.body is not None and made.failure is not Failure.TRANSPORT:
            cached = Cached(body=asked.body, cost_usd=made.cost_usd, sufficed=made.failure is None)
            state.cache.put(key, cached, kind=work.kind, lane=made.lane, model=made.model, fingerprint=work.fingerprint)


def _note_health(answer: Reply | NoReply, lane: Lane, state: State) -> None:
    if isinstance(answer, NoReply) and _FAILURES[answer.ended] is Failure.TRANSPORT:
        state.health.failed(lane.provider, lane.model, answer.retry_after_s)
    else:
        state.health.answered(lane.provider, lane.model)
