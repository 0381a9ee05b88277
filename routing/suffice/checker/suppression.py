"""No new comment or mark that silences a linter, a type checker or a test."""

from __future__ import annotations

import re
from collections import Counter

from suffice.checker.subject import Subject
from suffice.checker.verdict import Found, failed, passed
from suffice.positions import split_lines

NAME = "suppression"
COST = "0.1 ms"

_SILENCERS = re.compile(
    r"""
      \#\s*(?:ruff\s*:\s*|flake8\s*[:=]\s*)?noqa\b[^\r\n]*
    | \#\s*ruff\s*:\s*(?:ignore|disable|file-ignore)\b[^\r\n]*
    | \#\s*type\s*:\s*ignore\b[^\r\n]*
    | \#\s*(?:pyright|mypy|ty|pyre|pytype|pyrefly)\s*:[^\r\n]*
    | \#\s*pylint\s*:\s*(?:disable|skip)[^\r\n]*
    | \#\s*pragma\s*:\s*no[^\r\n]*
    | \#\s*nosec\b[^\r\n]* | \#\s*nosemgrep\b[^\r\n]* | \#\s*bandit\s*:[^\r\n]*
    | \#\s*(?:fmt|yapf|isort|black|autopep8)\s*:\s*(?:off|skip|skip_file|disable)[^\r\n]*
    | \#\s*noinspection\b[^\r\n]* | \#\s*nopycln\b[^\r\n]* | \#\s*no(?:vermin|vm)\b[^\r\n]*
    | eslint-disable[\w-]*[^\r\n]* | @ts-(?:ignore|expect-error|nocheck)[^\r\n]*
    | (?:biome|oxlint|prettier|stylelint|tslint)[-:](?:ignore|disable)[^\r\n]*
    | \bNOLINT\w*[^\r\n]* | @SuppressWarnings[^\r\n]* | \#\[allow\([^\r\n]* | //\s*nolint[^\r\n]*
    | @?(?:pytest\.mark\.(?:skip|skipif|xfail)|unittest\.(?:skip\w*|expectedFailure))\b[^\r\n]*
    | \bpytest\.(?:skip|xfail|importorskip)\s*\([^\r\n]* | \bself\.skipTest\s*\([^\r\n]*
    | @no_type_check\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TOKENS = re.compile(r"[A-Za-z]+[0-9]+|[\w-]+")


def look(subject: Subject) -> Found:
    """Fail a patch that holds a silencer which the text did not hold before."""
    for change in subject.changes:
        old_lines = split_lines(change.before or "")
        old, new = Counter[str](), Counter[str]()
        for edit in change.line_edits:
            old.update(old_lines[edit.start_line - 1 : edit.end_line])
            new.update(split_lines(edit.new_text))
        before, after = _silencers(old - new), _silencers(new - old)
        for silencer in after - before:
            if not any(_narrows(silencer, earlier) for earlier in before - after):
                return failed(f"adds a suppression: {silencer[:60]}")
    return passed("adds no suppression")


def _silencers(lines: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line, number in lines.items():
        for match in _SILENCERS.finditer(line):
            found[" ".join(match[0].split())] += number
    return found


def _narrows(new: str, old: str) -> bool:
    """Whether *new* is *old* with fewer codes, as RUF100 leaves it."""
    mine, theirs = set(_TOKENS.findall(new.lower())), set(_TOKENS.findall(old.lower()))
    return len(mine) > 1 and mine < theirs
