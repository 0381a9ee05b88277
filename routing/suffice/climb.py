"""One task on its way up: what was tried in this run, what earlier runs had tried, and what follows from both.

As long as every step is cached, the way of an earlier run is gone again, for nothing; from the first step that is
not, memory has its say, and the next lane is told what the cached ones had tried.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

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
from suffice.snapshot import Snapshot
from suffice.state.budget import OverCap
from suffice.task import Task
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
        self, task: Task, *, snapshot: Snapshot, policy: Policy, providers: Mapping[str, Provider], state: State
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
        self._attempts: tuple[Attempt, ...] = ()
        self._told: tuple[Attempt, ...] = ()
        self._replaying = self._is_cached
        self._prompt_tokens = 0
        self._waited_s = 0.0
        if not self._is_cached:
            self._leave_the_earlier_way()

    def decide(self) -> Decision:
        """Return the next step: that of an earlier run while it can be had for nothing, else what memory says."""
        return self._decide({**self._state.health.unavailable(), **self._given_up()})

    def _decide(self, unavailable: Mapping[str, str]) -> Decision:
        wishes, known = self._state.wishes, None if self._replaying else self._remembered
        facts = Facts(
            with_key=frozenset(self._providers),
            unavailable=unavailable,
            tried=tuple(Tried(a.lane, a.failure) for a in self._attempts if a.failure),
            allow=wishes.allow,
            deny=wishes.deny,
            lane=wishes.lane,
            max_lane=wishes.max_lane,
            budget_left_usd=self._state.budget.left_usd,
            time_left_s=self._state.time_left_s,
            prompt_tokens=self._prompt_tokens,
            records=on_this_task(known.records, self._spent_usd()) if known else {},
            failed_before=known.failed_here if known else (),
        )
        return decide(self._task, policy=self._policy, state=facts)

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
            unseen=hidden_from(self._policy.lanes[decision.first], self._task, self._policy) if is_model else None,
        )
        try:
            attempted = await attempt_lane(
                self._task, step, snapshot=self._snapshot, providers=self._providers, state=self._state
            )
        except SufficeError as error:
            self._state.errors.append(error)
            return broken(self._task, self._attempts, error)
        return self._after(attempted, decision, barred)

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
                self._leave_the_earlier_way()
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
            attempt = attempt._replace(failure=Failure.CHECK_FAILED, evidence=REJECTED)
        self._attempts = (*self._attempts, attempt)
        self._state.tell(self._task, attempt)
        if unwanted:
            self._leave_the_earlier_way()
        return proposed(self._task, decision, self._attempts) if attempt.failure is None else None

    def _was_unwanted(self, attempt: Attempt) -> bool:
        """Tell whether the developer took back or rejected what this lane made here."""
        known = attempt.from_cache or attempt.lane == LINTER
        return known and attempt.lane in self._remembered.unwanted_by

    def _leave_the_earlier_way(self) -> None:
        """Decide by memory from here on; where a lane failed before, that is only told and not tried again."""
        self._replaying = False
        if self._remembered.failed_here:
            shown = tuple(
                attempt for attempt in self._attempts if attempt.lane != LINTER or attempt.evidence == REJECTED
            )
            self._told = (*shown, *self._only_remembered(shown))
            self._attempts = tuple(attempt for attempt in self._attempts if attempt.lane == LINTER)

    def _only_remembered(self, shown: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
        """Return, as attempts without a patch, those that the developer rejected and that no cache holds any more."""
        lanes = [self._policy.lanes[lane] for lane in self._remembered.rejected_by if lane in self._policy.lanes]
        return tuple(
            Attempt(lane.name, lane.provider, lane.model, Ended.ANSWERED, evidence=REJECTED)
            for lane in lanes
            if lane.name not in {attempt.lane for attempt in shown}
        )

    def _why_barred(self) -> str | None:
        """Return why no model may be called, None if one may."""
        return self._state.wishes.no_calls or (self._state.errors[0].reason if self._state.errors else None)

    def _given_up(self) -> Mapping[str, str]:
        """Return the models that could not be reached for this task, again and again, each with the reason."""
        failed = [attempt for attempt in self._attempts if attempt.failure is Failure.TRANSPORT]
        often = [attempt for attempt in failed if sum(a.lane == attempt.lane for a in failed) >= _MOST_OF_A_LANE]
        return {attempt.model: f"{attempt.lane} is unavailable: {attempt.cause}" for attempt in often}

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
