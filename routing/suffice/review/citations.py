"""The gate of an architecture review: a claim stands by what it cites, or it is dropped with a reason that is counted.

What is held against what:

- every cited id is one of the table; every quote stands in what was shown, word by word; one of both is there;
- every number of a title, observation, cost or option stands in the cited facts or in the quotes, as it is: 1,000 is
  1000 and 0.5 is 50 %, but nothing may be added, rounded or turned into a share. Ordinals up to ten and the numbers of
  steps and options are free; in options small counts of what is to be made, and how long it takes, are free too;
- every name stands in the cited facts, in a quote, or in the shown parts of a file that is quoted. A path, a dotted
  name and code between backticks is a name by its form; another word only where the repository knows it;
- an option and a first step may name what exists nowhere in the repository: it is to be made. What exists must be
  cited, and of the path of something new the part that exists (its first folder aside);
- a first step that says of itself that it takes longer than a day is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from suffice.quotes import invented
from suffice.review.architecture_finding import MOST_FINDINGS, ArchitectureFinding, DroppedFinding, Reason
from suffice.review.chosen_source import Source
from suffice.review.claim_words import Name, Number, names, numbers, path_readings, readings, vague_amounts
from suffice.review.structure.fact import Fact

MOST_TEXT_CHARS = 1500
"""Three times what the prompt asks for; a longer sentence is a document."""

_LEAST_QUOTED = 4
"""Characters other than blanks that a quote needs to point at anything."""

_FREE_ORDINAL = 10
_FREE_IN_A_PLAN = 5
"""Counts of what is to be made up to this one are free in a plan: nobody makes more in a first step."""

_TOKEN = re.compile(r"[\w@./\\-]+")
_WORD = re.compile(r"\w+")
_ID = re.compile(r"\bF\d+\b")
_COUNTED_UP = re.compile(r"\b(?:step|steps|option|options|alternative|phase|point|finding)\s$")
_LASTS = re.compile(r"[ -]?(?:minute|hour|day|week|month|sprint|h\b|d\b)")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_LONGER_THAN_A_DAY = re.compile(
    r"\b(?:weeks?|fortnights?|months?|sprints?"
    r"|(?:two|three|four|five|six|seven|several|few|many|[2-9]|\d\d+)[ -](?:work(?:ing)?[ -])?days?)\b"
)
"""In the words of a first step, in lower case."""


class Shown(NamedTuple):
    """What a model was shown: facts by id, and texts that may be quoted.

    `everything` are their names and numbers, `modules` the names of the repository's files; `tops` are its first
    folders.
    """

    facts: Mapping[str, Fact]
    quotable: tuple[Source, ...]
    everything: Stock
    modules: Stock
    tops: frozenset[str]


class Stock(NamedTuple):
    """The names and numbers of some texts. `runs` holds each name as "/its/parts/", so that a part is found in it."""

    runs: str
    words: frozenset[str]
    numbers: frozenset[Decimal] = frozenset()
    shares: frozenset[Decimal] = frozenset()
    amounts: frozenset[str] = frozenset()

    def has_run(self, parts: Sequence[str]) -> bool:
        """Whether *parts* stand one after the other in a name."""
        return f"/{'/'.join(parts)}/" in self.runs

    def has(self, parts: Sequence[str]) -> bool:
        """Whether *parts* are a name here: all of them in one, or a module and then words that stand here."""
        return all(part in self.words for part in parts) or any(
            self.has_run(parts[:end]) and all(part in self.words for part in parts[end:])
            for end in range(len(parts), 0, -1)
        )

    def has_number(self, number: Number) -> bool:
        """Whether *number* stands here."""
        if number.percent:
            return number.value / 100 in self.shares | self.numbers
        return number.value in self.numbers | self.shares


class Gated(NamedTuple):
    """What stands, in order, and what was dropped."""

    findings: tuple[ArchitectureFinding, ...]
    dropped: tuple[DroppedFinding, ...]


def shown(facts: Iterable[Fact], *, sources: Iterable[Source], declared: Iterable[str], names: Iterable[str]) -> Shown:
    """Return what claims are held against; *names* are the files of the repository, *declared* sentences about it."""
    by_id = {fact.id: fact for fact in facts}
    quotable = (*sources, *(Source("", sentence) for sentence in declared))
    paths = {*(path for fact in by_id.values() for path in fact.paths), *(source.path for source in quotable)}
    texts = (*(fact.text for fact in by_id.values()), *(source.text for source in quotable))
    listed = {*paths, *names}
    return Shown(
        facts=by_id,
        quotable=quotable,
        everything=_stock(texts, paths=paths),
        modules=_stock((), paths=listed),
        tops=frozenset(path.partition("/")[0] for path in listed if "/" in path),
    )


def gate(findings: Iterable[ArchitectureFinding], seen: Shown) -> Gated:
    """Return which of *findings*, in their order, stand by what they cite, and why the others do not."""
    standing, dropped = list[ArchitectureFinding](), list[DroppedFinding]()
    for finding in findings:
        wrong = _flaw(finding, seen)
        if wrong is None and len(standing) == MOST_FINDINGS:
            wrong = (Reason.BEYOND_SEVEN, "")
        if wrong is None:
            standing.append(finding)
        else:
            dropped.append(DroppedFinding(finding, *wrong))
    return Gated(tuple(standing), tuple(dropped))


def unsupported(text: str, seen: Shown) -> str | None:
    """Return what of *text*, which cites nothing, stands nowhere in all that was shown; None if all does."""
    return _unknown_number(text, seen.everything, _is_free) or _unknown_name(text, seen.everything, seen)


Flaw = tuple[Reason, str]


def _flaw(finding: ArchitectureFinding, seen: Shown) -> Flaw | None:
    """Return the first reason why *finding* does not stand, None if it does."""
    empty = not (finding.title and finding.observation and finding.cost_if_left and finding.first_step)
    if empty or not finding.options:
        return Reason.EMPTY, ""
    if any(len(text) > MOST_TEXT_CHARS for text in (*finding.claims, *finding.plans, *finding.quotes)):
        return Reason.TOO_LONG, ""
    return _citation_flaw(finding, seen) or _claim_flaw(finding, _cited(finding, seen), seen)


def _citation_flaw(finding: ArchitectureFinding, seen: Shown) -> Flaw | None:
    unknown = [cited for cited in finding.facts if cited not in seen.facts]
    if unknown:
        return Reason.UNKNOWN_FACT, unknown[0]
    not_found = invented(finding.quotes, (source.text for source in seen.quotable))
    pointless = [quote for quote in finding.quotes if not _points_at_something(quote)]
    if not_found or pointless:
        return Reason.QUOTE_NOT_FOUND, [*not_found, *pointless][0]
    return None if finding.facts or finding.quotes else (Reason.NOTHING_CITED, "")


def _claim_flaw(finding: ArchitectureFinding, cited: Stock, seen: Shown) -> Flaw | None:
    for text in finding.claims:
        if wrong := _unknown_number(text, cited, _is_free):
            return Reason.NUMBER, wrong
        if wrong := _unknown_name(text, cited, seen):
            return Reason.NAME, wrong
    for text in finding.plans:
        if wrong := _unknown_number(text, cited, _is_free_in_a_plan):
            return Reason.NUMBER, wrong
        if wrong := _uncited_in_a_plan(text, cited, seen):
            return Reason.NAME, wrong
    longer = _LONGER_THAN_A_DAY.search(finding.first_step.lower())
    return (Reason.LONG_STEP, longer[0]) if longer else None


def _cited(finding: ArchitectureFinding, seen: Shown) -> Stock:
    """Return the names and numbers of what *finding* cites; a fact that its sentences name is cited too."""
    named = {found for text in (*finding.claims, *finding.plans) for found in _ID.findall(text)}
    facts = [seen.facts[id_] for id_ in {*finding.facts, *(named & seen.facts.keys())}]
    quoted = [it for it in seen.quotable if len(invented(finding.quotes, [it.text])) < len(finding.quotes)]
    paths = {*(path for fact in facts for path in fact.paths), *(source.path for source in quoted)}
    said = _stock((*(fact.text for fact in facts), *finding.quotes), paths=paths)
    around = _stock((source.text for source in quoted), paths=())
    return said._replace(runs=said.runs + around.runs, words=said.words | around.words)


def _stock(texts: Iterable[str], *, paths: Iterable[str]) -> Stock:
    texts = tuple(texts)
    runs, words = set[tuple[str, ...]](), set[str]()
    for path in filter(None, paths):
        runs.update(path_readings(path))
    for token in {token for text in texts for token in _TOKEN.findall(text.replace("::", "."))}:
        for parts in readings(token):
            if len(parts) > 1:
                runs.add(parts)
                runs.update(path_readings("/".join(parts)))
            else:
                words.update(parts, _WORD.findall(token))
    found = [number for text in texts for number in numbers(text)]
    return Stock(
        runs="\n".join(sorted(f"/{'/'.join(parts)}/" for parts in runs)),
        words=frozenset(words),
        numbers=frozenset(number.value for number in found),
        shares=frozenset(number.value / 100 for number in found if number.percent),
        amounts=frozenset(amount for text in texts for amount in vague_amounts(text)),
    )


def _unknown_number(text: str, cited: Stock, is_free: Callable[[Number], bool]) -> str | None:
    """Return the first number of *text* that stands not in *cited* and is not free, None if there is none."""
    for number in numbers(text):
        if not cited.has_number(number) and not is_free(number):
            return f"{number.value}{' %' if number.percent else ''}"
    return next((amount for amount in vague_amounts(text) if amount not in cited.amounts), None)


def _is_free(number: Number) -> bool:
    """Whether *number* counts up steps or options, and says nothing about the repository."""
    if number.percent or number.value > _FREE_ORDINAL:
        return False
    is_listed = number.before.endswith("(") and number.after.startswith(")")
    return is_listed or _COUNTED_UP.search(number.before) is not None or _ORDINAL.match(number.after) is not None


def _is_free_in_a_plan(number: Number) -> bool:
    if number.percent:
        return False
    lasts = _LASTS.match(number.after) is not None
    return lasts or number.value <= _FREE_IN_A_PLAN or _is_free(number)


def _unknown_name(text: str, cited: Stock, seen: Shown) -> str | None:
    """Return the first name of *text* that stands not in *cited*, None if there is none."""
    for name in names(text):
        if not any(map(cited.has, name.readings)) and (name.by_form or _exists(name, seen)):
            return name.text
    return None


def _uncited_in_a_plan(text: str, cited: Stock, seen: Shown) -> str | None:
    """Return the first name of *text* that exists, or would lie in what exists, and stands not in *cited*."""
    for name in names(text):
        if any(map(cited.has, name.readings)) or name.text.strip("/") in seen.tops:
            continue
        if _exists(name, seen) or not all(_is_above_cited(parts, cited, seen) for parts in name.readings):
            return name.text
    return None


def _exists(name: Name, seen: Shown) -> bool:
    """Whether the repository has a module called *name*, or, if it is one word, what was shown has the word."""
    if any(map(seen.modules.has_run, name.readings)):
        return True
    return not name.by_role and any(len(parts) == 1 and seen.everything.has(parts) for parts in name.readings)


def _is_above_cited(parts: Sequence[str], cited: Stock, seen: Shown) -> bool:
    """Whether the part of a new name that exists is cited, or no more of it exists than one folder."""
    existing = next((parts[:end] for end in range(len(parts) - 1, 1, -1) if seen.modules.has_run(parts[:end])), ())
    return not existing or cited.has(existing)


def _points_at_something(quote: str) -> bool:
    return re.search(r"\w", quote) is not None and len("".join(quote.split())) >= _LEAST_QUOTED
