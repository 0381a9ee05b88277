"""The file can be parsed as well as before."""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped
from suffice.linters.ruff import SYNTAX_ERROR

NAME = "syntax"
COST = "about 1 ms a touched function"
BLOCKS = ALWAYS


def look(subject: Subject) -> Found:
    """Fail new syntax errors: ruff's parser says, which knows newer syntax than ours; ours where no linter looked."""
    for path, linted in (subject.linted or {}).items():
        errors = [d for d in linted.hard_after if d.rule == SYNTAX_ERROR]
        if len(errors) > sum(d.rule == SYNTAX_ERROR for d in linted.hard_before):
            place = f"line {errors[0].span.start_line}"
            return failed(f"new syntax error at {place} of {path}: {errors[0].message}")
    if subject.linted:
        return passed("parses as before")
    if not subject.regions:
        return skipped("no Python file is touched")
    broken = [path for path, touched in subject.regions.items() if not all(region.parsed for region in touched)]
    return failed(f"{broken[0]} cannot be parsed") if broken else passed("parses as before")
