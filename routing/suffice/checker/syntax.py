"""The file can be parsed as well as before."""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.checker.verdict import Found, failed, passed, skipped
from suffice.linters.ruff import SYNTAX_ERROR

NAME = "syntax"
COST = "about 1 ms a touched function"


def look(subject: Subject) -> Found:
    """Fail new syntax errors. Where this Python cannot parse the text, ruff's parser decides."""
    if not subject.regions:
        return skipped("no Python file is touched")
    newer = False
    for path, touched in subject.regions.items():
        newer = newer or not all(region.parsed for region in touched)
        linted = (subject.linted or {}).get(path)
        if linted is None:
            if not all(region.parsed for region in touched):
                return failed(f"{path} can no longer be parsed")
            continue
        errors = [d for d in linted.hard_after if d.rule == SYNTAX_ERROR]
        if len(errors) > sum(d.rule == SYNTAX_ERROR for d in linted.hard_before):
            place = f"line {errors[0].span.start_line}"
            return failed(f"new syntax error at {place} of {path}: {errors[0].message}")
    return passed("ruff's parser finds no new syntax error" if newer else "parses as before")
