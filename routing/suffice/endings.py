"""How a climb ends: every way out has one outcome, with one reason and a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from suffice import judge
from suffice.constraints import REJECTED_HERE, Cause, Failure
from suffice.decide import Decision
from suffice.errors import SufficeError
from suffice.lanes import LINTER
from suffice.outcome import Attempt, Ending, Outcome
from suffice.state.budget import OverCap
from suffice.task import Applicability, Task


def broken(task: Task, attempts: tuple[Attempt, ...], error: SufficeError) -> Outcome:
    return Outcome(task=task, ending=Ending.ERROR, reason=error.reason, detail=str(error), attempts=attempts)


def outage(task: Task, decision: Decision, attempts: tuple[Attempt, ...]) -> Outcome:
    """Return the outcome of a task whose calls failed on the way again and again."""
    causes = "; ".join(dict.fromkeys(a.cause for a in attempts if a.failure is Failure.TRANSPORT and a.cause))
    left = Outcome(task, Ending.SKIPPED, "provider-outage", f"{causes}; run again later", attempts)
    return _with_next(left, decision)


def _with_next(left: Outcome, decision: Decision) -> Outcome:
    """Return *left* with the lane that would have been asked, what it costs, and why."""
    return left._replace(next_lane=decision.first, next_cost_usd=decision.estimated_cost_usd, why=decision.why)


def is_outage(decision: Decision) -> bool:
    return any(denied.cause is Cause.OUTAGE for denied in decision.denied_now)


def proposed(task: Task, decision: Decision, attempts: tuple[Attempt, ...]) -> Outcome:
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
        changes=last.changes,
        verdict=last.verdict,
        applicability=fix.applicability if by_linter and fix else Applicability.MODEL,
        next_lane=decision.next_lane,
        next_cost_usd=decision.next_cost_usd,
        why=(*decision.why, *_judged(last)),
    )


def _judged(last: Attempt) -> tuple[str, ...]:
    return tuple(filter(None, [judge.told(last.verdict) if last.verdict else None]))


def handed_over(task: Task, decision: Decision, attempts: tuple[Attempt, ...]) -> Outcome:
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
    now = _why_not_now(decision)
    if now:
        return now
    if decision.stop:
        tried = ", ".join(dict.fromkeys(a.lane for a in asked))
        return Ending.NEEDS_HUMAN, "not-worth-climbing", f"{decision.stop}; tried {tried}"
    if not asked and (rejected := [d.lane for d in decision.excluded if d.constraint == REJECTED_HERE]):
        return Ending.NEEDS_HUMAN, "left-for-human", _all_rejected(rejected, decision)
    if not asked:
        why = "; ".join(f"{lane}: {constraint}" for lane, constraint in decision.excluded)
        return Ending.NEEDS_HUMAN, "no-lane", f"no lane may be used for this task ({why}); change what excludes them"
    last = asked[-1]
    tried = f"tried {', '.join(dict.fromkeys(a.lane for a in asked))}"
    failed = {check.name for a in asked for check in (a.verdict.failed if a.verdict else ())}
    if last.failure is Failure.REFUSED:
        return Ending.REFUSED, "refused", f"{last.lane} refused: {last.cause}; {tried}"
    if last.failure is Failure.CANNOT_FIX:
        return Ending.NEEDS_HUMAN, "cannot-fix", f"{last.lane}: {last.cause}; {tried}"
    if last.failure in {Failure.CHECK_FAILED, Failure.STALLED} and "public-surface" in failed:
        return Ending.NEEDS_HUMAN, "changes-public-api", f"{last.evidence}; {tried}"
    if last.failure is Failure.LOW_CONFIDENCE:
        return Ending.NEEDS_HUMAN, "low-confidence", f"{last.evidence}; {tried}"
    if last.failure is Failure.MALFORMED:
        return Ending.NEEDS_HUMAN, "no-usable-reply", f"{last.cause}; {tried}"
    return Ending.NEEDS_HUMAN, "checks-failed", f"{last.evidence}; {tried}"


def _all_rejected(rejected: Sequence[str], decision: Decision) -> str:
    others = "; ".join(f"{lane}: {why}" for lane, why in decision.excluded if why != REJECTED_HERE)
    left_out = f", and none above may be used ({others})" if others else ""
    said = f"every lane's result was rejected (tried {', '.join(rejected)}){left_out}"
    return f"{said}; change the request, name another lane (--lane, --allow), or do it by hand"


def _why_not_now(decision: Decision) -> tuple[Ending, str, str] | None:
    """Return how a task ends that could go on at another moment, with more time or more money; None if it could not."""
    by_cause = {cause: [d for d in decision.denied_now if d.cause is cause] for cause in Cause}
    if away := by_cause[Cause.OUTAGE]:
        return Ending.SKIPPED, "provider-outage", f"{'; '.join(d.constraint for d in away)}; run again later"
    if late := by_cause[Cause.TOO_LATE]:
        return Ending.OUT_OF_BUDGET, "time-budget", f"{late[0].lane} {late[0].constraint}; give more time to go on"
    if dear := by_cause[Cause.TOO_DEAR]:
        return Ending.OUT_OF_BUDGET, "cap-reached", f"the cap of the run leaves too little for {dear[0].lane}; raise it"
    return None


NOT_EVEN_CACHED = {"dry-run", "bad-key", "configuration"}
"""Why nobody is asked, and nothing is taken from the cache either."""

_NOT_SENT = {
    "no-key": "no key is set for a model",
    "offline": "--offline calls nobody",
    "dry-run": "--dry-run calls nobody",
    "bad-key": "a provider rejects the key or does not know the model",
    "no-consent": "nobody agreed to send code to the provider; run once on a terminal, or with --yes",
}


def not_sent(task: Task, decision: Decision, attempts: tuple[Attempt, ...], reason: str) -> Outcome:
    detail = f"{_NOT_SENT.get(reason, reason)}; it would go to {decision.first}"
    return _with_next(Outcome(task, Ending.SKIPPED, reason, detail, attempts), decision)


def out_of_budget(task: Task, decision: Decision, attempts: tuple[Attempt, ...], over: OverCap) -> Outcome:
    left = Outcome(task, Ending.OUT_OF_BUDGET, "cap-reached", f"{over}; raise it to go on", attempts)
    return _with_next(left, decision)
