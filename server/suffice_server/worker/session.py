"""What the fixes of one worker share: the user's ledger and consent, the cap, the health and the connections."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from suffice.calls import DEFAULT_JOBS, Calls
from suffice.checker.waves import Waves
from suffice.config import Config
from suffice.decide import Facts, decide
from suffice.errors import StorageError
from suffice.fingerprint import repository_name
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt, Outcome
from suffice.providers.connect import addresses, connect, needs_consent, with_key
from suffice.providers.reply import NoReply, Provider, Reply, Request
from suffice.run import State
from suffice.solve import solve
from suffice.state.budget import Budget, OverCap, Reservation
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, Store, state_folder
from suffice.task import Task
from suffice.wishes import Wishes
from suffice_server.messages import FromWorker, NeedsConsent
from suffice_server.worker.workspace import Workspace

logger = logging.getLogger(__name__)

Send = Callable[[FromWorker], None]


@dataclass(slots=True, kw_only=True)
class Session:
    """What all fixes of this process share. Its budget is the cap of the whole session.

    The other caps are those of the settings at each fix; the time budget is that of one fix, for a session has no end.
    """

    environment: Mapping[str, str]
    tried_free: set[tuple[str, str]] = field(default_factory=set)
    budget: Budget = field(default_factory=Budget)
    _providers: dict[str, _WhenAsked] = field(default_factory=dict)
    _calls: dict[int, Calls] = field(default_factory=dict)
    _storage: Storage | None = None

    @property
    def storage(self) -> Storage:
        """What is remembered on this machine, or what is forgotten where the state folder cannot be written."""
        if self._storage is None:
            try:
                self._storage = Storage(state_folder(self.environment) / FILE_NAME)
            except StorageError as error:
                logger.warning("%s Until then nothing of this session is remembered.", error)
                self._storage = Storage()
        return self._storage

    def consent(self, provider: str) -> None:
        """Remember that the user agrees to send code to *provider*."""
        self.storage.ledger.record_consent(provider)

    def workspace(self, root: str, buffers: Mapping[str, str]) -> Workspace:
        """Return the folder *root* with the open texts *buffers*. Raises ConfigError."""
        return Workspace.of(root, buffers, environment=self.environment, editor=Config())

    async def solve(
        self, task: Task, workspace: Workspace, *, tell: Callable[[Task, Attempt], None], free: bool = False
    ) -> Outcome:
        """Return how *task* ended."""
        keyed = with_key(self.environment)
        wishes = Wishes(
            no_calls=None if keyed else "no-key",
            max_lane=LINTER if free else None,
            deny=workspace.config.deny_lanes,
            min_confidence=workspace.config.min_confidence,
        )
        state = self._state(workspace, wishes, tell)
        providers = {name: self._provider(name) for name in keyed}
        self.storage.memory.refresh()
        return await solve(task, snapshot=workspace.snapshot, policy=workspace.policy, providers=providers, state=state)

    def needs_consent(self, task: Task, workspace: Workspace, number: int) -> NeedsConsent | None:
        """Return what to ask the user before *task* sends anything, None if nothing is to be asked."""
        keyed = with_key(self.environment)
        order = decide(task, policy=workspace.policy, state=Facts(with_key=keyed, deny=workspace.config.deny_lanes))
        first = next((lane for lane in order.order if lane not in {LINTER, HUMAN}), None)
        if first is None or workspace.policy.lanes[first].provider in self._agreed(keyed):
            return None
        return NeedsConsent(number, workspace.policy.lanes[first].provider, first, order.estimated_cost_usd)

    def _state(self, workspace: Workspace, wishes: Wishes, tell: Callable[[Task, Attempt], None]) -> State:
        """Return what one fix works with, within the caps that its settings have now."""
        config, cap_usd = workspace.config, workspace.config.run_cap_usd()
        self.budget.cap_usd = self.budget.cap_usd if cap_usd is None else min(self.budget.cap_usd, cap_usd)
        jobs = config.jobs or DEFAULT_JOBS
        return State(
            checking=Waves(workspace.linting, config.own_weights),
            storage=self.storage,
            budget=_FixBudget(self.budget, config, repository_name(workspace.root), self.storage.store),
            calls=self._calls.setdefault(jobs, Calls(jobs)),
            wishes=wishes,
            tell=tell,
            addresses=addresses(self.environment),
            ends_at=None if config.time_budget_s is None else time.monotonic() + config.time_budget_s,
        )

    def _agreed(self, keyed: frozenset[str]) -> frozenset[str]:
        """Return the providers to which code may be sent: the user's consent, or a key set for a CI run."""
        in_ci = self.environment.get("CI", "").lower() in {"1", "true"}
        at_home = keyed - needs_consent(keyed, self.environment)
        return keyed if in_ci else at_home | (keyed & self.storage.ledger.consented())

    def _provider(self, name: str) -> Provider:
        return self._providers.setdefault(name, _WhenAsked(name, self.environment))

    async def close(self) -> None:
        """Close all connections and the store."""
        for provider in self._providers.values():
            await provider.close()
        if self._storage is not None:
            self._storage.close()


class _FixBudget(Budget):
    """The caps of one fix: those of its settings, and as the cap of the run what is left of the *session*."""

    def __init__(self, session: Budget, config: Config, repository: str, store: Store) -> None:
        super().__init__(
            session.cap_usd,
            task_cap_usd=config.max_task_usd,
            day_cap_usd=config.max_day_usd,
            month_cap_usd=config.max_repository_month_usd,
            repository=repository,
            store=store,
        )
        self._session = session

    def settle(self, reservation: Reservation, cost_usd: float) -> None:
        self._session.spent_usd += cost_usd
        super().settle(reservation, cost_usd)

    async def _reserve_in_run(self, worst_usd: float) -> Reservation | OverCap:
        return await self._session.reserve(worst_usd)

    def _free(self, reservation: Reservation) -> None:
        self._session.settle(reservation, 0.0)


class _WhenAsked:
    """A provider that is connected, and its SDK imported, at its first question: a free fix needs neither."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._connecting = asyncio.Lock()
        self._provider: Provider | None = None

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none. Raises ProviderError."""
        async with self._connecting:
            if self._provider is None:
                self._provider = await asyncio.to_thread(connect, self._name, self._environment)
        return await self._provider.ask(request)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._provider is not None:
            await self._provider.close()
