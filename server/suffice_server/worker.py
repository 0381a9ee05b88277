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
from collections.abc import Callable, Mapping
from typing import BinaryIO

from suffice.errors import SufficeError
from suffice.linters.ruff import IO_ERROR, SYNTAX_ERROR
from suffice.outcome import Attempt, Ending, Outcome
from suffice.processes import hide_environment
from suffice.task import Diagnostic, Kind, Task
from suffice_server.messages import (
    Attempted,
    Cancel,
    Consent,
    Failed,
    Finished,
    Fix,
    Found,
    FromWorker,
    Lint,
    Linted,
    Replacement,
    from_line,
    to_line,
)
from suffice_server.session import Session, Subject

logger = logging.getLogger(__name__)

_GRACE_S = 0.8
_BOM = "\ufeff"


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
            case Lint() | Fix():
                task = asyncio.create_task(self._answer(message))
                self._tasks[message.id] = task
                task.add_done_callback(lambda _: self._tasks.pop(message.id, None))
            case Cancel(id=number) if number in self._tasks:
                self._tasks[number].cancel()
            case Consent(provider=provider):
                self._session.consent(provider)
            case _:
                pass  # a Cancel of what has ended

    async def close(self) -> None:
        """Stop everything."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    async def _answer(self, message: Lint | Fix) -> None:
        answer: FromWorker
        try:
            answer = await (self._lint(message) if isinstance(message, Lint) else self._fix(message))
        except SufficeError as error:
            answer = Failed(id=message.id, message=str(error))
        except Exception as error:
            logger.exception("a bug while working on a %s", type(message).__name__)
            sentence = f"This is a bug in suffice ({type(error).__name__}); see its log."
            answer = Failed(id=message.id, message=sentence)
        self._send(answer)

    async def _lint(self, message: Lint) -> Linted:
        found = await asyncio.to_thread(_lint, Subject.of(message, self._environment))
        return Linted(id=message.id, found=tuple(_found(diagnostic) for diagnostic in found))

    async def _fix(self, message: Fix) -> Finished:
        subject = Subject.of(message, self._environment)
        found = await asyncio.to_thread(_lint, subject)
        diagnostic = _named(found, message)
        if diagnostic is None:
            return _not_there(message)
        task = Task(kind=Kind.LINT_FIX, paths=(subject.path,), diagnostics=(diagnostic,))

        def tell(_task: Task, attempt: Attempt) -> None:
            self._send(_attempted(message, attempt))

        outcome = await self._session.solve(task, subject, tell=tell, free=message.free)
        return _finished(message, outcome)


def _lint(subject: Subject) -> list[Diagnostic]:
    if subject.is_ignored:
        return []
    (found,) = subject.linting.diagnostics_of([subject.snapshot.file(subject.path)])
    return [diagnostic for diagnostic in found if diagnostic.rule not in subject.config.disabled_rules]


def _named(found: list[Diagnostic], message: Fix) -> Diagnostic | None:
    """Return the diagnostic that *message* names: at its very place, or the only one like it in the file."""
    same_rule = [d for d in found if d.rule == message.rule and d.rule not in {SYNTAX_ERROR, IO_ERROR}]
    here = [d for d in same_rule if d.span == message.span]
    alike = [d for d in same_rule if d.message == message.message]
    if here:
        return here[0]
    return alike[0] if len(alike) == 1 else None


def _found(diagnostic: Diagnostic) -> Found:
    return Found(
        rule=diagnostic.rule,
        message=diagnostic.message,
        span=diagnostic.span,
        source=diagnostic.source,
        url=diagnostic.url,
        fix=diagnostic.fix.applicability if diagnostic.fix else None,
        mendable=diagnostic.rule not in {SYNTAX_ERROR, IO_ERROR},
    )


def _attempted(message: Fix, attempt: Attempt) -> Attempted:
    failed = attempt.verdict.failed if attempt.verdict else ()
    failure = failed[0].name if failed else attempt.failure
    return Attempted(
        id=message.id, lane=attempt.lane, failure=str(failure) if failure else None, cost_usd=attempt.cost_usd
    )


def _not_there(message: Fix) -> Finished:
    return Finished(
        id=message.id,
        ending=Ending.UNCHANGED,
        reason="already-gone",
        detail=f"ruff does not report {message.rule} there under this project's settings",
        lane=None,
        cost_usd=0.0,
        estimate_usd=0.0,
        confidence=None,
        edits=(),
    )


def _finished(message: Fix, outcome: Outcome) -> Finished:
    shift = 1 if message.text.startswith(_BOM) else 0  # a snapshot's text has no byte order mark
    edits = tuple(
        Replacement(start=edit.start + shift, end=edit.end + shift, new_text=edit.new_text) for edit in outcome.edits
    )
    return Finished(
        id=message.id,
        ending=outcome.ending,
        reason=outcome.reason,
        detail=outcome.detail,
        lane=outcome.lane or outcome.next_lane,
        cost_usd=outcome.cost_usd,
        estimate_usd=outcome.next_cost_usd,
        confidence=outcome.verdict.confidence if outcome.verdict else None,
        edits=edits,
    )
