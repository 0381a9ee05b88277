"""Which facts a model is given: the most surprising kinds first, and none of them so often that no other has a place.

The table is what claims are held against afterwards, so a fact is in it whole or not at all, and under one id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from suffice.lanes import estimate_tokens
from suffice.review.architecture_finding import one_line
from suffice.review.structure.fact import Fact, FactKind

MOST_TOKENS = 3000
"""What a model reads of facts; facts/reviews.md, section 3.3."""

_MOST_OF_A_FACT_TOKENS = 300
"""A longer sentence is a list that nobody weighs; it would take the places of ten others."""


class FactTable(NamedTuple):
    """The facts that are shown, by kind, each with its id; `left_out` says how many of each kind found no place."""

    facts: tuple[Fact, ...] = ()
    left_out: Mapping[FactKind, int] = {}

    def by_id(self) -> Mapping[str, Fact]:
        """Return the facts by their ids."""
        return {fact.id: fact for fact in self.facts}

    def said_left_out(self) -> str:
        """Return "3 cycle, 12 size", "" where all found a place."""
        return ", ".join(f"{number} {kind}" for kind, number in self.left_out.items())


def fact_table(facts: Iterable[Fact], *, most_tokens: int = MOST_TOKENS) -> FactTable:
    """Return the table of *facts* in about *most_tokens* tokens; facts with an id keep it, the others get one."""
    kinds = {kind: sorted(found, key=_rank) for kind, found in _by_kind(_with_ids(facts)).items()}
    chosen: dict[FactKind, list[Fact]] = {kind: [] for kind in kinds}
    left_tokens, headed = most_tokens, set[tuple[FactKind, str]]()
    for fact in _in_turns(list(kinds.values())):
        head = (fact.kind, fact.how)
        tokens = estimate_tokens(fact_line(fact)) + (0 if head in headed else estimate_tokens(_head(*head)))
        if tokens <= min(left_tokens, _MOST_OF_A_FACT_TOKENS):
            chosen[fact.kind].append(fact)
            left_tokens -= tokens
            headed.add(head)
    left_out = {kind: len(found) - len(chosen[kind]) for kind, found in kinds.items()}
    shown = tuple(fact for kind in kinds for fact in _by_how(chosen[kind]))
    return FactTable(shown, {kind: number for kind, number in left_out.items() if number})


def table_text(table: FactTable) -> str:
    """Return *table* as a model reads it: a line for each kind and how it was measured, a line for each fact."""
    return "\n".join(_lines(table))


def fact_line(fact: Fact) -> str:
    """Return *fact* as one line: its id and its sentence."""
    return f"{fact.id} {fact.text}"


def _lines(table: FactTable) -> Iterator[str]:
    for (kind, how), facts in groupby(table.facts, key=lambda fact: (fact.kind, fact.how)):
        yield _head(kind, how)
        yield from map(fact_line, facts)
    if table.left_out:
        yield f"Left out for want of room: {table.said_left_out()}."


def _head(kind: FactKind, how: str) -> str:
    return f"## {kind}, by {how}"


def _by_how(facts: Sequence[Fact]) -> Sequence[Fact]:
    """Return *facts* with those together that were measured alike."""
    hows = list(dict.fromkeys(fact.how for fact in facts))
    return sorted(facts, key=lambda fact: hows.index(fact.how))


def _with_ids(facts: Iterable[Fact]) -> Sequence[Fact]:
    """Return *facts* as lines, each under an id of its own: its own one, or the next that is free."""
    lined = [fact._replace(text=one_line(fact.text), how=one_line(fact.how)) for fact in facts]
    often = Counter(fact.id for fact in lined)
    kept = {id_ for id_, number in often.items() if _ID.fullmatch(id_) and number == 1}
    free = (name for name in (f"F{number}" for number in range(1, 2 * len(lined) + 1)) if name not in kept)
    return [fact if fact.id in kept else fact._replace(id=next(free)) for fact in sorted(lined, key=_rank)]


def _rank(fact: Fact) -> tuple[int, float, str]:
    return _PLACE[fact.kind], -fact.weight, fact.text


_ID = re.compile(r"F[1-9][0-9]{0,5}")
_PLACE = {kind: place for place, kind in enumerate(FactKind)}


def _by_kind(facts: Iterable[Fact]) -> Mapping[FactKind, list[Fact]]:
    return {kind: list(found) for kind, found in groupby(facts, key=lambda fact: fact.kind)}


def _in_turns(lists: Sequence[list[Fact]]) -> Iterator[Fact]:
    """Yield the first of each list, then the second of each, and so on."""
    for turn in range(max(map(len, lists), default=0)):
        yield from (found[turn] for found in lists if turn < len(found))
