"""The command behind a quick fix: it answers at once, works in the background, and ends in one edit or one sentence.

Each fix is one task; whatever stops it (the progress' cancel button, the document's end, the server's) cancels
that task, and with it the worker's call.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lsprotocol.types import MessageType
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from suffice.lanes import catalogue
from suffice.task import Span
from suffice_server.actions import span_from_json
from suffice_server.delivery import moved_to, text_edits
from suffice_server.documents import Document, Documents
from suffice_server.editor import Editor, Progress
from suffice_server.messages import Attempted, Failed, Finished, Fix
from suffice_server.places import Place
from suffice_server.wording import lane_name, price
from suffice_server.worker_link import WorkerEnded, WorkerLink

logger = logging.getLogger(__name__)

_ALLOW, _NOT_NOW = "Allow", "Not now"
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
            if not isinstance(fields["version"], int):
                raise TypeError("a version is a whole number")
            texts = {name: _text(fields, name) for name in ("uri", "rule", "message")}
            free = bool(fields.get("free", False))
            return cls(version=fields["version"], span=span_from_json(fields["span"]), free=free, **texts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise JsonRpcInvalidParams("suffice.fix takes one object: uri, version, rule, message, span.") from error


def _text(fields: Mapping[str, Any], name: str) -> str:
    if not isinstance(fields[name], str):
        raise TypeError(f"{name} is text")
    return fields[name]


class Fixes:
    """The fixes that are under way. `tried_free` is what the linter's own fix has failed for in this session."""

    def __init__(
        self,
        *,
        documents: Documents,
        link: WorkerLink,
        editor: Editor,
        locate: Callable[[str], Place | None],
    ) -> None:
        self.tried_free: set[tuple[str, str]] = set()
        self._documents = documents
        self._link = link
        self._editor = editor
        self._locate = locate
        self._tasks: dict[Wish, asyncio.Task[None]] = {}
        self._by_token: dict[str | int, asyncio.Task[None]] = {}
        self._delivering: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def start(self, wish: Wish) -> None:
        """Begin with *wish* unless it is being worked on."""
        if wish not in self._tasks:
            task = self._tasks[wish] = asyncio.create_task(self._guarded(wish))
            task.add_done_callback(lambda _: self._tasks.pop(wish, None))

    def cancel(self, token: str | int) -> None:
        """Stop the fix whose progress has *token*."""
        if token in self._by_token:
            self._by_token[token].cancel()

    def forget(self, uri: str) -> None:
        """Stop the fixes of the document at *uri*."""
        for wish, task in self._tasks.items():
            if wish.uri == uri:
                task.cancel()

    async def stop(self) -> None:
        """Stop all fixes."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, wish: Wish) -> None:
        try:
            await self._run(wish)
        except Exception as error:
            logger.exception("a bug in a fix of %s", wish.rule)
            self._editor.show(
                f"suffice: {wish.rule} was not fixed: a bug ({type(error).__name__}); see the server's log.",
                kind=MessageType.Error,
            )

    async def _run(self, wish: Wish) -> None:
        document, place = self._documents.get(wish.uri), self._locate(wish.uri)
        if document is None or place is None:
            self._say(wish, "the file is not open; open it and choose the quick fix again")
            return
        progress = await self._editor.progress(f"suffice: {wish.rule}")
        if progress.token is not None:
            self._by_token[progress.token] = asyncio.current_task() or asyncio.create_task(asyncio.sleep(0))
        ended = "cancelled"
        try:
            ended = await self._mend(wish, document, place, progress)
        finally:
            self._by_token.pop(progress.token or "", None)
            progress.end(ended)

    async def _mend(self, wish: Wish, document: Document, place: Place, progress: Progress) -> str:
        """Return how it ended, in the words of the progress."""
        try:
            outcome = await self._solved(wish, document, place, progress)
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
                return f"not fixed, {price(outcome.cost_usd)}" if outcome.cost_usd else "not fixed"

    async def _solved(self, wish: Wish, document: Document, place: Place, progress: Progress) -> Finished | Failed:
        """Return the worker's answer, after the user's consent if it needs that."""
        outcome = await self._ask(wish, document, place, progress)
        needs_consent = isinstance(outcome, Finished) and outcome.reason == "no-consent"
        if not isinstance(outcome, Finished) or not needs_consent or outcome.lane not in catalogue().lanes:
            return outcome
        provider = catalogue().lanes[outcome.lane].provider
        about = price(outcome.estimate_usd)
        question = f"Send code to {provider}? The lines around a diagnostic, about {about} per fix."
        if await self._editor.ask(question, [_ALLOW, _NOT_NOW]) != _ALLOW:
            return outcome
        await self._link.consent(provider)
        return await self._ask(wish, document, place, progress)

    async def _ask(self, wish: Wish, document: Document, place: Place, progress: Progress) -> Finished | Failed:
        def tell(attempt: Attempted) -> None:
            if attempt.failure is not None:
                progress.report(f"{lane_name(attempt.lane)} failed {attempt.failure}, {price(attempt.cost_usd)}")

        message = Fix(
            id=self._link.next_id(),
            root=str(place.root),
            path=place.path,
            text=document.text,
            rule=wish.rule,
            message=wish.message,
            span=wish.span,
            free=wish.free,
        )
        return await self._link.fix(message, tell=tell)

    async def _delivered(self, wish: Wish, before: Document, outcome: Finished) -> str:
        paid = price(outcome.cost_usd)
        async with self._delivering[wish.uri]:
            now = self._documents.get(wish.uri)
            edits = moved_to(outcome.edits, before=before, now=now) if now is not None else None
            if now is None or edits is None:
                self._say(wish, "the lines changed meanwhile; run the fix again", kind=MessageType.Info)
                return f"changed meanwhile, {paid}"
            changes = text_edits(edits, now, self._editor.encoding)
            try:
                result = await self._editor.apply(wish.uri, now.version, changes, label=f"suffice: fix {wish.rule}")
            except JsonRpcException as error:
                self._say(wish, f"the editor cannot apply the edit ({error.message})")
                return f"not applied, {paid}"
            if not result.applied:
                why = f" ({result.failure_reason})" if result.failure_reason else ""
                self._say(wish, f"the editor did not apply the edit{why}; run the fix again")
                return f"not applied, {paid}"
            await self._settled(now)
        return f"{lane_name(outcome.lane or '')} sufficed, {paid}"

    async def _settled(self, sent: Document) -> None:
        """Wait until the editor has told of its own edit, so that the next fix builds on it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _SETTLE_S
        while self._documents.get(sent.uri) is sent and loop.time() < end:
            await asyncio.sleep(0.01)

    def _why(self, wish: Wish, outcome: Finished) -> str:
        if wish.free and outcome.ending == "needs-human":
            self.tried_free.add((wish.rule, wish.message))
            return f"{outcome.detail}; choose the quick fix again to ask a model"
        match outcome.reason:
            case "no-key":
                return "no key is set for a model; set one in the environment that starts your editor"
            case "no-consent":
                return "nobody has agreed to send code to a model; choose the quick fix again and allow it"
            case "cap-reached":
                return f"{outcome.detail.partition(';')[0]}; restart the language server to go on"
            case _:
                return outcome.detail

    def _say(self, wish: Wish, why: str, *, kind: MessageType = MessageType.Warning) -> None:
        end = "" if why.endswith((".", "?", "!")) else "."
        self._editor.show(f"suffice: {wish.rule} was not fixed: {why}{end}", kind=kind)
