"""Checks in waves: whatever was handed in while one wave was looked at is the next one.

One linter run serves a wave, so the more patches arrive together the less each costs; nobody waits for a timer. The
project's own commands, where they may be run, run for one patch after the other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import Verdict
from suffice.checker.weights import Weights

if TYPE_CHECKING:
    from suffice.checker.executed.sides import Executed

MAX_WAVE = 64
"""Patches in one wave: more would keep the first of them waiting, and their syntax trees in memory."""


class Waves:
    """Checks subjects of one project in threads; their evidence weighs what *weights* say, None: as shipped.

    *executed* says which commands of the project are run on what passes all else, None: nothing is run.
    """

    def __init__(self, linting: Linting, weights: Weights | None = None, executed: Executed | None = None) -> None:
        self.linting = linting
        self.weights = weights
        self.executed = executed
        self._running = asyncio.Lock()
        self._waiting: deque[tuple[Subject, asyncio.Future[Verdict]]] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def check(self, subject: Subject) -> Verdict:
        """Return the verdict on *subject*. Raises what the linter or a command of the project raised."""
        subject.weights = subject.weights or self.weights
        result: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((subject, result))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await self._run_on(subject, await result)

    async def _run_on(self, subject: Subject, verdict: Verdict) -> Verdict:
        if self.executed is None:
            return verdict
        from suffice.checker.executed.execute import run_executed

        async with self._running:
            running = asyncio.ensure_future(asyncio.to_thread(run_executed, subject, verdict, self.executed))
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                self.executed.stop.set()
                await asyncio.wait([running])
                running.exception()  # that it was stopped is no news; unread, it would be printed
                raise

    async def _run(self) -> None:
        while self._waiting:
            wave = [self._waiting.popleft() for _ in range(min(MAX_WAVE, len(self._waiting)))]
            await self._look(wave)

    async def _look(self, wave: list[tuple[Subject, asyncio.Future[Verdict]]]) -> None:
        subjects = [subject for subject, _ in wave]
        try:
            verdicts = await asyncio.to_thread(check_wave, subjects, linting=self.linting)
        except Exception as error:  # noqa: BLE001 - handed to each task that waits for it
            for _, result in wave:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), verdict in zip(wave, verdicts, strict=True):
            if not result.done():
                result.set_result(verdict)
