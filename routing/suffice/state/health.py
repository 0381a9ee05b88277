"""Which providers are not asked just now. A provider that failed rests for as long as it asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

REST_S = 2.0
"""Rest after a failure that names no time; doubles with each failure in a row, up to `LONGEST_REST_S`."""

LONGEST_REST_S = 60.0


class Health:
    """Remembers failures of providers within one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._in_a_row: dict[str, int] = {}

    def failed(self, provider: str, retry_after_s: float | None) -> None:
        """Let *provider* rest for *retry_after_s*, or for our own time if it named none."""
        in_a_row = self._in_a_row[provider] = self._in_a_row.get(provider, 0) + 1
        own = min(REST_S * 2 ** (in_a_row - 1), LONGEST_REST_S)
        rest = own if retry_after_s is None else retry_after_s
        self._until[provider] = max(self._until.get(provider, 0.0), self._clock() + rest)

    def answered(self, provider: str) -> None:
        """Forget earlier failures of *provider*; an older rest still stands."""
        self._in_a_row.pop(provider, None)

    def unavailable(self) -> Mapping[str, str]:
        """Return the providers that rest now, each with the reason."""
        now = self._clock()
        return {
            provider: f"{provider} is unavailable for {until - now:.0f} s"
            for provider, until in self._until.items()
            if until > now
        }

    def shortest_rest_s(self) -> float:
        """Return the seconds until the first resting provider may be asked again; 0 if none rests."""
        now = self._clock()
        return min((until - now for until in self._until.values() if until > now), default=0.0)
