"""Whether an edit has really reached a text: editors say so before they show it, and some say so of what they left out.

Neovim answers `applied: true` for an edit that it skipped since the text was newer; VS Code may apply one next to what
was typed a moment before. So each version that comes after the edit was sent is looked at.
"""

from __future__ import annotations

import asyncio

from suffice_server.front.text.documents import Document
from suffice_server.front.text.hunk import Fate, fate, hunk_between


class Watch:
    """Watches one document from *before* an edit was sent until it is *expected*, which `after` then is."""

    def __init__(self, before: Document, expected: str) -> None:
        self.before = before
        self.after = Document.of_text(
            expected, uri=before.uri, version=before.version, language=before.language, place=before.place
        )
        self.arrived = asyncio.Event()
        self.changed = asyncio.Event()
        self._expected = expected
        self._newest = before
        if before.text == expected:
            self.arrived.set()

    def saw(self, document: Document) -> None:
        """Look at a newer version."""
        self._newest = document
        self.changed.set()
        if not self.arrived.is_set() and _alike(document.text, self._expected):
            self.after = document
            self.arrived.set()

    async def settled(self, seconds: float) -> Fate:
        """Return what became of the edit, once the text is as expected and at the latest after *seconds*."""
        try:
            async with asyncio.timeout(seconds):
                await self.arrived.wait()
        except TimeoutError:
            return fate(hunk_between(self.before.lines, self.after.lines), self._newest.lines)
        return Fate.STANDING


def _alike(one: str, other: str) -> bool:
    """Whether two texts are the same but for what editors put right: line ends, and the last one."""
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
