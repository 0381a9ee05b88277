"""Work that goes on behind a command which was answered at once: shown, cancellable, one of a kind at a time.

Whatever stops it (the cancel button of its progress, the cancelled request of its command, the end of its document or
of the server, a newer one of the same) ends its progress at once and cancels one task, and with it the worker's call
and the provider's socket. A cancelled job says nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import NamedTuple

from lsprotocol.types import MessageType

from suffice_server.front.editor import Editor
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.rpc.bugs import log_bug
from suffice_server.front.worker_link import WorkerEnded

Run = Callable[[Progress], Awaitable[str]]
"""Does the work and returns how it ended, in the words of the progress. May raise WorkerEnded."""

_CANCELLED = "cancelled"
_LONGEST_END_S = 0.3


class Job(NamedTuple):
    """What is to be done: `key` is the same for the same wish, `about` is the uri it is about or a folder.

    `title` is that of the progress.
    """

    key: str
    about: str
    title: str
    run: Run


class _Running(NamedTuple):
    job: Job
    request: str | int | None
    progress: Progress
    task: asyncio.Task[None]

    def cancel(self) -> None:
        self.progress.end(_CANCELLED)
        self.task.cancel()


class Jobs:
    """The jobs that are under way. *on_change* is called when one begins or ends."""

    def __init__(self, editor: Editor, *, on_change: Callable[[], None] = lambda: None) -> None:
        self._editor = editor
        self._on_change = on_change
        self._numbers = count()
        self._running: dict[int, _Running] = {}

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._running)

    def start(self, job: Job, *, request: str | int | None = None) -> None:
        """Begin with *job*, in the place of an older one of its key; *request* is the command's id."""
        self._cancel(lambda running: running.job.key == job.key)
        progress = self._editor.progress(job.title)
        task = asyncio.create_task(self._guarded(job, progress))
        number = next(self._numbers)
        self._running[number] = _Running(job, request, progress, task)
        task.add_done_callback(lambda _: self._forget(number))
        self._on_change()

    def _forget(self, number: int) -> None:
        running = self._running.pop(number)
        running.progress.end(_CANCELLED)  # nothing to say to one that was cancelled before it ran
        self._on_change()

    def cancel_progress(self, token: str | int) -> None:
        """Stop the job whose progress has *token*."""
        self._cancel(lambda running: running.progress.token == token)

    def cancel_request(self, request: str | int) -> None:
        """Stop the job that the command with the id *request* began."""
        self._cancel(lambda running: running.request == request)

    def cancel_about(self, about: str) -> None:
        """Stop the jobs about *about*."""
        self._cancel(lambda running: running.job.about == about)

    def cancel_all(self) -> None:
        """Stop all jobs."""
        self._cancel(lambda _running: True)

    def _cancel(self, is_meant: Callable[[_Running], bool]) -> None:
        for running in self._running.values():
            if is_meant(running):
                running.cancel()

    async def stop(self) -> None:
        """Stop all jobs and wait a little for their ends."""
        tasks = [running.task for running in self._running.values()]
        for running in self._running.values():
            running.progress.abandon()
        self.cancel_all()
        if tasks:
            await asyncio.wait(tasks, timeout=_LONGEST_END_S)

    async def _guarded(self, job: Job, progress: Progress) -> None:
        try:
            progress.end(await job.run(progress))
        except WorkerEnded as ended:
            progress.end("not done")
            self._editor.show(str(ended))  # the link tells of the first of many ends only; the same twice is one
        except Exception as error:  # noqa: BLE001 - a bug is told, and the server lives on
            progress.end("failed")
            log_bug(error)
            self._editor.show(
                f"{job.title} failed: a bug in suffice ({type(error).__name__}); see the server's log.",
                kind=MessageType.Error,
            )
