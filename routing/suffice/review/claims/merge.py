"""One finding for one defect, however many lanes saw it."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.review.claims.finding import Dropped, Finding, Severity
from suffice.review.claims.likeness import ALIKE, Words, cosine, vectors
from suffice.review.claims.reason import Reason

NEAR_LINES = 3
"""Places at most so many lines apart are one: the rule by which findings are held against known defects, too."""

_SEVERITIES = tuple(Severity)


def merged(findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Dropped, ...]]:
    """Return *findings* with those that say the same made one, and those that went into another as duplicates.

    The same: at one place, in much the same words, or of one category if no lane made both: what one lane says in other
    words is another claim. What remains names all lanes that saw it, has the worst severity, and says what the longest
    of them said. Places must be known (`anchor`).
    """
    words = vectors([claim_of(finding) for finding in findings])
    kept: list[tuple[Finding, Words]] = []
    at: dict[str, list[int]] = {}
    dropped: list[Dropped] = []
    for finding, said in zip(findings, words, strict=True):
        nearby = at.setdefault(finding.path, [])
        same = [n for n in nearby if _is_same(kept[n], (finding, said))]
        twin = max(same, key=lambda n: cosine(kept[n][1], said), default=None)
        if twin is None:
            nearby.append(len(kept))
            kept.append((finding, said))
            continue
        first, its_words = kept[twin]
        whole, less = _by_length(first, finding)
        kept[twin] = (_union(first, finding, whole), its_words)
        dropped.append(Dropped(less, Reason.DUPLICATE))
    return tuple(finding for finding, _ in kept), tuple(dropped)


def claim_of(finding: Finding) -> str:
    """Return all that *finding* says in words."""
    return f"{finding.title}\n{finding.trigger}\n{finding.consequence}"


def apart(one: Finding, other: Finding) -> int:
    """Return how many lines lie from the end of one place to the start of the other, 0 or less if they meet."""
    return max(one.start_line, other.start_line) - min(one.end_line, other.end_line)


def _is_same(one: tuple[Finding, Words], other: tuple[Finding, Words]) -> bool:
    (first, its_words), (second, words) = one, other
    if first.in_old is not second.in_old:  # their numbers cannot be compared
        return first.hunk == second.hunk and cosine(its_words, words) >= ALIKE
    if apart(first, second) > NEAR_LINES:
        return False
    is_by_others = first.category is second.category and not set(first.seen_by) & set(second.seen_by)
    return is_by_others or cosine(its_words, words) >= ALIKE


def _by_length(one: Finding, other: Finding) -> tuple[Finding, Finding]:
    return (other, one) if len(claim_of(other)) > len(claim_of(one)) else (one, other)


def _union(first: Finding, second: Finding, whole: Finding) -> Finding:
    is_same_place = (first.start_line, first.end_line, first.in_old) == (
        second.start_line,
        second.end_line,
        second.in_old,
    )
    other = second if whole is first else first
    return whole._replace(
        severity=max(first.severity, second.severity, key=_SEVERITIES.index),
        seen_by=tuple(dict.fromkeys((*first.seen_by, *second.seen_by))),
        replacement=other.replacement if whole.replacement is None and is_same_place else whole.replacement,
        id=first.id,
    )
