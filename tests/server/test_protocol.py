"""The floor of the protocol, without a process: messages go in as JSON, replies come out."""

import asyncio
import json

import pytest

from suffice_server.front.server import Server

INITIALIZE = {
    "id": 0,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}


class Replies(list):
    """Takes what the server writes."""

    def write(self, data):
        self.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self):
        pass


@pytest.fixture
def server():
    made = Server()
    made.rpc.protocol.set_writer(Replies())
    return made


def say(server, *messages):
    """Return all replies after *messages*."""
    for message in messages:
        server.rpc.protocol.handle_message({"jsonrpc": "2.0", **message})
    return list(server.rpc.protocol.writer)


def error_of(reply):
    assert "data" not in reply["error"]
    return reply["id"], reply["error"]["code"], reply["error"]["message"]


def test_a_request_before_initialize_is_refused(server):
    (reply,) = say(server, {"id": 7, "method": "textDocument/codeAction", "params": {}})

    assert error_of(reply) == (7, -32002, "The server waits for initialize.")


def test_a_client_without_capabilities_is_served_in_utf_16(server):
    (reply,) = say(server, INITIALIZE)

    capabilities = reply["result"]["capabilities"]
    assert capabilities["positionEncoding"] == "utf-16"
    assert capabilities["codeActionProvider"] == {
        "codeActionKinds": ["quickfix.suffice"],
        "resolveProvider": False,
    }
    assert capabilities["executeCommandProvider"] == {"commands": ["suffice.fix"]}


async def test_a_request_after_shutdown_is_refused(server):
    say(server, INITIALIZE, {"id": 1, "method": "shutdown"})
    for _ in range(20):
        await asyncio.sleep(0)

    replies = say(server, {"id": 2, "method": "textDocument/codeAction", "params": {}}, {"method": "exit"})

    assert replies[1] == {"id": 1, "jsonrpc": "2.0", "result": None}
    assert error_of(replies[2]) == (2, -32600, "The server is shutting down.")
    assert (server.rpc.protocol.ended.is_set(), server.rpc.protocol.exit_code) == (True, 0)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param({"id": 3, "method": "textDocument/codeAction", "params": {}}, -32602, id="params missing"),
        pytest.param({"id": 3, "method": "textDocument/codeAction"}, -32602, id="no params"),
        pytest.param({"id": 3, "method": "textDocument/codeAction", "params": [1]}, -32602, id="a list"),
        pytest.param({"id": 3, "method": "textDocument/didOpen", "params": {}}, -32601, id="a notification"),
        pytest.param({"id": 3, "method": "no/such", "params": {}}, -32601, id="an unknown method"),
        pytest.param({"id": 3, "method": "initialize", "params": {}}, -32600, id="initialize twice"),
        pytest.param(
            {"id": 3, "method": "workspace/executeCommand", "params": {"command": "other"}},
            -32602,
            id="a command",
        ),
    ],
)
def test_every_bad_request_gets_exactly_one_reply(server, message, code):
    say(server, INITIALIZE)

    replies = say(server, message)[1:]

    assert [error_of(reply)[:2] for reply in replies] == [(3, code)]


def test_a_message_that_is_no_object_is_refused(server):
    server.rpc.protocol.handle_message([{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}])

    (reply,) = server.rpc.protocol.writer
    assert error_of(reply)[1] == -32600


def test_a_bad_notification_is_quiet(server):
    say(server, INITIALIZE)

    assert say(server, {"method": "textDocument/didChange", "params": {"textDocument": 3}})[1:] == []


def test_a_bug_in_a_handler_reaches_the_editor_as_one_safe_sentence(server, caplog):
    say(server, INITIALIZE)
    params = {"textDocument": {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "x"}}
    server.rpc.protocol.fm.builtin_features["textDocument/codeAction"] = _broken
    place = {"line": 0, "character": 0}
    asked = {
        "textDocument": {"uri": params["textDocument"]["uri"]},
        "range": {"start": place, "end": place},
        "context": {"diagnostics": []},
    }

    replies = say(server, {"id": 5, "method": "textDocument/codeAction", "params": asked})[1:]

    sentence = "This is a bug in suffice (ValueError); the server's log says more."
    assert [error_of(reply) for reply in replies] == [(5, -32603, sentence)]
    assert "a bug of ours" in caplog.text


def _broken(_params):
    raise ValueError("secret = 'of the user'")
