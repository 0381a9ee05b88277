"""The worker process: it lints and solves for the front, and is the only one that ever imports an SDK.

It reads requests from standard input and writes answers to what was standard output; nothing else can write
there. It ends when its input ends, whatever it is doing, within a second.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args

from suffice.errors import SufficeError
from suffice.processes import end_all, hide_environment
from suffice_server.messages import (
    Cancel,
    Change,
    Configure,
    Consent,
    Describe,
    Failed,
    Fix,
    FixAll,
    FromWorker,
    IgnoreRule,
    Lint,
    RaiseCap,
    Remember,
    Request,
    Review,
    Tell,
    Usage,
    Word,
)
from suffice_server.pipe import from_line, to_line
from suffice_server.worker.session import Send, Session

logger = logging.getLogger(__name__)

_GRACE_S = 0.8

_BEHIND_THE_EDITOR = 10
"""By how much the scheduler is to prefer the editor and what the user runs, in steps of nice(2)."""

_GC_THRESHOLD = (50_000, 20, 20)
"""As on the command line: modules and syntax trees are many objects that live."""


def serve_worker() -> None:
    """Answer the front's requests until standard input ends."""
    hide_environment()
    gc.set_threshold(*_GC_THRESHOLD)
    with suppress(OSError, AttributeError):  # not on Windows
        os.nice(_BEHIND_THE_EDITOR)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it logs whole errors, and they may quote code
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
        _leave_within(_GRACE_S)  # from here, since the loop may wait for the store meanwhile
        loop.call_soon_threadsafe(inbox.put_nowait, b"")

    threading.Thread(target=read, daemon=True).start()
    worker = Worker(send=lambda message: _send(pipe, message), environment=os.environ)
    worker.begin()
    while line := await inbox.get():
        worker.take(line)
    await worker.close()
    end_all()


def _send(pipe: BinaryIO, message: FromWorker) -> None:
    line = memoryview(to_line(message))
    try:
        while line:
            line = line[pipe.write(line) :]
    except BrokenPipeError:
        pass  # the front is gone; the end of standard input follows


def _leave_within(seconds: float) -> None:
    """End this process by then, whatever still waits for a linter, for git or for the store."""
    timer = threading.Timer(seconds, _leave)
    timer.daemon = True
    timer.start()


def _leave() -> None:
    try:
        end_all()
    finally:
        os._exit(0)


class Worker:
    """Works on requests side by side; ledger, budget, health and connections are shared by all of them."""

    def __init__(self, *, send: Callable[[FromWorker], None], environment: Mapping[str, str]) -> None:
        self._send = send
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._session = Session(environment=environment, send=send)

    def begin(self) -> None:
        """Say what was spent so far."""
        with suppress(SufficeError):  # the first request says why nothing can be remembered
            self._session.tell_spent()

    def take(self, line: bytes) -> None:
        """Begin with the request that *line* spells, or do as its word says."""
        try:
            message = from_line(line)
        except Exception as error:  # noqa: BLE001 - whatever it says, the requests of others go on
            logger.error("the front wrote a line that is no message (%s)", type(error).__name__)  # noqa: TRY400
            return
        if type(message) in get_args(Word):
            self._hear(cast("Word", message))
        elif type(message) in get_args(Request):
            self._begin(cast("Request", message))

    def _begin(self, request: Request) -> None:
        """Work on *request*, unless its number is none, or that of another one: each has one answer."""
        if not isinstance(request.id, int) or request.id in self._tasks:
            logger.error("the front asked for a %s under a number that cannot be its own", type(request).__name__)
            return
        task = asyncio.create_task(self._answer(request))
        self._tasks[request.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(request.id, None))

    def _hear(self, word: Word) -> None:
        try:
            match word:
                case Cancel(id=number):
                    if number in self._tasks:
                        self._tasks[number].cancel()
                case Consent(provider=provider):
                    self._session.consent(provider)
                case RaiseCap(root=root):
                    self._session.raise_cap(root)
                case Configure(root=root, settings=settings):
                    self._session.configure(root, settings)
                case Remember():
                    self._session.remember(word)
        except SufficeError as error:
            logger.warning("%s", error)
        except Exception as error:  # noqa: BLE001 - as above
            _log_bug(error, word)

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
            answer = await _handler(type(request))(request, self._session, self._send)
        except SufficeError as error:
            answer = Failed(id=request.id, message=str(error))
        except Exception as error:  # noqa: BLE001 - every request has one answer
            _log_bug(error, request)
            sentence = f"This is a bug in suffice ({type(error).__name__}); see its log."
            answer = Failed(id=request.id, message=sentence)
        self._send(answer)


def _log_bug(error: Exception, message: Request | Word) -> None:
    """Log the kind of *error* and where it came from, never what it says: that may quote the user's code."""
    places = [f"{Path(frame.f_code.co_filename).name}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)]
    about = type(message).__name__
    logger.error("a bug while working on a %s: %s at %s", about, type(error).__name__, " > ".join(places))


Handler = Callable[[Any, Session, Send], Awaitable[FromWorker]]

_HANDLERS: Mapping[type, tuple[str, str]] = {
    Lint: ("lint", "lint"),
    Describe: ("offers", "describe"),
    Fix: ("fix", "fix"),
    FixAll: ("fix_all", "fix_all"),
    Change: ("change", "change"),
    Tell: ("tell", "tell"),
    Review: ("review", "review"),
    IgnoreRule: ("ignore_rule", "ignore_rule"),
    Usage: ("usage", "usage"),
}
"""The module and the function for each request."""


def _handler(kind: type) -> Handler:
    """Return what answers a request, imported at its first use: the first diagnostics wait for nothing else."""
    module, name = _HANDLERS[kind]
    return cast("Handler", getattr(import_module(f"suffice_server.worker.{module}"), name))
