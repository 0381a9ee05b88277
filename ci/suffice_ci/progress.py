"""The line on a terminal while a run goes on: how far it is, which lane answered last, what was spent."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from suffice.outcome import Attempt
from suffice.task import Task

if TYPE_CHECKING:
    from rich.status import Status


class Progress:
    """Shows a status line on standard error, or nothing; *total* None: nobody knows how much there is to do."""

    def __init__(self, total: int | None, *, shown: bool) -> None:
        self._total = total
        self._shown = shown
        self._settled = 0
        self._spent_usd = 0.0
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if self._shown:
            from rich.console import Console

            self._status = Console(stderr=True).status("" if self._total is None else f"{self._total} to do")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def tell(self, task: Task, attempt: Attempt) -> None:
        """Take note of *attempt*, and show it."""
        self._spent_usd += attempt.paid_usd
        self._settled += attempt.failure is None
        if self._status:
            rule = task.diagnostics[0].rule if task.diagnostics else task.kind
            word = attempt.failure or "sufficed"
            left = "" if self._total is None else f" · {self._total - self._settled} left"
            self._status.update(f"{rule}: {attempt.lane} {word} · ${self._spent_usd:.4f} spent{left}")
