"""Workers that a test holds in its hand: the real one or a scripted one, over a Unix socket.

What a worker says passes `Held`, where a test can hold it back until the user has typed.
"""

import asyncio
import re
from functools import partial

from suffice.task import Span
from suffice_server.messages import Cancel, Describe, Described, Finished, Fix, Lint, Linted
from suffice_server.pipe import from_line, to_line
from suffice_server.values import Changed, Found, Offer, Replacement, Work
from suffice_server.worker.worker import Worker

MARK = "todo"


class Held:
    """Serves one front after the other at `address`; *make* returns what takes the front's lines, given how to send.

    `asked` is all that fronts said.
    """

    def __init__(self, address, make):
        self.address = str(address)
        self.asked = []
        self.held = []
        self._kinds = ()
        self._make = make
        self._served = set()

    def hold(self, *kinds):
        """Hold back messages of these *kinds* from now on; `held` are those that came."""
        self._kinds = kinds

    def release(self):
        """Let go of what is held."""
        self._kinds = ()
        held, self.held = self.held, []
        for write, line, _message in held:
            write(line)

    def _pass(self, write, line):
        message = from_line(line)
        if isinstance(message, self._kinds):
            self.held.append((write, line, message))
        else:
            write(line)

    async def start(self):
        self._server = await asyncio.start_unix_server(self._serve, self.address, limit=2**26)

    async def stop(self):
        self._server.close()
        await asyncio.gather(*self._served)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._served.add(task)
        worker = self._make(partial(self._pass, writer.write))
        try:
            while line := await reader.readline():
                self.asked.append(from_line(line))
                worker.take(line)
        finally:
            await worker.close()
            writer.close()
            self._served.discard(task)


def real(environment):
    """Return what makes the real worker, with these variables."""
    return lambda write: Worker(send=lambda message: write(to_line(message)), environment=environment)


class Scripted:
    """Knows one rule, MARK: each line with the word `todo` is to have `done`. It answers when it is told.

    `waiting` are the fixes that wait for `answer`, `mistaken` those that were sent for another line than was listed.
    """

    def __init__(self):
        self.waiting = []
        self.mistaken = []
        self._write = None

    def __call__(self, write):
        self._write = write
        return self

    def take(self, line):
        match from_line(line):
            case Lint(id=number, text=text):
                self._say(Linted(number, tuple(found_in(text))))
            case Describe(id=number):
                self._say(Described(number, {"lint-fix": Offer("haiku", 0.0003)}))
            case Fix() as fix:
                self.waiting.append(fix)
            case Cancel(id=number):
                self.waiting = [fix for fix in self.waiting if fix.id != number]
            case _:
                pass

    def answer(self, fix, **more):
        """Answer *fix*, one of those that wait; *more* goes into the change."""
        self.waiting.remove(fix)
        lines = fix.text.splitlines(keepends=True)
        line = lines[fix.span.start_line - 1] if fix.span.start_line <= len(lines) else ""
        if key_of(line) != fix.message:
            self.mistaken.append((fix.message, line))
        if MARK not in line:
            self._say(Finished(fix.id, "unchanged", "already-gone", f"there is no {MARK}"))
            return
        start = sum(map(len, lines[: fix.span.start_line - 1])) + line.index(MARK)
        edit = Replacement(start, start + len(MARK), "done")
        work = Work("lint-fix", MARK, "sample", "f")
        told = Finished(fix.id, "proposed", "sufficed", "d", lane="haiku", cost_usd=0.0003, confidence=0.9, work=work)
        self._say(told._replace(changes=(Changed(fix.path, edits=(edit,), **more),)))

    async def close(self):
        self.waiting.clear()

    def _say(self, message):
        self._write(to_line(message))


def found_in(text):
    """Yield what the scripted worker finds in *text*."""
    for number, line in enumerate(text.splitlines(), 1):
        at = line.find(MARK)
        if at >= 0:
            span = Span(number, at + 1, number, at + 1 + len(MARK))
            yield Found(MARK, key_of(line), span, offer=Offer("haiku", 0.0003))


def key_of(line):
    """Return what names *line*, whatever stands before and behind that."""
    named = re.search(r"line \d", line)
    return named[0] if named else "no name"
