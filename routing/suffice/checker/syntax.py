"""The file can be parsed as well as before.

The project's own parser decides where a linter has looked: ruff's for Python, which knows newer syntax than ours,
eslint's for JavaScript. Elsewhere a grammar does, and for Python that no linter saw, `ast`.

Example: a bracket that is never closed.
"""

from __future__ import annotations

from typing import NamedTuple

from suffice.checker.grammars import Errors, errors
from suffice.checker.languages import grammar_of, is_installed
from suffice.checker.subject import Linted, Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped
from suffice.edits.edit import FileChange
from suffice.linters.ruff import SYNTAX_ERROR

NAME = "syntax"
COST = "about 1 ms a touched function, 3 ms a file of 1,000 lines in other languages than Python"
BLOCKS = ALWAYS


class _Worse(NamedTuple):
    evidence: str


class _AsBefore(NamedTuple):
    evidence: str = "parses as before"


class _Unknown(NamedTuple):
    why: str


def look(subject: Subject) -> Found:
    """Fail a patch after which a file has more syntax errors than before."""
    looked = [_parsed(subject, change) for change in subject.changes if change.after is not None]
    for result in looked:
        if isinstance(result, _Worse):
            return failed(result.evidence)
    known = sorted({result.evidence for result in looked if isinstance(result, _AsBefore)}, key=len, reverse=True)
    if known:
        return passed(known[0])
    why = next((result.why for result in looked if isinstance(result, _Unknown)), "no file is left to parse")
    return skipped(why)


def _parsed(subject: Subject, change: FileChange) -> _Worse | _AsBefore | _Unknown:
    linted = (subject.linted or {}).get(change.path)
    if linted is not None:
        return _by_linter(change, linted)
    touched = subject.regions.get(change.path)
    if touched is None:
        return _by_grammar(change)
    broken = not all(region.parsed for region in touched)
    return _Worse(f"{change.path} cannot be parsed") if broken else _AsBefore()


def _by_linter(change: FileChange, linted: Linted) -> _Worse | _AsBefore:
    before, after = ([d for d in found if d.rule == SYNTAX_ERROR] for found in (linted.hard_before, linted.hard_after))
    if len(after) > len(before):
        place = f"line {after[0].span.start_line} of {change.path}"
        return _Worse(f"new syntax error at {place}: {after[0].message}")
    return _AsBefore()


def _by_grammar(change: FileChange) -> _Worse | _AsBefore | _Unknown:
    """Compare the numbers of errors; a created file, or one that was sound, may have none."""
    path, grammar = change.target, grammar_of(change.target)
    if grammar is None or not is_installed(grammar):
        return _Unknown(f"no grammar here can parse {path}")
    before = Errors(0) if change.before is None else errors(change.before, path)
    after = errors(change.after or "", path)
    if before is None:
        return _Unknown(f"{path} takes too long to parse")
    if after is None:
        return _Worse(f"{path} takes too long to parse, and did not before")
    if after.number > before.number:
        than = f", {after.number} instead of {before.number}" if before.number else ""
        return _Worse(f"new syntax error at line {after.first_line} of {path} for our {grammar.name} grammar{than}")
    if before.number:
        known = f"{path} had {before.number} syntax error(s) for our {grammar.name} grammar, and has no more"
        return _AsBefore(known)
    return _AsBefore()
