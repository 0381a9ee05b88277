"""Where a task would go now, and for how much: what the editor's titles say before anything is spent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, datetime

from suffice.constraints import Failure
from suffice.decide import Decision, Facts, decide
from suffice.endings import handed_over
from suffice.errors import StorageError
from suffice.fingerprint import repository_name
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt
from suffice.providers.connect import KEY_VARIABLES
from suffice.providers.reply import Ended
from suffice.state.budget import Budget
from suffice.state.ledger import Work
from suffice.state.shared_caps import OverCap
from suffice.task import Diagnostic, Kind, Span, Task
from suffice_server.messages import Describe, Described, FromWorker, Offer
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

_FAILED = Attempt(LINTER, provider="", model="", ended=Ended.ANSWERED, failure=Failure.CHECK_FAILED)
"""The linter's own fix, as it was tried in this session and did not pass."""


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
            self._state = session.state(workspace, session.wishes(workspace))
        except StorageError as error:  # nothing is mended then, but everything is shown
            self._broken = str(error)
            return
        if session.money.cap_usd(workspace.config, workspace.root):
            self._state.budget = Budget(math.inf)
        self._full = tuple(_caps_of_others(workspace, session))

    def of(self, task: Task, *, tried_free: bool = False) -> Offer:
        """Return where *task* would go, as `solve` will decide it."""
        if self._broken is not None:
            return Offer(HUMAN, refused=self._broken)
        tried = (_FAILED,) if tried_free else ()
        decision = self._session.first_step(task, self._workspace, self._state, tried=tried)
        return self._offer(task, decision)

    def usual(self, kind: Kind) -> Offer:
        """Return where a usual task of *kind* would go; a diagnostic for which the linter has no fix of its own."""
        if self._broken is not None:
            return Offer(HUMAN, refused=self._broken)
        plain = Diagnostic(rule="", message="", path="", span=Span(1, 1, 1, 1))
        task = Task(kind=kind, diagnostics=(plain,) if kind is Kind.LINT_FIX else ())
        policy, session = self._workspace.policy, self._session
        work = Work(kind, None, repository_name(self._workspace.root), "")
        facts = Facts(
            with_key=session.keyed,
            deny=self._workspace.config.deny_lanes,
            budget_left_usd=self._state.budget.left_usd,
            records=session.storage.memory.of(work, models=policy.models()).records,
        )
        return self._offer(task, decide(task, policy=policy, state=facts))

    def _offer(self, task: Task, decision: Decision) -> Offer:
        return Offer(
            lane=decision.first,
            estimate_usd=decision.estimated_cost_usd,
            free=decision.first == LINTER,
            refused=self._why_not(task, decision),
            why=decision.why,
            next_lane=decision.next_lane,
            next_usd=decision.next_cost_usd,
        )

    def _why_not(self, task: Task, decision: Decision) -> str | None:
        if decision.first == LINTER:
            return None
        if not self._session.keyed:
            return f"no key is set: {' or '.join(sorted(KEY_VARIABLES.values()))}"
        if decision.first == HUMAN:
            return handed_over(task, decision, ()).detail
        costs_usd = decision.estimated_cost_usd
        full = (str(cap) for cap in self._full if cap.spent_usd + costs_usd > cap.cap_usd)
        return next(full, None) if costs_usd else None


def _caps_of_others(workspace: Workspace, session: Session) -> Iterator[OverCap]:
    """Yield the caps that all processes share, with what was spent under each."""
    config, ledger = workspace.config, session.storage.ledger
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if config.max_day_usd is not None:
        yield OverCap("day", config.max_day_usd, ledger.spent_since(today.timestamp()))
    if config.max_repository_month_usd is not None:
        spent_usd = ledger.spent_since(today.replace(day=1).timestamp(), repository_name(workspace.root))
        yield OverCap("month", config.max_repository_month_usd, spent_usd)
