import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from lsprotocol.types import ApplyWorkspaceEditResult, Position
from pygls.exceptions import JsonRpcException

from suffice_server.front.abilities import Abilities, abilities_of
from suffice_server.front.applying.delivery import Delivery, Ending, Parcel
from suffice_server.front.applying.workspace_edit import (
    FileEdit,
    are_within,
    edited,
    moved_to,
    text_edits,
    workspace_edit,
)
from suffice_server.front.text.anchors import moved_by
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.places import Place
from suffice_server.values import Changed, Op, Replacement

BEFORE = "one\ntwo\nthree\nfour\n"


def document(text, version=1):
    return Document.of_text(text, uri="file:///a.py", version=version)


def replacing(text, old, new):
    start = text.index(old)
    return Replacement(start=start, end=start + len(old), new_text=new)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(BEFORE, 0, id="nothing typed"),
        pytest.param("zero\n" + BEFORE, 1, id="a line above"),
        pytest.param("one\nthree\nfour\n", -1, id="a line above taken away"),
        pytest.param("ONE\ntwo\nthree\nfour\nfive\n", 0, id="lines above and below changed"),
        pytest.param("one\ntwo\nnew\nthree\nfour\n", 1, id="a line just above"),
        pytest.param("one\ntwo\nthree\nnew\nfour\n", 0, id="a line just below"),
        pytest.param("one\ntwo\nTHREE\nfour\n", None, id="the line itself changed"),
        pytest.param("one\ntwo\nfour\n", None, id="the line itself taken away"),
        pytest.param("", None, id="everything taken away"),
    ],
)
def test_a_line_moves_with_what_is_typed_around_it(now, expected):
    assert moved_by(BEFORE, now, 3, 3) == expected


def test_a_rewrite_too_large_to_compare_has_changed_everything_in_it():
    before = "".join(f"{n}\n" for n in range(5000))
    after = before.replace("10\n", "x\n", 1).replace("4000\n", "y\n")

    assert moved_by(before, after, 2000, 2000) is None
    assert moved_by(before, after, 4900, 4900) == 0


def test_edits_move_all_or_none():
    edits = [replacing(BEFORE, "two", "2"), replacing(BEFORE, "four", "4")]
    now = document("zero\n" + BEFORE, 2)

    moved = moved_to(edits, before=document(BEFORE), now=now)
    touched = moved_to(edits, before=document(BEFORE), now=document(BEFORE.replace("four", "for")))

    assert edited(now.text, moved) == "zero\none\n2\nthree\n4\n"
    assert touched is None


def test_an_insertion_at_the_end_of_the_text_moves_along():
    edit = Replacement(start=len(BEFORE), end=len(BEFORE), new_text="five\n")

    moved = moved_to([edit], before=document(BEFORE), now=document("zero\n" + BEFORE))

    assert edited("zero\n" + BEFORE, moved) == "zero\n" + BEFORE + "five\n"


def test_what_is_put_into_an_empty_text_goes_nowhere_else():
    edit = Replacement(start=0, end=0, new_text="import os\n")

    assert moved_to([edit], before=document(""), now=document("mine")) is None


def test_an_edit_holds_only_what_differs():
    text = 'raise KeyError("🙂", text)\n'
    edit = Replacement(start=0, end=len(text), new_text='raise KeyError("🙂", text) from error\n')

    (made,) = text_edits([edit], document(text), "utf-16")

    assert made.new_text == " from error"
    assert (made.range.start, made.range.end) == (Position(0, 26), Position(0, 26))


@pytest.mark.parametrize(("old", "new"), [("a\r\n", "a\n"), ("a\n", "a\r\n"), ("a\rb", "a\r\nb"), ("a\r\nb", "a\rb")])
def test_a_line_break_is_never_cut_in_two(old, new):
    edit = Replacement(start=0, end=len(old), new_text=new)

    (made,) = text_edits([edit], document(old), "utf-8")

    assert made.range.start == Position(0, 1)
    assert made.new_text.removesuffix("b") == new.removeprefix("a").removesuffix("b")


