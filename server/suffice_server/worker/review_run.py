"""What reviews of a change and of an architecture share: who is told of an attempt, and how it is summed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from suffice.outcome import Attempt, Ending
from suffice.providers.reply import NoReply, Reply, Request
from suffice.report import Run, Status
from suffice.run import State
from suffice.task import Mode, Task
from suffice_server.worker.session import Send, Tell
from suffice_server.worker.telling import attempted
from suffice_server.worker.workspace import Workspace


class Nobody:
    """Stands for a provider where it is only worked out who would be asked."""

    async def ask(self, request: Request) -> Reply | NoReply:
        raise AssertionError(f"{request.lane.name} is asked in a run that asks nobody")

    async def close(self) -> None:
        pass


def told_to(send: Send, number: int) -> Tell:
    """Return what tells the front of each attempt of the request *number*."""

    def tell(task: Task, attempt: Attempt) -> None:
        send(attempted(number, attempt, task.stage or task.kind))

    return tell


def run_of(workspace: Workspace, state: State, *, began: datetime, clock_s: float) -> Run:
    """Return what the report of a review says of its run, which ends now; it *began* at *clock_s* (perf_counter)."""
    stopped = next(iter(state.errors), None)
    return Run(
        command="review",
        policy=workspace.policy,
        mode=Mode.INTERACTIVE,
        cap_usd=state.budget.cap_usd,
        started_at=began,
        duration_ms=int((perf_counter() - clock_s) * 1000),
        stopped_by=(stopped.reason, str(stopped)) if stopped else None,
    )


_ENDINGS: Mapping[str, Ending] = {
    Status.CLEAN: Ending.UNCHANGED,
    Status.SKIPPED: Ending.SKIPPED,
    Status.PROPOSED: Ending.PROPOSED,
    Status.NEEDS_HUMAN: Ending.NEEDS_HUMAN,
    Status.FAILED: Ending.ERROR,
}


def ending_of(report: Mapping[str, Any]) -> Ending:
    """Return how the one task that a review is for its reader ended."""
    cut_short = Ending.OUT_OF_BUDGET if report["reason"] in {"cap-reached", "time-budget"} else Ending.SKIPPED
    return _ENDINGS.get(report["status"], cut_short)
