"""Nothing new that silences a linter or a type checker, skips a test or makes a condition constant.

What only speaks of a suppression (a string in a linter's own tests, a comment that mentions `or True`) passes; but
no lint fix has a reason to write `noqa` at all, in a docstring neither.

Example: `# noqa: F401` at the end of the diagnosed line, or `@pytest.mark.skip`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from suffice.checker.edits_source import is_source_change
from suffice.checker.file_roles import Role, is_python, role
from suffice.checker.own_fix import agreement
from suffice.checker.python_tokens import Lexed, lexed
from suffice.checker.silencers import COMMENTS, CONSTANTS, SKIPS
from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.checker.written import Line
from suffice.edits.edit import FileChange
from suffice.task import Kind

NAME = "suppression"
COST = "0.1 ms; about 1 ms a 100 lines of a file that gains what looks like one"
BLOCKS = ALWAYS

_HEAD_AND_CODES = re.compile(r"(.*?(?:noqa|ignore|disable[\w-]*))\s*(:|=|\[)?\s*(.*)", re.IGNORECASE)
_CODE = re.compile(r"[\w/@-]+")
_OPENERS = ("//", "/*", "*", "#", "--", ";", "{{!", "%")


def look(subject: Subject) -> Found:
    """Fail a patch that holds a silencer (a comment, a skip, `or True`) which the text did not hold before."""
    for file, change in zip(subject.written, subject.changes, strict=True):
        if not any(_may_silence(line.text) for line in file.added):
            continue
        anywhere = subject.kind is Kind.LINT_FIX
        before = _silencers(change.path, change.before or "", file.removed, anywhere=anywhere)
        after = _silencers(change.target, change.after or "", file.added, anywhere=anywhere)
        for silencer in after - before:
            if _silences_nothing(change, subject, in_comment=COMMENTS.search(silencer) is not None):
                continue
            is_widened = not any(_narrows(silencer, earlier) for earlier in before - after)
            if is_widened and not (CONSTANTS.search(silencer) and agreement(subject)):  # SIM222 itself writes `if True`
                return failed(f"adds a suppression: {silencer[:60]}")
    return passed("adds no suppression")


def _silences_nothing(change: FileChange, subject: Subject, *, in_comment: bool) -> bool:
    """Whether a silencer in *change* silences nothing that was looked at before, or is for `weakened-tests` to judge.

    A new test or script is nobody's yet, and a new test in an old file may well be skipped where it cannot run.
    """
    if change.before is None and not is_source_change(change, subject.snapshot):
        return True
    return subject.kind is not Kind.LINT_FIX and role(change.path) is Role.TEST and not in_comment


def _may_silence(line: str) -> bool:
    return any(pattern.search(line) for pattern in (COMMENTS, SKIPS, CONSTANTS))


def _silencers(path: str, text: str, lines: Iterable[Line], *, anywhere: bool) -> Counter[str]:
    """Return the silencers on *lines* of *text*, each as it is written, blanks aside; those for comments *anywhere*."""
    suspect = [line for line in lines if _may_silence(line.text)]
    tokens = lexed(text) if suspect and is_python(path) else None
    found: Counter[str] = Counter()
    for line in suspect:
        for pattern in (COMMENTS, SKIPS, CONSTANTS):
            for match in pattern.finditer(line.text):
                in_comment = pattern is COMMENTS
                if (in_comment and anywhere) or _is_meant(line, match.start(), tokens, in_comment=in_comment):
                    found[" ".join(match[0].split())] += 1
    return found


def _is_meant(line: Line, column: int, tokens: Lexed | None, *, in_comment: bool) -> bool:
    """Whether a match stands where it works: a directive in a comment, code outside of comments and strings."""
    if tokens is not None:
        return tokens.works_at(line.number, column, in_comment=in_comment)
    if not in_comment or line.text[column : column + 1] in {"#", "@", "/", "$"}:
        return True
    return any(opener in line.text[:column] for opener in _OPENERS) or not line.text[:column].strip()


def _narrows(new: str, old: str) -> bool:
    """Whether *new* is *old* with fewer codes but not without any, as RUF100, PGH003 and PGH004 leave it."""
    mine, theirs = _HEAD_AND_CODES.match(new.lower()), _HEAD_AND_CODES.match(old.lower())
    if mine is None or theirs is None or mine[1] != theirs[1]:
        return False
    codes, earlier = set(_CODE.findall(mine[3])), set(_CODE.findall(theirs[3]))
    silenced_all = theirs[2] is None or not earlier
    return mine[2] is not None and set() < codes and (silenced_all or codes < earlier)
