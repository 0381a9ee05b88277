"""Caps for a day and for a month of a repository, over all processes of the user.

What counts is what the ledger holds, what calls without an answer may have cost, and what calls that wait may cost:
for each of these a reservation in the store, taken in one transaction. That of a killed process expires: it was not
sent. A call that was may be paid, so it counts at its worst in its day and month, also when its process has died.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from suffice.state.ledger import Ledger
from suffice.state.store import Store, Value

RESERVATION_LEASE_S = 3600.0
"""Longer than any call may take; a reservation as old was left behind by a process that died."""

POLL_S = 0.2
LONGEST_WAIT_S = 10.0
"""How often, and how long, to look whether calls of other processes free money."""

_Which = Literal["run", "task", "day", "month"]
_Cap = tuple[_Which, float | None, datetime, str | None]
"""Its name, the most dollars, since when they count, and in which repository; None: in all."""

_SPANS = {"run": "a run", "task": "a task", "day": "a day", "month": "a month in this repository"}


class OverCap(NamedTuple):
    """The cap that leaves no room for the next call, and what was spent under it, or may have been, unseen."""

    which: _Which
    cap_usd: float
    spent_usd: float

    def __str__(self) -> str:
        decimals = 2 if self.cap_usd == round(self.cap_usd, 2) else 6
        cap = f"the cap of ${self.cap_usd:.{decimals}f} for {_SPANS[self.which]}"
        return f"{cap} leaves no room after ${self.spent_usd:.4f}"


class _Full(NamedTuple):
    """A cap without room; `may_free`: the reservations are in the way, not what was spent."""

    over: OverCap
    may_free: bool


class SharedCaps:
    """The caps of all processes on *store*; None: no such cap. The day and the month are those of UTC."""

    def __init__(
        self,
        store: Store,
        *,
        day_cap_usd: float | None = None,
        month_cap_usd: float | None = None,
        repository: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._day_cap_usd = day_cap_usd
        self._month_cap_usd = month_cap_usd
        self._repository = repository
        self._clock = clock

    async def reserve(self, worst_usd: float) -> int | OverCap:
        """Reserve *worst_usd* and return the number of the reservation, or the cap that leaves no room for it."""
        polls = round(LONGEST_WAIT_S / POLL_S)
        while isinstance(taken := self._take(worst_usd), _Full):
            if not taken.may_free or not polls:
                return taken.over
            polls -= 1
            await asyncio.sleep(POLL_S)
        return taken

    def release(self, number: int) -> None:
        """Give a reservation back; what the call cost is in the ledger by now."""
        self._store.execute("DELETE FROM reservations WHERE id = ?", (number,))

    def _take(self, worst_usd: float) -> int | _Full:
        with self._store.transaction():
            now = self._clock()  # read here: the wait for the transaction may have been long
            if full := next(self._full(now, worst_usd), None):
                return full
            self._store.execute("DELETE FROM reservations WHERE expires <= ?", (now,))
            sql = "INSERT INTO reservations (at, expires, repository, usd) VALUES (?, ?, ?, ?)"
            row = (now, now + RESERVATION_LEASE_S, self._repository, worst_usd)
            return self._store.execute(sql, row).lastrowid or 0

    def _full(self, now: float, worst_usd: float) -> Iterator[_Full]:
        today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        caps: tuple[_Cap, ...] = (
            ("day", self._day_cap_usd, today, None),
            ("month", self._month_cap_usd, today.replace(day=1), self._repository),
        )
        ledger = Ledger(self._store)
        for which, cap_usd, first, repository in caps:
            if cap_usd is None:
                continue
            paid_usd = ledger.spent_since(first.timestamp(), repository)
            spent_usd = paid_usd + ledger.unanswered_usd(first.timestamp(), repository)
            if spent_usd + self._reserved_usd(now, repository) + worst_usd > cap_usd:
                yield _Full(OverCap(which, cap_usd, spent_usd), may_free=paid_usd + worst_usd <= cap_usd)

    def _reserved_usd(self, now: float, repository: str | None) -> float:
        """Return the open reservations; one that would expire too late is from before the clock jumped back."""
        sql = (
            "SELECT TOTAL(usd) AS usd FROM reservations"
            " WHERE expires > ? AND expires <= ? AND (? IS NULL OR repository = ?)"
        )
        parameters: tuple[Value, ...] = (now, now + 2 * RESERVATION_LEASE_S, repository, repository)
        (row,) = self._store.rows(sql, parameters)
        return float(row["usd"])
