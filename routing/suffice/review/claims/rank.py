"""How sure one may be of a finding, by evidence alone, and which are shown inline. A model's own score never counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from suffice.review.claims.finding import Category, Finding, Severity, Word

SEEN_BY_TWO = 0.69
"""Share of comments that were right where another reviewer made them too (12 products, 50 changes, 2026-11)."""

ALONE = 0.3
"""Somewhat under the 0.36 of all comments of one reviewer: most of those that one alone made were wrong."""

_UPHELD = 1.7
"""What a second model's word does to the odds: precision went from 54.5 to 67.1 % by such a filter (BitsAI-CR)."""

_RECORD_WEIGHT = 10.0
"""The evidence above counts as much as so many words of the developer on findings of the category."""

_WEIGHTS: Mapping[Severity, float] = {
    Severity.LOW: 1.0,
    Severity.MEDIUM: 2.0,
    Severity.HIGH: 4.0,
    Severity.CRITICAL: 8.0,
}

THRESHOLDS: Mapping[Category, float] = dict.fromkeys(Category, 0.4) | {Category.OTHER: 0.5}
"""How sure one must be to show a finding inline: two saw it, or one did and a refuter held it up."""

CAP, HARD_CAP = 5, 10
"""Runs with one or two comments were right 50 % of the time, with eight or more 24 %."""


class Kept(NamedTuple):
    """How many findings were kept, of those that the developer said anything about."""

    kept: float
    said: float


class Ranked(NamedTuple):
    """What is shown beside the code, and what is folded into the summary; both the worst and surest first."""

    inline: tuple[Finding, ...]
    folded: tuple[Finding, ...]


def confidence_of(
    finding: Finding, *, families: Mapping[str, str], record: Mapping[Category, Kept] | None = None
) -> float:
    """Return how sure one may be of *finding* (0..1). *families* gives each lane's provider or model family.

    Starts from how many families saw it, goes on with the refuter's word, and ends with what became of findings of
    its category before (a Beta distribution's mean).
    """
    seen = {families.get(lane, lane) for lane in finding.seen_by}
    sure = _after_refuter(SEEN_BY_TWO if len(seen) > 1 else ALONE, finding)
    said = (record or {}).get(finding.category, Kept(0.0, 0.0))
    return (_RECORD_WEIGHT * sure + said.kept) / (_RECORD_WEIGHT + said.said)


def _after_refuter(sure: float, finding: Finding) -> float:
    match finding.refutation:
        case None:
            return sure
        case (Word.REFUTED, *_):
            return 0.0
        case (Word.CANNOT_TELL, *_):
            return _shifted(sure, 1 / _UPHELD)
        case refutation:
            return _shifted(sure, _UPHELD) if refutation.quote.strip() else sure


def _shifted(probability: float, factor: float) -> float:
    """Return *probability* after its odds were multiplied by *factor*."""
    odds = probability / (1 - probability) * factor
    return odds / (1 + odds)


def confident(
    findings: Iterable[Finding], *, families: Mapping[str, str], record: Mapping[Category, Kept] | None = None
) -> tuple[Finding, ...]:
    """Return *findings* with their confidence."""
    return tuple(f._replace(confidence=confidence_of(f, families=families, record=record)) for f in findings)


def ranked(findings: Iterable[Finding], *, cap: int = CAP, hard: int = HARD_CAP) -> Ranked:
    """Return at most *cap* (and never over *hard*) of *findings* inline, by severity x confidence; the rest folded.

    Only what is sure enough for its category is inline; of equals, the first place in the first file.
    """
    ordered = sorted(findings, key=lambda f: (-_WEIGHTS[f.severity] * f.confidence, f.path, f.start_line, f.id))
    sure = [finding for finding in ordered if finding.confidence >= THRESHOLDS[finding.category]]
    inline = tuple(sure[: max(0, min(cap, hard))])
    shown = set(map(id, inline))
    return Ranked(inline, tuple(finding for finding in ordered if id(finding) not in shown))
