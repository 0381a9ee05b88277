"""Nothing new that silences a linter or a type checker, skips a test or makes a condition constant."""

from __future__ import annotations

import re
from collections import Counter

from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.positions import split_lines

NAME = "suppression"
COST = "0.1 ms"
BLOCKS = ALWAYS

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
    | @[\w.]*no_type_check\b
    | from\s+(?:pytest|unittest)\s+import\b[^\r\n]*\b(?:skip\w*|xfail|expectedFailure)\b
    | @(?:skip\w*|xfail|expectedFailure)\b | ^\s*(?:skip|xfail)\s*\(
    | \bexcept\s*\(\s*\)\s*:
    | \bassert\s+(?:True|1)\b | \bor\s+True\b | \band\s+False\b | \b(?:if|elif|while)\s+(?:False|0)\s*:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HEAD_AND_CODES = re.compile(r"(.*?(?:noqa|ignore|disable[\w-]*))[\s:=\[]*(.*)", re.IGNORECASE)
_CODE = re.compile(r"[\w-]+")


def look(subject: Subject) -> Found:
    """Fail a patch that holds a silencer (a comment, a skip, `or True`) which the text did not hold before."""
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
    """Whether *new* is *old* with fewer codes but not without any, as RUF100 leaves it."""
    mine, theirs = _HEAD_AND_CODES.match(new.lower()), _HEAD_AND_CODES.match(old.lower())
    if mine is None or theirs is None or mine[1] != theirs[1]:
        return False
    return set() < set(_CODE.findall(mine[2])) < set(_CODE.findall(theirs[2]))
