"""Money: the worst case is reserved before a call and settled after it, so no cap is passed by more than one call.

    Budget(cap_usd, task_cap_usd=, day_cap_usd=, month_cap_usd=, repository=, store=, clock=)
        await .reserve(worst_usd, spent_on_task_usd=) -> Reservation | OverCap
        .sent(reservation)  .settle(reservation, cost_usd)          .cap_usd  .spent_usd

Record the call in the ledger before settling it, or both in one transaction: between the two its money must not be
missing from both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

from suffice.config import DEFAULT_CAP_USD
from suffice.state.shared_caps import OverCap, SharedCaps
from suffice.state.store import Store

__all__ = ["Budget", "OverCap", "Reservation"]


class Reservation(NamedTuple):
    """What a call in flight may cost at most. `shared` is its number among those of all processes."""

    number: int
    usd: float
    shared: int | None = None


class Budget:
    """Caps in dollars, for a run and, where set, for a task, a UTC day, and a month of *repository*.

    Failed attempts count. A reservation waits while calls in flight may still free money. A cap for a day or a month
    needs the *store* that all processes share. For one asyncio loop.
    """

    def __init__(
        self,
        cap_usd: float = DEFAULT_CAP_USD,
        *,
        task_cap_usd: float | None = None,
        day_cap_usd: float | None = None,
        month_cap_usd: float | None = None,
        repository: str = "",
        store: Store | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.cap_usd = cap_usd
        self.spent_usd = 0.0
        self._task_cap_usd = task_cap_usd
        self._open: dict[int, float] = {}
        self._last = 0
        self._freed = asyncio.Event()
        self._shared: SharedCaps | None = None
        if day_cap_usd is not None or month_cap_usd is not None:
            if store is None:
                raise ValueError("a cap for a day or a month needs a store")
            self._shared = SharedCaps(
                store, day_cap_usd=day_cap_usd, month_cap_usd=month_cap_usd, repository=repository, clock=clock
            )

    @property
    def left_usd(self) -> float:
        """What the cap on the run leaves, calls in flight aside."""
        return max(0.0, self.cap_usd - self.spent_usd)

    async def reserve(self, worst_usd: float, *, spent_on_task_usd: float = 0.0) -> Reservation | OverCap:
        """Reserve *worst_usd*, or return the cap that leaves no room for it, whatever calls in flight still free."""
        if self._task_cap_usd is not None and spent_on_task_usd + worst_usd > self._task_cap_usd:
            return OverCap("task", self._task_cap_usd, spent_on_task_usd)
        reservation = await self.reserve_in_run(worst_usd, cap_usd=self.cap_usd)
        if self._shared is None or isinstance(reservation, OverCap):
            return reservation
        shared: int | OverCap | None = None
        try:
            shared = await self._shared.reserve(worst_usd)
        finally:
            if not isinstance(shared, int):
                self._free(reservation)
        return shared if isinstance(shared, OverCap) else reservation._replace(shared=shared)

    def sent(self, reservation: Reservation) -> None:
        """Let the row that the ledger has of the call stand for *reservation* in the caps of all processes."""
        if self._shared and reservation.shared is not None:
            self._shared.release(reservation.shared)

    def settle(self, reservation: Reservation, cost_usd: float) -> None:
        """Give *reservation* back and book what the call really cost."""
        self.spent_usd += cost_usd
        self._free(reservation)
        if self._shared and reservation.shared is not None:
            self._shared.release(reservation.shared)

    async def reserve_in_run(self, worst_usd: float, *, cap_usd: float) -> Reservation | OverCap:
        """Reserve *worst_usd* under *cap_usd* alone: runs that share a budget may each have a cap of their own."""
        while self.spent_usd + sum(self._open.values()) + worst_usd > cap_usd:
            if self.spent_usd + worst_usd > cap_usd:
                return OverCap("run", cap_usd, self.spent_usd)
            self._freed.clear()
            await self._freed.wait()
        self._last += 1
        self._open[self._last] = worst_usd
        return Reservation(number=self._last, usd=worst_usd)

    def _free(self, reservation: Reservation) -> None:
        del self._open[reservation.number]
        self._freed.set()
