"""Where a task would go now, and for how much: what the editor's titles say before anything is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

from suffice import families
from suffice.constraints import Failure
from suffice.decide import Decision, Facts, decide
from suffice.endings import handed_over, is_outage
from suffice.errors import StorageError
from suffice.fingerprint import repository_name
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt
from suffice.providers.connect import KEY_VARIABLES
from suffice.providers.reply import Ended
from suffice.state.ledger import Work
from suffice.state.shared_caps import OverCap
from suffice.task import Diagnostic, Kind, Span, Task
from suffice_server.messages import Describe, Described, FromWorker
from suffice_server.values import Offer
from suffice_server.worker.session import Send, Session
from suffice_server.worker.workspace import Workspace

_OFFERED = (
    Kind.LINT_FIX,
    Kind.EDIT,
    Kind.CODEGEN,
    Kind.REFACTOR,
    Kind.TEST_WRITING,
    Kind.DEBUG,
    Kind.EXPLAIN_CODE,
    Kind.REVIEW,
    Kind.ARCHITECTURE_REVIEW,
)

_OF_FILES = tuple(kind for kind in _OFFERED if kind not in {Kind.REVIEW, Kind.ARCHITECTURE_REVIEW})

_FAILED = Attempt(LINTER, provider="", model="", ended=Ended.ANSWERED, failure=Failure.CHECK_FAILED)
"""The linter's own fix, as it was tried in this session and did not pass."""


def asked_next(lane: str | None) -> str | None:
    """Return *lane*, None where no lane follows and it would be left to the user."""
    return lane if lane != HUMAN else None


async def describe(request: Describe, session: Session, _send: Send) -> FromWorker:
    """Return where a task of each kind would go."""
    return await asyncio.to_thread(_described, request, session)


def _described(request: Describe, session: Session) -> Described:
    session.storage.memory.refresh()
    offering = Offering(session.workspace(request.root, {}), session)
    return Described(request.id, {str(kind): offering.usual(kind) for kind in _OFFERED})


def offer(task: Task, workspace: Workspace, session: Session, *, tried_free: bool = False) -> Offer:
    """Return where *task* would go; *tried_free*: the linter's own fix has failed."""
    return Offering(workspace, session).of(task, tried_free=tried_free)


class Offering:
    """Offers for tasks of one request: what holds for all of them is asked once.

    A session's cap that is used up does not refuse, since choosing the action is what lets the user raise it.
    """

    def __init__(self, workspace: Workspace, session: Session) -> None:
        self._workspace = workspace
        self._session = session
        self._broken: str | None = None
        try:
            self._state = session.outlook(workspace)
        except StorageError as error:  # nothing is mended then, but everything is shown
            self._broken = str(error)
            return
        self._full = tuple(_other_caps(workspace, session))

    def of(self, task: Task, *, tried_free: bool = False) -> Offer:
        """Return where *task* would go, as `solve` will decide it."""
        if self._broken is not None:
            return Offer(HUMAN, refused=self._broken)
        tried = (_FAILED,) if tried_free else ()
        decision = self._session.first_step(task, self._workspace, self._state, tried=tried)
        return self._offer(task, decision)

    def of_file(self, path: str) -> dict[str, Offer]:
        """Return where usual tasks about the file *path* would go, by kind; nothing where no rule is about files."""
        if self._broken is not None or not self._workspace.policy.depends_on_paths:
            return {}
        return {str(kind): self.usual(kind, path) for kind in _OF_FILES}

    def usual(self, kind: Kind, *paths: str) -> Offer:
        """Return where a usual task of *kind* would go; a diagnostic for which the linter has no fix of its own."""
        if self._broken is not None:
            return Offer(HUMAN, refused=self._broken)
        plain = Diagnostic(rule="", message="", path="", span=Span(1, 1, 1, 1))
        task = Task(kind=kind, paths=paths, diagnostics=(plain,) if kind is Kind.LINT_FIX else ())
        policy, session = self._workspace.policy, self._session
        version = families.of(kind).prompt_version(kind)
        work = Work(kind, None, repository_name(self._workspace.root), "")
        facts = Facts(
            with_key=session.keyed,
            unavailable=self._state.health.unavailable(),
            deny=self._workspace.config.deny_lanes,
            budget_left_usd=self._state.budget.left_usd,
            time_left_s=self._state.time_left_s,
            records=session.storage.memory.of(work, models=policy.models(), prompt_version=version).records,
        )
        decision = decide(task, policy=policy, state=facts)
        if decision.first == HUMAN and is_outage(decision):  # it may be over by the time somebody chooses it
            decision = decide(task, policy=policy, state=facts._replace(unavailable={}))
        return self._offer(task, decision)

    def _offer(self, task: Task, decision: Decision) -> Offer:
        return Offer(
            lane=decision.first,
            estimate_usd=decision.estimated_cost_usd,
            free=decision.first == LINTER,
            refused=self._why_not(task, decision),
            why=decision.why,
            next_lane=asked_next(decision.next_lane),
            next_usd=decision.next_cost_usd,
        )

    def _why_not(self, task: Task, decision: Decision) -> str | None:
        if decision.first == LINTER:
            return None
        if not self._session.keyed:
            return f"no key is set; set {' or '.join(sorted(KEY_VARIABLES.values()))}"
        if decision.first == HUMAN:
            return handed_over(task, decision, ()).detail
        costs_usd = decision.estimated_cost_usd
        full = (str(cap) for cap in self._full if cap.spent_usd + costs_usd > cap.cap_usd)
        return next(full, None) if costs_usd else None


def _other_caps(workspace: Workspace, session: Session) -> Iterator[OverCap]:
    """Yield the caps beside the session's, with what was spent under each before a task."""
    config, ledger = workspace.config, session.storage.ledger
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if config.max_task_usd is not None:
        yield OverCap("task", config.max_task_usd, 0.0)
    if config.max_day_usd is not None:
        yield OverCap("day", config.max_day_usd, ledger.spent_since(today.timestamp()))
    if config.max_repository_month_usd is not None:
        spent_usd = ledger.spent_since(today.replace(day=1).timestamp(), repository_name(workspace.root))
        yield OverCap("month", config.max_repository_month_usd, spent_usd)
