"""The loop: decide, attempt, check; propose what passes, try once more or climb with what fails, else hand over.

Nothing is proposed that the checker did not pass, and every attempt is in the outcome, whatever became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from suffice.checker.linting import Linting
from suffice.checker.waves import Waves
from suffice.decide import Decision, Facts, Failure, Tried, decide
from suffice.errors import SufficeError
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.providers.reply import Provider
from suffice.snapshot import Snapshot
from suffice.state.budget import Budget
from suffice.state.health import Health
from suffice.state.ledger import Ledger
from suffice.task import Applicability, Task
from suffice.wishes import Wishes

DEFAULT_JOBS = 8
"""Calls in flight; both providers' smallest paid tiers allow more."""

LONGEST_WAIT_S = 8.0
"""A longer rest of the only provider is an outage."""

_MOST_TRANSPORT_FAILURES = 3


@dataclass(slots=True, kw_only=True)
class State:
    """What the tasks of a run share. `tell` is called with each attempt as it ends.

    `errors` holds what no rung mends (a bad key, a linter that cannot run): after the first nobody is asked any more.
    """

    checking: Waves
    ledger: Ledger = field(default_factory=Ledger)
    budget: Budget = field(default_factory=Budget)
    health: Health = field(default_factory=Health)
    calls: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DEFAULT_JOBS))
    wishes: Wishes = field(default_factory=Wishes)
    errors: list[SufficeError] = field(default_factory=list)
    tell: Callable[[Task, Attempt], None] = lambda _task, _attempt: None

    @classmethod
    def of(cls, snapshot: Snapshot, *, select: str | None = None) -> State:
        """Return a fresh state for tasks on *snapshot*, remembered nowhere; *select* are ruff's rules (`B,UP`)."""
        return cls(checking=Waves(Linting(root=snapshot.root, select=select)))


async def solve(
    task: Task,
    *,
    snapshot: Snapshot,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
) -> Outcome:
    """Return how *task* ended. What no rung mends is an outcome too, and stands in the state's `errors`."""
    from suffice.attempt import OverBudget, attempt_lane

    attempts: tuple[Attempt, ...] = ()
    while True:
        decision = _decide(task, policy, providers, state, attempts)
        if decision.first == HUMAN and await _rested(decision, attempts, state):
            continue
        if decision.first == HUMAN:
            return _handed_over(task, decision, attempts)
        if decision.first != LINTER and (barred := _why_barred(state)):
            return _not_sent(task, decision, attempts, barred)
        try:
            attempt = await attempt_lane(
                task,
                decision.first,
                snapshot=snapshot,
                rules=policy.of(task.kind),
                providers=providers,
                state=state,
                before=attempts,
            )
        except SufficeError as error:
            state.errors.append(error)
            return _broken(task, attempts, error)
        if attempt is None:
            continue
        if isinstance(attempt, OverBudget):
            return _out_of_budget(task, decision, attempts, attempt)
        attempts = (*attempts, attempt)
        state.tell(task, attempt)
        if attempt.failure is None:
            return _proposed(task, decision, attempts)


def _why_barred(state: State) -> str | None:
    """Return why no model may be called, None if one may."""
    return state.wishes.no_calls or (state.errors[0].reason if state.errors else None)


def _broken(task: Task, attempts: tuple[Attempt, ...], error: SufficeError) -> Outcome:
    return Outcome(task=task, ending=Ending.ERROR, reason=error.reason, detail=str(error), attempts=attempts)


def _decide(
    task: Task, policy: Policy, providers: Mapping[str, Provider], state: State, attempts: tuple[Attempt, ...]
) -> Decision:
    facts = Facts(
        with_key=frozenset(providers),
        unavailable=state.health.unavailable(),
        tried=tuple(Tried(lane=a.lane, failure=a.failure) for a in attempts if a.failure),
        allow=state.wishes.allow,
        deny=state.wishes.deny,
        lane=state.wishes.lane,
        max_lane=state.wishes.max_lane,
    )
    return decide(task, policy=policy, state=facts)


async def _rested(decision: Decision, attempts: tuple[Attempt, ...], state: State) -> bool:
    """Wait for a provider that rests shortly, if that is all that is in the way; say whether to decide again."""
    if not _is_outage(decision):
        return False
    failures = sum(attempt.failure is Failure.TRANSPORT for attempt in attempts)
    rest_s = state.health.shortest_rest_s()
    if failures >= _MOST_TRANSPORT_FAILURES or rest_s > LONGEST_WAIT_S:
        return False
    await asyncio.sleep(rest_s)
    return True


