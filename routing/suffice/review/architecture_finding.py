"""What an architecture review claims: a place to improve, what it costs to leave it, and how one would begin."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from suffice.review.questions.answers import number

MOST_FINDINGS = 7
"""More than that nobody acts on; the issue's own number."""


class Option(NamedTuple):
    """One way to improve it, and what that way costs or gives up."""

    what: str
    trade_off: str


class ArchitectureFinding(NamedTuple):
    """One claim about the structure of a repository, the most urgent having the smallest `order`.

    `facts` are the ids that it cites ("F12"), `quotes` are lines of the shown source.
    """

    title: str
    observation: str
    cost_if_left: str
    options: tuple[Option, ...]
    first_step: str
    order: int
    facts: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """What it says is so."""
        return (self.title, self.observation, self.cost_if_left)

    @property
    def plans(self) -> tuple[str, ...]:
        """What it says could be done, which may name what is not there yet."""
        return (*(text for option in self.options for text in option), self.first_step)


class Reason(StrEnum):
    """Why a finding is not shown, in the words of the last line of a review ("dropped: 2 unknown fact")."""

    EMPTY = "says nothing"
    TOO_LONG = "too long"
    UNKNOWN_FACT = "unknown fact"
    QUOTE_NOT_FOUND = "quote not found"
    NOTHING_CITED = "cites nothing"
    NUMBER = "number not in what it cites"
    NAME = "name not in what it cites"
    LONG_STEP = "first step longer than a day"
    BEYOND_SEVEN = "beyond the first seven"


class DroppedFinding(NamedTuple):
    """A finding that is not shown: the reason that is counted, and what exactly it was."""

    finding: ArchitectureFinding
    reason: Reason
    what: str = ""


def findings_of(answer: Mapping[str, Any]) -> tuple[ArchitectureFinding, ...]:
    """Return the findings in *answer*, which keeps the form that was asked for, in the order that it gives them."""
    found = [_finding(entry) for entry in answer["findings"]]
    return tuple(sorted(found, key=lambda finding: finding.order))


def _finding(entry: Mapping[str, Any]) -> ArchitectureFinding:
    options = (Option(one_line(option["what"]), one_line(option["trade_off"])) for option in entry["options"])
    return ArchitectureFinding(
        title=one_line(entry["title"]),
        observation=one_line(entry["observation"]),
        cost_if_left=one_line(entry["cost_if_left"]),
        options=tuple(option for option in options if option.what),
        first_step=one_line(entry["first_step"]),
        order=number(entry["order"]),
        facts=tuple(dict.fromkeys(filter(None, (_id(cited) for cited in entry["facts"])))),
        quotes=tuple(quote for quote in entry["quotes"] if quote.strip()),
    )


def _id(cited: str) -> str:
    """Return the id of a fact as the table has it, out of "[F3]" or "f3"."""
    return cited.strip().strip("[]()").upper()


def one_line(text: str) -> str:
    """Return *text* as one line without control characters."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())
