import pytest
from front_doubles import ScriptedWorker, quiet
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from suffice_server.front.abilities import Abilities
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.commands import resolve
from suffice_server.front.commands.resolve import Resolving
from suffice_server.front.commands.retries import retries
from suffice_server.front.text.documents import Documents
from suffice_server.front.text.places import Place
from suffice_server.messages import Failed, Finished, Fix, Remember, Span
from suffice_server.values import Changed, Op, Replacement, Work

TEXT = 'PAIR = ("🙂", str("a"))\n'
START = TEXT.index('str("a")')
SPAN = Span(1, START + 1, 1, START + 9)
MENDED = Finished(
    1,
    "proposed",
    "sufficed",
    "",
    lane="linter",
    changes=(Changed("a.py", edits=(Replacement(START, START + 8, '"a"'),)),),
)


class Screen:
    encoding = "utf-16"
    abilities = Abilities(takes_versions=True)


class Case:
    """One open document, and a worker."""

    def __init__(self, folder, answer):
        self.documents = Documents()
        self.worker = ScriptedWorker(answer)
        self.aftermath = Aftermath(self.worker.say)
        self.resolving = self.resolver()
        self.uri = (folder / "a.py").as_uri()
        item = types.TextDocumentItem(uri=self.uri, language_id="python", version=3, text=TEXT)
        self.documents.open(item, Place(root=folder, path="a.py"))

    def resolver(self, **more):
        return Resolving(documents=self.documents, link=self.worker, aftermath=self.aftermath, editor=Screen(), **more)

    def type(self, text="mine\n" + TEXT, version=4):
        named = types.VersionedTextDocumentIdentifier(uri=self.uri, version=version)
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        self.aftermath.saw(self.documents.change(named, [whole], "utf-16"))

    def action(self, **more):
        data = {
            "v": 1,
            "command": "suffice.fix",
            "uri": self.uri,
            "version": 3,
            "rule": "UP018",
            "message": "m",
            "span": SPAN._asdict(),
            "free": True,
        }
        return types.CodeAction(title="Fix UP018 with ruff, free", data={**data, **more})


async def test_a_free_fix_gets_its_versioned_edit(tmp_path):
    case = Case(tmp_path, lambda _request: MENDED)

    resolved = await case.resolving.resolve(case.action())

    (change,) = resolved.edit.document_changes
    assert change.text_document.version == 3
    assert [(edit.range.start.character, edit.new_text) for edit in change.edits] == [(15, ""), (21, "")] or (
        len(change.edits) == 1
    )
    assert case.worker.asked == [Fix(1, str(tmp_path), "a.py", TEXT, "UP018", "m", SPAN, free=True)]


async def test_a_free_fix_that_the_editor_makes_is_followed_as_one_that_we_made(tmp_path):
    work = Work("lint-fix", "UP018", "r", "f")
    case = Case(tmp_path, lambda _request: MENDED._replace(work=work, next_lane="haiku"))
    await case.resolving.resolve(case.action())

    case.type('PAIR = ("🙂", "a")\n')
    (offered,) = retries(case.aftermath, case.documents.get(case.uri))
    case.type(TEXT, 5)
    case.aftermath.settle(case.uri)
    await quiet()

    assert (offered.done, offered.offer.lane) == ("fix UP018", "haiku")
    assert case.worker.said == [Remember(work, "linter", "undone")]


async def test_a_free_fix_that_was_only_looked_at_is_not_followed(tmp_path):
    case = Case(tmp_path, lambda _request: MENDED._replace(work=Work("lint-fix", "UP018", "r", "f")))
    await case.resolving.resolve(case.action())

    case.type()
    await case.aftermath.stop()

    assert case.worker.said == []


FOREIGN = [
    None,
    "text",
    [1],
    {},
    {"v": 1},
    {"uri": "file:///a.py", "version": 3},
    {"v": 1, "command": "suffice.fix", "uri": 3},
]


@pytest.mark.parametrize("data", FOREIGN, ids=repr)
async def test_an_action_with_other_data_comes_back_as_it_is(tmp_path, data):
    case = Case(tmp_path, None)
    action = types.CodeAction(title="of another server", data=data)

    assert await case.resolving.resolve(action) == types.CodeAction(title="of another server", data=data)
    assert case.worker.asked == []


@pytest.mark.parametrize(
    "more",
    [
        {"command": types.Command("t", "suffice.fix")},
        {"edit": types.WorkspaceEdit()},
        {"disabled": types.CodeActionDisabled("no key")},
    ],
    ids=["command", "edit", "disabled"],
)
async def test_an_action_that_needs_nothing_comes_back_as_it_is(tmp_path, more):
    case = Case(tmp_path, None)
    action = case.action()
    for name, value in more.items():
        setattr(action, name, value)

    assert await case.resolving.resolve(action) is action
    assert case.worker.asked == []


@pytest.mark.parametrize("more", [{"free": False}, {"v": 2}, {"command": "suffice.edit"}], ids=repr)
async def test_a_model_is_never_asked_for_an_edit_to_look_at(tmp_path, more):
    case = Case(tmp_path, None)
    action = case.action(**more)

    assert await case.resolving.resolve(action) is action
    assert case.worker.asked == []


async def test_a_text_that_moved_on_is_an_error_before_and_after_asking(tmp_path):
    case = Case(tmp_path, lambda _request: case.type() or MENDED)

    for asked in (1, 1):
        with pytest.raises(JsonRpcException, match="The text changed") as caught:
            await case.resolving.resolve(case.action())
        assert (caught.value.code, len(case.worker.asked)) == (-32801, asked)


ENDS = {
    "nothing to fix": (Finished(1, "unchanged", "already-gone", "it is gone"), "UP018 was not fixed: it is gone."),
    "failed": (Failed(1, "ruff is not there; install it."), "UP018 was not fixed: ruff is not there; install it."),
    "other files": (
        MENDED._replace(changes=(*MENDED.changes, Changed("b.py", Op.CREATE))),
        "the fix needs more than this file; use the command instead.",
    ),
    "outside": (
        MENDED._replace(changes=(Changed("a.py", edits=(Replacement(0, 999, ""),)),)),
        "the fix does not lie in the file.",
    ),
}


@pytest.mark.parametrize(("answer", "said"), ENDS.values(), ids=ENDS)
async def test_what_gives_no_edit_is_an_error_in_one_sentence(tmp_path, answer, said):
    case = Case(tmp_path, lambda _request: answer)

    with pytest.raises(JsonRpcException) as caught:
        await case.resolving.resolve(case.action())

    assert (caught.value.code, caught.value.message) == (-32803, said)


async def test_a_worker_that_ended_is_an_error(tmp_path):
    case = Case(tmp_path, None)

    with pytest.raises(JsonRpcException, match="worker ended") as caught:
        await case.resolving.resolve(case.action())

    assert caught.value.code == -32803


async def test_a_busy_worker_is_not_waited_for_long(tmp_path):
    case = Case(tmp_path, lambda _request: MENDED)
    case.resolving = case.resolver(longest_s=0.01)
    case.worker.open.clear()

    with pytest.raises(JsonRpcException, match="busy"):
        await case.resolving.resolve(case.action())

    assert len(case.worker.cancelled) == 1
    assert resolve.LONGEST_S <= 10  # Eglot gives up then
