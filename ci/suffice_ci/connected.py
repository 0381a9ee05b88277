"""The providers of a run: connected at first use, the one that is surely needed while other work goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from suffice.decide import Facts, decide
from suffice.policy import Policy
from suffice.providers.connect import connect, with_key
from suffice.providers.reply import NoReply, Provider, Reply, Request
from suffice.task import Diagnostic, Kind, Task
from suffice.wishes import Wishes


class Connected(Mapping[str, Provider]):
    """The providers that have a key in *environment*; none if none is *needed*."""

    def __init__(self, environment: Mapping[str, str], *, needed: bool) -> None:
        self._providers = {name: _Lazy(name, environment) for name in with_key(environment)} if needed else {}
        self._warming: set[asyncio.Task[Provider]] = set()

    def __getitem__(self, name: str) -> Provider:
        return self._providers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def __len__(self) -> int:
        return len(self._providers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for provider in self._providers.values():
            await provider.close()

    def warm(self, diagnostics: Sequence[Diagnostic], policy: Policy, wishes: Wishes) -> None:
        """Import, in a thread, the SDK of the provider that the first task without a linter fix goes to."""
        first = next((d for d in diagnostics if d.fix is None), None)
        if first is None or not self._providers:
            return
        facts = Facts(with_key=frozenset(self), lane=wishes.lane, max_lane=wishes.max_lane, deny=wishes.deny)
        decision = decide(Task(kind=Kind.LINT_FIX, diagnostics=(first,)), policy=policy, state=facts)
        lane = policy.lanes.get(decision.first)
        if lane and lane.provider in self._providers:
            self._warming.add(self._providers[lane.provider].connecting())


class _Lazy:
    """A provider whose SDK is imported at its first use, in a thread, once."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._task: asyncio.Task[Provider] | None = None

    def connecting(self) -> asyncio.Task[Provider]:
        """Return the task that connects, started if it is not yet."""
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(connect, self._name, self._environment))
        return self._task

    async def ask(self, request: Request) -> Reply | NoReply:
        """Connect if need be, then ask."""
        provider = await asyncio.shield(self.connecting())
        return await provider.ask(request)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._task is not None and self._task.done() and self._task.exception() is None:
            await self._task.result().close()
        elif self._task is not None:
            self._task.cancel()
