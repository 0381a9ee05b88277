"""What becomes of applied edits: kept, rewritten or undone. The worker is told, for that is how lanes are judged.

While nothing that was applied is being followed, a change of a text costs a look into two dicts; what is followed is
looked at twice a second at most. The latest word counts, and none is said twice in a row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from suffice_server.front.applying.applied import Applied, Followed, Word
from suffice_server.front.text.documents import Document
from suffice_server.front.text.hunk import Fate
from suffice_server.front.worker_link import WorkerEnded
from suffice_server.messages import Remember
from suffice_server.values import Part

REST_S = 0.5
"""How long after a change it is looked at what became of the edits in that text."""

PROVEN_S = 300.0
"""Edits that stand for so long, the newest of a text too, are kept. Our own number."""

_MOST_PER_DOCUMENT = 16

_LAST_WORDS_S = 0.2


class Aftermath:
    """Follows what was applied; *say* tells the worker."""

    def __init__(self, say: Callable[[Remember], Awaitable[None]]) -> None:
        self._say = say
        self._followed: dict[str, list[Followed]] = {}
        self._newest: dict[str, Document] = {}
        self._expected: dict[str, dict[str, Applied]] = {}
        self._looking: dict[str, asyncio.TimerHandle] = {}
        self._proving: dict[str, asyncio.TimerHandle] = {}
        self._saying: set[asyncio.Task[None]] = set()

    def follow(self, applied: Applied, document: Document, *, newest: Document | None) -> None:
        """Follow *applied* from *document* on, the version that it made; *newest* has come since, None: it closed."""
        if not applied.hunks or newest is None:
            return
        of_document = self._followed.setdefault(applied.uri, [])
        of_document.append(Followed(applied, document))
        self.saw(newest)
        for oldest in of_document[:-_MOST_PER_DOCUMENT]:
            oldest.look(newest)
            self._tell(oldest)
        del of_document[:-_MOST_PER_DOCUMENT]
        self._later(self._proving, applied.uri, PROVEN_S, self.settle)

    def expect(self, applied: Applied, after: Document) -> None:
        """Follow *applied* if the next version of its document is *after*: the editor makes the edit itself."""
        self._expected.setdefault(applied.uri, {})[after.digest] = applied

    def find(self, document: Document, number: str) -> Followed | None:
        """Return the edit with the id *number* in *document*, the newest version; "": the newest one."""
        for followed in reversed(self._followed.get(document.uri, ())):
            if number in {"", followed.applied.id}:
                followed.look(document)
                return followed
        return None

    def standing(self, document: Document) -> list[Followed]:
        """Return the edits that stand unchanged in *document*, the newest version, the latest first."""
        followed = self._followed.get(document.uri, [])
        for one in followed:
            one.look(document)
        return [one for one in reversed(followed) if one.fate is Fate.STANDING]

    def drop(self, number: str) -> None:
        """Follow the result *number* no longer: another took its place."""
        for followed in self._followed.values():
            followed[:] = [one for one in followed if one.applied.id != number]

    def saw(self, document: Document) -> None:
        """Take note of a new version of a document; called for each."""
        uri = document.uri
        if uri in self._expected:
            applied = self._expected.pop(uri).get(document.digest)
            if applied is not None:
                self.follow(applied, document, newest=document)
        if self._followed.get(uri):
            self._newest[uri] = document
            if uri not in self._looking:
                self._later(self._looking, uri, REST_S, self._look)

    @staticmethod
    def _later(timers: dict[str, asyncio.TimerHandle], uri: str, delay_s: float, then: Callable[[str], None]) -> None:
        if uri in timers:
            timers[uri].cancel()
        timers[uri] = asyncio.get_running_loop().call_later(delay_s, then, uri)

    def _look(self, uri: str) -> None:
        self._looking.pop(uri, None)
        for followed in self._followed.get(uri, ()):
            followed.look(self._newest[uri])
            if followed.fate is Fate.TAKEN_BACK:
                self._tell(followed)

    def settle(self, uri: str) -> None:
        """Say what has become of the edits in the document at *uri*: it was saved, or they stand for long."""
        for followed in self._followed.get(uri, ()):
            followed.look(self._newest[uri])
            self._tell(followed)

    def close(self, uri: str) -> None:
        """Say what has become of the edits in the document at *uri*, and forget it."""
        self.settle(uri)
        for of_documents in (self._followed, self._newest, self._expected):
            of_documents.pop(uri, None)
        for timers in (self._looking, self._proving):
            if uri in timers:
                timers.pop(uri).cancel()

    async def stop(self) -> None:
        """Say what has become of everything."""
        for uri in list(self._followed):
            self.close(uri)
        if self._saying:
            await asyncio.wait(self._saying, timeout=_LAST_WORDS_S)

    def remember(self, parts: Iterable[Part], word: Word) -> None:
        """Tell the worker that *word* is what became of *parts*."""
        task = asyncio.create_task(self._told([Remember(part.work, part.lane, word) for part in parts]))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    def _tell(self, followed: Followed) -> None:
        word, parts = followed.word, followed.applied.parts
        if parts and word is not followed.said:
            followed.said = word
            self.remember(parts, word)

    async def _told(self, words: Iterable[Remember]) -> None:
        with suppress(WorkerEnded):  # the link has told the user
            for word in words:
                await self._say(word)
