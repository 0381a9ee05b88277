"""Every call of a review goes the same way: as a task through `solve`, on the ladder of its stage.

So caps, cache, ledger, health, consent and the constraints of the policy hold for each of them. Whatever was paid is
known, also of a call that an interruption cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from suffice import families
from suffice.constraints import Facts
from suffice.decide import Decision, decide
from suffice.lanes import HUMAN, Usage
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy, Rung
from suffice.providers.reply import Provider
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.solve import solve
from suffice.task import Kind, Task

Rungs = tuple[Rung, ...]


class Price(NamedTuple):
    """Who would be asked first, and about what one request costs."""

    lane: str
    cost_usd: float


class Asker:
    """Asks what the stages of one review have to ask; `outcomes` are those of all calls, in the order of asking."""

    def __init__(self, *, snapshot: Snapshot, policy: Policy, providers: Mapping[str, Provider], state: State) -> None:
        self.policy = policy
        self.state = state
        self._snapshot = snapshot
        self._providers = providers
        self._outcomes: list[Outcome] = []

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What was asked, with its cost."""
        return tuple(outcome for outcome in self._outcomes if outcome.attempts or outcome.reason != "interrupted")

    async def ask(self, task: Task, rungs: Rungs | None = None, *, snapshot: Snapshot | None = None) -> Outcome:
        """Return how *task* ended on *rungs*, or on the ladder of its kind, where alone `--lane` counts.

        *snapshot* is what the task speaks of, where that is not the change itself.
        """
        place = len(self._outcomes)
        self._outcomes.append(Outcome(task, Ending.SKIPPED, "interrupted", "the run was interrupted first"))

        def tell(asked: Task, attempt: Attempt) -> None:
            known = self._outcomes[place]
            self._outcomes[place] = known._replace(attempts=(*known.attempts, attempt))
            self.state.tell(asked, attempt)

        wishes = self.state.wishes if rungs is None else self.state.wishes._replace(lane=None)
        self._outcomes[place] = outcome = await solve(
            task,
            snapshot=self._snapshot if snapshot is None else snapshot,
            policy=self._policy(task.kind, rungs),
            providers=self._providers,
            state=replace(self.state, tell=tell, wishes=wishes),
        )
        return outcome

    def decided(self, task: Task, rungs: Rungs | None = None) -> Decision:
        """Return where *task* would go first, and what is excluded."""
        wishes = self.state.wishes
        facts = Facts(
            with_key=frozenset(self._providers),
            allow=wishes.allow,
            deny=wishes.deny,
            lane=wishes.lane if rungs is None else None,
            max_lane=wishes.max_lane,
        )
        return decide(task, policy=self._policy(task.kind, rungs), state=facts)

    def price(self, task: Task, rungs: Rungs | None = None) -> Price | None:
        """Return who would be asked *task* first and about what that costs, the answer of typical length.

        None where nobody may be asked.
        """
        lane = self.policy.lanes.get(self.decided(task, rungs).first)
        if lane is None:
            return None
        rules = self.policy.of(task.kind)
        ask = families.of(task.kind).question
        input_tokens = ask(task, lane, snapshot=self._snapshot, rules=rules, before=()).prompt_tokens
        output_tokens = int(rules.typical_output_tokens * lane.output_ratio)
        return Price(lane.name, lane.cost_usd(Usage(input_tokens=input_tokens, output_tokens=output_tokens)))

    def allowed(self, kind: Kind, like: Task, paths: Iterable[str]) -> Rungs:
        """Return the rungs of *kind* that may see all of *paths*, for a task that does not name them itself."""
        asked = like._replace(kind=kind, paths=tuple(paths), stage="", items=(), labels=())
        ladder = self.policy.of(kind).rungs
        order = frozenset(self.decided(asked, ladder[:-1]).order)
        return tuple(kept for rung in ladder[:-1] if (kept := tuple(lane for lane in rung if lane in order)))

    def provider(self, lane: str) -> str:
        """Return who offers *lane*."""
        return self.policy.lanes[lane].provider

    def _within(self, rungs: Rungs) -> Rungs:
        """Return *rungs* without what is above `--max-lane` by rank: their order is not that of a ladder."""
        limit, lanes = self.state.wishes.max_lane, self.policy.lanes
        if limit is None or limit not in lanes:
            return rungs
        low = (tuple(name for name in rung if lanes[name].rank <= lanes[limit].rank) for rung in rungs)
        return tuple(rung for rung in low if rung)

    def _policy(self, kind: Kind, rungs: Rungs | None) -> Policy:
        if rungs is None:
            return self.policy
        rules, rungs = self.policy.of(kind), self._within(rungs)
        on_ladder = any(rules.high_stakes_from in rung for rung in rungs)
        rules = rules._replace(rungs=(*rungs, (HUMAN,)), high_stakes_from=rules.high_stakes_from if on_ladder else None)
        return self.policy._replace(kinds={**self.policy.kinds, kind: rules})


def one_by_one(lanes: Iterable[str]) -> Rungs:
    """Return a ladder on which *lanes* are tried in their order."""
    return tuple((lane,) for lane in dict.fromkeys(lanes))
