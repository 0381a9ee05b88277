"""What the server says it can do, for every client whose capabilities were captured, and for one that says nonsense."""

import json
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from suffice_server.capabilities import COMMANDS, KINDS, capabilities, initialize_reply
from suffice_server.front.rpc.shapes import strict_converter
from suffice_server.front.server import Server

CAPTURED = {file.stem: file for file in sorted(Path(pytest_lsp.__file__).with_name("clients").glob("*.json"))}
CLIENTS = {name: json.loads(file.read_text("utf-8"))["capabilities"] for name, file in CAPTURED.items()}
NONSENSE = [None, 5, "utf-8", [], True, {"jsonrpc": "2.0"}, [["utf-8"]], -0.5]
HOSTILE = {
    "nothing": {},
    "null": None,
    "a list": [1],
    "no sections": {"general": 5, "textDocument": [], "workspace": None, "window": "x", "notebookDocument": {"a": 1}},
    "no encodings": {"general": {"positionEncodings": ["ebcdic", 8, None, {}]}},
    "an encoding": {"general": {"positionEncodings": "utf-8"}},
    "a later encoding": {"general": {"positionEncodings": ["ebcdic", "utf-32", "utf-8"]}},
    "half a resolve": {"textDocument": {"codeAction": {"dataSupport": True, "resolveSupport": {"properties": "edit"}}}},
    "a bad neighbour": {"textDocument": {"codeAction": {"disabledSupport": 7}, "hover": {"contentFormat": "plain"}}},
}
ALL = {**CLIENTS, **HOSTILE}


class Replies(list):
    def write(self, data):
        self.append(json.loads(data.partition(b"\r\n\r\n")[2]))


def initialize(client, **more):
    params = {"processId": None, "rootUri": None, "capabilities": client, **more}
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}


def opened(message):
    """Return a server after *message* came as usual, and what it replied."""
    server = Server()
    server.rpc.protocol.set_writer(Replies())
    server.rpc.protocol.handle_message(message)
    return server, list(server.rpc.protocol.writer)


@pytest.mark.parametrize("client", ALL.values(), ids=ALL)
async def test_the_early_answer_is_the_one_of_the_server(client):
    message = initialize(client)

    server, replies = opened(message)

    assert replies == [initialize_reply(message)]
    assert server.editor.encoding == replies[0]["result"]["capabilities"]["positionEncoding"]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_it_agrees_with_what_pygls_would_agree_on(client):
    read = strict_converter().structure(client, types.ClientCapabilities)

    own = capabilities(client)

    assert own["positionEncoding"] == ServerCapabilitiesBuilder.choose_position_encoding(read)
    assert strict_converter().structure(own, types.ServerCapabilities).text_document_sync.change == 2
    assert bool(own.get("diagnosticProvider")) == bool(
        read.text_document.diagnostic and read.workspace.diagnostics and read.workspace.diagnostics.refresh_support
    )


def test_it_offers_what_a_client_without_capabilities_can_do():
    assert capabilities({}) == {
        "positionEncoding": "utf-16",
        "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
        "codeActionProvider": {"codeActionKinds": list(KINDS), "resolveProvider": False},
        "executeCommandProvider": {"commands": list(COMMANDS)},
        "hoverProvider": True,
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    }


RESOLVES = {"textDocument": {"codeAction": {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}}}
PULLS = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}


def test_it_offers_more_to_a_client_that_can_do_more():
    assert capabilities(RESOLVES)["codeActionProvider"]["resolveProvider"] is True
    assert capabilities(PULLS)["diagnosticProvider"] == {
        "identifier": "suffice",
        "interFileDependencies": False,
        "workspaceDiagnostics": False,
    }
    assert "diagnosticProvider" not in capabilities({"textDocument": {"diagnostic": {}}})


def paths(value, path=()):
    for key, inner in value.items():
        yield (*path, key)
        if isinstance(inner, dict):
            yield from paths(inner, (*path, key))


def test_nonsense_anywhere_counts_as_not_said():
    client = CLIENTS["visual_studio_code_v1.65.2"]
    for path in paths({**client, **RESOLVES, **PULLS}):
        for nonsense in NONSENSE:
            damaged = json.loads(json.dumps({**client, **RESOLVES, **PULLS}))
            holder = damaged
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = nonsense

            offered = capabilities(damaged)

            assert offered["positionEncoding"] in {"utf-8", "utf-16", "utf-32"}
            assert offered["codeActionProvider"]["resolveProvider"] in {True, False}


FIELDS = [
    "processId",
    "rootUri",
    "workspaceFolders",
    "clientInfo",
    "trace",
    "locale",
    "rootPath",
    "initializationOptions",
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("nonsense", NONSENSE, ids=json.dumps)
async def test_a_session_begins_whatever_else_initialize_says(field, nonsense, caplog):
    server, (reply, *_) = opened(initialize({"general": {"positionEncodings": ["utf-8"]}}, **{field: nonsense}))

    assert reply["result"]["capabilities"]["positionEncoding"] == "utf-8"
    assert server.editor.encoding == "utf-8"
    assert "a bug" not in caplog.text


@pytest.mark.parametrize("nonsense", NONSENSE, ids=json.dumps)
async def test_an_untrusted_session_stays_one_whatever_else_is_set(nonsense, caplog):
    options = {"untrusted": True, "settings": nonsense, "statusNotifications": nonsense}

    server, _ = opened(initialize({}, initializationOptions=options, clientInfo=nonsense))

    assert not server.trusted
    assert "a bug" not in caplog.text


async def test_what_can_be_read_beside_nonsense_counts():
    client = {"textDocument": {"codeAction": {"disabledSupport": True}, "hover": 5, "rename": {"prepareSupport": "x"}}}

    server, _ = opened(initialize(client))

    assert server.editor.abilities.shows_disabled


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"jsonrpc": "2.0", "method": "initialize", "params": {}},
        {**initialize({}), "id": None},
        {**initialize({}), "id": True},
        {**initialize({}), "jsonrpc": "1.0"},
        {**initialize({}), "method": "shutdown"},
        {**initialize({}), "params": None},
        {**initialize({}), "params": [{}]},
    ],
    ids=json.dumps,
)
def test_what_is_no_initialize_is_not_answered_early(message):
    assert initialize_reply(message) is None


def test_what_is_offered_has_a_handler():
    manager = Server().rpc.protocol.fm
    handled = {**manager.builtin_features, **manager.features}

    assert set(manager.commands) == set(COMMANDS)
    assert {
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CODE_ACTION_RESOLVE,
        types.TEXT_DOCUMENT_HOVER,
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.TEXT_DOCUMENT_DID_SAVE,
    } <= set(handled)
