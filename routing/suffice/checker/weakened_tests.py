"""Tests stay as strict as they were: none deleted, skipped, emptied, or left without what it asserts.

Renamed, moved and merged tests pass, and so does the end of a test of something that the patch itself takes away.

Example: `assert total(cart) == 3` is taken out of `test_total`, and nothing is asserted in its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from math import inf
from typing import NamedTuple

from suffice.checker.file_roles import Role, is_named_as_test, role
from suffice.checker.skipping import set_aside
from suffice.checker.subject import Subject
from suffice.checker.test_cases import Case, is_assertion, is_exact, knows, test_cases
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped
from suffice.checker.written import LONGEST_LINE, Written
from suffice.edits.edit import FileChange

NAME = "weakened-tests"
COST = "nothing, or about 1 ms a touched test file"
BLOCKS = ALWAYS

_MERGES = re.compile(r"parametrize|subTest|\.each\b|t\.Run\(|@ParameterizedTest|rstest|@given\b")
_DEFINITION = re.compile(r"[ \t]*(?:export[ \t]+|async[ \t]+|default[ \t]+)*(?:def|class|function|func|fn)[ \t]+(\w+)")


_MOST_NAMES = 200
_SHORTEST_NAME = 4
_WORD = re.compile(r"\w+")


class _Sides(NamedTuple):
    """All test cases of the test files of a patch before and after, and the names that it takes from the source."""

    before: tuple[Case, ...]
    after: tuple[Case, ...]
    gone: frozenset[str]


def look(subject: Subject) -> Found:
    """Fail a patch after which less is tested than before."""
    touched = [change for change in subject.changes if role(change.path) is Role.TEST]
    if not touched:
        return skipped("no test is touched")
    weaker = _hidden(touched) or _set_aside(subject)
    if not weaker and any(file.removed for file in _tests(subject)):
        sides = _sides(subject, touched)
        files = _tests(subject)
        weaker = _lost(sides, files) or _emptied(sides, files) or next(_blunted(files), None)
    return failed(weaker) if weaker else passed("tests are as strict as before")


def _tests(subject: Subject) -> list[Written]:
    return [file for file in subject.written if role(file.old_path) is Role.TEST]


def _hidden(touched: Sequence[FileChange]) -> str | None:
    for change in touched:
        if change.after is None and is_named_as_test(change.path) and not knows(change.path):
            return f"deletes the test file {change.path}"
        if role(change.target) is not Role.TEST:
            return f"renames {change.path} so that it is found as a test no more"
    return None


def _set_aside(subject: Subject) -> str | None:
    pairs = zip(subject.changes, subject.written, strict=True)
    found = (set_aside(change, file) for change, file in pairs if role(change.path) is Role.TEST)
    return next(filter(None, found), None)


def _lost(sides: _Sides, files: Sequence[Written]) -> str | None:
    """Say which test cases are gone, unless as many new ones, or one for many values, came in their place."""
    before, after = (Counter(name for _, name in {(case.group, case.name) for case in cases}) for cases in sides[:2])
    lost, new = before - after, after - before
    if not lost:
        return None
    for case in sides.before:
        if case.name in lost and _is_of_gone(case, sides.gone):
            del lost[case.name]
    merged = new and _merges(files)
    return f"deletes {', '.join(sorted(lost)[:3])}" if lost.total() > new.total() and not merged else None


def _merges(files: Sequence[Written]) -> bool:
    """Whether one test for many values is written."""
    return any(_MERGES.search(line.text[:LONGEST_LINE]) for file in files for line in file.added)


def _emptied(sides: _Sides, files: Sequence[Written]) -> str | None:
    """Say which test case that is still there asserts less, with nothing asserted in its place anywhere."""
    after = {key: case for case in sides.after for key in (case.name, (case.group, case.name))}
    removed = {line.text.strip() for file in files for line in file.removed}
    removed -= {line.text.strip() for file in files for line in file.added}
    asserted = [line.text for file in files for line in file.added if is_assertion(file.path, line.text)]
    for case in sides.before:
        now = after.get((case.group, case.name)) or after.get(case.name, case)
        if case.working and not now.working:
            return f"empties {case.name}"
        lost = [line for line in case.asserts if line in removed and sides.gone.isdisjoint(_WORD.findall(line))]
        if len(now.asserts) < len(case.asserts) and len(_not_said(lost, asserted)) > len(asserted):
            return f"{case.name} no longer holds {lost[0][:60]!r}"
    return None


def _blunted(files: Sequence[Written]) -> Iterator[str]:
    """Say which assertion gave way to one that more values meet, or to a tolerance that is far wider."""
    for file in files:
        earlier = [line.text for line in file.removed if is_assertion(file.path, line.text)]
        now = [line for line in file.added if is_assertion(file.path, line.text)]
        exact = [line.text for line in file.added if is_exact(line.text)]
        blunted = len(_not_said([*filter(is_exact, earlier)], exact)) > len(exact)
        if now and len(now) <= len(earlier) and blunted and not _merges(files):
            yield f"line {now[0].number} of {file.path} asserts less: {now[0].text.strip()[:60]}"
        before = {name: float(value) for line in file.removed for name, value in _tolerances(line.text)}
        for line in file.added:
            for name, value in _tolerances(line.text):
                was = before.get(name, inf)
                if was < float(value) >= _FAR_WIDER * was:
                    yield f"line {line.number} of {file.path} allows {name} {value}, where it was {was:g}"


def _not_said(lost: Sequence[str], asserted: Sequence[str]) -> list[str]:
    """Return those of the *lost* assertions whose words do not all stand in the new ones."""
    words = {word for line in asserted for word in _WORD.findall(line)}
    return [line for line in lost if not words.issuperset(_WORD.findall(line))]


_TOLERANCE = re.compile(
    r"\b(abs|rel|delta|rtol|atol|abs_tol|rel_tol|tolerance|epsilon|tol)[ \t]*=[ \t]*"
    r"(\d+(?:_\d+)*(?:\.\d*)?(?:e[+-]?\d+)?)"
)
_FAR_WIDER = 10


def _tolerances(text: str) -> list[tuple[str, str]]:
    return _TOLERANCE.findall(text[:LONGEST_LINE])


def _sides(subject: Subject, touched: Sequence[FileChange]) -> _Sides:
    return _Sides(
        tuple(case for change in touched for case in test_cases(change.path, change.before or "")),
        tuple(case for change in touched for case in test_cases(change.target, change.after or "")),
        frozenset(islice(sorted(_defined(subject, "removed") - _defined(subject, "added")), _MOST_NAMES)),
    )


def _defined(subject: Subject, side: str) -> set[str]:
    """Return the functions and classes outside of tests that the patch adds or takes away."""
    lines = (line for file in subject.written if role(file.path) is Role.SOURCE for line in getattr(file, side))
    matches = (_DEFINITION.match(line.text) for line in lines)
    return {match[1] for match in matches if match and len(match[1]) >= _SHORTEST_NAME}


def _is_of_gone(case: Case, gone: frozenset[str]) -> bool:
    """Whether *case* tests something that the patch itself takes away, by its name or by what it asserts."""
    if any(name.lower().strip("_") in case.name.lower() for name in gone):
        return True
    return any(not gone.isdisjoint(_WORD.findall(line)) for line in case.asserts)
