"""The command behind a quick fix: it answers at once and works on, until one edit or one sentence.

Each fix is one task; whatever stops it (the cancel button of its progress, the end of the document or of the
server) cancels that task, and with it the worker's call.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from lsprotocol.types import MessageType
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from suffice.task import Span
from suffice_server.front.actions import COMMAND, span_from_json
from suffice_server.front.delivery import moved_to, text_edits
from suffice_server.front.diagnostics import Linter
from suffice_server.front.documents import Document, Documents
from suffice_server.front.editor import Editor, Progress
from suffice_server.front.jobs import Job, Jobs
from suffice_server.front.worker_link import Tell, WorkerEnded, WorkerLink
from suffice_server.messages import Answer, Attempted, Consent, Failed, Finished, Fix, NeedsConsent, Noted, Replacement
from suffice_server.wording import lane_name, price

logger = logging.getLogger(__name__)

T = TypeVar("T")

_ALLOW, _NOT_NOW = "Allow", "Not now"
_NOBODY_AGREED = "nobody has agreed to send code to a model; choose the quick fix again and allow it"
_SETTLE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command was called with. *version* is the one that the quick fix was listed for."""

    uri: str
    version: int
    rule: str
    message: str
    span: Span
    free: bool

    @classmethod
    def of(cls, arguments: tuple[Any, ...]) -> Wish:
        """Return what *arguments* spell. Raises JsonRpcInvalidParams."""
        try:
            (fields,) = arguments
            return cls(
                uri=_typed(fields, "uri", str),
                version=_typed(fields, "version", int),
                rule=_typed(fields, "rule", str),
                message=_typed(fields, "message", str),
                span=span_from_json(fields["span"]),
                free=fields.get("free") is True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            needed = "suffice.fix takes one object: uri, version, rule, message, span."
            raise JsonRpcInvalidParams(needed) from error


def _typed(fields: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = fields[name]
    if not isinstance(value, kind):
        raise TypeError(f"{name} is to be {kind.__name__}")
    return value


class Fixes:
    """The command that fixes one diagnostic."""

    def __init__(self, *, documents: Documents, link: WorkerLink, editor: Editor, jobs: Jobs, linter: Linter) -> None:
        self._documents = documents
        self._link = link
        self._editor = editor
        self._jobs = jobs
        self._linter = linter
        self._delivering: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def start(self, wish: Wish, *, request: str | int | None = None) -> None:
        """Begin with *wish*."""
        document = self._documents.get(wish.uri)
        if document is None or document.place is None:
            self._say(wish, "the file is not open; open it and choose the quick fix again")
            return
        key = repr((COMMAND, wish.uri, wish.rule, wish.span))
        job = Job(key, wish.uri, f"suffice: {wish.rule}", partial(self._mend, wish, document))
        self._jobs.start(job, request=request)

    async def _mend(self, wish: Wish, document: Document, progress: Progress) -> str:
        """Return how it ended, in the words of the progress."""
        try:
            outcome = await self._solved(wish, document, progress)
        except WorkerEnded:
            return "not fixed: the worker ended"  # the link has told the user
        match outcome:
            case Failed(message=message):
                self._say(wish, message)
                return "not fixed"
            case Finished(ending="proposed"):
                return await self._delivered(wish, document, outcome)
            case Finished():
                self._say(wish, self._why(wish, outcome))
                self._linter.lint(document)  # what was tried may change what is offered
                return f"not fixed, {price(outcome.cost_usd)}" if outcome.cost_usd else "not fixed"

    async def _solved(self, wish: Wish, document: Document, progress: Progress) -> Finished | Failed:
        """Return the worker's answer, after the user's consent if it needs that."""
        tell = partial(_report, progress)
        answer = await self._asked(wish, document, tell)
        if isinstance(answer, NeedsConsent):
            about = price(answer.estimate_usd)
            question = f"Send code to {answer.provider}? The lines around a diagnostic, about {about} per fix."
            if await self._editor.ask(question, [_ALLOW, _NOT_NOW]) != _ALLOW:
                return Failed(answer.id, _NOBODY_AGREED)
            await self._link.say(Consent(answer.provider))
            answer = await self._asked(wish, document, tell)
        if not isinstance(answer, Finished | Failed):
            raise TypeError(f"a {type(answer).__name__} is no answer to a fix")
        return answer

    async def _asked(self, wish: Wish, document: Document, tell: Tell) -> Answer:
        return await self._link.ask(_message(wish, document, self._link.next_id()), tell=tell)

    async def _delivered(self, wish: Wish, before: Document, outcome: Finished) -> str:
        paid = price(outcome.cost_usd)
        async with self._delivering[wish.uri]:
            now = self._documents.get(wish.uri)
            made = outcome.changes[0].edits
            edits = moved_to(made, before=before, now=now) if now is not None else None
            if now is None or edits is None:
                self._say(wish, "the lines changed meanwhile; run the fix again", kind=MessageType.Info)
                return f"changed meanwhile, {paid}"
            refusal = await self._applied(wish, now, edits)
            if refusal is not None:
                self._say(wish, f"the editor did not apply the edit{refusal}; run the fix again")
                return f"not applied, {paid}"
        return f"{lane_name(outcome.lane or '')} sufficed, {paid}"

    async def _applied(self, wish: Wish, now: Document, edits: Sequence[Replacement]) -> str | None:
        """Return why the editor did not apply *edits*, None once it did and has told of the new text."""
        changes = text_edits(edits, now, self._editor.encoding)
        told = asyncio.create_task(self._documents.changed(wish.uri))
        try:
            label = f"suffice: fix {wish.rule}"
            result = await self._editor.apply(wish.uri, now.version or 0, changes, label=label)
            if not result.applied:
                return f" ({result.failure_reason})" if result.failure_reason else ""
            await asyncio.wait([told], timeout=_SETTLE_S)  # so that the next fix builds on this one
        except JsonRpcException as error:
            return f" ({error.message})"
        finally:
            told.cancel()
        return None

    def _why(self, wish: Wish, outcome: Finished) -> str:
        if wish.free and outcome.ending == "needs-human":
            return f"{outcome.detail}; choose the quick fix again to ask a model"
        match outcome.reason:
            case "no-key":
                return "no key is set for a model; set one in the environment that starts your editor"
            case "cap-reached":
                return f"{outcome.detail.partition(';')[0]}; restart the language server to go on"
            case _:
                return outcome.detail

    def _say(self, wish: Wish, why: str, *, kind: MessageType = MessageType.Warning) -> None:
        end = "" if why.endswith((".", "?", "!")) else "."
        self._editor.show(f"suffice: {wish.rule} was not fixed: {why}{end}", kind=kind)


def _report(progress: Progress, attempt: Attempted | Noted) -> None:
    if isinstance(attempt, Attempted) and attempt.failure is not None:
        progress.report(f"{lane_name(attempt.lane)} failed {attempt.failure}, {price(attempt.cost_usd)}")


def _message(wish: Wish, document: Document, number: int) -> Fix:
    if document.place is None:
        raise TypeError("only a file can be fixed")
    return Fix(
        id=number,
        root=str(document.place.root),
        path=document.place.path,
        text=document.text,
        rule=wish.rule,
        message=wish.message,
        span=wish.span,
        free=wish.free,
    )
