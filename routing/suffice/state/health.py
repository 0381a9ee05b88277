"""Which models are not asked just now: a circuit breaker for each (provider, model), shared by all processes.

    Health(store, clock=time.time)
        .failed(provider, model, retry_after_s)     .answered(provider, model)     .not_heard(provider, model)
        .unavailable() -> {(provider, model): reason}    .may_ask(provider, model) -> bool
        .shortest_rest_s() -> float

A model that failed rests. When the rest has run out it is half-open: one caller over all processes may probe it,
the others see it unavailable until the probe has answered, which closes the breaker, or failed, which opens it again
for twice as long. The wall clock may jump: a rest that began in the future is over, so none exceeds its own length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from suffice.state.store import Store

REST_S = 2.0
"""Rest after a failure that names no time; doubles with each failure in a row, up to `LONGEST_REST_S`."""

LONGEST_REST_S = 60.0

LONGEST_NAMED_REST_S = 86_400.0
"""The longest rest that a provider may ask for."""

PROBE_LEASE_S = 60.0
"""After this time another caller may probe: the first one was killed."""

PROBE_POLL_S = 0.5
"""When to look again while somebody else probes."""


class _Rest(NamedTuple):
    """`began`, `ends` and `probed_at` are seconds since 1970."""

    provider: str
    model: str
    began: float
    ends: float
    in_a_row: int
    probed_at: float | None

    def left_s(self, now: float) -> float:
        return self.ends - now if self.began <= now < self.ends else 0.0

    def is_probed(self, now: float) -> bool:
        return self.probed_at is not None and self.probed_at <= now < self.probed_at + PROBE_LEASE_S

    def reason(self, now: float) -> str | None:
        """Return why the model may not be asked, None if it may."""
        name = f"{self.provider} {self.model}"
        if left_s := self.left_s(now):
            return f"{name} is unavailable for {left_s:.0f} s"
        return f"{name} is unavailable until another call to it has ended" if self.is_probed(now) else None


_COLUMNS = "provider, model, began, ends, in_a_row, probed_at"


class Health:
    """The breakers in *store*."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def failed(self, provider: str, model: str, retry_after_s: float | None) -> None:
        """Let the model rest for *retry_after_s*, or for our own time if it named none.

        Calls that were in flight when the rest began and fail during it are no further failures in a row; they
        can only make the rest longer.
        """
        with self._store.transaction():
            rest = self._rest(provider, model)
            now = self._clock()
            left_s = rest.left_s(now) if rest else 0.0
            in_a_row = (rest.in_a_row if rest else 0) + (0 if left_s else 1)
            length_s = max(left_s, _length_s(in_a_row, retry_after_s))
            self._store.execute(
                f"INSERT OR REPLACE INTO rests ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, NULL)",  # noqa: S608
                (provider, model, now, now + length_s, in_a_row),
            )

    def answered(self, provider: str, model: str) -> None:
        """Close the breaker. An answer during a rest belongs to a call from before it: the rest still stands."""
        rest = self._rest(provider, model)
        if rest is None:
            return
        sql = "DELETE FROM rests WHERE provider = ? AND model = ? AND ends = ?"
        if not rest.left_s(self._clock()):
            self._store.execute(sql, (provider, model, rest.ends))

    def not_heard(self, provider: str, model: str) -> None:
        """Give the probe back: it ended and says nothing of the model, since it was cancelled or its key is bad."""
        sql = "UPDATE rests SET probed_at = NULL WHERE provider = ? AND model = ? AND probed_at IS NOT NULL"
        self._store.execute(sql, (provider, model))

    def unavailable(self) -> Mapping[tuple[str, str], str]:
        """Return the models that are not to be asked now, by provider and name, each with the reason."""
        rests = self._rests()
        now = self._clock()
        return {(rest.provider, rest.model): reason for rest in rests if (reason := rest.reason(now))}

    def may_ask(self, provider: str, model: str) -> bool:
        """Say whether to ask the model now. A True for a half-open one is the probe, which nobody else gets."""
        rest = self._rest(provider, model)
        now = self._clock()
        if rest is None:
            return True
        if rest.reason(now):
            return False
        sql = "UPDATE rests SET probed_at = ? WHERE provider = ? AND model = ? AND ends = ? AND probed_at IS ?"
        return self._store.execute(sql, (now, provider, model, rest.ends, rest.probed_at)).rowcount == 1

    def shortest_rest_s(self) -> float:
        """Return the seconds until the first model that is unavailable may be asked again; 0 if none is."""
        rests = self._rests()
        now = self._clock()
        waits_s = [rest.left_s(now) or PROBE_POLL_S for rest in rests if rest.reason(now)]
        return min(waits_s, default=0.0)

    def _rest(self, provider: str, model: str) -> _Rest | None:
        sql = f"SELECT {_COLUMNS} FROM rests WHERE provider = ? AND model = ?"  # noqa: S608
        found = self._store.rows(sql, (provider, model))
        return _Rest(*found[0]) if found else None

    def _rests(self) -> list[_Rest]:
        return [_Rest(*row) for row in self._store.rows(f"SELECT {_COLUMNS} FROM rests")]  # noqa: S608


def _length_s(in_a_row: int, retry_after_s: float | None) -> float:
    if retry_after_s is not None:
        return max(0.0, min(LONGEST_NAMED_REST_S, retry_after_s))
    return min(REST_S * 2.0 ** min(in_a_row - 1, 10), LONGEST_REST_S)
