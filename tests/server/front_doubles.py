"""What the parts of the front talk to, without processes: a screen that shows, and a worker that answers as told."""

import asyncio
from itertools import count

from lsprotocol import types

from suffice_server.front.abilities import Abilities
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.worker_link import WorkerEnded


class Screen:
    """An editor's screen: what is published, shown, and asked."""

    encoding = "utf-16"
    abilities = Abilities(shows_documents=True)

    def __init__(self):
        self.published = []
        self.messages = []
        self.logged = []
        self.pages = []
        self.refreshed = 0
        self.ended = []

    def publish(self, uri, version, diagnostics):
        self.published.append((uri, version, [one.message for one in diagnostics]))

    def refresh_diagnostics(self):
        self.refreshed += 1

    def show(self, message, *, kind=types.MessageType.Warning, **_more):
        self.messages.append(message)

    reply = show

    def log(self, message):
        self.logged.append(message)

    async def show_markdown(self, title, text):
        self.pages.append((title, text))

    def progress(self, title):
        shown = Progress(title, token=None, create=None, notify=None)
        end = shown.end

        def ended(message):
            self.ended.append(message)
            end(message)

        shown.end = ended
        return shown


class ScriptedWorker:
    """A worker's link: *answer* makes the answer to a request, or raises. `asked` are all requests, `said` all words.

    A request waits while the event `open` is not set.
    """

    def __init__(self, answer=None):
        self.answer = answer
        self.asked = []
        self.said = []
        self.cancelled = []
        self.keeps_dying = False
        self.open = asyncio.Event()
        self.open.set()
        self._ids = count(1)

    def next_id(self):
        return next(self._ids)

    async def ask(self, request, *, tell=None):
        self.asked.append(request)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled.append(request)
            raise
        if self.answer is None:
            raise WorkerEnded("gone")
        return self.answer(request)

    async def say(self, word):
        self.said.append(word)


async def quiet(turns=20):
    """Let all that is ready run."""
    for _ in range(turns):
        await asyncio.sleep(0)
