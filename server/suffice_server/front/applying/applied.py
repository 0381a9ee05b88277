"""One edit that was applied, and what has become of it in a later version of its text."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from suffice_server.front.text.anchors import UnchangedEnds, unchanged_ends
from suffice_server.front.text.documents import Document
from suffice_server.front.text.hunk import Fate, Hunk, fate, hunks_between, place_of
from suffice_server.messages import Change, Fix
from suffice_server.values import Part


class Word(StrEnum):
    """What the ledger calls it."""

    KEPT = "kept"
    UNDONE = "undone"
    REWRITTEN = "rewritten"
    DISMISSED = "dismissed"


class Again(NamedTuple):
    """What a stronger lane can be asked: `order`, which speaks of the text `sent`, and which `lane` has answered.

    `is_alone`: nothing but this document was changed. `restores` is how to get back to the text that was asked about,
    where that is not what stood there before: the result of a weaker lane did.
    """

    order: Fix | Change
    sent: Document
    lane: str
    next_lane: str | None = None
    next_usd: float = 0.0
    is_alone: bool = True
    restores: Hunk | None = None


class Applied(NamedTuple):
    """One result that reached the document at `uri`, where it changed the lines of `hunks`.

    `id` is ours, for actions that name it. `parts` are what the ledger calls the tasks in it. `again` None: there is
    no one thing to ask a stronger lane for.
    """

    id: str
    uri: str
    title: str
    hunks: tuple[Hunk, ...]
    parts: tuple[Part, ...] = ()
    again: Again | None = None


def applied_between(
    before: Document, after: Document, *, title: str, parts: tuple[Part, ...], again: Again | None = None
) -> Applied:
    """Return the result that turned *before* into *after*."""
    return Applied(uuid.uuid4().hex, before.uri, title, hunks_between(before, after), parts, again)


class _Run:
    """One run of lines of an applied edit. Lines `first` to `end` (0-based, exclusive) hold what became of it."""

    def __init__(self, hunk: Hunk) -> None:
        self.hunk = hunk
        self.first = hunk.first
        self.end = hunk.first + len(hunk.new)
        self.fate = Fate.STANDING

    def look(self, ends: UnchangedEnds, lines: Sequence[str]) -> None:
        """Find out what became of it in *lines*, of which *ends* stand as they were."""
        is_empty = self.first == self.end
        if ends.head >= self.end and not (is_empty and ends.head == self.end):
            return
        if ends.tail_from <= self.first and not (is_empty and ends.tail_from == self.first):
            self.first, self.end = self.first + ends.shift, self.end + ends.shift
            return
        self.first, self.end = min(self.first, ends.head), max(self.end, ends.tail_from) + ends.shift
        self._judge(lines)

    def _judge(self, lines: Sequence[str]) -> None:
        hunk = self.hunk
        start = max(self.first - len(hunk.above), 0)
        part = lines[start : self.end + len(hunk.below)]
        self.fate = fate(hunk, part)
        if self.fate is Fate.REWRITTEN:
            return
        side = hunk.new if self.fate is Fate.STANDING else hunk.old
        found = place_of(side, hunk, part)
        if found is not None:
            self.first, self.end = start + found, start + found + len(side)


class Followed:
    """One applied edit, and the newest `document` in which it was looked for."""

    def __init__(self, applied: Applied, document: Document) -> None:
        self.applied = applied
        self.document = document
        self.said: Word | None = None
        self._runs = [_Run(hunk) for hunk in applied.hunks]

    def look(self, document: Document) -> None:
        """Find out what became of it in *document*, which is the same or a later version."""
        if document is self.document:
            return
        ends = _ends(self.document, document)
        self.document = document
        for run in self._runs:
            run.look(ends, document.lines)

    @property
    def first(self) -> int:
        """The first line (0-based) of what became of it."""
        return min(run.first for run in self._runs)

    @property
    def end(self) -> int:
        """The line behind the last of what became of it."""
        return max(run.end for run in self._runs)

    @property
    def fate(self) -> Fate:
        """What became of all of it; some of it alone was rewritten."""
        fates = {run.fate for run in self._runs}
        return fates.pop() if len(fates) == 1 else Fate.REWRITTEN

    @property
    def without(self) -> Document:
        """The document without this edit where it stands, else as it is."""
        document, again = self.document, self.applied.again
        restores = again.restores if again is not None else None
        if self.fate is not Fate.STANDING:
            return document
        if restores is None:
            return _without(document, [(run.first, run.hunk) for run in self._runs])
        first = place_of(restores.new, restores, document.lines)
        return document if first is None else _without(document, [(first, restores)])

    @property
    def word(self) -> Word:
        """What it has come to so far."""
        fates = {run.fate for run in self._runs}
        if fates == {Fate.STANDING}:
            return Word.KEPT
        left = (line for run in self._runs for line in self.document.lines[run.first : run.end])
        is_gone = Fate.STANDING not in fates and not any(map(str.strip, left))
        return Word.UNDONE if fates == {Fate.TAKEN_BACK} or is_gone else Word.REWRITTEN


def _without(document: Document, standing: Sequence[tuple[int, Hunk]]) -> Document:
    """Return *document* with the old lines of the hunks that are *standing*, each from its line (0-based) on."""
    lines, end = [], 0
    for first, hunk in sorted(standing, key=lambda one: one[0]):
        if first < end:
            return document  # two of them were taken for the same lines
        lines += [*document.lines[end:first], *hunk.old]
        end = first + len(hunk.new)
    text = "".join((*lines, *document.lines[end:]))
    return Document.of_text(
        text, uri=document.uri, version=document.version, language=document.language, place=document.place
    )


@lru_cache(maxsize=1)
def _ends(before: Document, after: Document) -> UnchangedEnds:
    """Return what stands unchanged between two versions: many edits may be followed from the one to the other."""
    return unchanged_ends(before.lines, after.lines)
