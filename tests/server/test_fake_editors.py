"""The fake editors themselves: each keeps the rule of the real one, and none lets a stray message pass."""

import pytest
from fake_editors.buffers import BadEditError, Buffer
from fake_editors.clients import CLIENTS, Client, Resolves, Versions, capture, captures
from fake_editors.editor import FakeEditor
from fake_editors.journal import Journal
from fake_editors.session import RefusedError


class Silent:
    """A connection to nobody."""

    def __init__(self):
        self.sent = []
        self.log = []

    def send(self, message):
        self.sent.append(message)


@pytest.fixture
def alone(tmp_path):
    """Return a fake editor without a server, showing one text of version 3, and the uri of that."""

    def make(name):
        editor = FakeEditor(CLIENTS[name], Silent(), tmp_path)
        editor.server, editor.encoding = {}, "utf-16"
        uri = editor.open("a.py", "ab\n")
        editor.buffers[uri].version = 3
        return editor, uri

    return make


def edit_of(uri, version, *, at=1):
    place = {"line": 0, "character": at}
    edits = [{"range": {"start": place, "end": place}, "newText": "X"}]
    return {"edit": {"documentChanges": [{"textDocument": {"uri": uri, "version": version}, "edits": edits}]}}


def sent(editor, method, params):
    """Send a request as a server does and return the reply."""
    editor._take({"jsonrpc": "2.0", "id": "s", "method": method, "params": params})
    return editor.connection.sent[-1]


EXACT = [
    name
    for name, client in CLIENTS.items()
    if client.refusal != CLIENTS["eglot"].refusal and client.versions is Versions.EXACT and client.applies
]


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("name", EXACT)
def test_a_careful_editor_refuses_another_version_and_says_so(alone, name, version):
    editor, uri = alone(name)

    reply = sent(editor, "workspace/applyEdit", edit_of(uri, version))

    assert (reply["result"]["applied"], editor.text(uri)) == (False, "ab\n")
    assert reply["result"].get("failureReason") == CLIENTS[name].refusal


def test_eglot_refuses_another_version_by_an_error(alone):
    editor, uri = alone("eglot")

    reply = sent(editor, "workspace/applyEdit", edit_of(uri, 2))

    assert reply["error"]["message"] == f"Edits on `{uri}' require version 2, have 3"
    assert editor.text(uri) == "ab\n"


@pytest.mark.parametrize(("version", "text"), [(2, "ab\n"), (3, "aXb\n"), (4, "aXb\n"), (0, "aXb\n"), (None, "aXb\n")])
def test_neovim_skips_an_edit_of_an_older_version_and_lies(alone, version, text):
    editor, uri = alone("neovim")

    reply = sent(editor, "workspace/applyEdit", edit_of(uri, version))

    assert (reply["result"], editor.text(uri)) == ({"applied": True}, text)


def test_neovim_looks_at_the_version_of_the_first_change_alone(alone):
    editor, uri = alone("neovim")
    edit = edit_of(uri, 2)
    edit["edit"]["documentChanges"] *= 2

    sent(editor, "workspace/applyEdit", edit)

    assert editor.text(uri) == "aXb\n"


@pytest.mark.parametrize("name", [name for name, client in CLIENTS.items() if client.versions is Versions.NONE])
def test_a_careless_editor_applies_whatever_comes(alone, name):
    editor, uri = alone(name)

    sent(editor, "workspace/applyEdit", edit_of(uri, 1))

    assert editor.text(uri) == "aXb\n"


async def test_vscode_does_not_look_at_the_version_of_a_resolved_edit(alone):
    editor, uri = alone("vscode")

    await editor.choose({"title": "t", **edit_of(uri, 1)})

    assert editor.text(uri) == "aXb\n"


@pytest.mark.parametrize(
    ("rule", "action", "resolves"),
    [
        (Resolves.NEVER, {"data": 1}, False),
        (Resolves.WITHOUT_EDIT, {"command": {}}, True),
        (Resolves.WITHOUT_EDIT, {"edit": {}}, False),
        (Resolves.WITHOUT_EDIT_OR_COMMAND, {"command": {}}, True),
        (Resolves.WITHOUT_EDIT_OR_COMMAND, {"edit": {}}, True),
        (Resolves.WITHOUT_EDIT_OR_COMMAND, {"command": {}, "edit": {}}, False),
        (Resolves.WITH_DATA_ALONE, {"data": 1}, True),
        (Resolves.WITH_DATA_ALONE, {"data": 1, "command": {}}, False),
        (Resolves.WITH_DATA_ALONE, {}, False),
    ],
)
def test_an_editor_resolves_by_its_rule(tmp_path, rule, action, resolves):
    editor = FakeEditor(Client("ale_3.3", resolves=rule), Silent(), tmp_path)
    editor.server = {"codeActionProvider": {"resolveProvider": True}}

    assert editor._resolves(action) is resolves


