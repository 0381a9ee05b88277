"""Where a task would go now, and for how much: what the editor's titles say before anything is spent."""

from __future__ import annotations

from suffice.decide import Facts, Failure, Tried, decide
from suffice.lanes import HUMAN, LINTER
from suffice.providers.connect import KEY_VARIABLES, with_key
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


async def describe(request: Describe, session: Session, _send: Send) -> FromWorker:
    """Return where a task of each kind would go."""
    workspace = session.workspace(request.root, {})
    offers = {str(kind): offer(_typical(kind), workspace, session) for kind in _OFFERED}
    return Described(request.id, offers)


def _typical(kind: Kind) -> Task:
    """Return a task of *kind*; a diagnostic for which the linter has no fix of its own."""
    plain = Diagnostic(rule="", message="", path="", span=Span(1, 1, 1, 1))
    return Task(kind=kind, diagnostics=(plain,) if kind is Kind.LINT_FIX else ())


def offer(task: Task, workspace: Workspace, session: Session, *, tried_free: bool = False) -> Offer:
    """Return where *task* would go; *tried_free*: the linter's own fix has failed."""
    keyed = with_key(session.environment)
    tried = (Tried(lane=LINTER, failure=Failure.CHECK_FAILED),) if tried_free else ()
    facts = Facts(with_key=keyed, deny=workspace.config.deny_lanes, tried=tried)
    decision = decide(task, policy=workspace.policy, state=facts)
    is_free = decision.first == LINTER
    refused = None
    if not is_free and not keyed:
        refused = f"no key is set: {' or '.join(sorted(KEY_VARIABLES.values()))}"
    elif decision.first == HUMAN:
        refused = "no lane may be used for it"
    return Offer(
        lane=decision.first,
        estimate_usd=decision.estimated_cost_usd,
        free=is_free,
        refused=refused,
        why=decision.why,
        next_lane=decision.next_lane,
        next_usd=decision.next_cost_usd,
    )
