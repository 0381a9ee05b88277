"""The architecture review: facts that we measured, one question to a dear lane, and what of its answer stands.

Nothing is asked where there are no facts. What is shown is the redacted table, so that no report holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from suffice.outcome import Ending, Outcome
from suffice.policy import Policy
from suffice.privacy import Ignored
from suffice.providers.reply import Provider
from suffice.review.architecture_finding import ArchitectureFinding, DroppedFinding, findings_of, one_line
from suffice.review.architecture_question import ASKED, Material, material_of, task_of
from suffice.review.chosen_source import chosen_source, sent_tokens
from suffice.review.citations import MOST_TEXT_CHARS, gate, unsupported
from suffice.review.fact_table import FactTable, fact_table
from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.facts import Structure
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.solve import solve
from suffice.task import Mode, Stakes, Task

_MOST_NAMES = 20_000
"""Files whose names are known to the gate: as many as the import graph takes."""

_MOST_DECLARED = 40
"""Sentences on what a project declares: contracts, owners, some twenty decisions."""

_OF_NO_FILE = frozenset({FactKind.HISTORY, FactKind.UNKNOWN})
"""Kinds of facts that alone are nothing to review: how many commits were counted, what could not be known."""


class Asked(NamedTuple):
    """The question, in the user's words or ours; who waits for the answer, and what a wrong one costs."""

    question: str = ASKED
    mode: Mode = Mode.INTERACTIVE
    stakes: Stakes = Stakes.NORMAL


class ArchitectureReviewed(NamedTuple):
    """What an architecture review came to; `findings` are in their order, at most seven.

    `no_change_needed`: a lane said so, and `why` ("" where its reason is too long, or names what was not shown).
    `table` is what was shown of the facts, `declared` of what the project declares, `sent` the tokens of source by
    file. `outcome` says how it ended, with every attempt.
    """

    findings: tuple[ArchitectureFinding, ...]
    dropped: tuple[DroppedFinding, ...]
    table: FactTable
    structure: Structure
    outcome: Outcome
    no_change_needed: bool = False
    why: str = ""
    declared: tuple[str, ...] = ()
    sent: Mapping[str, int] = {}

    @property
    def ended(self) -> Outcome:
        """How it ended, as a report counts it: who finds that nothing needs a change proposes nothing."""
        if self.outcome.ending is not Ending.PROPOSED or self.findings:
            return self.outcome
        detail = "no structural change is needed"
        return self.outcome._replace(ending=Ending.UNCHANGED, reason="nothing-to-do", detail=detail)


async def architecture_review(
    structure: Structure,
    *,
    snapshot: Snapshot,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
    ignored: Ignored,
    asked: Asked | None = None,
) -> ArchitectureReviewed:
    """Return the review of *structure*, whose files stand in *snapshot*; what is *ignored* is neither read nor told."""
    task = review_task(structure, snapshot=snapshot, ignored=ignored, asked=asked)
    outcome = nothing_to_ask(task) or await solve(
        task, snapshot=snapshot, policy=policy, providers=providers, state=state
    )
    return reviewed(outcome, structure)


def nothing_to_ask(task: Task) -> Outcome | None:
    """Return how *task* ends without a call where no fact speaks of a file; None where there is something to ask."""
    if any(fact.kind not in _OF_NO_FILE for fact in material_of(task).table.facts):
        return None
    detail = "there are no facts about the structure of these files; review a folder with source"
    return Outcome(task, Ending.UNCHANGED, "nothing-to-do", detail)


def review_task(structure: Structure, *, snapshot: Snapshot, ignored: Ignored, asked: Asked | None = None) -> Task:
    """Return what is asked about *structure*, before anything is sent: for a preview, or an estimate of its price."""
    question, mode, stakes = asked or Asked()
    table = fact_table(_sendable(structure.facts, ignored))
    sources = chosen_source(table.facts, snapshot=snapshot, ignored=ignored)
    names = (path for path in sorted(structure.graph.edges) if not ignored.match_file(path))
    material = Material(
        table=table,
        declared=tuple(map(one_line, structure.declared[:_MOST_DECLARED])),
        sources=sources,
        names=tuple(islice(names, _MOST_NAMES)),
        asked=question,
    )
    return task_of(material, paths=_spoken_of(material, snapshot), mode=mode, stakes=stakes)


def reviewed(outcome: Outcome, structure: Structure) -> ArchitectureReviewed:
    """Return what stands of the answer in *outcome*, with the reasons why the rest does not."""
    material = material_of(outcome.task)
    unanswered = ArchitectureReviewed(
        (), (), material.table, structure, outcome, declared=material.declared, sent=sent_tokens(material.sources)
    )
    last = outcome.attempts[-1] if outcome.attempts else None
    if last is None or last.answer is None:
        return unanswered
    seen = material.shown()
    gated = gate(findings_of(last.answer), seen)
    why = one_line(last.answer["why"])
    is_proposed = outcome.ending is Ending.PROPOSED
    return unanswered._replace(
        findings=gated.findings if is_proposed else (),
        dropped=gated.dropped,
        no_change_needed=is_proposed and last.answer["no_change_needed"],
        why="" if len(why) > MOST_TEXT_CHARS or unsupported(why, seen) else why,
    )


def _sendable(facts: Iterable[Fact], ignored: Ignored) -> Iterator[Fact]:
    return (fact for fact in facts if not any(map(ignored.match_file, fact.paths)))


def _spoken_of(material: Material, snapshot: Snapshot) -> Iterator[str]:
    """Yield the files that are named or shown, by which a policy may keep them from a provider."""
    yield from (source.path for source in material.sources)
    yield from (path for fact in material.table.facts for path in fact.paths if snapshot.has(path))
