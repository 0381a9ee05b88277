"""How much a right fix of a rule may lose, and which rules are about layout alone: loss.toml, read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from suffice.shipped import shipped_text

Allowance = Mapping[str, int]
"""How much may be lost, by field."""

FIELDS = (
    "definitions",
    "decorators",
    "steps",
    "statements",
    "calls",
    "arguments",
    "keywords",
    "comparisons",
    "signs",
    "turns",
    "operators",
    "names",
    "uses",
    "words",
    "comments",
)
"""What is counted, the gravest first.

`steps`, `calls`, `arguments` and `comparisons` are balances (fewer than before); the others count what is no longer
there, whatever came instead: `statements` and `signs` by kind, `uses` and `keywords` by name.
"""

_ENOUGH_CASES = 3
"""From so many measured fixes of a rule on, only what was measured and what was read of that very rule counts."""


@cache
def allowance(rule: str) -> Allowance:
    """Return the most that a right fix of *rule* loses."""
    return of_table(rule, _table())


def of_table(rule: str, table: Mapping[str, Any]) -> Allowance:
    """Return what *table* allows *rule*: what was measured and read of it, else also what its family may, or any."""
    entries = [table["rules"].get(rule, {}), table["families"].get(rule, {})]
    if entries[0].get("cases", 0) < _ENOUGH_CASES and not entries[1]:
        family = max((prefix for prefix in table["families"] if rule.startswith(prefix)), key=len, default=None)
        entries.append(table["default"] if family is None else table["families"][family])
    if not is_layout_only(rule):
        entries.append(table["beside"])
    return {what: max(entry.get(what, 0) for entry in entries) for what in FIELDS}


@cache
def is_layout_only(rule: str) -> bool:
    """Whether every right fix of *rule* leaves the syntax tree as it is."""
    table = _table()
    return rule in table["measured"]["layout_only"] or rule.startswith(tuple(table["layout_only"]["rules"]))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(shipped_text("checker/loss.toml"))
