"""What the developer dismissed before is not said again: a query over the ledger, which holds no text.

A review's item has its fingerprint and, as its rule, the category with a hash of the folder and a sketch of the words:
`suffice feedback REPORT#ITEM dismissed` writes both down as it does for every item. A sketch is 64 bits of which two
texts share the more the more words they share (simhash, Charikar 2002); the words cannot be read from it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from math import cos, pi
from typing import NamedTuple

from suffice.review.claims.finding import Category, Dropped, Finding
from suffice.review.claims.likeness import words
from suffice.review.claims.merge import claim_of
from suffice.review.claims.rank import Kept
from suffice.review.claims.reason import Reason
from suffice.state.ledger import Feedback, FeedbackRow
from suffice.task import Kind

PLACE_FOLDERS = 2
"""So many folders make the place of a file: `src/shop/cart/total.py` lies in `src/shop`."""

LEAST_SAID, LEAST_KEPT = 10, 0.2
"""With so many words on a category in a place, of which so small a share is `kept`, it is only ever folded."""

SIMILAR_DISMISSALS = 3
"""Dismissals of much the same words that block a finding: three, as with Greptile (19 -> 55 % addressed)."""

SIMILAR = 0.6
"""Cosine, as sketches tell it, from which on words are much the same; a sketch errs by about 0.1. Our own number."""

_SKETCH_BITS = 64
_RULE = re.compile(r"(?P<category>[a-z-]{1,30})(?:@(?P<place>[0-9a-f]{8}))?(?:~(?P<sketch>[0-9a-f]{16}))?")


_NEVER_AGAIN = frozenset({Feedback.DISMISSED, Feedback.REJECTED})
"""Words after which a finding is not said again: unlike a fix, one that is rejected has nothing to try harder at."""


class Said(NamedTuple):
    """What the developer said of a finding: its fingerprint, category, place and the sketch of its words."""

    fingerprint: str
    category: str
    place: str
    sketch: int | None
    word: Feedback


class Suppressed(NamedTuple):
    """What may be shown inline, what only folded, and what was dropped as dismissed before."""

    kept: tuple[Finding, ...]
    folded: tuple[Finding, ...]
    dropped: tuple[Dropped, ...]


def fingerprint_of(finding: Finding) -> str:
    """Return 32 hex digits made of path, category and quoted lines, wherever in the file these stand."""
    quoted = (" ".join(text.split()) for text in (finding.first_line, finding.last_line))
    return _hex("\0".join((finding.path, finding.category, *quoted)), 32)


def with_ids(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return *findings* with their fingerprints as ids; of several with one, the later ones in a file count on."""
    seen: dict[str, int] = defaultdict(int)
    ids: dict[int, str] = {}
    for finding in sorted(findings, key=lambda finding: (finding.path, finding.start_line)):
        own = fingerprint_of(finding)
        seen[own] += 1
        ids[id(finding)] = own if seen[own] == 1 else _hex(f"{own} {seen[own]}", 32)
    return tuple(finding._replace(id=ids[id(finding)]) for finding in findings)


def rule_of(finding: Finding) -> str:
    """Return what the ledger, and a report's `rule`, calls such findings: `correctness@1f2e3d4c~89abcdef01234567`."""
    return f"{finding.category}@{_place(finding.path)}~{_sketch(finding):016x}"


def category_in(rule: str) -> str:
    """Return the category in what the ledger calls the rule of a finding."""
    return rule.partition("@")[0]


def said_in(rows: Iterable[FeedbackRow], *, repository: str) -> tuple[Said, ...]:
    """Return what was said of findings in *repository* (its name in the ledger), the last word on each."""
    last: dict[str, Said] = {}
    for row in rows:
        match = _RULE.fullmatch(row.rule or "")
        if row.kind != Kind.REVIEW or row.repository != repository or match is None:
            continue
        sketch = int(match["sketch"], 16) if match["sketch"] else None
        last[row.fingerprint] = Said(row.fingerprint, match["category"], match["place"] or "", sketch, row.word)
    return tuple(last.values())


def record_of(said: Iterable[Said]) -> Mapping[Category, Kept]:
    """Return for each category of which anything was said how many of its findings were kept."""
    found: dict[Category, Kept] = {}
    for one in said:
        if one.category in set(Category):
            category = Category(one.category)
            found[category] = _plus(found.get(category, Kept(0, 0)), one)
    return found


def suppressed(findings: Iterable[Finding], said: Iterable[Said]) -> Suppressed:
    """Return *findings* without those that were dismissed before, in the same lines or in much the same words.

    Folded are those of a category that is hardly ever kept in their place.
    """
    heard = tuple(said)
    unsaid = [one for one in heard if one.word in _NEVER_AGAIN]
    gone = {one.fingerprint for one in unsaid}
    sketches = [one.sketch for one in unsaid if one.sketch is not None]
    unwanted = _unwanted(heard)
    kept: list[Finding] = []
    folded: list[Finding] = []
    dropped: list[Dropped] = []
    for finding in findings:
        if (finding.id or fingerprint_of(finding)) in gone or _is_blocked(finding, sketches):
            dropped.append(Dropped(finding, Reason.DISMISSED))
        elif (finding.category, _place(finding.path)) in unwanted:
            folded.append(finding)
        else:
            kept.append(finding)
    return Suppressed(tuple(kept), tuple(folded), tuple(dropped))


def _unwanted(said: Iterable[Said]) -> frozenset[tuple[str, str]]:
    """Return the categories, each with a place, of which hardly anything was kept there."""
    counted: dict[tuple[str, str], Kept] = defaultdict(lambda: Kept(0, 0))
    for one in said:
        counted[one.category, one.place] = _plus(counted[one.category, one.place], one)
    return frozenset(key for key, (kept, n) in counted.items() if n >= LEAST_SAID and kept / n < LEAST_KEPT)


def _plus(record: Kept, one: Said) -> Kept:
    return Kept(record.kept + (one.word is Feedback.KEPT), record.said + 1)


def _is_blocked(finding: Finding, dismissed: Sequence[int]) -> bool:
    own = _sketch(finding)
    return sum(_likeness(own, sketch) >= SIMILAR for sketch in dismissed) >= SIMILAR_DISMISSALS


def _likeness(one: int, other: int) -> float:
    """Return about the cosine of the texts of two sketches: the share of bits that differ is their angle over pi."""
    return cos(pi * (one ^ other).bit_count() / _SKETCH_BITS)


def _sketch(finding: Finding) -> int:
    """Return a sketch of what *finding* claims."""
    sums = [0] * _SKETCH_BITS
    for word, times in words(claim_of(finding)).items():
        bits = int(_hex(word, _SKETCH_BITS // 4), 16)
        for bit in range(_SKETCH_BITS):
            sums[bit] += times if bits >> bit & 1 else -times
    return sum(1 << bit for bit, total in enumerate(sums) if total > 0)


def _place(path: str) -> str:
    return _hex("/".join(path.split("/")[:-1][:PLACE_FOLDERS]), 8)


def _hex(text: str, digits: int) -> str:
    return sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:digits]
