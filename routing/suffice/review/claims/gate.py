"""Which findings may be shown at all: those with a true quote, a trigger and a consequence, of no banned class.

Nothing here asks a model, and nothing is dropped without a Reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from suffice.review.claims.anchor import Ambiguous, sought
from suffice.review.claims.bans import banned
from suffice.review.claims.finding import Dropped, Finding
from suffice.review.claims.likeness import ALIKE, likeness
from suffice.review.claims.memory import with_ids
from suffice.review.claims.merge import NEAR_LINES
from suffice.review.claims.reason import Reason
from suffice.review.hunks.change import Change
from suffice.review.hunks.hunk import Hunk
from suffice.task import Diagnostic


class Gated(NamedTuple):
    """What passed (with places and ids), what needs its `before_line`, and what was dropped with its Reason."""

    kept: tuple[Finding, ...]
    ambiguous: tuple[Ambiguous, ...]
    dropped: tuple[Dropped, ...]


def gate(
    findings: Iterable[Finding], hunks: Iterable[Hunk], change: Change, settled: Iterable[Diagnostic] = ()
) -> Gated:
    """Return what becomes of *findings*, whose `hunk` is the id of one of *hunks*.

    *settled* are diagnostics of the text after the change: what they say is not said again.
    """
    by_id = {hunk.id: hunk for hunk in hunks}
    known = _by_path(settled)
    kept: list[Finding] = []
    ambiguous: list[Ambiguous] = []
    dropped: list[Dropped] = []
    for finding in findings:
        found = _looked_at(finding, by_id, change, known)
        if isinstance(found, Reason):
            dropped.append(Dropped(finding, found))
        elif isinstance(found, Ambiguous):
            ambiguous.append(found)
        else:
            kept.append(found)
    return Gated(with_ids(kept), tuple(ambiguous), tuple(dropped))


def _looked_at(
    finding: Finding, hunks: Mapping[str, Hunk], change: Change, settled: Mapping[str, Sequence[Diagnostic]]
) -> Finding | Ambiguous | Reason:
    hunk = hunks.get(finding.hunk)
    if hunk is None:
        return Reason.NO_SUCH_HUNK
    if not (finding.trigger.strip() and finding.consequence.strip()):
        return Reason.EMPTY
    reason = banned(finding, hunk)
    if reason is not None:
        return reason
    found = sought(finding, hunk, change)
    if isinstance(found, Finding) and any(_says(diagnostic, found) for diagnostic in settled.get(found.path, ())):
        return Reason.SETTLED
    return found


def _by_path(diagnostics: Iterable[Diagnostic]) -> dict[str, list[Diagnostic]]:
    found: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        found.setdefault(diagnostic.path, []).append(diagnostic)
    return found


def _says(diagnostic: Diagnostic, finding: Finding) -> bool:
    """Whether *diagnostic* says the same as *finding*, about where it says it."""
    span = diagnostic.span
    apart = max(span.start_line, finding.start_line) - min(span.end_line, finding.end_line)
    if finding.in_old or apart > NEAR_LINES:
        return False
    message = f"{diagnostic.message} {diagnostic.rule}"
    claims = (finding.title, f"{finding.title} {finding.consequence}")
    return any(likeness(message, claim) >= ALIKE for claim in claims)
