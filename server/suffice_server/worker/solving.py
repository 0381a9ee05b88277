"""One task of a request: solved, told as it goes, and recorded as the command line records it."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple

from suffice import families
from suffice.constraints import not_set_up
from suffice.errors import InputError
from suffice.lanes import LINTER
from suffice.outcome import Attempt, Ending, Outcome
from suffice.rejection import note_rejection
from suffice.solve import solve
from suffice.state.ledger import Ledger, Work
from suffice.task import Task
from suffice_server.values import Work as Named
from suffice_server.worker.money import CAP_REACHED
from suffice_server.worker.session import NO_CONSENT, Session, Tell
from suffice_server.worker.workspace import Workspace

_ALL_REJECTED = "left-for-human"
_TERMINAL_ONLY = re.compile(r", and none above may be used \(.*\)(?=; change)| name another lane \(--lane, --allow\),")
"""What a sentence about rejected results says of lanes and options, which no editor has."""

_NOBODY_AGREED = "nobody has agreed to send code to a model; choose the action again and allow it"


class Solved(NamedTuple):
    """How a task ended, what the ledger calls it, and which cap it met, if any."""

    outcome: Outcome
    work: Work
    cap: str

    @property
    def named(self) -> Named:
        """What the front hands back with what became of the result."""
        return Named(*self.work)


async def solved(
    task: Task,
    workspace: Workspace,
    session: Session,
    *,
    tell: Tell,
    free: bool = False,
    above: str | None = None,
) -> Solved:
    """Return how *task* ended, with the linter alone if *free*, by a lane *above* one whose result is not wanted.

    What was paid is recorded whatever happens. Raises InputError for a lane that does not exist.
    """
    if above and above != LINTER and above not in workspace.policy.lanes:
        raise InputError("There is no such lane to ask above of; choose the action again.")
    work = await asyncio.to_thread(_known, task, workspace, session)
    tried: list[Attempt] = []

    def hear(about: Task, attempt: Attempt) -> None:
        tried.append(attempt)
        tell(about, attempt)

    state = session.state(workspace, session.wishes(workspace, free=free, above=above), hear)
    ledger, memory = session.storage.ledger, session.storage.memory
    try:
        outcome = await solve(
            task, snapshot=workspace.snapshot, policy=workspace.policy, providers=session.providers(), state=state
        )
    except asyncio.CancelledError:
        _record(Outcome(task, Ending.SKIPPED, "interrupted", "cancelled", tuple(tried)), work, ledger)
        raise
    finally:
        memory.refresh()
    _record(outcome, work, ledger)
    if above:
        note_rejection(outcome, work, rejected=above, ledger=ledger)
    return Solved(in_the_editor(outcome, session), work, session.cap_reached(outcome.reason, state))


def _known(task: Task, workspace: Workspace, session: Session) -> Work:
    """Return what the ledger calls *task*, and have what is remembered of such tasks at hand."""
    work = families.of(task.kind).work(task, workspace.snapshot)
    session.storage.memory.refresh()
    session.storage.memory.of(work, models=workspace.policy.models())
    return work


def in_the_editor(outcome: Outcome, session: Session) -> Outcome:
    """Return *outcome* in the words of an editor: the core takes a provider without consent for one without a key."""
    if outcome.reason == NO_CONSENT:
        return outcome._replace(detail=_NOBODY_AGREED)
    detail = outcome.detail
    if outcome.reason == CAP_REACHED:
        detail = detail.replace("cap of the run", "cap of this session").replace("for a run", "for this session")
    if outcome.reason == _ALL_REJECTED:
        detail = _TERMINAL_ONLY.sub("", detail)
    for name in sorted(session.keyed - session.agreed()):
        detail = detail.replace(not_set_up(name), f"nobody agreed to send code to {name}")
    return outcome._replace(detail=detail)


def _record(outcome: Outcome, work: Work, ledger: Ledger) -> None:
    if outcome.attempts:
        ledger.record_outcome(
            work, outcome=outcome.ending, reason=outcome.reason, lane=outcome.lane, cost_usd=outcome.cost_usd
        )
