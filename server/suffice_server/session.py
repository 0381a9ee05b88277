"""What the fixes of one worker share: the user's ledger and consent, the cap, the health and the connections."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from suffice.calls import DEFAULT_JOBS, Calls
from suffice.checker.linting import Linting
from suffice.checker.waves import Waves
from suffice.config import Config, load_config
from suffice.decide import Facts, decide
from suffice.errors import StorageError
from suffice.fingerprint import repository_name
from suffice.lanes import HUMAN, LINTER
from suffice.linters.chosen import linters_for
from suffice.outcome import Attempt, Outcome
from suffice.policy import Policy
from suffice.privacy import ignored
from suffice.providers.connect import addresses, connect, needs_consent, with_key
from suffice.providers.reply import NoReply, Provider, Reply, Request
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.solve import solve
from suffice.state.budget import Budget, OverCap, Reservation
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, Store, state_folder
from suffice.task import Task
from suffice.wishes import Wishes
from suffice_server.messages import Fix, Lint

logger = logging.getLogger(__name__)

POLICY = "guide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The one text that a request is about. All is read anew each time: settings on disk may have changed."""

    path: str
    snapshot: Snapshot
    linting: Linting
    config: Config
    is_ignored: bool

    @classmethod
    def of(cls, message: Lint | Fix, environment: Mapping[str, str]) -> Subject:
        repository = Snapshot.of_folder(message.root)
        config = load_config(repository, environment)
        return cls(
            path=message.path,
            snapshot=Snapshot.of_texts({message.path: message.text}, root=repository.root),
            linting=Linting(root=repository.root, linters=linters_for(repository.root, config, environment)),
            config=config,
            is_ignored=ignored(repository, config.exclude).match_file(message.path),
        )


@dataclass(slots=True, kw_only=True)
class Session:
    """What all fixes of this process share. Its budget is the cap of the whole session.

    The other caps are those of the settings at each fix; the time budget is that of one fix, for a session has no end.
    """

    environment: Mapping[str, str]
    policy: Policy = field(default_factory=lambda: Policy.load(POLICY))
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

    async def solve(
        self, task: Task, subject: Subject, *, tell: Callable[[Task, Attempt], None], free: bool
    ) -> Outcome:
        """Return how *task* ended."""
        keyed = with_key(self.environment)
        agreed = self._agreed(keyed)
        deny = subject.config.deny_lanes
        no_calls = self._no_calls(task, Facts(with_key=keyed, deny=deny), agreed)
        wishes = Wishes(
            no_calls=no_calls,
            max_lane=LINTER if free else None,
            deny=deny,
            min_confidence=subject.config.min_confidence,
        )
        state = self._state(subject, wishes, tell)
        providers = {name: self._provider(name) for name in (keyed if no_calls else agreed)}
        self.storage.memory.refresh()
        return await solve(task, snapshot=subject.snapshot, policy=self.policy, providers=providers, state=state)

    def _state(self, subject: Subject, wishes: Wishes, tell: Callable[[Task, Attempt], None]) -> State:
        """Return what one fix works with, within the caps that its settings have now."""
        config, cap_usd = subject.config, subject.config.run_cap_usd()
        self.budget.cap_usd = self.budget.cap_usd if cap_usd is None else min(self.budget.cap_usd, cap_usd)
        jobs = config.jobs or DEFAULT_JOBS
        return State(
            checking=Waves(subject.linting, config.own_weights),
            storage=self.storage,
            budget=_FixBudget(self.budget, config, repository_name(subject.snapshot.root), self.storage.store),
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

    def _no_calls(self, task: Task, facts: Facts, agreed: frozenset[str]) -> str | None:
        """Return why no model may be asked now; consent is asked for the first lane that costs something."""
        if not facts.with_key:
            return "no-key"
        order = decide(task, policy=self.policy, state=facts).order
        first = next((lane for lane in order if lane not in {LINTER, HUMAN}), None)
        has_consent = first is None or self.policy.lanes[first].provider in agreed
        return None if agreed and has_consent else "no-consent"

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
