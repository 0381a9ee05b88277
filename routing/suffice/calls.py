"""Calls in flight: how many at once, and which of those that wait are sent as one.

A call takes a slot, asks, and frees the slot at the reply: the check needs no place among the calls. Requests of one
group that wait at the same time go together where that is cheaper. None waits for another's check, none is lost with
another's answer: what a group did not answer is asked on its own, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import NamedTuple

from suffice.grouped import MOST_ITEMS, again, divided, fits, group_key, grouped, is_cheaper, may_be_grouped
from suffice.lanes import Lane, Usage, estimate_tokens
from suffice.providers.reply import Ended, NoReply, Provider, Reply, Request

DEFAULT_JOBS = 8
"""Calls in flight; both providers' smallest paid tiers allow more."""

_MOST_GATHERINGS = 40
"""How often a group waits its time for those that are on their way: 2 s, so that a slow one holds nobody up."""

_ASK_AGAIN = frozenset({Ended.MALFORMED, Ended.TRUNCATED, Ended.REFUSED})
"""How a group may end so that its items are asked on their own; an outage is everybody's."""


class Answered(NamedTuple):
    """What a request got. `paid` of the answer holds all that was paid for it, its share of a group included.

    `is_own`: whether it is the answer to this very request, and not how its group ended, or what less room cut off.
    """

    answer: Reply | NoReply
    latency_ms: float
    is_own: bool = True


class _Member:
    """A request that waits for its turn. `may_ask` is asked once then, `on_sent` called if it is sent."""

    def __init__(self, request: Request, may_ask: Callable[[], bool], on_sent: Callable[[], None]) -> None:
        self.request = request
        self.may_ask = may_ask
        self.on_sent = on_sent


class _Group:
    """Requests to *lane* that are sent as one, and the task that does it. `full`: nobody joins any more."""

    def __init__(self, key: Hashable, lane: Lane) -> None:
        self.key = key
        self.lane = lane
        self.members: list[_Member] = []
        self.full = asyncio.Event()
        self.task: asyncio.Task[Mapping[_Member, Answered]]


class Calls:
    """At most *jobs* calls at once. A group gathers for *gather_s*, and then until there is a slot for it.

    For one asyncio loop.
    """

    def __init__(self, jobs: int = DEFAULT_JOBS, *, gather_s: float = 0.05) -> None:
        self._slots = asyncio.Semaphore(jobs)
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._gather_s = gather_s
        self._open: dict[Hashable, _Group] = {}
        self._coming = 0

    @contextlib.contextmanager
    def coming(self) -> Iterator[None]:
        """Say that a request is being made ready: a group waits for it, though not for long."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    async def ask(
        self, provider: Provider, request: Request, *, may_ask: Callable[[], bool], on_sent: Callable[[], None]
    ) -> Answered | None:
        """Return what *provider* answers, None if *may_ask* said no when the turn came.

        *on_sent* is called when the request is about to leave: twice if it has to be asked again. Raises ProviderError.
        """
        member = _Member(request, may_ask, on_sent)
        group = self._joined(provider, member) if may_be_grouped(request) else None
        if group is None:
            return await self._alone(provider, member)
        answered = await self._of_group(group, member)
        if answered is None or not isinstance(answered.answer, NoReply) or answered.answer.ended not in _ASK_AGAIN:
            return answered
        return await self._again(provider, member, answered)

    async def _alone(self, provider: Provider, member: _Member) -> Answered | None:
        async with self._turn(member.request.lane), self._slots:
            if not member.may_ask():
                return None
            member.on_sent()
            return await _timed(provider, member.request)

    def _turn(self, lane: Lane) -> contextlib.AbstractAsyncContextManager[None]:
        """Return what waits until *lane* takes one call more; whoever waits for it holds no slot."""
        if not lane.jobs:
            return contextlib.nullcontext()
        return self._lanes.setdefault(lane.name, asyncio.Semaphore(lane.jobs))

    async def _again(self, provider: Provider, member: _Member, before: Answered) -> Answered:
        """Return what *member* is answered on its own, with all that was paid; *before* if it cannot be asked."""
        paid, request = before.answer.paid, again(member.request, before.answer.paid)
        own = _Member(request, member.may_ask, member.on_sent) if request else None
        answered = await self._alone(provider, own) if own else None
        if answered is None:
            return before
        answer = answered.answer._replace(paid=_sum(paid, answered.answer.paid))
        is_own = isinstance(answer, Reply) or (
            request is not None and request.max_output_tokens == member.request.max_output_tokens
        )
        return Answered(answer, before.latency_ms + answered.latency_ms, is_own)

    def _joined(self, provider: Provider, member: _Member) -> _Group | None:
        """Return the group that *member* waits with, None if it costs less alone."""
        key = (id(provider), group_key(member.request))
        group = self._open.get(key)
        if group is not None:
            together = [*(other.request for other in group.members), member.request]
            if not fits(together):
                self._close(group)
                group = None
            elif not is_cheaper(together):
                return None
        if group is None:
            group = self._open[key] = _Group(key, member.request.lane)
            group.task = asyncio.create_task(self._carried(provider, group))
        group.members.append(member)
        if len(group.members) == MOST_ITEMS:
            self._close(group)
        return group

    def _close(self, group: _Group) -> None:
        group.full.set()
        if self._open.get(group.key) is group:
            del self._open[group.key]

    async def _of_group(self, group: _Group, member: _Member) -> Answered | None:
        """Return the part of *member*; if it is cancelled the group goes on for the others."""
        try:
            return (await asyncio.shield(group.task)).get(member)
        except asyncio.CancelledError:
            group.members.remove(member)
            if not group.members:
                self._close(group)
                group.task.cancel()
            raise

    async def _carried(self, provider: Provider, group: _Group) -> Mapping[_Member, Answered]:
        """Gather, wait for a slot, ask, and return what each member got; those who may not ask get nothing."""
        await self._gather(group)
        async with self._turn(group.lane), self._slots:
            self._close(group)
            sent = [member for member in group.members if member.may_ask()]
            if not sent:
                return {}
            for member in sent:
                member.on_sent()
            requests = [member.request for member in sent]
            answer, latency_ms, _ = await _timed(provider, grouped(requests))
        parts = divided(answer, requests)
        return {
            member: Answered(part, latency_ms, is_own=isinstance(part, Reply))
            for member, part in zip(sent, parts, strict=True)
        }

    async def _gather(self, group: _Group) -> None:
        """Wait until *group* is full, or nobody who might join comes within the time to gather."""
        for _ in range(_MOST_GATHERINGS):
            others_come = self._coming > 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._gather_s):
                    await group.full.wait()
            if group.full.is_set() or not (others_come or self._coming):
                return


async def _timed(provider: Provider, request: Request) -> Answered:
    start = time.perf_counter()
    answer = _with_prompt_paid(await provider.ask(request), request)
    return Answered(answer, (time.perf_counter() - start) * 1000)


def _with_prompt_paid(answer: Reply | NoReply, request: Request) -> Reply | NoReply:
    """Return *answer*; if its time was up before it said what is to be paid, that is the prompt at least."""
    if not isinstance(answer, NoReply) or answer.ended is not Ended.TIMED_OUT or answer.paid != Usage():
        return answer
    return answer._replace(paid=Usage(input_tokens=estimate_tokens(request.stable + request.prompt)))


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(*(a + b for a, b in zip(one, other, strict=True)))
