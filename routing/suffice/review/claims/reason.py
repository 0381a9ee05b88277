"""Why a finding is not shown: a closed set, counted for the reader and never a matter of taste."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What a review counts, in the words of its last line ("dropped: 4 quote not found, 3 refuted")."""

    QUOTE_NOT_FOUND = "quote not found"
    NOT_ANCHORED = "not anchored"
    """The quote stands several times, and nothing told which of them was meant."""
    UNTOUCHED = "outside of the change"
    NO_SUCH_HUNK = "no such hunk"
    EMPTY = "no trigger or consequence"
    VAGUE = "asks to verify"
    STYLE = "style"
    NAMING = "naming"
    DOCUMENTATION = "documentation"
    TYPE_HINTS = "type hints"
    IMPORTS = "imports"
    ELSEWHERE = "defined elsewhere"
    TESTS = "test coverage"
    LOAD = "load without a path"
    SETTLED = "settled by a diagnostic"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    DUPLICATE = "duplicates"
    DISMISSED = "dismissed before"
