"""`replay`: a policy on recorded outcomes, beside what else could have been done with the same lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.errors import InputError
from suffice.policy import Policy, Rung
from suffice.replay.cases import Case, cases_of
from suffice.replay.climbing import Checker, Mapped, mapped
from suffice.replay.intervals import RESAMPLES, Strategy, measured
from suffice.replay.records import Record
from suffice.replay.strategies import SPLITS, Played, fixed, oracle_router, random_mix, with_memory, without_memory
from suffice.task import Kind

POLICY = "policy"
"""The policy on a machine that has seen nothing."""

TRAINED = "policy with memory"
"""The policy with the memory of other tasks, on which every lane had been explored."""


class Replay(NamedTuple):
    """What came out for `tasks` recorded tasks, with `mapping` from lane to model.

    `rungs` is the ladder that was climbed, `top` its highest lane, which the others are compared to. `far` and `frr`
    (0..1) are the checker's error rates; the oracles know no error. `splits` halvings and `resamples` are behind the
    memory and the intervals.
    """

    policy: str
    policy_sha256: str
    kind: Kind
    mapping: Mapping[str, str]
    rungs: tuple[Rung, ...]
    top: str
    tasks: int
    repositories: int
    far: float
    frr: float
    seed: int
    splits: int
    resamples: int
    strategies: tuple[Strategy, ...]
    notes: tuple[str, ...]

    def of(self, name: str) -> Strategy:
        """Return the strategy *name*. Raises KeyError."""
        return {strategy.name: strategy for strategy in self.strategies}[name]


def replay(
    records: Sequence[Record],
    *,
    mapping: Mapping[str, str],
    policy: Policy,
    kind: Kind = Kind.EDIT,
    far: float = 0.0,
    frr: float = 0.0,
    seed: int = 0,
) -> Replay:
    """Return what *policy* would have solved and spent on *records*, with *mapping* from its lanes to their models.

    *far* and *frr* (0..1) are how often the checker accepts a wrong result and rejects a right one. Expectations over
    the checker's errors are exact; *seed* draws the halves that memory learns from, and the bootstrap.
    Raises InputError.
    """
    if not mapping:
        raise InputError("No lane is mapped; say which model stands behind a lane with --map LANE=MODEL.")
    if not (0 <= far <= 1 and 0 <= frr <= 1):
        raise InputError(f"The checker's error rates are {far} and {frr}; expected numbers from 0 to 1.")
    restricted = mapped(policy, kind, mapping)
    cases, notes = cases_of(records, mapping)
    rungs, checker = restricted.rungs(), Checker(far, frr)
    top = _top(cases, rungs)
    played = _played(restricted, cases, rungs=rungs, checker=checker, seed=seed)
    unused = (f"{lane} is not used: {why}" for lane, why in restricted.decision({}).excluded)
    return Replay(
        policy=policy.name,
        policy_sha256=policy.sha256,
        kind=kind,
        mapping=dict(mapping),
        rungs=rungs,
        top=top,
        tasks=len(cases),
        repositories=len({case.repo for case in cases if case.repo}),
        far=far,
        frr=frr,
        seed=seed,
        splits=SPLITS,
        resamples=RESAMPLES,
        strategies=measured(played, top=only(top), seed=seed),
        notes=(*notes, *unused),
    )


def only(lane: str) -> str:
    """Return the name of the strategy that asks *lane* alone."""
    return f"only {lane}"


def _top(cases: Sequence[Case], rungs: Sequence[Rung]) -> str:
    """Return the lane of the highest rung that solves most."""
    return max(rungs[-1], key=lambda lane: sum(case.runs[lane].resolved for case in cases))


def _played(
    restricted: Mapped, cases: Sequence[Case], *, rungs: Sequence[Rung], checker: Checker, seed: int
) -> list[Played]:
    lanes = [lane for rung in rungs for lane in rung]
    order = restricted.decision({}).order
    ladder = [min(rung, key=order.index) for rung in rungs]
    singles = [fixed(only(lane), (lane,), cases, checker) for lane in lanes]
    trained = with_memory(TRAINED, restricted, cases, rungs=rungs, checker=checker, seed=seed)
    return [
        *singles,
        random_mix("random mix", singles, trained.mean().cost_usd),
        fixed("ladder", ladder, cases, checker),
        without_memory(POLICY, restricted, cases, checker),
        trained,
        fixed("oracle ladder", ladder, cases, Checker()),
        oracle_router("oracle router", cases, lanes),
    ]
