"""How a task ended, and how far it is, in words for a progress and for one message."""

from __future__ import annotations

from collections.abc import Sequence

from suffice_server.messages import Attempted, Failed, Finished, Fix, FixAll, Reviewed, Told
from suffice_server.wording import lane_name, price

PROPOSED = "proposed"
NEEDS_HUMAN = "needs-human"

SESSION = "session"

_OF_ALL = frozenset({"no-key", "cap-reached", "bad-key", "no-consent", "provider-outage", "offline", "configuration"})
"""Reasons that end every task alike: one message a minute is enough for all."""

KEYS = "ANTHROPIC_API_KEY or OPENAI_API_KEY"
"""The variables that hold a key; a test holds them against those of the core."""

_MS = 1000.0


def why_not(answer: Finished | Reviewed | Told | Failed) -> str:
    """Return why nothing came of it, as the rest of a sentence without its full stop."""
    if isinstance(answer, Failed):
        return answer.message.rstrip(". ")
    match answer.reason:
        case "no-key":
            return f"no key is set for a model; set {KEYS} in the environment that starts your editor"
        case "cap-reached" if is_session_cap(answer):
            return f"{answer.detail.partition(';')[0]}; run the command again to raise it"
        case "checks-failed" | "changes-public-api" | "low-confidence":
            return f"no answer passed the checks, so it is left to you: {answer.detail.rstrip('. ')}"
        case "no-usable-reply":
            said, *_, tried = answer.detail.rstrip(". ").split("; ")
            return f"no model gave a usable answer: {said}; {tried}"
        case _:
            return answer.detail.rstrip(". ")


def cause_of(answer: Finished | Reviewed | Told | Failed) -> str:
    """Return why it ended where that ends every other task too, else ""."""
    return answer.reason if not isinstance(answer, Failed) and answer.reason in _OF_ALL else ""


def is_session_cap(answer: Finished | Reviewed | Told) -> bool:
    """Whether what ended it is the cap of this session, the one that the user can raise here."""
    return answer.cap == SESSION


def paid(answer: Finished | Reviewed | Told) -> str:
    """Return `, $0.0003`, or nothing where nothing was paid."""
    return f", {price(answer.cost_usd)}" if answer.cost_usd > 0 else ""


def ended(answer: Finished, request: object) -> str:
    """Return how *request* ended, whose edit was applied: `haiku sufficed, $0.0003`, `12 fixed, 3 left, free`."""
    if answer.lane is None and not isinstance(request, FixAll):
        return "done"
    left = f", {len(answer.left)} left" if answer.left else ""
    who = f"{answer.mended} fixed" if isinstance(request, FixAll) else f"{lane_name(answer.lane or '')} sufficed"
    return f"{who}{left}, {price(answer.cost_usd)}"


def is_free_only(request: object, answer: Finished | Failed) -> bool:
    """Whether a linter's own fix was tried and did not do, so that a model may be asked next."""
    return isinstance(request, Fix) and request.free and isinstance(answer, Finished) and answer.ending == NEEDS_HUMAN


def so_far(attempts: Sequence[Attempted]) -> str:
    """Return *attempts* as a progress shows them: `haiku failed target-gone, sonnet 2.1 s $0.003`."""
    return ", ".join(map(_attempt, attempts))


def _attempt(attempt: Attempted) -> str:
    about, name = f"{attempt.about}: " if attempt.about else "", lane_name(attempt.lane)
    if attempt.failure is not None:
        return f"{about}{name} failed {attempt.failure}"
    cost = f" {price(attempt.cost_usd)}" if attempt.cost_usd > 0 else ""
    return f"{about}{name} {attempt.latency_ms / _MS:.1f} s{cost}"
