"""What `suffice ask` tells: the answer itself, the document (`suffice.answer/1`), and the lines for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from suffice import __version__
from suffice.answer_form import DATA
from suffice.checker.verdict import State
from suffice.counterfactual import counterfactual
from suffice.judges import NAME as JUDGE
from suffice.lanes import HUMAN, catalogue
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.privacy import PLACEHOLDER
from suffice.providers.connect import KEY_VARIABLES
from suffice.report import Ended as EndedItem
from suffice.report import attempt_entry, by_lane, cache_hits, status_of, verdict_entry
from suffice.text_task import STRUCTURED
from suffice.told import printable, step_told
from suffice_ci.summary import dollars

SCHEMA_NAME = "suffice.answer/1"


class Given(NamedTuple):
    """An answer in the form that is printed: prose, a label, labels or data, and what was said beside it."""

    value: Any
    quotes: tuple[str, ...] = ()
    because: str | None = None

    @property
    def text(self) -> str:
        """The answer as it is printed: prose, one label a line, or JSON; nothing in it steers a terminal."""
        if isinstance(self.value, str):
            return printable(self.value.strip())
        if isinstance(self.value, list) and self.because is not None:
            return "\n".join(map(printable, self.value))
        return printable(json.dumps(self.value, ensure_ascii=False, indent=2))


def given(answer: Mapping[str, Any]) -> Given:
    """Return the data of a model's *answer* in the form that is printed."""
    if DATA in answer:
        return Given(answer[DATA])
    if "labels" in answer:
        return Given(list(dict.fromkeys(answer["labels"])), because=answer["why"])
    if "label" in answer:
        return Given(answer["label"], because=answer["why"])
    return Given(answer["answer"], quotes=tuple(answer["quotes"]))


def answer_of(outcome: Outcome) -> Given | None:
    """Return the answer that *outcome* proposes, None if there is none."""
    found = outcome.attempts[-1].answer if outcome.ending is Ending.PROPOSED else None
    return None if found is None else given(found)


def document(outcome: Outcome, *, policy: Policy, cap_usd: float, duration_ms: int) -> dict[str, Any]:
    """Return the document of `--json`."""
    answer = answer_of(outcome)
    status, _ = status_of([EndedItem(ending=outcome.ending, reason=outcome.reason)])
    entry: dict[str, Any] = {
        **_head(outcome.task.kind, status=status, reason=outcome.reason, detail=outcome.detail),
        "answer": answer.value if answer else None,
        "lane": outcome.lane,
        "verdict": verdict_entry(outcome.verdict) if outcome.verdict else None,
        "attempts": [_tried(attempt) for attempt in outcome.attempts],
        "why": list(outcome.why),
        "policy": {"name": policy.name, "sha256": policy.sha256},
        "mode": outcome.task.mode,
        "duration_ms": duration_ms,
        "totals": _totals(outcome, policy, cap_usd),
    }
    if answer and answer.because is not None:
        entry["because"] = answer.because
    if answer and answer.quotes:
        entry["quotes"] = list(answer.quotes)
    if outcome.next_lane and outcome.next_lane != HUMAN:
        entry["next_lane"] = {"lane": outcome.next_lane, "estimated_cost_usd": round(outcome.next_cost_usd, 6)}
    return entry


def failure_document(*, kind: str, reason: str, detail: str) -> dict[str, Any]:
    """Return the document of a question that could not be asked."""
    return {
        **_head(kind, status="failed", reason=reason, detail=detail),
        "answer": None,
        "lane": None,
        "verdict": None,
        "attempts": [],
        "why": [],
        "policy": {"name": "none", "sha256": ""},
        "totals": {"cost_usd": 0.0, "cap_usd": 0.0, "by_lane": {}, "cache": {"hits": 0, "saved_usd": 0.0}},
    }


def _head(kind: str, *, status: str, reason: str, detail: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA_NAME,
        "tool": {"name": "suffice", "version": __version__},
        "command": "ask",
        "kind": kind,
        "status": status,
        "reason": reason,
        "detail": detail,
        "prices_read_on": catalogue().read_on.isoformat(),
    }


def _tried(attempt: Attempt) -> dict[str, Any]:
    """Return *attempt* as in a report; what it gave and why that was rejected is for the person who takes over."""
    entry = attempt_entry(attempt)
    if attempt.failure and attempt.answer is not None:
        entry |= {"rejected_answer": dict(attempt.answer), "rejected_because": attempt.evidence}
    return entry


def _totals(outcome: Outcome, policy: Policy, cap_usd: float) -> dict[str, Any]:
    return {
        "cost_usd": round(outcome.cost_usd, 8),
        "cap_usd": cap_usd,
        "by_lane": by_lane([outcome]),
        "cache": cache_hits([outcome]),
        "counterfactual": counterfactual([outcome], policy),
    }


def told(outcome: Outcome) -> Iterator[str]:
    """Yield the lines for a person, beside the answer itself."""
    answer = answer_of(outcome)
    if answer is None:
        yield from _told_of_none(outcome)
        return
    if answer.because:
        yield f"because: {printable(answer.because)}"
    yield ", ".join(_settled(outcome))
    if PLACEHOLDER.search(answer.text):
        yield "Secrets were taken out before the text was sent; SUFFICE_REDACTED_1_ and the like stand for them."


def _settled(outcome: Outcome) -> Iterator[str]:
    """Yield the parts of a line like "haiku failed quotes, sonnet sufficed, unchecked, 2 quotes verified, $0.0031"."""
    yield from (step_told(attempt) for attempt in outcome.attempts[:-1])
    yield f"{outcome.lane} sufficed"
    yield from _verified(outcome)
    yield dollars(outcome.cost_usd)
    if all(attempt.from_cache and (attempt.judge is None or attempt.judge.from_cache) for attempt in outcome.attempts):
        yield "from the cache"


def _verified(outcome: Outcome) -> Iterator[str]:
    """Yield the state, and what is verified all the same: quotes of prose, the form of labels and data."""
    verdict = outcome.verdict
    if verdict is None:
        return
    yield str(verdict.state)
    told_of = "form" if outcome.task.kind in STRUCTURED else "quotes"
    for check in verdict.checks:
        if check.name == told_of and check.state is State.PASSED:
            yield f"{check.evidence} (verified)"
    judged = next((check for check in verdict.checks if check.name == JUDGE), None)
    if judged and judged.state is not State.SKIPPED:
        yield printable(judged.evidence)


def _told_of_none(outcome: Outcome) -> Iterator[str]:
    steps = "".join(f", {step_told(attempt)}" for attempt in outcome.attempts)
    paid = f", {dollars(outcome.cost_usd)}" if outcome.attempts else ""
    about = f", about {dollars(outcome.next_cost_usd)}" if outcome.ending is Ending.SKIPPED else ""
    shown = about if outcome.next_cost_usd else ""
    yield printable(f"suffice: {outcome.ending}: {outcome.reason}: {outcome.detail}{shown}{steps}{paid}")
    if outcome.reason == "no-key":
        yield f"Set {' or '.join(KEY_VARIABLES.values())} to have it answered."
