"""The front's end of the pipe to its worker: it starts it at the first need, and again after it has died.

The worker is the only process that lints, imports an SDK, or holds a connection. It ends when its input does,
so it cannot outlive the front, whatever kills that.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import sysconfig
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from suffice_server.messages import (
    Answer,
    Attempted,
    Cancel,
    Configure,
    FromWorker,
    Noted,
    Request,
    Spent,
    ToWorker,
    Word,
)
from suffice_server.pipe import from_line, to_line

logger = logging.getLogger(__name__)

_LONGEST_LINE = 64 * 1024 * 1024
_GRACE_S = 0.7
_MOST_DEATHS = 3

Tell = Callable[[Attempted | Noted], None]


class WorkerEnded(Exception):  # noqa: N818 - an expected event, not an error of ours
    """The worker died, or could not be started, before it answered."""


def console_script() -> list[str]:
    """Return the command of the worker: our own console script. Raises WorkerEnded if it is not there.

    Never `python -m` nor a search that includes the current folder: that may be a hostile workspace.
    """
    folders = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    started = Path(sys.argv[0])
    if started.is_absolute() and started.stem == "suffice":
        folders.append(started.parent)
    for script in (folder / name for folder in folders for name in ("suffice", "suffice.exe")):
        if script.is_file():
            return [str(script), "worker"]
    raise WorkerEnded("suffice's console script is not beside its Python; reinstall suffice.")


def _hear_nothing(_message: Attempted | Noted) -> None:
    pass


class WorkerLink:
    """Asks the worker. *on_end* is called once when it dies unasked, until it has answered again.

    *on_spent* is called with what was spent, whenever that changes.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] | None = None,
        on_end: Callable[[str], None],
        on_spent: Callable[[Spent], None] = lambda _spent: None,
    ) -> None:
        self._command = command
        self._on_end = on_end
        self._on_spent = on_spent
        self._ids = count(1)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._listening: dict[int, Tell] = {}
        self._settings: dict[str, Configure] = {}
        self._deaths = 0
        self.refusal: str | None = None

    @property
    def keeps_dying(self) -> bool:
        """Whether it died so often without an answer that only an explicit wish should start it again."""
        return self._deaths >= _MOST_DEATHS or self.refusal is not None

    def next_id(self) -> int:
        """Return an id for the next request."""
        return next(self._ids)

    async def start(self) -> None:
        """Start the worker unless it runs. Raises WorkerEnded; with a *refusal* the user is told it, each time."""
        if self.refusal is not None:
            self._on_end(self.refusal)
            raise WorkerEnded(self.refusal)
        async with self._starting:
            if self._process is None and self.refusal is None:  # it may be refused meanwhile
                await self._start()

    async def ask(self, request: Request, *, tell: Tell = _hear_nothing) -> Answer:
        """Return the answer to *request*; *tell* hears what comes before it. Raises WorkerEnded.

        When the waiting task is cancelled, so is the worker's.
        """
        await self.start()
        if self._process is None:
            raise WorkerEnded("suffice's worker ended.")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.id], self._listening[request.id] = answer, tell
        try:
            self._write(request)
            return await answer
        except asyncio.CancelledError:
            self._write(Cancel(id=request.id))
            raise
        finally:
            self._waiting.pop(request.id, None)
            self._listening.pop(request.id, None)

    async def say(self, word: Word) -> None:
        """Tell the worker *word*. Raises WorkerEnded."""
        await self.start()
        self._write(word)

    def configure(self, message: Configure) -> None:
        """Give the worker settings, now if it runs and whenever it is started again."""
        self._settings[message.root] = message
        self._write(message)

    async def refuse(self, why: str) -> None:
        """Start no worker from now on, and end the one that runs or is being started."""
        self.refusal = why
        async with self._starting:
            await self.stop()

    async def stop(self) -> None:
        """End the worker: by the end of its input, and by force if it takes too long."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _GRACE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()

    async def _start(self) -> None:
        try:
            command = self._command or console_script()
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
            )
        except (OSError, WorkerEnded) as error:
            why = f"suffice's worker cannot be started ({error})."
            self._died(why)
            raise WorkerEnded(why) from error
        self._reader = asyncio.create_task(self._read(self._process))
        for message in self._settings.values():
            self._write(message)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            raise TypeError("the worker has no output")
        while line := await process.stdout.readline():
            self._take(line)
        await process.wait()
        if self._process is process:
            self._process = None
            self._died(
                "suffice's worker ended unexpectedly and starts again when needed; choose again what was under way."
            )

    def _take(self, line: bytes) -> None:
        try:
            message: FromWorker = from_line(line)  # type: ignore[assignment]
        except (ValueError, KeyError, TypeError) as error:
            logger.error("the worker wrote a line that is no message (%s)", type(error).__name__)  # noqa: TRY400
            return
        self._deaths = 0
        match message:
            case Spent():
                self._on_spent(message)
            case Attempted(id=number) | Noted(id=number):
                self._listening.get(number, _hear_nothing)(message)
            case _ if message.id in self._waiting and not self._waiting[message.id].done():
                self._waiting[message.id].set_result(message)
            case _:
                pass  # an answer to what was cancelled

    def _died(self, why: str) -> None:
        self._deaths += 1
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(WorkerEnded(why))
        if self._deaths == 1:
            self._on_end(why)

    def _write(self, message: ToWorker) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(to_line(message))
