"""Typing, listing, choosing, answering and applying in any order: what the user typed stays, the rest is mended.

Each run is one seed. The worker is scripted and answers when the run says so; the editor is often quicker than an edit.
"""

import asyncio
import random

import pytest
from fake_editors.workers import MARK

pytestmark = pytest.mark.asyncio(loop_scope="package")

LINES = "".join(f"line {n} 🙂 {MARK} é\n" for n in range(8))
STEPS, SEEDS = 30, 17


class User:
    """Types characters that exist nowhere else, one at a time, and knows which are to be there."""

    def __init__(self, editor, worker, uri, chance):
        self.editor = editor
        self.worker = worker
        self.uri = uri
        self.chance = chance
        self.typed = set()
        self.listed = []
        self._next = 0xE000

    @property
    def text(self):
        return self.editor.text(self.uri)

    def type(self):
        own = chr(self._next)
        self._next += 1
        self.typed.add(own)
        new = self.chance.choice([own, f"{own}\n", f"\r\n{own}", f"🙂{own}"])
        places = [at for at in range(len(self.text) + 1) if self.text[at - 1 : at + 1] != "\r\n"]
        self.editor.type_at(self.uri, self.chance.choice(places), new)

    def delete(self):
        if self.typed:
            own = self.chance.choice(sorted(self.typed))
            self.typed.discard(own)
            self.editor.type(self.uri, own, "")

    def undo(self):
        if self.editor.buffers[self.uri].steps:
            self.editor.undo(self.uri)
            self.typed = {character for character in self.text if "\ue000" <= character < "\uf8ff"}

    async def look(self):
        """List what can be fixed somewhere, to choose it now or later.

        No diagnostic is named: editors name old ones at old places, and mean what stands there now.
        """
        if MARK in self.text:
            at = self.chance.choice([line for line in self.text.split("\n") if MARK in line])
            self.listed += (await self.editor.actions(self.uri, at, named=()))[:1]

    async def fix(self):
        if self.listed:
            await self.editor.choose(self.listed.pop(self.chance.randrange(len(self.listed))))

    def answer(self):
        if self.worker.waiting:
            self.worker.answer(self.chance.choice(self.worker.waiting))

    async def wait(self):
        """Wait until everything has ended."""
        jobs = self.editor.connection.server.jobs
        await self.editor.until(lambda: self.answer() or not jobs.count)
        await self.editor.connection_idle()

    def interrupt(self):
        """Sometimes be quicker than the edit."""
        if self.chance.random() < 0.4:
            self.chance.choice([self.type, self.type, self.delete])()

    def rest(self):
        return asyncio.sleep(0.002)

    async def step(self):
        done = self.chance.choices(
            [self.type, self.delete, self.undo, self.look, self.fix, self.answer, self.rest], [4, 1, 1, 4, 4, 4, 4]
        )[0]()
        if done is not None:
            await done


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vscode", "neovim", "helix"])
async def test_in_any_order_of_events_what_the_user_typed_stays(scripted, name):
    editor, worker = await scripted(name)
    for seed in range(SEEDS):
        editor.clear()
        uri = editor.open(f"any{seed}.py", LINES)
        await editor.until_listed(uri, MARK)
        user = User(editor, worker, uri, random.Random(seed))
        editor.before_edit = user.interrupt

        for _ in range(STEPS):
            await user.step()
        await user.wait()

        text = editor.text(uri)
        assert {own for own in user.typed if text.count(own) != 1} == set(), (seed, text)
        assert editor.connection.server.documents.get(uri).text == text, seed
        assert is_only_mended(text), (seed, text)
        assert worker.mistaken == [], seed
        editor.journal.messages.clear()
        editor.close(uri)
        await editor.answered()


def is_only_mended(text):
    """Whether *text* is LINES with some marks replaced, but for what the user typed."""
    plain = "".join(c for c in text if not "\ue000" <= c < "\uf8ff")
    squeezed = "".join(plain.split()).replace("🙂", "")
    return squeezed.replace("done", MARK) == "".join(LINES.split()).replace("🙂", "")
