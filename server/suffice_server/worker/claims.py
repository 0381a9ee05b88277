"""The findings of a review as claims on lines that an editor shows.

Lines and quotes are those of the text that was reviewed, secrets and all: the editor has it anyway, and finds the lines
again by it. A finding on lines that are gone is told at the line above the place where they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from suffice import families
from suffice.positions import split_lines
from suffice.review.architecture import ArchitectureReviewed
from suffice.review.architecture_finding import ArchitectureFinding
from suffice.review.architecture_question import material_of
from suffice.review.claims.finding import Finding
from suffice.review.hunks.hunk import Hunk
from suffice.review.reviewed import Reviewed
from suffice.snapshot import Snapshot
from suffice.task import Kind
from suffice_server.values import Claim, Work
from suffice_server.wording import price
from suffice_server.worker.editor_text import changed

_OF_ARCHITECTURE = ("architecture", "low")
"""Category and severity of what an architecture review says: nothing is broken."""


class Opened(NamedTuple):
    """The texts of the editor by their paths in the reviewed folder, of which its own folder is `within`."""

    texts: Mapping[str, str]
    within: str = ""


class _Lines(NamedTuple):
    """Lines of a file (1-based, inclusive); 0: of none."""

    path: str
    first: int = 0
    last: int = 0


def claims_of(
    reviewed: Reviewed, items: Sequence[Mapping[str, Any]], *, after: Snapshot, opened: Opened, repository: str
) -> tuple[Claim, ...]:
    """Return the findings of *reviewed*, which are the *items* of its report, as claims on *after*.

    *repository* is what the ledger calls it.
    """
    hunks = {hunk.id: hunk for hunk in reviewed.looked_at}
    suggested = {id_: changed(made.change, opened.texts) for id_, made in reviewed.suggestions.items()}
    claims = []
    for finding, item in zip(reviewed.findings, items, strict=True):
        lines = _lines_of(finding, hunks.get(finding.hunk), after)
        claim = _claim(finding, item, lines=lines, quoted=_quoted(lines, after), repository=repository)
        claim = claim._replace(path=claim.path.removeprefix(opened.within))
        made = suggested.get(finding.id)
        claims.append(claim._replace(edits=made.edits, before=made.before) if made else claim)
    return _with_cost(claims, reviewed.cost_usd)


def _with_cost(claims: Iterable[Claim], cost_usd: float) -> tuple[Claim, ...]:
    """Return *claims*, each saying what the review has cost: no part of that is of one finding alone."""
    said = f"the whole review cost {price(cost_usd)}"
    return tuple(claim._replace(why=(*claim.why, said)) for claim in claims)


def _claim(
    finding: Finding, item: Mapping[str, Any], *, lines: _Lines, quoted: tuple[str, str], repository: str
) -> Claim:
    gone = (f"it is about line {finding.start_line} before the change",) if finding.in_old else ()
    return Claim(
        path=lines.path,
        start_line=lines.first,
        end_line=lines.last,
        first_line=quoted[0],
        last_line=quoted[1],
        title=finding.title,
        body=item["finding"]["body"],
        category=finding.category,
        severity=finding.severity,
        lanes=finding.seen_by,
        why=(*gone, *item["why"]),
        work=Work(Kind.REVIEW, item["rule"], repository, item["fingerprint"]),
        confidence=finding.confidence,
    )


def _lines_of(finding: Finding, hunk: Hunk | None, after: Snapshot) -> _Lines:
    if not finding.in_old:
        return _Lines(finding.path, finding.start_line, finding.end_line)
    if hunk is None or not after.has(hunk.path):
        return _Lines(finding.path)
    above = [line.new for line in takewhile(lambda line: line.old != finding.start_line, hunk.lines) if line.new]
    below = [line.new for line in hunk.lines if line.new]
    line = above[-1] if above else below[0] if below else 0
    return _Lines(hunk.path, line, line)


def _quoted(lines: _Lines, after: Snapshot) -> tuple[str, str]:
    """Return the first and the last of *lines* as they stand in *after*, without line ends; "" for none."""
    text = split_lines(after.text(lines.path)) if lines.first and after.has(lines.path) else []
    if not 1 <= lines.first <= lines.last <= len(text):
        return "", ""
    return text[lines.first - 1].rstrip("\r\n"), text[lines.last - 1].rstrip("\r\n")


def architecture_claims(found: ArchitectureReviewed, *, snapshot: Snapshot) -> tuple[Claim, ...]:
    """Return those findings of *found* as claims that quote a line or rest on facts about a file."""
    task = found.outcome.task
    work = Work(*families.of(task.kind).work(task, snapshot))
    claims = []
    for finding in found.findings:
        lines = _place(finding, found, snapshot)
        if lines:
            quoted = _quoted(lines, snapshot)
            claims.append(_architecture_claim(finding, found, lines=lines, quoted=quoted, work=work))
    return _with_cost(claims, found.outcome.cost_usd)


def _architecture_claim(
    finding: ArchitectureFinding, found: ArchitectureReviewed, *, lines: _Lines, quoted: tuple[str, str], work: Work
) -> Claim:
    facts, lane = found.table.by_id(), found.outcome.lane
    category, severity = _OF_ARCHITECTURE
    return Claim(
        path=lines.path,
        start_line=lines.first,
        end_line=lines.last,
        first_line=quoted[0],
        last_line=quoted[1],
        title=finding.title,
        body=f"{finding.observation} If it is left: {finding.cost_if_left} First step: {finding.first_step}",
        category=category,
        severity=severity,
        lanes=(lane,) if lane else (),
        why=tuple(f"{id_}: {facts[id_].text}" for id_ in finding.facts if id_ in facts),
        work=work,
    )


def _place(finding: ArchitectureFinding, found: ArchitectureReviewed, snapshot: Snapshot) -> _Lines | None:
    """Return the lines that *finding* quotes if they stand once, else the first file that its facts speak of."""
    sources = [source.path for source in material_of(found.outcome.task).sources if snapshot.has(source.path)]
    for quote in finding.quotes:
        spots = [lines for path in sources for lines in _spots(quote, path, snapshot)]
        if len(spots) == 1:
            return spots[0]
    facts = found.table.by_id()
    paths = (path for id_ in finding.facts if id_ in facts for path in facts[id_].paths)
    return next((_Lines(path) for path in paths if snapshot.has(path)), None)


def _spots(quote: str, path: str, snapshot: Snapshot) -> Iterator[_Lines]:
    """Yield where all lines of *quote* stand in the file *path*, whatever their indentation."""
    quoted = [line.strip() for line in quote.strip().splitlines()]
    lines = [line.strip() for line in split_lines(snapshot.text(path))]
    for place in range(len(lines) - len(quoted) + 1):
        if lines[place : place + len(quoted)] == quoted:
            yield _Lines(path, place + 1, place + len(quoted))
