"""No more is lost than a right fix of the rule loses: statements, calls, arguments, names, words.

"The diagnostic is gone" is fooled by deleting the line (72 % of the time); this is what stops that. How much each
rule's fixes may lose stands in loss.toml; where the linter has a fix of its own for this very diagnostic, what
that fix loses is allowed too.

Example: the diagnosed line is deleted, or its call is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from suffice.checker.allowance import FIELDS, Allowance, allowance
from suffice.checker.lexing import IDENTIFIER, WORD
from suffice.checker.own_fix import own_change
from suffice.checker.profile import Profile, joined
from suffice.checker.subject import Subject
from suffice.checker.trees import Region, regions
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.task import Kind

NAME = "loss"
COST = "about 1 ms a touched function"
BLOCKS = LINT_FIXES

TURNS = "turns"

Lost = Mapping[str, Counter[str]]
"""What is lost, by field of Allowance; a count alone stands under the empty name."""


def look(subject: Subject) -> Found:
    """Fail a lint fix that loses more than its rule's allowance. Names in the diagnostic's message are free."""
    if subject.kind is not Kind.LINT_FIX:
        return skipped("only a lint fix has a loss profile")
    if not subject.regions:
        return skipped("no Python file is touched")
    over = exceeded(subject, rule_allowance(subject))
    return failed(over) if over else passed("loses nothing that a right fix of this rule keeps")


def exceeded(subject: Subject, allowed: Allowance, *, fields: Sequence[str] = FIELDS) -> str | None:
    """Return in words what *subject* loses beyond *allowed* and beyond what the linter's own fix loses."""
    for path, touched in subject.regions.items():
        own = _Own.of(subject, path)
        lost = measured(touched, own.free)
        for what in fields:
            if lost[what].total() > own.limit(what, allowed):
                names = ", ".join(sorted(filter(None, lost[what]))[:5])
                return f"{path} loses {lost[what].total()} of its {what}{f' ({names})' if names else ''}"
    return None


class _Own(NamedTuple):
    """What the linter's own fix of the diagnostics loses, None where it has none, and the names free to be lost."""

    lost: Mapping[str, int] | None
    free: frozenset[str]

    @classmethod
    def of(cls, subject: Subject, path: str) -> _Own:
        free = names_in(messages(subject))
        change = own_change(subject, path)
        if change is None:
            return cls(None, free)
        touched = regions(change)
        kept = joined((region.scope, region.contents[1].profile) for region in touched).names
        lost = {what: names.total() for what, names in measured(touched, free - kept).items()}
        return cls(lost, free - kept)

    def limit(self, what: str, allowed: Allowance) -> int:
        """Return how much of *what* may be lost: what the rule may, or its own fix here does if that is more."""
        if self.lost is None:
            return allowed[what]
        return self.lost[what] if what == TURNS else max(allowed[what], self.lost[what])


def rule_allowance(subject: Subject) -> Allowance:
    """Return the most that a right fix loses: the sum over the diagnostics, or that of the one rule named."""
    rules = [d.rule for d in subject.diagnostics] or [subject.rule or ""]
    return {what: sum(allowance(rule)[what] for rule in rules) for what in FIELDS}


def messages(subject: Subject) -> str:
    """Return what the linter said."""
    return " ".join(d.message for d in subject.diagnostics)


def names_in(message: str) -> frozenset[str]:
    """Return the names that *message* mentions: a right fix may take them away, unless the linter's own keeps them."""
    return frozenset(IDENTIFIER.findall(message))


def measured(touched: Sequence[Region], free: AbstractSet[str]) -> Lost:
    """Return what is lost in *touched*, the *free* names aside."""
    before = joined((region.scope, region.contents[0].profile) for region in touched)
    after = joined((region.scope, region.contents[1].profile) for region in touched)
    return {
        "definitions": _named(before.definitions - after.definitions),
        "decorators": _number(before.decorators - after.decorators),
        "steps": _number(before.statements.total() - after.statements.total()),
        "statements": before.statements - after.statements,
        "calls": _number(max(before.calls - after.calls, _all_calls(before) - _all_calls(after))),
        "arguments": _number(before.arguments - after.arguments),
        "keywords": _without(before.keywords - after.keywords, free),
        "comparisons": _number(before.signs.total() - after.signs.total()),
        "signs": before.signs - after.signs,
        TURNS: _number(_turned(before, after)),
        "operators": before.operators - after.operators,
        "names": _named(before.names - after.names - free),
        "uses": _without(before.uses - after.uses, free),
        "words": _named(before.words - after.words - free - _merged(before, after)),
        "comments": _named(before.comments - after.comments),
    }


def _turned(before: Profile, after: Profile) -> int:
    """Return 1 if a comparison was replaced so that the condition says the opposite (`!=` by `is`)."""
    return (before.negations - after.negations) % 2 if before.signs - after.signs else 0


def _merged(before: Profile, after: Profile) -> set[str]:
    """Return the literals without words, as `" { "`, that became a part of a longer one."""
    gone = (text for text in before.literals - after.literals if not WORD.search(text))
    longer = after.literals - after.docstrings
    return {repr(text) for text in gone if text and any(text in one for one in longer)}


def _all_calls(profile: Profile) -> int:
    return profile.calls + profile.deferred


def _named(names: Iterable[str]) -> Counter[str]:
    return Counter(names)


def _number(count: int) -> Counter[str]:
    return Counter({"": count}) if count > 0 else Counter()


def _without(names: Counter[str], free: AbstractSet[str]) -> Counter[str]:
    return Counter({name: n for name, n in names.items() if name.lstrip(".") not in free})
