"""What is asked of a lane for a task, and how its answer is read: the same form for every family of kinds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from suffice.fences import fenced
from suffice.lanes import Lane, estimate_tokens
from suffice.outcome import Attempt
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Ended, Request


class Question(NamedTuple):
    """A request, the version of its prompt, how to read the answer to it, and which files it shows, in tokens."""

    request: Request
    version: str
    read: Callable[[Mapping[str, Any]], Proposal | CannotFix | Unusable]
    sent: tuple[tuple[str, int], ...] = ()

    @property
    def prompt_tokens(self) -> int:
        """About how many tokens the prompt is, the form of the answer included."""
        request = self.request
        return _tokens(request.stable + request.prompt, request.schema)


def _tokens(prompt: str, form: Mapping[str, Any]) -> int:
    return estimate_tokens(prompt + (json.dumps(form) if form else ""))


MOST_TOLD_CHARS = 1500
"""So much of a rejected patch is shown to the next try."""


REJECTED = "the developer rejected it"
"""The evidence against what the checker passed and a person did not want."""


def tellable(before: tuple[Attempt, ...], lane: Lane, is_hidden: Callable[[str], bool] | None) -> tuple[Attempt, ...]:
    """Return *before* as *lane* may be told of it: nothing that other providers' lanes saw in a file hidden from it."""
    if is_hidden is None:
        return before
    return tuple(a if a.provider == lane.provider else _without_hidden(a, is_hidden) for a in before)


def _without_hidden(attempt: Attempt, is_hidden: Callable[[str], bool]) -> Attempt:
    failed = ", ".join(check.name for check in attempt.verdict.failed) if attempt.verdict else ""
    return attempt._replace(
        edits=tuple(edit for edit in attempt.edits if not is_hidden(edit.path)),
        changes=tuple(c for c in attempt.changes if not (is_hidden(c.path) or is_hidden(c.target))),
        evidence=(failed or str(attempt.failure or "")) if attempt.evidence else "",
    )


def told(before: tuple[Attempt, ...]) -> list[str]:
    """Return what the next try is told of the attempts *before*: what each wrote, and why that was rejected."""
    return [_told(attempt) for attempt in before if attempt.evidence]


def _told(attempt: Attempt) -> str:
    written = "".join(edit.new_text for edit in attempt.edits).rstrip()
    why = f"{attempt.lane} was rejected ({attempt.evidence})"
    return f"{why}, having written:\n{fenced(written[:MOST_TOLD_CHARS], attempt.edits[0].path)}\n" if written else why


def prompt_cache_key(stable: str) -> str:
    """Return the key that sends requests with the same *stable* part to the same cache of the provider."""
    return hashlib.sha256(stable.encode()).hexdigest()[:32]


def allowed_output_tokens(
    before: tuple[Attempt, ...], lane: Lane, usual: int, *, prompt: str, form: Mapping[str, Any]
) -> int:
    """Return *usual*, doubled for each answer of *lane* that was cut off before, as far as its context has room.

    *prompt* is all of it, *form* the schema of the answer: with both the answer fits where a usual one does.
    """
    usual, room = lane.room_for_answers(usual), lane.context_tokens - _tokens(prompt, form)
    cut = sum(attempt.lane == lane.name and attempt.ended is Ended.TRUNCATED for attempt in before)
    return max(usual, min(int(usual * 2**cut), room))
