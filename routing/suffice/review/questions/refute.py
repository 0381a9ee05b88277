"""The question that refutes: one claim without its author, and rich context. The verdict comes first, with a quote.

The quote of a `refuted` is held against what was shown; without one that stands there the word is `cannot-tell`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from suffice.fences import fenced
from suffice.proposal import Proposal, Unusable
from suffice.quotes import invented
from suffice.review.claims.finding import Finding, Refutation, Word
from suffice.review.hunks.shown import one_line
from suffice.review.questions.answers import TEXT, block, line, object_form
from suffice.task import Task

PROMPT = "review-refute"
MOST_OUTPUT_TOKENS: int | None = 2048

SCHEMA: Mapping[str, Any] = object_form(
    {"verdict": {"type": "string", "enum": [str(word) for word in Word]}, "because": TEXT, "quote": TEXT}
)
"""The verdict comes first: a filter that decides before it explains was right more often (54 -> 67 %, second-hand)."""

_LEAST_QUOTED = 4
"""Characters other than blanks that a quote needs to point at anything."""


def claim(finding: Finding) -> str:
    """Return what *finding* claims, without who made it, how sure they were, and what they would write instead."""
    first, last = finding.first_line, finding.last_line
    quoted = first if first == last else f"{first}\n...\n{last}"
    where = f"{one_line(finding.path)}, line {finding.start_line}{' before the change' if finding.in_old else ''}"
    return (
        f"{finding.category}, {where}: {finding.title}\n"
        f"Set off by: {finding.trigger}\nWhat goes wrong: {finding.consequence}\nThe lines:\n{quoted}"
    )


def body(task: Task) -> Iterator[str]:
    """Yield the claim, and each text that is shown with it: its first line says what it is."""
    yield f"# The claim\n\n{fenced(task.instruction)}\n"
    for count, text in enumerate(task.items, 1):
        yield f"# Shown with it, {count} of {len(task.items)}\n\n{fenced(text)}\n"


def read(answer: Mapping[str, Any], task: Task) -> Proposal | Unusable:
    """Return the word on the claim; what rests on no quote that stands is `cannot-tell`."""
    given = answer.get("verdict") if isinstance(answer, Mapping) else None
    if not isinstance(given, str) or given not in set(Word):
        return Unusable(why=f"the verdict is none of {', '.join(Word)}")
    quote = block(answer.get("quote"))
    lines = [text for text in quote.split("\n") if text.strip()]  # each alone: what is shown has numbers between them
    stands = _points_at_something(quote) and not invented(lines, task.items)
    word = Word(given) if stands or given != Word.REFUTED else Word.CANNOT_TELL
    return Proposal(answer={"verdict": word, "because": line(answer.get("because")), "quote": quote if stands else ""})


def _points_at_something(quote: str) -> bool:
    return re.search(r"\w", quote) is not None and len("".join(quote.split())) >= _LEAST_QUOTED


def refutation(answer: Mapping[str, Any], *, lane: str) -> Refutation:
    """Return the word that *lane* gave."""
    return Refutation(Word(answer["verdict"]), answer["because"], answer["quote"], lane)
