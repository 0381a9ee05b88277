"""What follows from what was said of a claim: who is asked next, and whether it stays. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from suffice.review.claims.finding import Finding, Severity, Word
from suffice.review.claims.likeness import ALIKE, likeness
from suffice.review.claims.merge import NEAR_LINES, apart, claim_of
from suffice.review.claims.reason import Reason
from suffice.review.sorting.level import Level

GRAVE = frozenset({Severity.HIGH, Severity.CRITICAL})
"""What is shown though nobody could tell: the others are dropped as undecided."""


def wants_settling(finding: Finding, level: Level) -> bool:
    """Tell whether a strong lane has the last word: on architecture, and on what is grave and undecided."""
    if finding.refutation is None or finding.refutation.word is Word.REFUTED:
        return False
    if level is Level.ARCHITECTURE:
        return True
    return finding.severity in GRAVE and finding.refutation.word is Word.CANNOT_TELL


def has_its_turn(finding: Finding, decided: Iterable[tuple[Finding, bool]]) -> bool:
    """Tell whether *finding* counted as one with what is refuted, though it says something else, and with nothing else.

    *decided* are findings, each with whether it is refuted.
    """
    same = [(one, is_refuted) for one, is_refuted in decided if _counts_as_one(finding, one)]
    return bool(same) and all(is_refuted and not _says_the_same(finding, one) for one, is_refuted in same)


def _counts_as_one(finding: Finding, other: Finding) -> bool:
    if finding.path != other.path or apart(finding, other) > NEAR_LINES:
        return False
    return finding.category is other.category or _says_the_same(finding, other)


def _says_the_same(finding: Finding, other: Finding) -> bool:
    return likeness(claim_of(finding), claim_of(other)) >= ALIKE


def why_dropped(finding: Finding) -> Reason | None:
    """Return why *finding* goes by what was said of it, None if it stays."""
    word = finding.refutation.word if finding.refutation else None
    if word is Word.REFUTED:
        return Reason.REFUTED
    return Reason.UNDECIDED if word is Word.CANNOT_TELL and finding.severity not in GRAVE else None
