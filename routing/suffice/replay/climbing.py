"""One task under a policy: which lanes are asked in turn, and what comes of it in expectation.

As long as each lane is rejected, a decision depends on the policy, the records and what the failed lanes have cost:
so the lanes form a chain, and the expectation over the checker's errors is exact, without any drawing of lots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from suffice.constraints import is_explicit_only
from suffice.decide import Decision, Facts, Failure, Tried, decide
from suffice.errors import InputError
from suffice.lane_record import LaneRecord
from suffice.lanes import HUMAN, LINTER
from suffice.policy import KindPolicy, Policy, Rung
from suffice.replay.cases import Case, Run
from suffice.task import Kind, Task
from suffice.worth import on_this_task


class Checker(NamedTuple):
    """How often (0..1) a wrong result is accepted (`far`), and a right one rejected (`frr`)."""

    far: float = 0.0
    frr: float = 0.0

    def accepts(self, run: Run) -> float:
        """Return the probability that the result of *run* is accepted."""
        return 1 - self.frr if run.resolved else self.far


class Fate(NamedTuple):
    """What is expected of a task: the probability (0..1) that a right or a wrong result is shipped, and the cost."""

    solved: float
    wrong: float
    cost_usd: float

    @property
    def human(self) -> float:
        """Return the probability that it is handed over."""
        return max(1 - self.solved - self.wrong, 0.0)


def climbed(case: Case, lanes: Iterable[str], checker: Checker) -> Fate:
    """Return what is expected of *case* if *lanes* are asked in turn until a result is accepted."""
    solved = wrong = cost_usd = 0.0
    left = 1.0
    for lane in lanes:
        run = case.runs[lane]
        accepted = checker.accepts(run)
        cost_usd += left * run.cost_usd
        solved += left * accepted * run.resolved
        wrong += left * accepted * (not run.resolved)
        left *= 1 - accepted
    return Fate(solved, wrong, cost_usd)


class Mapped(NamedTuple):
    """A policy whose ladder for `kind` has the mapped lanes alone."""

    policy: Policy
    kind: Kind
    with_key: frozenset[str]
    allow: frozenset[str]

    def decision(self, records: Mapping[str, LaneRecord], failed: tuple[str, ...] = ()) -> Decision:
        """Return what is decided once the results of *failed* were rejected, in this order."""
        tried = tuple(Tried(lane, Failure.LOW_CONFIDENCE) for lane in failed)
        facts = Facts(with_key=self.with_key, allow=self.allow, tried=tried, records=records)
        return decide(Task(kind=self.kind), policy=self.policy, state=facts)

    def chain(self, case: Case, records: Mapping[str, LaneRecord]) -> tuple[str, ...]:
        """Return the lanes that are asked in turn for *case* as long as each is rejected."""
        lanes: tuple[str, ...] = ()
        while True:
            spent_usd = {lane: case.runs[lane].cost_usd for lane in lanes}
            first = self.decision(on_this_task(records, spent_usd), lanes).first
            if first == HUMAN or first in lanes:
                return lanes
            lanes = (*lanes, first)

    def rungs(self) -> tuple[Rung, ...]:
        """Return the ladder without the human: the mapped lanes that may be used. Raises InputError if none may."""
        decided = self.decision({})
        rungs = tuple(rung for rung in decided.rungs if rung != (HUMAN,))
        if not rungs:
            why = "; ".join(f"{lane}: {constraint}" for lane, constraint in decided.excluded)
            raise InputError(f"No mapped lane may be used for {self.kind} ({why}); map another lane or kind.")
        return rungs


def mapped(policy: Policy, kind: Kind, lanes: Iterable[str]) -> Mapped:
    """Return *policy* with a ladder of *lanes* for *kind*: where it puts them, and by rank those it does not have.

    Raises InputError for a lane that is not in the catalogue.
    """
    chosen = tuple(lanes)
    for lane in chosen:
        if lane not in policy.lanes:
            raise InputError(f"There is no lane {lane}; map one of: {', '.join(policy.lanes)}.")
    rules = policy.of(kind)
    kinds = {**policy.kinds, kind: rules._replace(rungs=_ladder(rules, chosen, policy))}
    with_key = frozenset(policy.lanes[lane].provider for lane in chosen)
    # Only a lane that needs it: a lane that is allowed by name is never stopped at.
    explicit = (lane for lane in chosen if is_explicit_only(policy.lanes[lane], rules))
    return Mapped(policy._replace(kinds=kinds), kind, with_key, frozenset(explicit))


def _ladder(rules: KindPolicy, lanes: tuple[str, ...], policy: Policy) -> tuple[Rung, ...]:
    kept = (tuple(lane for lane in rung if lane in lanes) for rung in rules.rungs if rung not in {(LINTER,), (HUMAN,)})
    ladder = [rung for rung in kept if rung]
    there = {lane for rung in ladder for lane in rung}
    for lane in sorted(set(lanes) - there, key=lambda name: (policy.lanes[name].rank, lanes.index(name))):
        higher = (place for place, rung in enumerate(ladder) if _rank(rung, policy) > policy.lanes[lane].rank)
        ladder.insert(next(higher, len(ladder)), (lane,))
    return (*ladder, (HUMAN,))


def _rank(rung: Rung, policy: Policy) -> int:
    return min(policy.lanes[lane].rank for lane in rung)
