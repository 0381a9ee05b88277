"""Mends all diagnostics of a text, or all of one rule, as one change that was checked as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.edit_report import least_to_apply
from suffice.fingerprint import repository_name
from suffice.fix import Fixed, Item, Manner, unfixable
from suffice.fix import fix as fix_many
from suffice.lanes import HUMAN, LINTER
from suffice.outcome import Attempt, Ending
from suffice.policy import Policy
from suffice.run import State
from suffice.state.record import record_outcomes
from suffice.targets import Targets
from suffice.task import Applicability, Diagnostic, Kind, Task
from suffice_server.messages import Finished, FixAll, FromWorker, NeedsConsent
from suffice_server.values import Part, Work
from suffice_server.worker.editor_text import changed
from suffice_server.worker.lint import NOT_ASKED, diagnostics_of, task_of
from suffice_server.worker.session import Send, Session
from suffice_server.worker.solving import in_the_editor
from suffice_server.worker.telling import attempted
from suffice_server.worker.workspace import Workspace


async def fix_all(request: FixAll, session: Session, send: Send) -> FromWorker:
    """Return how mending ended: one change, and a line for each diagnostic that is left."""
    workspace = await asyncio.to_thread(session.workspace, request.root, {request.path: request.text})
    found = await asyncio.to_thread(diagnostics_of, workspace, request.path, session)
    wanted = tuple(d for d in found or () if request.rule in {"", d.rule} and d.rule not in NOT_ASKED)
    if not wanted:
        detail = f"the linter does not report {request.rule or 'anything'} there under this project's settings"
        return Finished(request.id, Ending.UNCHANGED, "already-gone", detail, mended=0)
    if not request.free:
        needed = await asyncio.to_thread(_needs_consent, wanted, workspace, session, request.id)
        if needed:
            return needed

    def tell(task: Task, attempt: Attempt) -> None:
        send(attempted(request.id, attempt, task.diagnostics[0].rule))

    state = session.state(workspace, session.wishes(workspace, free=request.free), tell)
    fixed = await _fixed(wanted, workspace, session, state)
    for item in fixed.items:
        item.outcome = in_the_editor(item.outcome, session)
    return _finished(request, fixed, workspace, session.cap_reached(_worst(fixed).reason, state))


def _needs_consent(
    wanted: Sequence[Diagnostic], workspace: Workspace, session: Session, number: int
) -> NeedsConsent | None:
    """Return what to ask the user before any of *wanted* goes to a model, with the price of all that would."""
    state = session.outlook(workspace)
    tasks = [task_of(diagnostic) for diagnostic in wanted if unfixable(diagnostic) is None]
    steps = [session.first_step(task, workspace, state) for task in tasks]
    asked = [step for step in steps if step.first not in {LINTER, HUMAN}]
    lanes, agreed = workspace.policy.lanes, session.agreed()
    first = next((step.first for step in asked if lanes[step.first].provider not in agreed), None)
    if first is None or not session.keyed:
        return None
    return NeedsConsent(number, lanes[first].provider, first, sum(step.estimated_cost_usd for step in asked))


async def _fixed(wanted: Sequence[Diagnostic], workspace: Workspace, session: Session, state: State) -> Fixed:
    """Return what became of *wanted*; what was paid is recorded, also of what is cancelled."""
    targets = Targets(root=workspace.root, snapshot=workspace.snapshot, diagnostics=tuple(wanted))
    memory = session.storage.memory
    memory.refresh()
    try:
        fixed = await fix_many(
            targets, policy=workspace.policy, providers=session.providers(), state=state, manner=Manner()
        )
    finally:
        memory.refresh()
    record_outcomes(fixed, targets=targets, ledger=session.storage.ledger)
    if fixed.interrupted:
        raise asyncio.CancelledError
    return fixed


def _finished(request: FixAll, fixed: Fixed, workspace: Workspace, cap: str) -> Finished:
    worst, mended = _worst(fixed), [item for item in fixed.items if item.in_patch]
    changes = tuple(changed(change, {request.path: request.text}) for change in fixed.changes)
    proposed = bool(changes)
    return Finished(
        id=request.id,
        ending=Ending.PROPOSED if proposed else worst.ending,
        reason="sufficed" if proposed else worst.reason,
        detail=f"{len(mended)} of {len(fixed.items)} mended" if proposed else worst.detail,
        lane=_lane(mended),
        cost_usd=sum(item.outcome.cost_usd for item in fixed.items) + sum(f.cost_usd for f in fixed.filters),
        confidence=min((item.outcome.verdict.confidence for item in mended if item.outcome.verdict), default=None),
        confirm=any(_is_unsure(item, workspace.policy) for item in mended),
        changes=changes,
        mended=len(mended),
        left=tuple(_left(fixed)),
        cap=cap,
        parts=tuple(_part(item, repository_name(workspace.root)) for item in mended),
    )


def _part(item: Item, repository: str) -> Part:
    return Part(Work(Kind.LINT_FIX, item.diagnostic.rule, repository, item.fingerprint), item.outcome.lane or LINTER)


def _lane(mended: Sequence[Item]) -> str | None:
    """Return the lane that mended most; of models, if any did."""
    lanes = [item.outcome.lane for item in mended if item.outcome.lane]
    models = [lane for lane in lanes if lane != LINTER] or lanes
    return max(models, key=models.count, default=None)


def _is_unsure(item: Item, policy: Policy) -> bool:
    threshold = policy.of(Kind.LINT_FIX).apply
    return least_to_apply(item.outcome, threshold=threshold, proof_only=False) is not None


class _Ended(NamedTuple):
    """How what is left ended; all empty where nothing is."""

    ending: str
    reason: str
    detail: str


def _worst(fixed: Fixed) -> _Ended:
    """Return how those ended that are left: what stopped them all, else the first of them."""
    left = [item for item in fixed.items if not item.in_patch]
    stopped = next((item for item in left if item.outcome.ending in {Ending.OUT_OF_BUDGET, Ending.ERROR}), None)
    item = stopped or next(iter(left), None)
    if item is None:
        return _Ended("", "", "")
    if item.outcome.ending is Ending.PROPOSED:
        return _Ended(Ending.NEEDS_HUMAN, "left-out", _why(item))
    return _Ended(item.outcome.ending, item.outcome.reason, item.outcome.detail)


def _left(fixed: Fixed) -> Iterator[str]:
    """Yield a line for each diagnostic that is not mended, with the reason."""
    for item in fixed.items:
        if not item.in_patch and item.outcome.reason != "already-gone":
            found = item.diagnostic
            yield f"{found.rule} in line {found.span.start_line}: {_why(item)}"


def _why(item: Item) -> str:
    outcome = item.outcome
    if outcome.ending is not Ending.PROPOSED:
        return outcome.detail
    if outcome.applicability is Applicability.UNSAFE:
        return "the linter's fix is unsafe; choose it alone"
    return "its fix does not go with the others; choose it alone"