@pytest.mark.parametrize(("start", "end"), [(1, 2), (2, 3), (2, 4), (2, 2), (0, 2), (5, 6), (5, 5)])
def test_an_edit_from_or_to_the_middle_of_a_line_break_takes_all_of_it(start, end):
    text = "a\r\nb\r\nc"

    (made,) = text_edits([Replacement(start, end, "x")], document(text), "utf-8")

    starts = document(text).starts
    first, last = (starts[place.line] + place.character for place in (made.range.start, made.range.end))
    assert text[:first] + made.new_text + text[last:] == text[:start] + "x" + text[end:]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([(0, 3), (3, 4)], True),
        ([(4, 8), (0, 3)], True),
        ([(0, 4), (3, 5)], False),
        ([(5, 4)], False),
        ([(0, 20)], False),
        ([(-1, 2)], False),
    ],
)
def test_edits_lie_in_their_text_and_apart(edits, expected):
    assert are_within([Replacement(*edit, "") for edit in edits], document(BEFORE)) is expected


def introduced(name, **edit):
    capabilities = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=True, workspace_edit=types.WorkspaceEditClientCapabilities(**edit)
        )
    )
    return abilities_of(types.InitializeParams(capabilities=capabilities, client_info=types.ClientInfo(name=name)))


@pytest.mark.parametrize(
    ("client", "shown", "sent"),
    [
        (introduced("VS Code", document_changes=True), 0, 0),
        (introduced("Neovim", resource_operations=["create"]), 0, 1),
        (introduced("Neovim"), 4, 4),
        (introduced("Kate"), 4, "unversioned"),
        (abilities_of(types.InitializeParams(capabilities=types.ClientCapabilities())), 4, "unversioned"),
    ],
    ids=["VS Code", "Neovim at its first version", "Neovim", "Kate", "one that says nothing"],
)
def test_an_edit_names_the_version_wherever_the_editor_takes_it(client, shown, sent):
    file = FileEdit(Op.REPLACE, document(BEFORE, shown), (replacing(BEFORE, "two", "2"),))

    edit = workspace_edit([file], abilities=client, encoding="utf-8")

    if sent == "unversioned":
        assert (list(edit.changes), edit.document_changes) == (["file:///a.py"], None)
    else:
        assert edit.document_changes[0].text_document.version == sent
        assert edit.changes is None


def test_an_edit_that_is_not_sure_is_confirmed_only_where_the_editor_asks():
    file = FileEdit(Op.REPLACE, document(BEFORE), (replacing(BEFORE, "two", "2"),))
    asking = Abilities(takes_versions=True, confirms=True)

    confirmed = workspace_edit([file], abilities=asking, encoding="utf-8", confirm="not sure")
    sure = workspace_edit([file], abilities=asking, encoding="utf-8")
    plain = workspace_edit([file], abilities=asking._replace(confirms=False), encoding="utf-8", confirm="not sure")

    ((key, note),) = confirmed.change_annotations.items()
    assert (note.needs_confirmation, note.description) == (True, "not sure")
    assert [edit.annotation_id for edit in confirmed.document_changes[0].edits] == [key]
    assert (sure.change_annotations, plain.change_annotations) == (None, None)


class Shown:
    """An editor that applies edits of the version that it shows, or does as the test says."""

    encoding = "utf-8"

    def __init__(self, folder, **abilities):
        self.abilities = Abilities(**{"applies_edits": True, "takes_versions": True, **abilities})
        self.documents = Documents()
        self.delivery = Delivery(documents=self.documents, editor=self, settle_s=0.02)
        self.folder = folder
        self.sent = []
        self.sending = asyncio.Event()
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.before_edit = lambda: None
        self.answers = self.exact
        self.landed = []

    def open(self, name, text, version=1):
        uri = (self.folder / name).as_uri()
        item = types.TextDocumentItem(uri=uri, language_id="python", version=version, text=text)
        return self.documents.open(item, Place(root=self.folder, path=name))

    def show(self, uri, text):
        now = self.documents.get(uri)
        named = types.VersionedTextDocumentIdentifier(uri=uri, version=now.version + 1)
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        self.delivery.saw(self.documents.change(named, [whole], self.encoding))

    async def apply(self, edit, *, label, is_refactoring):
        self.sent.append((edit, label, is_refactoring))
        self.sending.set()
        await self.thawed.wait()
        self.before_edit()
        return await self.answers(edit)

    def applied_at_once(self, edit, **_more):
        """Send as the real editor does: before anybody waits."""
        self.sent.append((edit,))
        return self.answers(edit)

    async def exact(self, edit):
        named = edit.document_changes[0].text_document
        if named.version != self.documents.get(named.uri).version:
            return ApplyWorkspaceEditResult(applied=False)
        return await self.careless(edit)

    async def careless(self, edit):
        changes = edit.document_changes or [
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri), edits)
            for uri, edits in edit.changes.items()
        ]
        for change in changes:
            now = self.documents.get(change.text_document.uri)
            offset = lambda place, now=now: now.starts[place.line] + place.character  # noqa: E731
            made = [Replacement(offset(e.range.start), offset(e.range.end), e.new_text) for e in change.edits]
            self.show(now.uri, edited(now.text, made))
        return ApplyWorkspaceEditResult(applied=True)

    async def liar(self, _edit):
        return ApplyWorkspaceEditResult(applied=True)

    async def silent(self, edit):
        await self.careless(edit)
        await asyncio.Event().wait()

    async def unable(self, _edit):
        raise JsonRpcException("Method not found", -32601)

    async def deliver(self, *changes, sent=(), confirm=None):
        named = {document.place.path: document for document in sent}
        parcel = Parcel(self.folder, changes, named, "suffice: fix B904", confirm)
        return await self.delivery.deliver(parcel, on_landed=self.landed.append)


