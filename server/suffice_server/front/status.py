"""What an editor that asks for it is told of all the time: what is going on, and what it has cost.

Told only when it is something else than before, and not more often than a status bar can be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from suffice_server.messages import Spent

STATUS = "suffice/status"

_REST_S = 0.1
"""How long to wait for more that changes at once."""


class State(StrEnum):
    """What the server can do now. Offline: its worker keeps dying."""

    IDLE = "idle"
    WORKING = "working"
    NO_KEY = "no-key"
    UNTRUSTED = "untrusted"
    OFFLINE = "offline"


class Standing(NamedTuple):
    """What is looked at for the state. `running`: how many jobs are under way."""

    running: int = 0
    is_trusted: bool = True
    keeps_dying: bool = False
    has_key: bool = True


def state_of(standing: Standing) -> State:
    """Return the state: what keeps from working comes first."""
    if not standing.is_trusted:
        return State.UNTRUSTED
    if standing.running:
        return State.WORKING
    if standing.keeps_dying:
        return State.OFFLINE
    return State.IDLE if standing.has_key else State.NO_KEY


class Status:
    """Tells the editor. *look* returns what is the case now, *notify* sends."""

    def __init__(self, *, look: Callable[[], Standing], notify: Callable[[str, Any], None]) -> None:
        self._look = look
        self._notify = notify
        self._is_wanted = False
        self._spent: Spent | None = None
        self._error: str | None = None
        self._told: dict[str, Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def want(self, *, wanted: bool) -> None:
        """Take note whether the editor wants to be told; if so it soon is."""
        self._is_wanted = wanted
        self.changed()

    def spent(self, spent: Spent) -> None:
        """Take note of what was spent."""
        self._spent = spent
        self.changed()

    def failed(self, error: str) -> None:
        """Take note of the newest sentence about what did not work."""
        self._error = error
        self.changed()

    def changed(self) -> None:
        """Tell the editor soon, if it is something else than before."""
        if self._is_wanted and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_REST_S, self._tell)

    def stop(self) -> None:
        """Tell nothing more."""
        self._is_wanted = False
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self) -> None:
        self._timer = None
        now = self.now()
        if now != self._told and self._is_wanted:
            self._told = now
            self._notify(STATUS, now)

    def now(self) -> dict[str, Any]:
        """Return what there is to tell, as JSON. Of what was spent nothing is known before the worker has said so."""
        standing, spent = self._look(), self._spent or Spent(0.0, 0, 0, 0.0, 0.0)
        return {
            "state": str(state_of(standing)),
            "inFlight": standing.running,
            "today": {"usd": spent.today_usd, "calls": spent.calls, "cacheHits": spent.cache_hits},
            "session": {"usd": spent.session_usd, "capUsd": spent.cap_usd},
            "budget": {"dayUsd": spent.day_cap_usd},
            "lastError": self._error,
        }
