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
from dataclasses import dataclass, field
from typing import BinaryIO

from suffice.checker.linting import Linting
from suffice.checker.waves import Waves
from suffice.config import Config, load_config
from suffice.decide import Facts, decide
from suffice.errors import StorageError, SufficeError
from suffice.lanes import HUMAN, LINTER, catalogue
from suffice.linters.ruff import IO_ERROR, SYNTAX_ERROR
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.privacy import ignored
from suffice.providers.connect import connect, with_key
from suffice.providers.reply import NoReply, Provider, Reply, Request
from suffice.snapshot import Snapshot
from suffice.solve import State, solve
from suffice.state.budget import Budget
from suffice.state.health import Health
from suffice.state.ledger import FILE_NAME, Ledger, state_folder
from suffice.task import Diagnostic, Kind, Task
from suffice.wishes import Wishes
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

logger = logging.getLogger(__name__)

POLICY = "guide"

_GRACE_S = 0.8
_BOM = "\ufeff"


def serve_worker() -> None:
    """Answer the front's requests until standard input ends."""
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
        self._session = _Session(environment=environment)

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
        found = await asyncio.to_thread(_lint, _Subject.of(message, self._environment))
        return Linted(id=message.id, found=tuple(_found(diagnostic) for diagnostic in found))

    async def _fix(self, message: Fix) -> Finished:
        subject = _Subject.of(message, self._environment)
        found = await asyncio.to_thread(_lint, subject)
        diagnostic = _named(found, message)
        if diagnostic is None:
            return _not_there(message)
        task = Task(kind=Kind.LINT_FIX, paths=(subject.path,), diagnostics=(diagnostic,))

        def tell(_task: Task, attempt: Attempt) -> None:
            self._send(_attempted(message, attempt))

        outcome = await self._session.solve(task, subject, tell=tell, free=message.free)
        return _finished(message, outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The one text that a request is about. All is read anew each time: settings on disk may have changed."""

    path: str
    snapshot: Snapshot
    linting: Linting
    config: Config
    is_ignored: bool

    @classmethod
    def of(cls, message: Lint | Fix, environment: Mapping[str, str]) -> _Subject:
        repository = Snapshot.of_folder(message.root)
        config = load_config(repository, environment)
        return cls(
            path=message.path,
            snapshot=Snapshot.of_texts({message.path: message.text}, root=repository.root),
            linting=Linting(root=repository.root),
            config=config,
            is_ignored=ignored(repository, config.exclude).match_file(message.path),
        )


def _lint(subject: _Subject) -> list[Diagnostic]:
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


@dataclass(slots=True, kw_only=True)
class _Session:
    """What all fixes of this process share. Its budget is the cap of the whole session."""

    environment: Mapping[str, str]
    policy: Policy = field(default_factory=lambda: Policy.load(POLICY))
    budget: Budget = field(default_factory=Budget)
    health: Health = field(default_factory=Health)
    _providers: dict[str, _WhenAsked] = field(default_factory=dict)
    _ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """The user's ledger, or one that is forgotten where the state folder cannot be written."""
        if self._ledger is None:
            try:
                self._ledger = Ledger(state_folder(self.environment) / FILE_NAME)
            except StorageError as error:
                logger.warning("%s Until then nothing of this session is remembered.", error)
                self._ledger = Ledger()
        return self._ledger

    def consent(self, provider: str) -> None:
        """Remember that the user agrees to send code to *provider*."""
        self.ledger.record_consent(provider)

    async def solve(
        self, task: Task, subject: _Subject, *, tell: Callable[[Task, Attempt], None], free: bool
    ) -> Outcome:
        """Return how *task* ended."""
        keyed = with_key(self.environment)
        agreed = self._agreed(keyed)
        deny, cap_usd = subject.config.deny_lanes, subject.config.max_cost_usd
        no_calls = self._no_calls(task, Facts(with_key=keyed, deny=deny), agreed)
        self.budget.cap_usd = self.budget.cap_usd if cap_usd is None else min(self.budget.cap_usd, cap_usd)
        wishes = Wishes(
            no_calls=no_calls,
            max_lane=LINTER if free else None,
            deny=deny,
            min_confidence=subject.config.min_confidence,
        )
        state = State(
            checking=Waves(subject.linting),
            ledger=self.ledger,
            budget=self.budget,
            health=self.health,
            wishes=wishes,
            tell=tell,
        )
        providers = {name: self._provider(name) for name in (keyed if no_calls else agreed)}
        return await solve(task, snapshot=subject.snapshot, policy=self.policy, providers=providers, state=state)

    def _agreed(self, keyed: frozenset[str]) -> frozenset[str]:
        """Return the providers to which code may be sent: the user's consent, or a key set for a CI run."""
        in_ci = self.environment.get("CI", "").lower() == "true"
        return keyed if in_ci else keyed & self.ledger.consented()

    def _no_calls(self, task: Task, facts: Facts, agreed: frozenset[str]) -> str | None:
        """Return why no model may be asked now; consent is asked for the first lane that costs something."""
        if not facts.with_key:
            return "no-key"
        order = decide(task, policy=self.policy, state=facts).order
        first = next((lane for lane in order if lane not in {LINTER, HUMAN}), None)
        has_consent = first is None or catalogue().lanes[first].provider in agreed
        return None if agreed and has_consent else "no-consent"

    def _provider(self, name: str) -> Provider:
        return self._providers.setdefault(name, _WhenAsked(name, self.environment))

    async def close(self) -> None:
        """Close all connections and the ledger."""
        for provider in self._providers.values():
            await provider.close()
        if self._ledger is not None:
            self._ledger.close()


class _WhenAsked:
    """A provider that is connected, and its SDK imported, at its first question: a free fix needs neither."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._connecting = asyncio.Lock()
        self._provider: Provider | None = None

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none. Raises ProviderError."""
        async with self._connecting:
            if self._provider is None:
                self._provider = await asyncio.to_thread(connect, self._name, self._environment)
        return await self._provider.ask(request)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._provider is not None:
            await self._provider.close()