NO_PLACES = {"in a character": (0, 2), "behind the line": (0, 9), "behind the text": (7, 0)}


@pytest.mark.parametrize(("line", "character"), NO_PLACES.values(), ids=NO_PLACES)
def test_an_edit_where_no_character_begins_is_no_edit(line, character):
    at = {"line": line, "character": character}

    with pytest.raises(BadEditError):
        Buffer("a🙂\n", "utf-16").apply([{"range": {"start": at, "end": at}, "newText": "x"}])


def test_edits_that_overlap_are_no_edits():
    start, middle, end = ({"line": 0, "character": n} for n in range(3))
    edits = [
        {"range": {"start": start, "end": end}, "newText": ""},
        {"range": {"start": middle, "end": end}, "newText": ""},
    ]

    with pytest.raises(BadEditError):
        Buffer("abc", "utf-8").apply(edits)


def test_several_edits_are_of_one_text_and_one_step():
    buffer = Buffer("abc\n", "utf-8")
    places = [{"line": 0, "character": n} for n in (0, 3)]

    buffer.apply([{"range": {"start": at, "end": at}, "newText": "🙂\n"} for at in places])

    assert (buffer.text, buffer.version) == ("🙂\nabc🙂\n\n", 2)
    buffer.undo()
    assert (buffer.text, buffer.version) == ("abc\n", 3)


STRAY = {
    "a message": {"method": "window/showMessage", "params": {"type": 3, "message": "m"}},
    "an error in the log": {"method": "window/logMessage", "params": {"type": 1, "message": "m"}},
    "an undeclared progress": {"id": 1, "method": "window/workDoneProgress/create", "params": {"token": 1}},
    "a progress that nobody created": {"method": "$/progress", "params": {"token": 1, "value": {"kind": "begin"}}},
}


@pytest.mark.parametrize("message", STRAY.values(), ids=STRAY)
def test_what_no_test_asked_for_is_left_over(message):
    journal = Journal({})

    journal.came(message)

    assert journal.leftovers()


def test_a_missing_reply_and_a_second_one_are_left_over():
    journal = Journal({})
    for number in (1, 2):
        journal.asked(number, "m")

    for _ in range(2):
        journal.replied(1)

    assert journal.leftovers() == ["2 replies to m", "no reply to m"]


def test_a_request_that_no_client_knows_is_refused_and_left_over(alone):
    editor, _ = alone("vscode")

    reply = sent(editor, "suffice/odd", {})

    assert reply["error"]["code"] == -32601
    assert editor.journal.leftovers() == ["a request that no client knows"]


async def test_an_expected_message_is_not_left_over(alone):
    editor, _ = alone("vscode")
    editor._take(STRAY["a message"])

    assert await editor.message("m") == "m"

    assert editor.journal.leftovers() == []


async def test_a_frozen_editor_takes_nothing_until_it_is_thawed(alone):
    editor, uri = alone("vscode")
    editor.freeze()
    editor._take({"id": 1, "method": "workspace/applyEdit", "params": edit_of(uri, 3)})
    frozen = editor.text(uri)

    editor.thaw()

    assert (frozen, editor.text(uri)) == ("ab\n", "aXb\n")


@pytest.mark.parametrize("name", captures())
def test_each_capture_is_what_lsprotocol_reads(name):
    from lsprotocol import types
    from lsprotocol.converters import get_converter

    said = get_converter().structure(capture(name)["capabilities"], types.ClientCapabilities)

    assert (said.text_document is None) == (name == "bare")


async def test_a_refusal_of_the_server_is_an_error_of_the_test(alone):
    editor, _ = alone("vscode")
    number = editor.ask("m", {})
    editor._take({"id": number, "error": {"code": -32602, "message": "no"}})

    with pytest.raises(RefusedError, match="-32602: no"):
        await editor.reply(number)
