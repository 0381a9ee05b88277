"""What a hunk takes away that guarded something: conditions, errors raised, assertions, test cases.

Counted, not understood: a condition that is only rewritten is no loss, and neither is a test that moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from suffice.checker.file_roles import Role, role
from suffice.checker.test_cases import is_assertion, test_cases
from suffice.review.hunks.change import Change
from suffice.review.hunks.code_lines import LONGEST_LOOKED_AT, is_code
from suffice.review.hunks.hunk import Hunk

_CHECKS = re.compile(
    r"\s*(?:\}\s*)?(?:else\s+)?(?:if|elif|unless|guard|assert|require|raise|throw|except|catch|rescue)\b"
    r"|.*\b(?:panic!|assert\w*!?\s*\(|ensure!?\s*\(|bail!|validat\w*\s*\(|sanitiz\w*\s*\(|check_\w+\s*\(|verify\w*\s*\()"
    r"|\s*return\b.*\b(?:err|errors?\.\w+|Err)\b",
)


def lost_check(hunk: Hunk, change: Change) -> str | None:
    """Return what *hunk* takes away and does not put in again: "a deleted test" or "a deleted check"; else None."""
    if role(hunk.old_path) is Role.TEST:
        if _lost_tests(hunk, change):
            return "a deleted test"
        return "a deleted check" if _lost_assertions(hunk) else None
    before, after = (_checks(hunk.old_path, (line.text for line in side)) for side in (hunk.removed, hunk.added))
    return "a deleted check" if before > after else None


def _checks(path: str, lines: Iterable[str]) -> int:
    return sum(_CHECKS.match(line[:LONGEST_LOOKED_AT]) is not None for line in lines if is_code(path, line))


def _lost_assertions(hunk: Hunk) -> bool:
    before, after = (
        sum(is_assertion(path, line.text) for line in side)
        for path, side in ((hunk.old_path, hunk.removed), (hunk.path, hunk.added))
    )
    return before > after


def _lost_tests(hunk: Hunk, change: Change) -> bool:
    """Whether a test case begins in the lines that *hunk* takes away and stands nowhere in the change afterwards."""
    removed = "\n".join(line.text for line in hunk.removed)
    names = {case.name for case in test_cases(hunk.old_path, removed)}
    return bool(names) and not names <= _tests_after(change)


@lru_cache(maxsize=1)
def _tests_after(change: Change) -> frozenset[str]:
    """Return the names of all test cases in the test files that *change* touches, after it."""
    paths = [file.path for file in change.files if role(file.path) is Role.TEST and change.after.has(file.path)]
    return frozenset(case.name for path in paths for case in test_cases(path, change.after.text(path)))
