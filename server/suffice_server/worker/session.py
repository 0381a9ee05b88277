"""What the requests of one worker share: the user's ledger and consent, the money, the health and the connections."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from suffice.calls import DEFAULT_JOBS, Calls
from suffice.checker.waves import Waves
from suffice.climb import first_step
from suffice.config import Config, load_config
from suffice.decide import Decision
from suffice.errors import StorageError, SufficeError
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt
from suffice.providers.connect import addresses, needs_consent, with_key
from suffice.providers.reply import Provider
from suffice.run import State
from suffice.state.budget import Budget
from suffice.state.ledger import Feedback
from suffice.state.ledger import Work as Recorded
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, state_folder
from suffice.task import Task
from suffice.wishes import Wishes
from suffice_server.messages import FromWorker, NeedsConsent, Remember, Spent
from suffice_server.values import Settings
from suffice_server.worker.connection import WhenAsked
from suffice_server.worker.editor_settings import config_of
from suffice_server.worker.editor_text import without_marks
from suffice_server.worker.linted import LintedTexts
from suffice_server.worker.money import Money, TaskBudget
from suffice_server.worker.workspace import Workspace, folder_at

logger = logging.getLogger(__name__)

Send = Callable[[FromWorker], None]
_LINTS_AT_ONCE = 2
"""Linters that run while somebody types: an eslint may take seconds, and nothing else is to wait for it."""

NO_CONSENT = "no-consent"

Tell = Callable[[Task, Attempt], None]


class Session:
    """What all requests of this process share. *send* hears what is said unasked.

    `tried_free` are (rule, message) of diagnostics that the linter's own fix did not mend. The time budget is that of
    one request, for a session has no end.
    """

    def __init__(self, *, environment: Mapping[str, str], send: Send = lambda _message: None) -> None:
        self.environment = environment
        self.tried_free: set[tuple[str, str]] = set()
        self.linted = LintedTexts()
        self.lint_threads = ThreadPoolExecutor(_LINTS_AT_ONCE, thread_name_prefix="lint")
        self.money = Money(self.tell_spent)
        self._send = send
        self._told: Spent | None = None
        self._newest: tuple[Config, Path] | None = None
        self._settings: dict[str, Config] = {}
        self._providers: dict[str, WhenAsked] = {}
        self._calls: dict[int, Calls] = {}
        self._storage: Storage | None = None

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
        """Remember that the user agrees to send code to *provider*. Raises StorageError."""
        self.storage.ledger.record_consent(provider)

    def configure(self, root: str, settings: Settings) -> None:
        """Let the editor's *settings* tighten those of *root*; "": of every folder without its own."""
        self._settings[root] = config_of(settings)

    def raise_cap(self, root: str) -> None:
        """Let this session cost once more what a run of *root* may cost. Raises InputError for no folder."""
        self.money.raise_cap(folder_at(root))

    def remember(self, said: Remember) -> None:
        """Record what the developer did with a result. Raises StorageError, and ValueError for no word of ours."""
        self.storage.ledger.record_feedback(Recorded(*said.work), lane=said.lane, word=Feedback(said.word))
        self.storage.memory.refresh()

    def workspace(self, root: str, buffers: Mapping[str, str]) -> Workspace:
        """Return the folder *root* with the open texts *buffers*. Raises ConfigError, or InputError for no text."""
        editor = self._settings.get(root) or self._settings.get("") or Config()
        found = Workspace.of(root, without_marks(buffers), environment=self.environment, editor=editor)
        self._newest = found.config, found.root
        return found

    @property
    def keyed(self) -> frozenset[str]:
        """The providers that have a key, or an address at home."""
        return with_key(self.environment)

    def agreed(self) -> frozenset[str]:
        """Return the providers to which code may be sent: the user's consent, or a key set for a CI run."""
        in_ci = self.environment.get("CI", "").lower() in {"1", "true"}
        at_home = self.keyed - needs_consent(self.keyed, self.environment)
        return self.keyed if in_ci else at_home | (self.keyed & self.storage.ledger.consented())

    def providers(self) -> Mapping[str, Provider]:
        """Return the providers that may be asked; a lane of any other is none for `solve`, however far it climbs."""
        return {name: self._provider(name) for name in self.agreed()}

    def wishes(self, workspace: Workspace, *, free: bool = False, above: str | None = None) -> Wishes:
        """Return what holds for a task: *free*, nobody is asked; *above*, a lane above that one is."""
        return Wishes(
            no_calls=self._why_no_calls(),
            max_lane=LINTER if free else None,
            deny=workspace.config.deny_lanes,
            min_confidence=workspace.config.min_confidence,
            rejected=frozenset({above} if above else ()),
        )

    def _why_no_calls(self) -> str | None:
        if not self.keyed:
            return "no-key"
        return None if self.agreed() else NO_CONSENT

    def state(self, workspace: Workspace, wishes: Wishes, tell: Tell = lambda _task, _attempt: None) -> State:
        """Return what one request works with, within the caps that its settings have now. Raises StorageError."""
        config = workspace.config
        jobs = config.jobs or DEFAULT_JOBS

        def hear(task: Task, attempt: Attempt) -> None:
            if attempt.from_cache:
                self.money.hit()
            tell(task, attempt)

        return State(
            checking=Waves(workspace.linting, config.own_weights),
            storage=self.storage,
            budget=self.money.budget(config, workspace.root, self.storage.store),
            calls=self._calls.setdefault(jobs, Calls(jobs)),
            wishes=wishes,
            tell=hear,
            addresses=addresses(self.environment),
            ends_at=None if config.time_budget_s is None else time.monotonic() + config.time_budget_s,
            unseen=workspace.unseen.match_file,
        )

    def outlook(self, workspace: Workspace, *, above: str | None = None) -> State:
        """Return what a request would work with once the user raised the session's cap. Raises StorageError.

        A session whose settings allow nothing stays without money.
        """
        state = self.state(workspace, self.wishes(workspace, above=above))
        if self.money.cap_usd(workspace.config, workspace.root):
            state.budget = Budget(math.inf)
        return state

    @staticmethod
    def cap_reached(reason: str, state: State) -> str:
        """Return which cap what was solved with *state* met: `session`, `task`, `day` or `month`; "" for none."""
        return state.budget.reached(reason) if isinstance(state.budget, TaskBudget) else ""

    def first_step(
        self, task: Task, workspace: Workspace, state: State, *, tried: tuple[Attempt, ...] = ()
    ) -> Decision:
        """Return where *task* would go first, if the user agrees to it; nobody is asked."""
        return first_step(
            task,
            snapshot=workspace.snapshot,
            policy=workspace.policy,
            providers={name: self._provider(name) for name in self.keyed},
            state=state,
            tried=tried,
        )

    def needs_consent(
        self, task: Task, workspace: Workspace, number: int, *, above: str | None = None
    ) -> NeedsConsent | None:
        """Return what to ask the user before *task* sends anything, None if nothing is to be asked."""
        order = self.first_step(task, workspace, self.outlook(workspace, above=above))
        first = next((lane for lane in order.order if lane not in {LINTER, HUMAN}), None)
        if first is None or not self.keyed or workspace.policy.lanes[first].provider in self.agreed():
            return None
        usd = order.next_cost_usd if order.first == LINTER else order.estimated_cost_usd
        return NeedsConsent(number, workspace.policy.lanes[first].provider, first, usd)

    def tell_spent(self) -> None:
        """Say what was spent, unless that was said already."""
        try:
            spent = self._spent()
        except StorageError as error:  # whoever spent it hears of that
            logger.warning("%s", error)
            return
        if spent != self._told:
            self._told = spent
            self._send(spent)

    def _spent(self) -> Spent:
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        config, root = self._newest or (self._user_settings(), Path())
        return Spent(
            today_usd=self.storage.ledger.spent_since(today),
            calls=self.storage.ledger.calls_since(today),
            cache_hits=self.money.cache_hits,
            session_usd=self.money.together.spent_usd,
            cap_usd=self.money.cap_usd(config, root),
            day_cap_usd=config.max_day_usd,
            raise_usd=config.run_cap_usd(),
        )

    def _user_settings(self) -> Config:
        try:
            return load_config(None, self.environment)
        except SufficeError:
            return Config()  # the first request says what is wrong with them

    def _provider(self, name: str) -> Provider:
        return self._providers.setdefault(name, WhenAsked(name, self.environment))

    async def close(self) -> None:
        """Close all connections and the store."""
        self.lint_threads.shutdown(wait=False, cancel_futures=True)
        for provider in self._providers.values():
            await provider.close()
        if self._storage is not None:
            self._storage.close()
