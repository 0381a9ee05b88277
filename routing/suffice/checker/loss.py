"""No more is lost than a right fix of the rule loses: statements, calls, arguments, names, words.

"The diagnostic is gone" is fooled by deleting the line (72 % of the time); this is what stops that. The numbers
per rule stand in loss.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from suffice.checker.subject import Subject
from suffice.checker.trees import Region
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.shipped import shipped_text
from suffice.task import Kind

NAME = "loss"
COST = "about 1 ms a touched function"
BLOCKS = LINT_FIXES

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class Allowance(NamedTuple):
    """How much a right fix of a rule may lose."""

    definitions: int = 0
    statements: int = 0
    calls: int = 0
    arguments: int = 0
    comparisons: int = 0
    operators: int = 0
    names: int = 0
    words: int = 0


def look(subject: Subject) -> Found:
    """Fail a lint fix that loses more than its rule's allowance. Names in the diagnostic's message are free."""
    if subject.kind is not Kind.LINT_FIX:
        return skipped("only a lint fix has a loss profile")
    if not subject.regions:
        return skipped("no Python file is touched")
    allowed = allowance(subject)
    messages = " ".join(d.message for d in subject.diagnostics) or subject.messages
    for path, touched in subject.regions.items():
        for what, lost in measure_loss(touched, messages).items():
            if lost > getattr(allowed, what):
                return failed(f"{path} loses {lost} of its {what}{_which(touched, what, messages)}")
    return passed("loses nothing that a right fix of this rule keeps")


def measure_loss(touched: Sequence[Region], message: str) -> dict[str, int]:
    """Return how many definitions, statements, calls, arguments, names and words are lost in *touched*."""
    pairs = [(before.profile, after.profile) for before, after in (region.contents for region in touched)]
    return {
        "definitions": len(lost_definitions(touched)),
        "statements": sum(_lost_counted("statements", touched).values()),
        "calls": max(0, sum(before.calls - after.calls for before, after in pairs)),
        "arguments": max(0, sum(before.arguments - after.arguments for before, after in pairs)),
        "comparisons": sum(_lost_counted("comparisons", touched).values()),
        "operators": sum(_lost_counted("operators", touched).values()),
        "names": len(_lost("names", touched, message)),
        "words": len(_lost("words", touched, message)),
    }


def lost_definitions(touched: Sequence[Region]) -> set[str]:
    """Return the definitions that were in *touched* and are no more, by their path (`Console.print`)."""
    before, after = set[str](), set[str]()
    for region in touched:
        for total, part in zip((before, after), region.contents, strict=True):
            total.update(f"{region.scope}{name}" for name in part.profile.definitions)
    return before - after


def _lost_counted(what: str, touched: Sequence[Region]) -> Counter[str]:
    before, after = Counter[str](), Counter[str]()
    for region in touched:
        before.update(getattr(region.contents[0].profile, what))
        after.update(getattr(region.contents[1].profile, what))
    return before - after


def _lost(what: str, touched: Sequence[Region], message: str) -> set[str]:
    before = {item for region in touched for item in getattr(region.contents[0].profile, what)}
    after = {item for region in touched for item in getattr(region.contents[1].profile, what)}
    return before - after - set(_IDENTIFIER.findall(message))


def _which(touched: Sequence[Region], what: str, message: str) -> str:
    match what:
        case "definitions":
            lost = [*lost_definitions(touched)]
        case "statements" | "comparisons" | "operators":
            lost = [*_lost_counted(what, touched)]
        case "names" | "words":
            lost = [*_lost(what, touched, message)]
        case _:
            return ""
    return f" ({', '.join(sorted(lost)[:5])})"


def allowance(subject: Subject) -> Allowance:
    """Return the most that a right fix loses: the sum over the diagnostics, or that of the one rule named."""
    rules = [d.rule for d in subject.diagnostics] or [subject.rule or ""]
    entries = [_entry(rule) for rule in rules]
    return Allowance(**{what: sum(entry[what] for entry in entries) for what in Allowance._fields})


def _entry(rule: str) -> Mapping[str, int]:
    table = _table()
    family = max((prefix for prefix in table["families"] if rule.startswith(prefix)), key=len, default="")
    found: tuple[Mapping[str, int], ...] = (
        table["default"],
        table["families"].get(family, {}),
        table["rules"].get(rule, {}),
    )
    return {what: max(entry.get(what, 0) for entry in found) for what in Allowance._fields}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(shipped_text("checker/loss.toml"))
