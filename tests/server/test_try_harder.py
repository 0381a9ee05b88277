"""What comes after an edit has landed, without processes: what a stronger lane is asked for, and what is told of it."""

import asyncio
from pathlib import Path

import pytest
from front_doubles import Screen, ScriptedWorker, quiet
from lsprotocol import types

from suffice.task import Kind, Span
from suffice_server.front.abilities import Abilities
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.delivery import Delivery
from suffice_server.front.applying.workspace_edit import edited
from suffice_server.front.commands.changes import Changes
from suffice_server.front.commands.orders import EditOrder, FixAllOrder, FixOrder, ResultOrder
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.jobs import Jobs
from suffice_server.front.text.documents import Documents
from suffice_server.front.text.places import Place
from suffice_server.messages import Finished, Remember
from suffice_server.values import Changed, Op, Part, Replacement, Work

ROOT = Path("/project")
BEFORE = "a = 1\nb = 2\nc = 3\n"
URI, OTHER = "file:///project/a.py", "file:///project/b.py"
WORK = Work("lint-fix", "B904", "r", "f")
FIX = FixOrder(URI, 1, "B904", "m", Span(2, 1, 2, 2))


def replacing(old, new, text=BEFORE):
    return Replacement(text.index(old), text.index(old) + len(old), new)


def finished(*changes, **more):
    given = {"lane": "haiku", "work": WORK, "next_lane": "sonnet", **more}
    return lambda request: Finished(request.id, "proposed", "sufficed", "", changes=changes, **given)


class Front(Screen):
    """The part of the front that changes texts, and an editor that makes every edit as it is asked to."""

    abilities = Abilities(applies_edits=True, takes_versions=True, resources=frozenset({"create"}))

    def __init__(self):
        super().__init__()
        self.worker = ScriptedWorker()
        self.documents = Documents()
        self.delivery = Delivery(documents=self.documents, editor=self, settle_s=0.02)
        self.aftermath = Aftermath(self.worker.say)
        self.jobs = Jobs(self)
        self.after_edit = lambda: None
        self.changes = Changes(
            documents=self.documents,
            asking=Asking(link=self.worker, editor=self),
            delivery=self.delivery,
            aftermath=self.aftermath,
            editor=self,
            jobs=self.jobs,
            relint=lambda _document: None,
        )
        for uri in (URI, OTHER):
            item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=BEFORE)
            self.documents.open(item, Place(ROOT, uri[-4:]))

    def reply(self, message, **_more):
        self.messages.append(message)

    def text(self, uri=URI):
        return self.documents.get(uri).text

    def show(self, text, uri=URI):
        version = self.documents.get(uri).version + 1
        named = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        document = self.documents.change(named, [whole], self.encoding)
        self.delivery.saw(document)
        self.aftermath.saw(document)

    async def apply(self, edit, **_more):
        for change in edit.document_changes:
            if not isinstance(change, types.TextDocumentEdit) or self.documents.get(change.text_document.uri) is None:
                continue
            now = self.documents.get(change.text_document.uri)
            offset = lambda place, now=now: now.starts[place.line] + place.character  # noqa: E731
            made = [Replacement(offset(e.range.start), offset(e.range.end), e.new_text) for e in change.edits]
            self.show(edited(now.text, made), now.uri)
        self.after_edit()
        return types.ApplyWorkspaceEditResult(applied=True)

    async def do(self, begin, order, answer):
        """Carry out a command to its end, while the worker gives *answer*; return what the worker was asked."""
        self.worker.answer = answer
        begin(order)
        async with asyncio.timeout(20):
            while self.jobs.count:  # noqa: ASYNC110 - a job has nothing to wait for
                await asyncio.sleep(0)
        return self.worker.asked[-1] if self.worker.asked else None

    async def harder(self, answer=None, uri=URI):
        return await self.do(self.changes.try_harder, ResultOrder(uri), answer)


async def test_a_linters_own_fix_is_tried_harder_with_a_model():
    front = Front()
    mended = finished(Changed("a.py", edits=(replacing("b = 2", "b = 20"),)), lane="linter")
    await front.do(front.changes.fix, FIX._replace(free=True), mended)

    asked = await front.harder(finished(Changed("a.py", edits=(replacing("b = 2", "b = 200"),)), lane="sonnet"))

    assert (asked.text, asked.free, asked.above) == (BEFORE, False, "linter")
    assert front.text() == BEFORE.replace("b = 2", "b = 200")