def change(name, text, old, new, **more):
    return Changed(name, edits=(replacing(text, old, new),), **more)


class TestDelivery:
    async def test_one_labelled_edit_lands_and_is_told(self, tmp_path):
        editor = Shown(tmp_path)
        shown = editor.open("a.py", BEFORE)

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[shown])

        ((landed,),) = editor.landed
        assert delivered.ending is Ending.APPLIED
        assert landed.after is editor.documents.get(shown.uri)
        assert (landed.before.text, landed.after.text) == (BEFORE, BEFORE.replace("two", "2"))
        ((edit, label, is_refactoring),) = editor.sent
        assert (len(edit.document_changes), label, is_refactoring) == (1, "suffice: fix B904", False)

    async def test_an_edit_of_changed_lines_is_never_sent(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.show(sent.uri, BEFORE.replace("two", "two mine"))

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert (delivered.ending, editor.sent, editor.landed) == (Ending.CHANGED, [], [])
        assert "run it again, its answer is kept and costs nothing more" in delivered.why

    async def test_a_refused_edit_is_sent_once_more_for_the_newer_text(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)

        def type_above():
            editor.before_edit = lambda: None
            editor.show(sent.uri, "mine\n" + BEFORE)

        editor.before_edit = type_above
        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert delivered.ending is Ending.APPLIED
        assert editor.documents.get(sent.uri).text == "mine\none\n2\nthree\nfour\n"
        assert [edit.document_changes[0].text_document.version for edit, *_ in editor.sent] == [1, 2]

    async def test_an_editor_that_always_refuses_is_asked_no_third_time(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.before_edit = lambda: editor.show(sent.uri, "mine\n" + editor.documents.get(sent.uri).text)

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert (delivered.ending, len(editor.sent), editor.landed) == (Ending.REFUSED, 2, [])

    async def test_an_edit_that_was_said_to_be_applied_and_was_left_out_is_noticed(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.answers = editor.liar
        editor.before_edit = lambda: editor.show(sent.uri, "mine\n" + BEFORE)

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert (delivered.ending, len(editor.sent), editor.landed) == (Ending.REFUSED, 1, [])
        assert delivered.why.startswith("the editor left the edit out")

    async def test_an_edit_that_landed_torn_is_to_be_undone(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.answers = editor.careless
        editor.before_edit = lambda: editor.show(sent.uri, BEFORE.replace("two", "mine two"))

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert delivered.ending is Ending.UNCLEAN
        assert delivered.why == "the edit was not applied cleanly; undo it"

    async def test_what_is_typed_right_after_the_edit_does_not_spoil_it(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)

        async def merged(_edit):
            editor.show(sent.uri, "one\n2\nthree\nfour mine\n")
            return ApplyWorkspaceEditResult(applied=True)

        editor.answers = merged
        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert delivered.ending is Ending.APPLIED

    async def test_an_editor_that_applies_without_a_word_is_believed_its_text(self, tmp_path):
        editor = Shown(tmp_path, applies_edits=False, takes_versions=False)
        sent = editor.open("a.py", BEFORE)
        editor.answers = editor.silent

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert (delivered.ending, editor.documents.get(sent.uri).text) == (Ending.APPLIED, BEFORE.replace("two", "2"))

    async def test_an_editor_that_cannot_says_so(self, tmp_path):
        editor = Shown(tmp_path, applies_edits=False)
        sent = editor.open("a.py", BEFORE)
        editor.answers = editor.unable

        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert (delivered.ending, editor.landed) == (Ending.REFUSED, [])
        assert "(Method not found)" in delivered.why

    async def test_a_frozen_editor_gets_one_edit_at_a_time(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.thawed.clear()
        first = asyncio.create_task(editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent]))
        second = asyncio.create_task(editor.deliver(change("a.py", BEFORE, "four", "4"), sent=[sent]))
        await editor.sending.wait()

        await asyncio.sleep(0.02)
        in_flight = len(editor.sent)
        editor.thawed.set()
        endings = [(await first).ending, (await second).ending]

        assert (in_flight, endings) == (1, [Ending.APPLIED] * 2)
        assert editor.documents.get(sent.uri).text == "one\n2\nthree\n4\n"

    async def test_what_a_cancelled_job_has_sent_goes_on_to_its_end(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.thawed.clear()
        job = asyncio.create_task(editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent]))
        await editor.sending.wait()

        job.cancel()
        await asyncio.wait([job])
        waiting = asyncio.create_task(editor.deliver(change("a.py", BEFORE, "four", "4"), sent=[sent]))
        await asyncio.sleep(0.02)
        assert len(editor.sent) == 1
        editor.thawed.set()
        await waiting

        assert len(editor.landed) == 2
        assert editor.documents.get(sent.uri).text == "one\n2\nthree\n4\n"

    async def test_an_edit_of_a_closed_document_is_waited_for_no_longer(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        editor.thawed.clear()
        job = asyncio.create_task(editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent]))
        await editor.sending.wait()

        editor.delivery.close(sent.uri)

        assert (await job).ending is Ending.IN_DOUBT
        assert editor.landed == []

    async def test_nothing_is_left_of_deliveries_that_have_ended(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        (tmp_path / "b.py").write_text(BEFORE)
        one, other = (change(name, BEFORE, "two", "2", before=BEFORE) for name in ("a.py", "b.py"))
        editor.thawed.clear()
        jobs = [asyncio.create_task(editor.deliver(one, sent=[sent])) for _ in range(3)]
        await editor.sending.wait()
        jobs[1].cancel()

        editor.documents.close(sent.uri)
        editor.delivery.close(sent.uri)
        editor.answers = editor.liar
        editor.thawed.set()
        await asyncio.gather(*jobs, return_exceptions=True)
        await editor.deliver(other)

        assert [held for held in vars(editor.delivery).values() if isinstance(held, dict) and held] == []

    @pytest.mark.parametrize("op", [Op.RENAME, Op.DELETE])
    async def test_a_document_that_the_edit_itself_closes_is_no_reason_to_doubt_it(self, tmp_path, op):
        editor = Shown(tmp_path, resources=frozenset({"rename", "delete"}))
        sent = editor.open("a.py", BEFORE)
        moved = Changed("a.py", op, new_path="b.py" if op is Op.RENAME else None)

        def close():
            editor.documents.close(sent.uri)
            editor.delivery.close(sent.uri)

        editor.before_edit = close
        editor.answers = editor.liar
        delivered = await editor.deliver(moved, sent=[sent])

        assert (delivered.ending, editor.landed) == (Ending.APPLIED, [()])

    @pytest.mark.parametrize("answer", [ApplyWorkspaceEditResult(applied=False), JsonRpcException("odd", -32603)])
    @pytest.mark.parametrize("tells", ["before", "after"])
    async def test_an_edit_that_stands_in_the_text_is_applied_whatever_the_editor_says(self, tmp_path, answer, tells):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        show = lambda: editor.show(sent.uri, BEFORE.replace("two", "2"))  # noqa: E731

        async def contrary(_edit):
            if tells == "before":
                show()
            else:
                asyncio.get_running_loop().call_later(0.002, show)
            if isinstance(answer, Exception):
                raise answer
            return answer

        editor.answers = contrary
        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent])

        assert (delivered.ending, len(editor.sent), len(editor.landed)) == (Ending.APPLIED, 1, 1)

    async def test_a_file_that_is_not_open_is_edited_only_as_it_was_sent(self, tmp_path):
        editor = Shown(tmp_path)
        (tmp_path / "b.py").write_bytes(b"\xef\xbb\xbfx = 1\r\n")
        (tmp_path / "c.py").write_text("y = 2  # mine\n")
        editor.answers = editor.liar

        same = await editor.deliver(change("b.py", "x = 1\r\n", "1", "2", before="x = 1\r\n"))
        changed = await editor.deliver(change("c.py", "y = 2\n", "2", "3", before="y = 2\n"))
        gone = await editor.deliver(change("d.py", "z\n", "z", "y", before="z\n"))

        assert [same.ending, changed.ending, gone.ending] == [Ending.APPLIED, Ending.CHANGED, Ending.CHANGED]
        ((edit, *_),) = editor.sent
        assert edit.document_changes[0].text_document.version is None

    @pytest.mark.parametrize("ticks", range(6))
    async def test_what_is_typed_while_another_file_is_read_is_seen(self, tmp_path, ticks):
        editor = Shown(tmp_path, takes_versions=False)
        (tmp_path / "b.py").write_text(BEFORE)
        sent = editor.open("a.py", BEFORE)
        editor.answers = editor.liar
        editor.apply = editor.applied_at_once
        edits = [change(name, BEFORE, "two", "2", before=BEFORE) for name in ("a.py", "b.py")]
        delivering = asyncio.create_task(editor.deliver(*edits, sent=[sent]))

        for _ in range(ticks):
            await asyncio.sleep(0)
        if not editor.sent:
            editor.show(sent.uri, "mine\n" + BEFORE)
        now = editor.documents.get(sent.uri)
        await delivering

        (placed,) = editor.sent[0][0].changes[sent.uri]
        assert now.lines[placed.range.start.line] == "two\n"

    async def test_several_files_arrive_whole_or_not_at_all(self, tmp_path):
        editor = Shown(tmp_path, resources=frozenset({"create", "rename"}))
        one, two = editor.open("a.py", BEFORE), editor.open("b.py", BEFORE)
        made = Changed("c/d.py", Op.CREATE, (Replacement(0, 0, "x = 1\n"),))
        edits = (change("a.py", BEFORE, "two", "2"), change("b.py", BEFORE, "one", "1"), made)
        editor.answers = editor.liar

        editor.show(two.uri, "ONE" + BEFORE[3:])
        refused = await editor.deliver(*edits, sent=[one, two])
        assert (refused.ending, editor.sent) == (Ending.CHANGED, [])

        deleted = await editor.deliver(edits[0], Changed("b.py", Op.DELETE, before=BEFORE), sent=[one])
        assert (deleted.ending, editor.sent) == (Ending.UNABLE, [])
        assert deleted.why.startswith("this editor cannot delete files; make the change yourself, or run")

        await editor.deliver(made)
        ((edit, *_),) = editor.sent
        create, text = edit.document_changes
        assert (create.kind, create.uri) == ("create", (tmp_path / "c/d.py").as_uri())
        assert text.edits[0].new_text == "x = 1\n"

    @pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", "a/../../b.py"])
    async def test_an_edit_never_leaves_its_folder(self, tmp_path, path):
        editor = Shown(tmp_path, resources=frozenset({"create"}))

        delivered = await editor.deliver(Changed(path, Op.CREATE, (Replacement(0, 0, "x"),)))

        assert (delivered.ending, editor.sent) == (Ending.REFUSED, [])

    @pytest.mark.parametrize("typed", [False, True])
    async def test_an_edit_that_the_user_puts_away_is_dismissed_and_one_of_an_older_text_is_not(self, tmp_path, typed):
        editor = Shown(tmp_path, confirms=True)
        sent = editor.open("a.py", BEFORE)
        editor.before_edit = lambda: editor.show(sent.uri, "mine\n" + BEFORE) if typed else None

        async def put_away(_edit):
            return ApplyWorkspaceEditResult(applied=False)

        editor.answers = put_away
        delivered = await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[sent], confirm="not sure")

        assert (delivered.ending, len(editor.sent)) == (Ending.CHANGED if typed else Ending.DISMISSED, 1)
        assert delivered.why.startswith("the text changed meanwhile" if typed else "")

    async def test_an_open_document_keeps_the_name_that_its_editor_gave_it(self, tmp_path):
        editor = Shown(tmp_path)
        sent = editor.open("a.py", BEFORE)
        odd = sent.uri.replace("a.py", "%61.py")
        item = types.TextDocumentItem(uri=odd, language_id="python", version=1, text=BEFORE)
        editor.documents.close(sent.uri)
        named = editor.documents.open(item, Place(root=Path(tmp_path), path="a.py"))

        await editor.deliver(change("a.py", BEFORE, "two", "2"), sent=[named])

        assert editor.sent[0][0].document_changes[0].text_document.uri == odd
