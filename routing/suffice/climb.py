"""One task on its way up: what was tried in this run, what earlier runs had tried, and what follows from both.

As long as every step is cached, the way of an earlier run is gone again, for nothing; from the first step that is
not, memory has its say, and the next lane is told what the cached ones had tried.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping

from suffice import families
from suffice.asking import REJECTED
from suffice.attempt import Attempted, NotCached, NotSent, Step, TooLong, attempt_lane
from suffice.constraints import Facts, Failure, Tried, hidden_from
from suffice.decide import Decision, decide
from suffice.endings import NOT_EVEN_CACHED, broken, handed_over, is_outage, not_sent, out_of_budget, outage, proposed
from suffice.errors import SufficeError
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt, Outcome
from suffice.policy import Policy
from suffice.providers.reply import Ended, Provider
from suffice.run import State
from suffice.shortfall import failed_for
from suffice.snapshot import Snapshot
from suffice.state.budget import OverCap
from suffice.task import Stakes, Task
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
        self._remembered = state.storage.memory.of(self._work, models=policy.models(), prompt_version=version)
        self._is_cached = state.cache.knows(self._work.kind, self._work.fingerprint)
        self._attempts = tried
        self._told: tuple[Attempt, ...] = ()
        self._unwanted = frozenset((*self._remembered.unwanted_by, *state.wishes.rejected))
        self._met: frozenset[str] = frozenset()
        self._replaying = self._is_cached
        self._uncached: frozenset[str] = frozenset()
        self._prompt_tokens = 0
        self._waited_s = 0.0
        if not self._is_cached or (self._unwanted and state.wishes.no_calls in NOT_EVEN_CACHED):
            self.leave_the_earlier_way()

    def decide(self) -> Decision:
        """Return the next step: that of an earlier run while it can be had for nothing, else what memory says.

        What is cached needs no model that answers. A lane that was not heard in the earlier run is passed over, as
        then, if a result of another one is cached.
        """
        if self._replaying:
            decision = self._decide({})
            if decision.first != HUMAN or not self._uncached:
                return decision
            self.leave_the_earlier_way()
        return self._decide({**self._state.health.unavailable(), **self._given_up()})

    def decide_after_outages(self) -> Decision:
        """Return the next step as it is once every model answers again."""
        return self._decide({})

    def _decide(self, unavailable: Mapping[tuple[str, str], str]) -> Decision:
        wishes, known = self._state.wishes, None if self._replaying and not self._met else self._remembered
        failed, rejected = self._failed_and_rejected()
        facts = Facts(
            with_key=frozenset(self._providers),
            unavailable=unavailable,
            tried=tuple(Tried(a.lane, a.failure) for a in self._attempts if a.failure),
            allow=wishes.allow,
            deny=wishes.deny | self._uncached if self._replaying else wishes.deny,
            lane=None if wishes.lane in rejected else wishes.lane,
            max_lane=wishes.max_lane,
            budget_left_usd=None if self._replaying else self._state.budget.left_usd,
            time_left_s=None if self._replaying else self._state.time_left_s,
            prompt_tokens=self._prompt_tokens,
            records=on_this_task(known.records, self._spent_usd()) if known else {},
            failed_before=failed,
            rejected=rejected,
        )
        return decide(self._task, policy=self._policy, state=facts)

    def _failed_and_rejected(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the lanes that failed here in earlier runs, and those of them whose results nobody wanted.

        While the way of those runs is gone again, what comes later on it is not known yet. A lane that the user names
        is asked once more although it was rejected, unless this very run is to try harder.
        """
        if self._replaying and not self._met:
            return (), ()
        ahead = self._unwanted - self._met if self._replaying else frozenset()
        wishes, known = self._state.wishes, self._remembered
        failed = tuple(lane for lane in known.failed_here if lane not in ahead)
        unasked = {LINTER, *ahead, *(() if wishes.rejected else (wishes.lane,))}
        return failed, tuple(lane for lane in self._rejected if lane not in unasked)

    @property
    def _rejected(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._remembered.rejected_by, *sorted(self._state.wishes.rejected))))

    def _spent_usd(self) -> Mapping[str, float]:
        spent: dict[str, float] = defaultdict(float)
        for attempt in self._attempts:
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
            return not_sent(self._task, decision, self._attempts, barred)
        step = Step(
            lane=self._policy.lanes.get(decision.first),
            work=self._work,
            rules=self._policy.of(self._task.kind),
            before=(*self._told, *self._attempts),
            least_confidence=decision.least_confidence,
            only_cached=self._replaying or barred is not None,
            judge=self._policy.lanes[decision.judges[0].lane] if decision.judges else None,
            barred=barred,
            unseen=self._hidden_from(decision.first) if is_model else None,
            judge_unseen=self._hidden_from(decision.judges[0].lane) if decision.judges else None,
            lost=self._lost,
        )
        try:
            attempted = await attempt_lane(
                self._task, step, snapshot=self._snapshot, providers=self._providers, state=self._state
            )
        except SufficeError as error:
            self._state.errors.append(error)
            return broken(self._task, self._attempts, error)
        return self._after(attempted, decision, barred)

    def _hidden_from(self, lane: str) -> Callable[[str], bool] | None:
        return hidden_from(self._policy.lanes[lane], self._task, self._policy)

    def _lost(self, attempt: Attempt) -> None:
        """Note what was paid in a step that did not end."""
        self._attempts = (*self._attempts, attempt)
        self._state.tell(self._task, attempt)

    def _after(self, attempted: Attempted, decision: Decision, barred: str | None) -> Outcome | None:
        """Return the outcome that follows from *attempted*, None if the climb goes on."""
        match attempted:
            case Attempt():
                return self._attempted(attempted, decision)
            case OverCap():
                return out_of_budget(self._task, decision, self._attempts, attempted)
            case NotCached() if not self._replaying:
                return not_sent(self._task, decision, self._attempts, barred or "offline")
            case NotCached():
                self._pass_over_uncached(decision)
            case TooLong(prompt_tokens=tokens):
                self._prompt_tokens = tokens
            case NotSent():
                pass
        return None

    async def hand_over(self, decision: Decision) -> Outcome | None:
        """Return the outcome of a task that is over, None if waiting shortly may bring a lane back."""
        if self._transport_failures() >= _MOST_TRANSPORT_FAILURES:
            return outage(self._task, decision, self._attempts)
        if is_outage(decision) and await self._rested():
            return None
        return handed_over(self._task, decision, self._attempts)

    def _passes_over_a_resting_lane(self, decision: Decision) -> bool:
        """Tell whether *decision* goes to a higher rung only because of an outage, which waiting shortly may spare."""
        if not is_outage(decision):
            return False
        meant = self._decide(self._given_up()).first
        return not any({meant, decision.first} <= set(rung) for rung in self._policy.of(self._task.kind).rungs)

    def _attempted(self, attempt: Attempt, decision: Decision) -> Outcome | None:
        unwanted = attempt.failure is None and self._was_unwanted(attempt)
        if unwanted:
            attempt = failed_for(attempt, Failure.CHECK_FAILED, REJECTED)
        self._attempts = (*self._attempts, attempt)
        self._state.tell(self._task, attempt)
        if unwanted:
            self._pass_by(attempt.lane)
        return proposed(self._task, decision, self._attempts) if attempt.failure is None else None

    def _was_unwanted(self, attempt: Attempt) -> bool:
        """Tell whether the developer took back or rejected what this lane made here."""
        known = attempt.from_cache or attempt.lane == LINTER
        return known and attempt.lane in self._unwanted - self._met

    def _pass_by(self, lane: str) -> None:
        """Go on above *lane*, whose result nobody wanted: on the earlier way as long as it led to another such."""
        self._met |= {lane}
        if not self._replaying or self._unwanted <= self._met:
            self.leave_the_earlier_way()
        else:
            self._tell_of_the_earlier_way()

    def _pass_over_uncached(self, decision: Decision) -> None:
        """Look whether another lane's result is cached, unless this one was asked for, by its name or by the stakes."""
        if decision.first == self._state.wishes.lane or decision.stakes is Stakes.HIGH or self._unwanted:
            self.leave_the_earlier_way()
        else:
            self._uncached |= {decision.first}

    def leave_the_earlier_way(self) -> None:
        """Decide by memory from here on; where a lane failed before, that is only told and not tried again."""
        self._replaying = False
        if self._remembered.failed_here or self._unwanted:
            self._tell_of_the_earlier_way()
            self._told = (*self._told, *self._only_remembered())

    def _tell_of_the_earlier_way(self) -> None:
        shown = (a for a in self._attempts if a.lane != LINTER or a.evidence == REJECTED)
        self._told = (*self._told, *(attempt for attempt in shown if attempt not in self._told))
        self._attempts = tuple(attempt for attempt in self._attempts if attempt.lane == LINTER)

    def _only_remembered(self) -> tuple[Attempt, ...]:
        """Return, as attempts without a patch, those that the developer rejected and that no cache holds any more."""
        lanes = [self._policy.lanes[lane] for lane in self._rejected if lane in self._policy.lanes]
        return tuple(
            Attempt(lane.name, lane.provider, lane.model, Ended.ANSWERED, evidence=REJECTED)
            for lane in lanes
            if lane.name not in {attempt.lane for attempt in self._told}
        )

    def _why_barred(self) -> str | None:
        """Return why no model may be called, None if one may."""
        return self._state.wishes.no_calls or (self._state.errors[0].reason if self._state.errors else None)

    def _given_up(self) -> Mapping[tuple[str, str], str]:
        """Return the models that could not be reached for this task, again and again, each with the reason."""
        failed = [attempt for attempt in self._attempts if attempt.failure is Failure.TRANSPORT]
        often = [attempt for attempt in failed if sum(a.lane == attempt.lane for a in failed) >= _MOST_OF_A_LANE]
        return {(a.provider, a.model): f"{a.lane} is unavailable: {a.cause}" for a in often}

    def _transport_failures(self) -> int:
        return sum(attempt.failure is Failure.TRANSPORT for attempt in self._attempts)

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
    climb.leave_the_earlier_way()
    decision = climb.decide()
    return climb.decide_after_outages() if decision.first == HUMAN and is_outage(decision) else decision
