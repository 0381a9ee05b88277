"""What is told of attempts: while a request goes on, and when it has ended."""

from __future__ import annotations

from suffice.outcome import Attempt, Outcome
from suffice.told import step_told
from suffice_server.messages import Attempted
from suffice_server.wording import lane_name, price


def attempted(number: int, attempt: Attempt, about: str = "") -> Attempted:
    """Return *attempt* as it is told while the request *number* goes on."""
    failed = attempt.verdict.failed if attempt.verdict else ()
    failure = failed[0].name if failed else attempt.failure
    return Attempted(
        id=number,
        lane=attempt.lane,
        failure=str(failure) if attempt.failure else None,
        cost_usd=attempt.paid_usd,
        latency_ms=attempt.latency_ms,
        about=about,
    )


def steps(outcome: Outcome) -> tuple[str, ...]:
    """Return the attempts of *outcome*, a line each, as in "haiku failed target-gone, $0.0003"."""
    return tuple(map(_step, outcome.attempts))


def _step(attempt: Attempt) -> str:
    said = step_told(attempt._replace(lane=lane_name(attempt.lane)))
    return f"{said}, {'from the cache' if attempt.from_cache else price(attempt.paid_usd)}"