async def test_trying_harder_keeps_what_was_typed_before_the_editor_answered():
    front = Front()
    front.after_edit = lambda: front.show("# mine\n" + front.text())
    await front.do(front.changes.fix, FIX, finished(Changed("a.py", edits=(replacing("b = 2", "b = 20"),))))
    front.after_edit = lambda: None
    base = "# mine\n" + BEFORE

    asked = await front.harder(finished(Changed("a.py", edits=(replacing("b = 2", "b = 200", base),)), lane="sonnet"))

    assert (asked.text, asked.above) == (base, "haiku")
    assert front.text() == base.replace("b = 2", "b = 200")


async def test_trying_harder_twice_asks_each_time_about_the_first_text():
    front = Front()
    lanes = ["haiku", "sonnet", "opus"]
    for number, lane in enumerate(lanes):
        answer = finished(Changed("a.py", edits=(replacing("b = 2", f"b = {number}0"),)), lane=lane)
        asked = await (front.harder(answer) if number else front.do(front.changes.fix, FIX, answer))
        assert asked.text == BEFORE

    assert asked.above == "sonnet"
    assert front.text() == BEFORE.replace("b = 2", "b = 20")


async def test_a_fix_that_was_undone_or_rewritten_is_tried_harder_only_where_it_can_be():
    front = Front()
    await front.do(front.changes.fix, FIX, finished(Changed("a.py", edits=(replacing("b = 2", "b = 20"),))))

    front.show(BEFORE.replace("b = 2", "b = 7"))
    await front.harder()
    assert front.messages == [
        "suffice: nothing was tried: the lines changed meanwhile; choose the quick fix or the edit again."
    ]

    front.show("# mine\n" + BEFORE)
    asked = await front.harder(finished(Changed("a.py", edits=())))
    assert (asked.text, asked.span.start_line) == ("# mine\n" + BEFORE, 3)


async def test_an_edit_of_several_files_is_tried_harder_once_it_is_undone():
    front = Front()
    changes = [Changed(name, edits=(replacing("b = 2", "b = 20"),)) for name in ("b.py", "a.py")]
    order = EditOrder(URI, None, "Do it.", Kind.EDIT)
    await front.do(front.changes.edit, order, finished(*changes))

    await front.harder()
    assert front.messages.pop() == (
        "suffice: nothing was tried: it changed several files; undo it first, then try harder."
    )

    front.show("mine = 1\n" + BEFORE)
    front.show(BEFORE, OTHER)
    asked = await front.harder(finished(Changed("a.py", edits=())))
    assert (asked.path, asked.buffers) == ("a.py", {"a.py": "mine = 1\n" + BEFORE, "b.py": BEFORE})


async def test_an_edit_that_reached_only_another_file_is_not_tried_harder_there():
    front = Front()
    changes = [Changed("b.py", edits=(replacing("b = 2", "b = 20"),))]
    await front.do(front.changes.edit, EditOrder(URI, None, "Do it.", Kind.EDIT), finished(*changes))

    for text in (front.text(OTHER), BEFORE):
        front.show(text, OTHER)
        await front.harder(uri=OTHER)

        assert front.messages.pop().startswith("suffice: nothing was tried: that was no single quick fix")
    assert len(front.worker.asked) == 1


@pytest.mark.parametrize(
    ("later", "word"),
    [
        (BEFORE.replace("a = 1", "a = 10").replace("c = 3", "c = 30").replace("b = 2", "mine = 2"), "kept"),
        (BEFORE, "undone"),
        (BEFORE.replace("a = 1", "a = 10"), "rewritten"),
    ],
)
async def test_what_becomes_of_a_fix_of_all_is_told_of_each_of_its_tasks(later, word):
    front = Front()
    parts = (Part(WORK, "linter"), Part(WORK._replace(fingerprint="g"), "haiku"))
    edits = (replacing("a = 1", "a = 10"), replacing("c = 3", "c = 30"))
    answer = finished(Changed("a.py", edits=edits), work=None, parts=parts)

    await front.do(front.changes.fix_all, FixAllOrder(URI, 1), answer)
    await front.harder()
    front.show(later)
    await front.aftermath.stop()
    await quiet()

    assert front.messages == [
        "suffice: nothing was tried: that was no single quick fix or edit; undo it, and choose one."
    ]
    assert front.worker.said == [Remember(part.work, part.lane, word) for part in parts]


async def test_a_document_that_an_edit_renames_away_is_followed_no_further():
    front = Front()
    front.abilities = front.abilities._replace(resources=frozenset({"rename"}))
    moved = Changed("a.py", Op.RENAME, (replacing("b = 2", "b = 20"),), new_path="c.py")

    def close():
        front.documents.close(URI)
        front.delivery.close(URI)
        front.aftermath.close(URI)

    front.after_edit = close
    await front.do(front.changes.edit, EditOrder(URI, None, "Do it.", Kind.EDIT), finished(moved))

    assert (front.messages, front.ended[0]) == ([], "haiku sufficed, free")
    assert front.aftermath._followed == {}
