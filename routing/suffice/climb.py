"""One task on its way up: what is decided there, what is attempted, and what follows from it.

Nobody is asked while the way is that of an earlier run; a lane that does not answer is waited for or gone around.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping

from suffice import families
from suffice.attempt import Attempted, NotCached, NotSent, Step, TooLong, attempt_lane
from suffice.constraints import Facts, Failure, Tried, hidden_from
from suffice.decide import Decision, decide
from suffice.endings import NOT_EVEN_CACHED, broken, handed_over, is_outage, not_sent, out_of_budget, outage, proposed
from suffice.errors import SufficeError
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt, Outcome
from suffice.policy import Policy
from suffice.providers.reply import Provider
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.state.budget import OverCap
from suffice.task import Stakes, Task
from suffice.way import Way, and_rejected
from suffice.worth import on_this_task

LONGEST_WAIT_S = 8.0
"""A longer rest of the only model is an outage; so long a task waits in all."""

_LEAST_WAIT_S = 0.05

_MOST_TRANSPORT_FAILURES = 6
"""Calls of one task that may fail on the way until the task is left for another day."""

_MOST_OF_A_LANE = 2
"""Calls of one task to one lane that may fail on the way until the next one is asked."""


class Climb:
    """The state of one task; `solve` asks it for one step after the other."""

    def __init__(
        self,
        task: Task,
        *,
        snapshot: Snapshot,
        policy: Policy,
        providers: Mapping[str, Provider],
        state: State,
        tried: tuple[Attempt, ...] = (),
    ) -> None:
        self._task = task
        self._snapshot = snapshot
        self._policy = policy
        self._providers = providers
        self._state = state
        family = families.of(task.kind)
        self._work = family.work(task, snapshot)
        version = family.prompt_version(task.kind)
        remembered = state.storage.memory.of(self._work, models=policy.models(), prompt_version=version)
        remembered = and_rejected(remembered, state.wishes.rejected)
        self.way = Way(remembered=remembered, lanes=policy.lanes, attempts=tried)
        self._is_cached = state.cache.knows(self._work.kind, self._work.fingerprint)
        self._prompt_tokens = 0
        self._waited_s = 0.0
        if not self._is_cached or (remembered.unwanted_by and state.wishes.no_calls in NOT_EVEN_CACHED):
            self.way.leave_the_earlier()

    def decide(self) -> Decision:
        """Return the next step: that of an earlier run while it can be had for nothing, else what memory says.

        What is cached needs no model that answers. A lane that was not heard in the earlier run is passed over, as
        then, if a result of another one is cached.
        """
        if self.way.is_earlier:
            decision = self._decide({})
            if decision.first != HUMAN or not self.way.uncached:
                return decision
            self.way.leave_the_earlier()
        return self._decide({**self._state.health.unavailable(), **self._given_up()})

    def decide_after_outages(self) -> Decision:
        """Return the next step as it is once every model answers again."""
        return self._decide({})

    def _decide(self, unavailable: Mapping[tuple[str, str], str]) -> Decision:
        wishes, way = self._state.wishes, self.way
        known, rejected = way.known, self._rejected()
        facts = Facts(
            with_key=frozenset(self._providers),
            unavailable=unavailable,
            tried=tuple(Tried(a.lane, a.failure) for a in way.attempts if a.failure),
            allow=wishes.allow,
            deny=wishes.deny | way.uncached,
            lane=None if wishes.lane in rejected else wishes.lane,
            max_lane=wishes.max_lane,
            budget_left_usd=None if way.is_earlier else self._state.budget.left_usd,
            time_left_s=None if way.is_earlier else self._state.time_left_s,
            prompt_tokens=self._prompt_tokens,
            records=on_this_task(known.records, self._spent_usd()),
            failed_before=known.failed_here,
            rejected=rejected,
        )
        return decide(self._task, policy=self._policy, state=facts)

    def _rejected(self) -> tuple[str, ...]:
        """Return the lanes that are not asked, as nobody wanted their results.

        One that the user names is asked once more although it was rejected, unless this very run is to try harder.
        """
        wishes = self._state.wishes
        asked = {LINTER} if wishes.rejected else {LINTER, wishes.lane}
        return tuple(lane for lane in self.way.known.rejected_by if lane not in asked)

    def _spent_usd(self) -> Mapping[str, float]:
        spent: dict[str, float] = defaultdict(float)
        for attempt in self.way.attempts:
            spent[attempt.lane] += attempt.cost_usd
        return spent

    def is_over(self, decision: Decision) -> bool:
        """Tell whether no lane is left, or the way to them was blocked too often."""
        return decision.first == HUMAN or self._transport_failures() >= _MOST_TRANSPORT_FAILURES

    async def attempt(self, decision: Decision) -> Outcome | None:
        """Try the first lane of *decision* and return the outcome, None if the climb goes on."""
        if self._passes_over_a_resting_lane(decision) and await self._rested():
            return None
        is_model = decision.first != LINTER
        barred = self._why_barred() if is_model else None
        if barred in NOT_EVEN_CACHED or (barred and not self._is_cached):
            return not_sent(self._task, decision, self.way.attempts, barred)
        step = Step(
            lane=self._policy.lanes.get(decision.first),
            work=self._work,
            rules=self._policy.of(self._task.kind),
            before=self.way.before,
            least_confidence=decision.least_confidence,
            only_cached=self.way.is_earlier or barred is not None,
            judge=self._policy.lanes[decision.judges[0].lane] if decision.judges else None,
            barred=barred,
            is_hidden=self._hidden_from(decision.first) if is_model else None,
            is_hidden_from_judge=self._hidden_from(decision.judges[0].lane) if decision.judges else None,
            lost=self._lost,
        )
        try:
            attempted = await attempt_lane(
                self._task, step, snapshot=self._snapshot, providers=self._providers, state=self._state
            )
        except SufficeError as error:
            self._state.errors.append(error)
            return broken(self._task, self.way.attempts, error)
        return self._after(attempted, decision, barred)

    def _hidden_from(self, lane: str) -> Callable[[str], bool] | None:
        return hidden_from(self._policy.lanes[lane], self._task, self._policy)

    def _lost(self, attempt: Attempt) -> None:
        """Note what was paid in a step that did not end."""
        self._state.tell(self._task, self.way.add(attempt))

    def _after(self, attempted: Attempted, decision: Decision, barred: str | None) -> Outcome | None:
        """Return the outcome that follows from *attempted*, None if the climb goes on."""
        match attempted:
            case Attempt():
                made = self.way.add(attempted)
                self._state.tell(self._task, made)
                return proposed(self._task, decision, self.way.attempts) if made.failure is None else None
            case OverCap():
                return out_of_budget(self._task, decision, self.way.attempts, attempted)
            case NotCached() if not self.way.is_earlier:
                return not_sent(self._task, decision, self.way.attempts, barred or "offline")
            case NotCached() if decision.first == self._state.wishes.lane or decision.stakes is Stakes.HIGH:
                self.way.leave_the_earlier()
            case NotCached():
                self.way.pass_over(decision.first)
            case TooLong(prompt_tokens=tokens):
                self._prompt_tokens = tokens
            case NotSent():
                pass
        return None

    async def hand_over(self, decision: Decision) -> Outcome | None:
        """Return the outcome of a task that is over, None if waiting shortly may bring a lane back."""
        if self._transport_failures() >= _MOST_TRANSPORT_FAILURES:
            return outage(self._task, decision, self.way.attempts)
        rested = self._decide(self._given_up())
        if rested.first == HUMAN:  # waiting would bring nobody back
            return handed_over(self._task, rested, self.way.attempts)
        return None if await self._rested() else handed_over(self._task, decision, self.way.attempts)

    def _passes_over_a_resting_lane(self, decision: Decision) -> bool:
        """Tell whether *decision* goes to a higher rung only because of an outage, which waiting shortly may spare."""
        if not is_outage(decision):
            return False
        meant = self._decide(self._given_up()).first
        return not any({meant, decision.first} <= set(rung) for rung in self._policy.of(self._task.kind).rungs)

    def _why_barred(self) -> str | None:
        """Return why no model may be called, None if one may."""
        return self._state.wishes.no_calls or (self._state.errors[0].reason if self._state.errors else None)

    def _given_up(self) -> Mapping[tuple[str, str], str]:
        """Return the models that could not be reached for this task, again and again, each with the reason."""
        failed = [attempt for attempt in self.way.attempts if attempt.failure is Failure.TRANSPORT]
        often = [attempt for attempt in failed if sum(a.lane == attempt.lane for a in failed) >= _MOST_OF_A_LANE]
        return {(a.provider, a.model): f"{a.lane} is unavailable: {a.cause}" for a in often}

    def _transport_failures(self) -> int:
        return sum(attempt.failure is Failure.TRANSPORT for attempt in self.way.attempts)

    async def _rested(self) -> bool:
        """Wait until the first resting model may be asked again and return True; False if that takes too long."""
        rest_s = max(self._state.health.shortest_rest_s(), _LEAST_WAIT_S)
        left_s = self._state.time_left_s
        longest_s = LONGEST_WAIT_S if left_s is None else min(LONGEST_WAIT_S, left_s)
        if self._transport_failures() >= _MOST_TRANSPORT_FAILURES or self._waited_s + rest_s > longest_s:
            return False
        self._waited_s += rest_s
        await asyncio.sleep(rest_s)
        return True


def first_step(
    task: Task,
    *,
    snapshot: Snapshot,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
    tried: tuple[Attempt, ...] = (),
) -> Decision:
    """Return what `solve` would do first with *task*, after *tried* in this very run; nobody is asked.

    What is cached does not count: this is the lane that would be paid. Where nothing but an outage is in the way, which
    may be over in a moment, it is what follows then.
    """
    climb = Climb(task, snapshot=snapshot, policy=policy, providers=providers, state=state, tried=tried)
    climb.way.leave_the_earlier()
    decision = climb.decide()
    return climb.decide_after_outages() if decision.first == HUMAN and is_outage(decision) else decision
