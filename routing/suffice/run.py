"""What the tasks of one run share: the checker, what is remembered, the money, the calls in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from suffice.calls import Calls
from suffice.checker.linting import Linting
from suffice.checker.waves import Waves
from suffice.errors import SufficeError
from suffice.outcome import Attempt
from suffice.snapshot import Snapshot
from suffice.state.budget import Budget
from suffice.state.cache import Cache
from suffice.state.health import Health
from suffice.state.ledger import Ledger
from suffice.state.storage import Storage
from suffice.state.store import Store
from suffice.task import Task
from suffice.wishes import Wishes


@dataclass(slots=True, kw_only=True)
class State:
    """What the tasks of a run share. `tell` is called with each attempt as it ends.

    `errors` holds what no rung mends (a bad key, a linter that cannot run): after the first nobody is asked any more.
    `ends_at` is when the run's time is up, by `time.monotonic`; None: never. `addresses` says where providers
    are reached that are not at their own address. `unseen` tells which files no prompt may show, by path.
    """

    checking: Waves
    storage: Storage = field(default_factory=Storage)
    budget: Budget = field(default_factory=Budget)
    calls: Calls = field(default_factory=Calls)
    wishes: Wishes = field(default_factory=Wishes)
    errors: list[SufficeError] = field(default_factory=list)
    tell: Callable[[Task, Attempt], None] = lambda _task, _attempt: None
    ends_at: float | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    unseen: Callable[[str], bool] = lambda _path: False

    @classmethod
    def of(cls, snapshot: Snapshot, *, select: str | None = None) -> State:
        """Return a fresh state for tasks on *snapshot*, remembered nowhere; *select* are ruff's rules (`B,UP`)."""
        return cls(checking=Waves(Linting(root=snapshot.root, select=select)))

    @property
    def store(self) -> Store:
        """The file behind all of it."""
        return self.storage.store

    @property
    def ledger(self) -> Ledger:
        """What was tried and paid."""
        return self.storage.ledger

    @property
    def cache(self) -> Cache:
        """What need not be paid twice."""
        return self.storage.cache

    @property
    def health(self) -> Health:
        """Who is not asked just now."""
        return self.storage.health

    @property
    def time_left_s(self) -> float | None:
        """Seconds until the run's time is up, None if it has no end."""
        return None if self.ends_at is None else max(0.0, self.ends_at - time.monotonic())


def take_back_cancellation() -> None:
    """Let the current task go on after Ctrl-C, so that what was finished and paid is recorded and printed."""
    current = asyncio.current_task()
    if current is not None:
        current.uncancel()
