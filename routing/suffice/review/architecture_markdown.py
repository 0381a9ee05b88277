"""An architecture review as Markdown for people, and the same as data.

The Markdown is ours: what a lane wrote, and what files are called, stands in it as plain text or as code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from suffice.outcome import Attempt, Ending
from suffice.privacy import redact
from suffice.review.architecture import ArchitectureReviewed
from suffice.review.architecture_finding import ArchitectureFinding, one_line
from suffice.review.fact_table import FactTable
from suffice.review.module_picture import Picture, marks_of, picture
from suffice.review.plain_markdown import block, code, prose
from suffice.review.structure.fact import Fact

SCHEMA_NAME = "suffice.architecture/1"


def architecture_markdown(reviewed: ArchitectureReviewed) -> str:
    """Return *reviewed* as Markdown: what was found, the modules as a picture, each finding, what it rests on."""
    return "\n\n".join(part for part in _parts(reviewed) if part) + "\n"


def _parts(reviewed: ArchitectureReviewed) -> Iterator[str]:
    yield "# Architecture review"
    yield _headline(reviewed)
    yield _modules(picture_of(reviewed), reviewed)
    facts = reviewed.table.by_id()
    if reviewed.findings:
        yield "## Findings, in order"
    for number, finding in enumerate(reviewed.findings, 1):
        yield from _finding(number, finding, facts)
    yield from _facts(reviewed.table)
    yield _listed("## What the project declares", map(prose, reviewed.declared))
    yield _listed("## What could not be known", map(prose, unavailable(reviewed)))
    yield _listed("## What it took", _cost(reviewed))


def _headline(reviewed: ArchitectureReviewed) -> str:
    dropped = dropped_by_reason(reviewed)
    counts = _count(len(reviewed.table.facts), "fact") + (f"; dropped: {dropped}" if dropped else "")
    if reviewed.outcome.ending is not Ending.PROPOSED:
        return f"**No review**: {prose(reviewed.outcome.detail)} ({counts})."
    if reviewed.no_change_needed:
        return f"**No structural change is needed**, by {counts}." + (f" {prose(reviewed.why)}" if reviewed.why else "")
    return f"**{_count(len(reviewed.findings), 'finding')}** from {counts}."


def dropped_by_reason(reviewed: ArchitectureReviewed) -> str:
    """Return "2 unknown fact, 1 quote not found", the most frequent first; "" for nothing."""
    counts = Counter(dropped.reason for dropped in reviewed.dropped)
    return ", ".join(f"{number} {reason}" for reason, number in counts.most_common())


def unavailable(reviewed: ArchitectureReviewed) -> tuple[str, ...]:
    """Return what could not be known, without secrets."""
    return tuple(redact(one_line(reason)).text for reason in reviewed.structure.unavailable)


def picture_of(reviewed: ArchitectureReviewed) -> Picture:
    """Return the modules as a flowchart, with what the findings rest on and where cycles can be cut."""
    edges = reviewed.structure.graph.edges
    shown, cited = reviewed.table.by_id(), {id_ for finding in reviewed.findings for id_ in finding.facts}
    facts = [fact for fact in reviewed.structure.facts if fact.id in shown]
    files = [path for fact in facts if fact.id in cited for path in fact.paths]
    return picture(edges, marks=marks_of(facts, cited=cited), cited=files)


def _modules(drawn: Picture, reviewed: ArchitectureReviewed) -> str:
    if not drawn.text:
        return ""
    edges = reviewed.structure.graph.edges
    imports = _count(_imports(edges), "import")
    said = f"{_count(len(edges), 'file')} with {imports} in {_count(drawn.boxes, 'box', 'boxes')}"
    more = f"; {_count(drawn.left_out, 'arrow')} left out" if drawn.left_out else ""
    legend = (
        "Tests are left out. Red: a finding rests on it. Thick: an import to cut, and a cycle is gone. "
        "Dotted: they change together, and neither imports the other."
    )
    return f"## The modules\n\n{said}{more}. {legend}\n\n```mermaid\n{drawn.text}\n```"


def _imports(edges: Mapping[str, Collection[str]]) -> int:
    return sum(map(len, edges.values()))


def _finding(number: int, finding: ArchitectureFinding, facts: Mapping[str, Fact]) -> Iterator[str]:
    yield f"### {number}. {prose(finding.title)}"
    yield prose(finding.observation)
    yield f"**If it is left:** {prose(finding.cost_if_left)}"
    options = (f"{prose(what)} *Trade-off:* {prose(trade_off)}" for what, trade_off in finding.options)
    yield _listed("**Options:**", options)
    yield f"**First step, a day at most:** {prose(finding.first_step)}"
    yield _listed("**It rests on:**", (_fact(facts[id_]) for id_ in finding.facts))
    yield from map(block, finding.quotes)


def _facts(table: FactTable) -> Iterator[str]:
    """Yield the facts by their kinds, each kind with how it was measured."""
    if table.facts:
        yield "## The facts"
    for (kind, how), facts in groupby(table.facts, key=lambda fact: (fact.kind, fact.how)):
        yield _listed(f"**{prose(kind)}**, by {prose(how)}:", map(_fact, facts))
    if table.left_out:
        yield f"Left out for want of room: {prose(table.said_left_out())}."


def _fact(fact: Fact) -> str:
    return f"{code(fact.id)} {prose(fact.text)}"


def _cost(reviewed: ArchitectureReviewed) -> Iterator[str]:
    outcome = reviewed.outcome
    if outcome.next_lane and outcome.next_cost_usd:
        yield f"{code(outcome.next_lane)} would come next, for about ${outcome.next_cost_usd:.4f}"
    if outcome.lane:
        yield f"{code(outcome.lane)} sufficed, ${outcome.cost_usd:.4f}"
    yield from (_failed(attempt) for attempt in outcome.attempts if attempt.failure)
    sent = ", ".join(f"{code(path)} {tokens}" for path, tokens in reviewed.sent.items())
    if sent and outcome.attempts:
        yield f"source that was sent, in tokens: {sent}"


def _failed(attempt: Attempt) -> str:
    price = "from the cache" if attempt.from_cache else f"${attempt.paid_usd:.4f}"
    why = attempt.evidence or attempt.cause or attempt.ended
    return f"{code(attempt.lane)} did not suffice, {price}: {prose(why)}"


def _listed(heading: str, lines: Iterable[str]) -> str:
    listed = "\n".join(f"- {line}" for line in lines)
    return f"{heading}\n\n{listed}" if listed else ""


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def architecture_data(reviewed: ArchitectureReviewed) -> dict[str, Any]:
    """Return *reviewed* as JSON data (`suffice.architecture/1`); all keys are always there."""
    outcome, drawn = reviewed.outcome, picture_of(reviewed)
    graph = reviewed.structure.graph
    return {
        "schema": SCHEMA_NAME,
        "outcome": str(outcome.ending),
        "reason": outcome.reason,
        "detail": outcome.detail,
        "no_change_needed": reviewed.no_change_needed,
        "why": reviewed.why,
        "findings": [_finding_data(number, finding) for number, finding in enumerate(reviewed.findings, 1)],
        "dropped": [
            {"reason": str(it.reason), "what": redact(one_line(it.what)).text, "title": it.finding.title}
            for it in reviewed.dropped
        ],
        "facts": [_fact_data(fact) for fact in reviewed.table.facts],
        "facts_left_out": {str(kind): number for kind, number in reviewed.table.left_out.items()},
        "declared": list(reviewed.declared),
        "unavailable": list(unavailable(reviewed)),
        "graph": {"files": len(graph.edges), "imports": _imports(graph.edges), "how": graph.how, "mermaid": drawn.text},
        "lane": outcome.lane,
        "cost_usd": round(outcome.cost_usd, 6),
        "attempts": [_attempt_data(attempt) for attempt in outcome.attempts],
        "sent_tokens": dict(reviewed.sent),
    }


def _finding_data(number: int, finding: ArchitectureFinding) -> dict[str, Any]:
    return {
        "order": number,
        "title": finding.title,
        "observation": finding.observation,
        "cost_if_left": finding.cost_if_left,
        "options": [option._asdict() for option in finding.options],
        "first_step": finding.first_step,
        "facts": list(finding.facts),
        "quotes": list(finding.quotes),
    }


def _fact_data(fact: Fact) -> dict[str, Any]:
    return {"id": fact.id, "kind": str(fact.kind), "text": fact.text, "how": fact.how, "paths": list(fact.paths)}


def _attempt_data(attempt: Attempt) -> dict[str, Any]:
    return {
        "lane": attempt.lane,
        "model": attempt.model,
        "effort": attempt.effort,
        "ended": str(attempt.ended),
        "failure": str(attempt.failure) if attempt.failure else None,
        "cost_usd": round(attempt.paid_usd, 6),
        "from_cache": attempt.from_cache,
    }