def _is_outage(decision: Decision) -> bool:
    return any("is unavailable" in excluded.constraint for excluded in decision.excluded)


def _proposed(task: Task, decision: Decision, attempts: tuple[Attempt, ...]) -> Outcome:
    last = attempts[-1]
    by_linter = last.lane == LINTER
    fix = next((d.fix for d in task.diagnostics if d.fix), None)
    return Outcome(
        task=task,
        ending=Ending.PROPOSED,
        reason="sufficed",
        detail=f"{last.lane} sufficed",
        attempts=attempts,
        lane=last.lane,
        edits=last.edits,
        verdict=last.verdict,
        applicability=fix.applicability if by_linter and fix else Applicability.MODEL,
        next_lane=decision.next_lane,
        next_cost_usd=decision.next_cost_usd,
        why=decision.why,
    )


def _handed_over(task: Task, decision: Decision, attempts: tuple[Attempt, ...]) -> Outcome:
    ending, reason, detail = _why_human(decision, attempts)
    return Outcome(
        task=task,
        ending=ending,
        reason=reason,
        detail=detail,
        attempts=attempts,
        verdict=attempts[-1].verdict if attempts else None,
        why=decision.why,
    )


def _why_human(  # noqa: PLR0911 - a flat table from failure to reason
    decision: Decision, attempts: tuple[Attempt, ...]
) -> tuple[Ending, str, str]:
    """Return the ending, the reason code and a sentence, from what was tried last."""
    asked = [attempt for attempt in attempts if attempt.failure not in {None, Failure.TRANSPORT}]
    if _is_outage(decision):
        causes = "; ".join(excluded.constraint for excluded in decision.excluded if "unavail" in excluded.constraint)
        return Ending.SKIPPED, "provider-outage", f"{causes}; run again later"
    if not asked:
        return Ending.NEEDS_HUMAN, "no-lane", "no lane may be used for this task; see suffice explain"
    last = asked[-1]
    tried = f"tried {', '.join(dict.fromkeys(a.lane for a in asked))}"
    failed = {check.name for a in asked for check in (a.verdict.failed if a.verdict else ())}
    if last.failure is Failure.REFUSED:
        return Ending.REFUSED, "refused", f"{last.lane} refused: {last.cause}; {tried}"
    if last.failure is Failure.CANNOT_FIX:
        return Ending.NEEDS_HUMAN, "cannot-fix", f"{last.lane}: {last.cause}; {tried}"
    if last.failure is Failure.CHECK_FAILED and "public-surface" in failed:
        return Ending.NEEDS_HUMAN, "changes-public-api", f"{last.evidence}; {tried}"
    if last.failure is Failure.LOW_CONFIDENCE:
        return Ending.NEEDS_HUMAN, "low-confidence", f"{last.evidence}; {tried}"
    if last.failure is Failure.MALFORMED:
        return Ending.NEEDS_HUMAN, "no-usable-reply", f"{last.cause}; {tried}"
    return Ending.NEEDS_HUMAN, "checks-failed", f"{last.evidence}; {tried}"


_NOT_SENT = {
    "no-key": "no key is set for a model",
    "offline": "--offline calls nobody",
    "dry-run": "--dry-run calls nobody",
    "bad-key": "a provider rejects the key or does not know the model",
    "no-consent": "nobody agreed to send code to the provider; run once on a terminal, or with --yes",
}


def _not_sent(task: Task, decision: Decision, attempts: tuple[Attempt, ...], reason: str) -> Outcome:
    return Outcome(
        task=task,
        ending=Ending.SKIPPED,
        reason=reason,
        detail=f"{_NOT_SENT.get(reason, reason)}; it would go to {decision.first}",
        attempts=attempts,
        next_lane=decision.first,
        next_cost_usd=decision.estimated_cost_usd,
        why=decision.why,
    )


def _out_of_budget(task: Task, decision: Decision, attempts: tuple[Attempt, ...], over: object) -> Outcome:
    return Outcome(
        task=task,
        ending=Ending.OUT_OF_BUDGET,
        reason="cap-reached",
        detail=f"{over}; raise --max-cost-usd to go on",
        attempts=attempts,
        next_lane=decision.first,
        next_cost_usd=decision.estimated_cost_usd,
        why=decision.why,
    )
