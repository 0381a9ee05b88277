"""What a session has spent, and what one task of it may still spend.

A session has no end as a run has, so that all its tasks share one cap, which the user can raise; the caps on a task, a
day and a month are those of the settings, and nothing here lifts them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from suffice.config import Config
from suffice.errors import StorageError
from suffice.fingerprint import repository_name
from suffice.state.budget import Budget, OverCap, Reservation
from suffice.state.store import IN_MEMORY, Store

CAP_REACHED = "cap-reached"


class Money:
    """The money of one session. *changed* is called after each change of it, or of the cache hits."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.together = Budget(math.inf)
        self.cache_hits = 0
        self._changed = changed
        self._raised: Counter[str] = Counter()

    def cap_usd(self, config: Config, root: Path) -> float:
        """Return the most that this session may cost, by the settings of *root* and what the user added there."""
        return config.run_cap_usd() * (1 + self._raised[str(root)])

    def raise_cap(self, root: Path) -> None:
        """Allow once more what a run of *root* may cost."""
        self._raised[str(root)] += 1
        self._changed()

    def hit(self) -> None:
        """Count something that came from the cache."""
        self.cache_hits += 1
        self._changed()

    def budget(self, config: Config, root: Path, store: Store) -> TaskBudget:
        """Return the caps of one task. Raises StorageError where a cap of the settings cannot be kept."""
        if store.path == IN_MEMORY and (config.max_day_usd, config.max_repository_month_usd) != (None, None):
            raise StorageError(
                "Without the state folder a cap on a day or a month cannot be kept; mend the folder, or unset the cap."
            )
        return TaskBudget(self, self.cap_usd(config, root), config, repository_name(root), store)

    def met(self) -> None:
        """Have it said what was spent, for a cap was met: it may be another one than was said last."""
        self._changed()

    def settled(self, cost_usd: float) -> None:
        """Book what a call of one of the tasks has cost."""
        self.together.spent_usd += cost_usd
        if cost_usd:
            self._changed()


class TaskBudget(Budget):
    """The caps of one task: those of its settings, and as the cap of the run what is left of the session's."""

    def __init__(self, money: Money, cap_usd: float, config: Config, repository: str, store: Store) -> None:
        super().__init__(
            cap_usd,
            task_cap_usd=config.max_task_usd,
            day_cap_usd=config.max_day_usd,
            month_cap_usd=config.max_repository_month_usd,
            repository=repository,
            store=store,
        )
        self._money = money
        self._over: OverCap | None = None

    @property
    def left_usd(self) -> float:
        """What the cap on the session leaves, calls in flight aside."""
        return max(0.0, self.cap_usd - self._money.together.spent_usd)

    def reached(self, reason: str) -> str:
        """Return which cap a task met that ended for *reason*: `session`, `task`, `day` or `month`, else ""."""
        if reason != CAP_REACHED:
            return ""
        return "session" if self._over is None or self._over.which == "run" else self._over.which

    async def reserve(self, worst_usd: float, *, spent_on_task_usd: float = 0.0) -> Reservation | OverCap:
        """Reserve *worst_usd*, or return the cap that leaves no room for it."""
        reserved = await super().reserve(worst_usd, spent_on_task_usd=spent_on_task_usd)
        if isinstance(reserved, OverCap):
            self._over = reserved
            self._money.met()
        return reserved

    async def reserve_in_run(self, worst_usd: float, *, cap_usd: float) -> Reservation | OverCap:
        """Reserve *worst_usd* of the session's money."""
        return await self._money.together.reserve_in_run(worst_usd, cap_usd=cap_usd)

    def settle(self, reservation: Reservation, cost_usd: float) -> None:
        """Give *reservation* back and book what the call really cost."""
        try:
            super().settle(reservation, cost_usd)
        finally:  # it was paid, also where the store cannot take the reservation back
            self._money.settled(cost_usd)

    def _free(self, reservation: Reservation) -> None:
        self._money.together.settle(reservation, 0.0)
