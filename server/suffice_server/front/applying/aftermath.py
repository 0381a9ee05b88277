"""What becomes of applied edits: kept, rewritten or undone. The worker is told, for that is how lanes are judged.

While nothing that was applied is being followed, a change of a text costs one look into a dict; what is followed is
looked at twice a second at most. The latest word counts, and none is said twice in a row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from suffice_server.front.text.anchors import UnchangedEnds, unchanged_ends
from suffice_server.front.text.documents import Document
from suffice_server.front.text.hunk import Fate, Hunk, fate, place_of
from suffice_server.front.worker_link import WorkerEnded
from suffice_server.messages import Change, Fix, Remember, Work

REST_S = 0.5
"""How long after a change it is looked at what became of the edits in that text."""

PROVEN_S = 300.0
"""An edit that stands for so long is kept. Our own number."""

_MOST_PER_DOCUMENT = 16

_LAST_WORDS_S = 0.2


class Word(StrEnum):
    """What the ledger calls it."""

    KEPT = "kept"
    UNDONE = "undone"
    REWRITTEN = "rewritten"
    DISMISSED = "dismissed"


class Applied(NamedTuple):
    """One result that reached the document at `uri`, as the answer to `order`, which speaks of the text `sent`.

    `id` is ours, for actions that name it. `is_alone`: nothing but this document was changed. `restores` is how to get
    back to the text that was asked about, where that is not what stood there before: the result of a weaker lane did.
    """

    id: str
    uri: str
    title: str
    order: Fix | Change
    sent: Document
    hunk: Hunk
    lane: str
    work: Work | None = None
    next_lane: str | None = None
    next_usd: float = 0.0
    is_alone: bool = True
    restores: Hunk | None = None


class Followed:
    """One applied edit. Lines `first` to `end` (0-based, exclusive) of `document` hold what became of it."""

    def __init__(self, applied: Applied, document: Document) -> None:
        self.applied = applied
        self.document = document
        self.first = applied.hunk.first
        self.end = self.first + len(applied.hunk.new)
        self.fate = Fate.STANDING
        self.said: Word | None = None

    def look(self, document: Document) -> None:
        """Find out what became of it in *document*, which is the same or a later version."""
        if document is self.document:
            return
        ends = _ends(self.document, document)
        self.document = document
        is_empty = self.first == self.end
        if ends.head >= self.end and not (is_empty and ends.head == self.end):
            return
        if ends.tail_from <= self.first and not (is_empty and ends.tail_from == self.first):
            self.first, self.end = self.first + ends.shift, self.end + ends.shift
            return
        self.first, self.end = min(self.first, ends.head), max(self.end, ends.tail_from) + ends.shift
        self._judge()

    def _judge(self) -> None:
        hunk = self.applied.hunk
        start = max(self.first - len(hunk.above), 0)
        part = self.document.lines[start : self.end + len(hunk.below)]
        self.fate = fate(hunk, part)
        if self.fate is Fate.REWRITTEN:
            return
        side = hunk.new if self.fate is Fate.STANDING else hunk.old
        found = place_of(side, hunk, part)
        if found is not None:
            self.first, self.end = start + found, start + found + len(side)

    @property
    def without(self) -> Document:
        """The document without this edit where it stands, else as it is."""
        document, restores = self.document, self.applied.restores
        if self.fate is not Fate.STANDING:
            return document
        hunk = restores or self.applied.hunk
        first = place_of(hunk.new, hunk, document.lines) if restores else self.first
        if first is None:
            return document
        lines = [*document.lines[:first], *hunk.old, *document.lines[first + len(hunk.new) :]]
        return Document.of_text(
            "".join(lines), uri=document.uri, version=document.version, language=document.language, place=document.place
        )

    @property
    def word(self) -> Word:
        """What it has come to so far."""
        if self.fate is Fate.STANDING:
            return Word.KEPT
        is_gone = not any(map(str.strip, self.document.lines[self.first : self.end]))
        return Word.UNDONE if self.fate is Fate.TAKEN_BACK or is_gone else Word.REWRITTEN


@lru_cache(maxsize=1)
def _ends(before: Document, after: Document) -> UnchangedEnds:
    """Return what stands unchanged between two versions: many edits may be followed from the one to the other."""
    return unchanged_ends(before.lines, after.lines)


class Aftermath:
    """Follows what was applied; *say* tells the worker."""

    def __init__(self, say: Callable[[Remember], Awaitable[None]]) -> None:
        self._say = say
        self._followed: dict[str, list[Followed]] = {}
        self._newest: dict[str, Document] = {}
        self._looking: dict[str, asyncio.TimerHandle] = {}
        self._saying: set[asyncio.Task[None]] = set()

    def follow(self, applied: Applied, document: Document) -> None:
        """Follow *applied* from *document* on, the version that it made."""
        of_document = self._followed.setdefault(applied.uri, [])
        if not of_document:
            self._newest[applied.uri] = document
        of_document.append(Followed(applied, document))
        del of_document[:-_MOST_PER_DOCUMENT]
        asyncio.get_running_loop().call_later(PROVEN_S, self.settle, applied.uri)

    def last(self, uri: str) -> Applied | None:
        """Return the newest result that was applied to the document at *uri*, None without one."""
        followed = self._followed.get(uri)
        return followed[-1].applied if followed else None

    def find(self, uri: str, number: str) -> Followed | None:
        """Return the edit of the document at *uri* with the id *number*; "": the newest one. It is up to date."""
        for followed in reversed(self._followed.get(uri, ())):
            if number in {"", followed.applied.id}:
                followed.look(self._newest[uri])
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
        if self._followed.get(document.uri):
            self._newest[document.uri] = document
            if document.uri not in self._looking:
                loop = asyncio.get_running_loop()
                self._looking[document.uri] = loop.call_later(REST_S, self._look, document.uri)

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
        self._followed.pop(uri, None)
        self._newest.pop(uri, None)
        looking = self._looking.pop(uri, None)
        if looking is not None:
            looking.cancel()

    async def stop(self) -> None:
        """Say what has become of everything."""
        for uri in list(self._followed):
            self.close(uri)
        if self._saying:
            await asyncio.wait(self._saying, timeout=_LAST_WORDS_S)

    def dismissed(self, work: Work, lane: str) -> None:
        """Say that the user was shown an edit of *lane* and did not want it."""
        self._begin(Remember(work, lane, Word.DISMISSED))

    def _tell(self, followed: Followed) -> None:
        word, applied = followed.word, followed.applied
        if applied.work is not None and word is not followed.said:
            followed.said = word
            self._begin(Remember(applied.work, applied.lane, word))

    def _begin(self, remember: Remember) -> None:
        task = asyncio.create_task(self._told(remember))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _told(self, remember: Remember) -> None:
        with suppress(WorkerEnded):  # the link has told the user
            await self._say(remember)
