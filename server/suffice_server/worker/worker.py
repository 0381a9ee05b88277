"""The worker process: it lints and solves for the front, and is the only one that ever imports an SDK.

It reads requests from standard input and writes answers to what was standard output; nothing else can write
there. It ends when its input ends, whatever it is doing, within a second.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, BinaryIO, cast

from suffice.errors import SufficeError
from suffice.processes import hide_environment
from suffice_server.messages import (
    Cancel,
    Consent,
    Describe,
    Failed,
    Fix,
    FromWorker,
    Lint,
    Request,
    from_line,
    to_line,
)
from suffice_server.worker.fix import fix
from suffice_server.worker.lint import lint
from suffice_server.worker.offers import describe
from suffice_server.worker.session import Send, Session

logger = logging.getLogger(__name__)

_GRACE_S = 0.8


def serve_worker() -> None:
    """Answer the front's requests until standard input ends."""
    hide_environment()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    pipe = _private_output()
    asyncio.run(_serve(sys.stdin.buffer, pipe))


def _private_output() -> BinaryIO:
    """Return what was standard output; what we and our children print now goes to standard error."""
    pipe = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe


async def _serve(lines: BinaryIO, pipe: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        for line in lines:
            loop.call_soon_threadsafe(inbox.put_nowait, line)
        loop.call_soon_threadsafe(inbox.put_nowait, b"")

    threading.Thread(target=read, daemon=True).start()
    worker = Worker(send=lambda message: _send(pipe, message), environment=os.environ)
    while line := await inbox.get():
        worker.take(line)
    _leave_within(_GRACE_S)
    await worker.close()


def _send(pipe: BinaryIO, message: FromWorker) -> None:
    line = memoryview(to_line(message))
    try:
        while line:
            line = line[pipe.write(line) :]
    except BrokenPipeError:
        pass  # the front is gone; the end of standard input follows


def _leave_within(seconds: float) -> None:
    """End this process even if a thread still waits for a linter by then."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


class Worker:
    """Works on requests side by side; ledger, budget, health and connections are shared by all of them."""

    def __init__(self, *, send: Callable[[FromWorker], None], environment: Mapping[str, str]) -> None:
        self._send = send
        self._environment = environment
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._session = Session(environment=environment)

    def take(self, line: bytes) -> None:
        """Begin with the request that *line* spells."""
        message = from_line(line)
        match message:
            case Cancel(id=number):
                if number in self._tasks:
                    self._tasks[number].cancel()
            case Consent(provider=provider):
                self._session.consent(provider)
            case _ if type(message) in _HANDLERS:
                request = cast("Request", message)
                task = asyncio.create_task(self._answer(request))
                self._tasks[request.id] = task
                task.add_done_callback(lambda _: self._tasks.pop(request.id, None))
            case _:
                pass

    async def close(self) -> None:
        """Stop everything."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    async def _answer(self, request: Request) -> None:
        answer: FromWorker
        try:
            answer = await _HANDLERS[type(request)](request, self._session, self._send)
        except SufficeError as error:
            answer = Failed(id=request.id, message=str(error))
        except Exception as error:
            logger.exception("a bug while working on a %s", type(request).__name__)
            sentence = f"This is a bug in suffice ({type(error).__name__}); see its log."
            answer = Failed(id=request.id, message=sentence)
        self._send(answer)


Handler = Callable[[Any, Session, Send], Awaitable[FromWorker]]

_HANDLERS: Mapping[type, Handler] = {Lint: lint, Describe: describe, Fix: fix}
