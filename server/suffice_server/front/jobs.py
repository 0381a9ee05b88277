"""Work that goes on behind a command which was answered at once: shown, cancellable, one of a kind at a time.

Whatever stops it (the cancel button of its progress, the cancelled request of its command, the end of its document or
of the server, a newer one of the same) cancels one task, and with it the worker's call and the provider's socket.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from lsprotocol.types import MessageType

from suffice_server.front.editor import Editor, Progress

logger = logging.getLogger(__name__)

Run = Callable[[Progress], Awaitable[str]]
"""Does the work and returns how it ended, in the words of the progress."""


class Job(NamedTuple):
    """What is to be done: `key` is the same for the same wish, `about` is the uri it is about or a folder.

    `title` is that of the progress.
    """

    key: str
    about: str
    title: str
    run: Run


class Jobs:
    """The jobs that are under way."""

    def __init__(self, editor: Editor, *, on_change: Callable[[], None] = lambda: None) -> None:
        self._editor = editor
        self._on_change = on_change
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._about: dict[str, str] = {}
        self._by_token: dict[str | int, asyncio.Task[None]] = {}
        self._by_request: dict[str | int, asyncio.Task[None]] = {}

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._tasks)

    def start(self, job: Job, *, request: str | int | None = None) -> None:
        """Begin with *job*, in the place of an older one of its key; *request* is the command's id."""
        older = self._tasks.get(job.key)
        if older is not None:
            older.cancel()
        task = self._tasks[job.key] = asyncio.create_task(self._guarded(job))
        self._about[job.key] = job.about
        if request is not None:
            self._by_request[request] = task
        task.add_done_callback(lambda ended: self._forget_task(job.key, request, ended))
        self._on_change()

    def _forget_task(self, key: str, request: str | int | None, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
            self._about.pop(key, None)
        if request is not None and self._by_request.get(request) is task:
            del self._by_request[request]
        self._on_change()

    def cancel_progress(self, token: str | int) -> None:
        """Stop the job whose progress has *token*."""
        if token in self._by_token:
            self._by_token[token].cancel()

    def cancel_request(self, request: str | int) -> None:
        """Stop the job that the command with the id *request* began."""
        if request in self._by_request:
            self._by_request[request].cancel()

    def cancel_about(self, about: str) -> None:
        """Stop the jobs about *about*."""
        for key, task in list(self._tasks.items()):
            if self._about.get(key) == about:
                task.cancel()

    def cancel_all(self) -> int:
        """Stop all jobs and return how many."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        return len(tasks)

    async def stop(self) -> None:
        """Stop all jobs and wait for their ends."""
        tasks = list(self._tasks.values())
        self.cancel_all()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, job: Job) -> None:
        try:
            await self._run(job)
        except Exception as error:
            logger.exception("a bug in %s", job.title)
            self._editor.show(
                f"{job.title} failed: a bug ({type(error).__name__}); see the server's log.", kind=MessageType.Error
            )

    async def _run(self, job: Job) -> None:
        progress = await self._editor.progress(job.title)
        task = asyncio.current_task()
        if progress.token is not None and task is not None:
            self._by_token[progress.token] = task
        ended = "cancelled"
        try:
            ended = await job.run(progress)
        finally:
            self._by_token.pop(progress.token or "", None)
            progress.end(ended)
