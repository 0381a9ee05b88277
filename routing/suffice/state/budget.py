"""Money of one run: the worst case is reserved before a call and settled after it, so the cap holds."""

from __future__ import annotations

import asyncio

from suffice.config import DEFAULT_CAP_USD


class Budget:
    """A cap in dollars. Failed attempts count; a reservation waits while calls in flight may still free money."""

    def __init__(self, cap_usd: float = DEFAULT_CAP_USD) -> None:
        self.cap_usd = cap_usd
        self.spent_usd = 0.0
        self._reserved_usd = 0.0
        self._freed = asyncio.Event()

    async def reserve(self, worst_usd: float) -> bool:
        """Reserve *worst_usd*; False if the cap leaves no room for it even when nothing else is in flight."""
        while self.spent_usd + self._reserved_usd + worst_usd > self.cap_usd:
            if self._reserved_usd <= 0 or self.spent_usd + worst_usd > self.cap_usd:
                return False
            self._freed.clear()
            await self._freed.wait()
        self._reserved_usd += worst_usd
        return True

    def settle(self, worst_usd: float, cost_usd: float) -> None:
        """Give back a reservation of *worst_usd* and book what the call really cost."""
        self._reserved_usd = max(0.0, self._reserved_usd - worst_usd)
        self.spent_usd += cost_usd
        self._freed.set()
