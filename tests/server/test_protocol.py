"""The floor of the protocol, without a process: messages go in as JSON, replies come out."""

import asyncio
import gc
import json

import pytest
from lsprotocol import types

from suffice.task import Span
from suffice_server.capabilities import COMMANDS
from suffice_server.front.jobs.jobs import Job
from suffice_server.front.server import Server
from suffice_server.front.shown.store import Findings
from suffice_server.values import Found

INITIALIZE = {
    "id": 0,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}


RUN = {"method": "workspace/executeCommand"}


class Replies(list):
    """Takes what the server writes."""

    def write(self, data):
        self.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self):
        pass


@pytest.fixture
def server():
    made = Server(worker_command=["true"])
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
    assert "suffice.fix" in capabilities["executeCommandProvider"]["commands"]


async def test_a_request_after_shutdown_is_refused(server):
    say(server, INITIALIZE, {"id": 1, "method": "shutdown"})
    await settled()

    replies = say(server, {"id": 2, "method": "textDocument/codeAction", "params": {}}, {"method": "exit"})

    assert replies[1] == {"id": 1, "jsonrpc": "2.0", "result": None}
    assert error_of(replies[2]) == (2, -32600, "The server is shutting down.")
    assert (server.rpc.protocol.ended.is_set(), server.rpc.protocol.exit_code) == (True, 0)


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


class Slow:
    """A handler that waits, in the place of the one for hovers."""

    def __init__(self, server):
        self.state = "not begun"
        self.go = asyncio.Event()
        server.rpc.protocol.fm.builtin_features["textDocument/hover"] = self

    def __call__(self, _params):
        return self.wait()

    async def wait(self):
        self.state = "waiting"
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.state = "cancelled"
            await self.go.wait()
            raise
        self.state = "done"


HOVER = {
    "method": "textDocument/hover",
    "params": {"textDocument": {"uri": "a"}, "position": {"line": 0, "character": 0}},
}


async def test_a_cancelled_request_is_replied_to_at_once_and_only_once(server):
    say(server, INITIALIZE)
    slow = Slow(server)
    say(server, {"id": "h", **HOVER})
    await settled()

    replies = say(server, {"method": "$/cancelRequest", "params": {"id": "h"}})[1:]
    await settled()

    assert [error_of(reply)[:2] for reply in replies] == [("h", -32800)]
    assert slow.state == "cancelled"
    slow.go.set()
    await settled()
    assert say(server)[2:] == []


async def test_what_is_cancelled_before_it_began_leaves_nothing_that_was_never_awaited(server, recwarn):
    say(server, INITIALIZE)
    slow = Slow(server)

    say(server, {"id": 1, **HOVER}, {"method": "$/cancelRequest", "params": {"id": 1}})
    await settled()
    gc.collect()

    assert [error_of(reply)[:2] for reply in say(server)[1:]] == [(1, -32800)]
    assert slow.state == "cancelled"
    slow.go.set()
    await settled()
    assert [str(warning.message) for warning in recwarn] == []


TOLD_OF_SETTINGS = {"workspace": {"didChangeConfiguration": {"dynamicRegistration": True}}}


@pytest.mark.parametrize(("capabilities", "registered"), [(TOLD_OF_SETTINGS, ["suffice"]), ({}, [])])
async def test_an_editor_that_tells_of_settings_who_asks_is_asked(server, capabilities, registered):
    say(server, {**INITIALIZE, "params": {**INITIALIZE["params"], "capabilities": capabilities}})
    say(server, {"method": "initialized", "params": {}})
    await settled()

    asked = [message for message in say(server) if message.get("method") == "client/registerCapability"]
    made = [one for message in asked for one in message["params"]["registrations"]]
    assert [one["registerOptions"]["section"] for one in made] == registered
    assert {one["method"] for one in made} <= {"workspace/didChangeConfiguration"}
    if asked:
        refusal = {"code": -32601, "message": "no"}
        say(server, {"id": asked[0]["id"], "error": refusal})
        await settled()
    assert say(server, {"id": 5, **HOVER})[-1] == {"jsonrpc": "2.0", "id": 5, "result": None}
    await server.link.stop()


async def test_a_text_that_is_opened_again_without_a_close_begins_anew(server):
    say(server, INITIALIZE)
    server.link.refusal = "nobody is asked here"
    item = {"uri": "file:///no/a.py", "languageId": "python", "text": "x = 1\n"}
    opened = {"method": "textDocument/didOpen", "params": {"textDocument": {**item, "version": 9}}}
    say(server, opened)
    older = server.documents.get(item["uri"])
    server.store.keep(Findings(older, (Found("X1", "m", Span(1, 1, 1, 2)),)))

    opened["params"]["textDocument"]["version"] = 1
    say(server, opened)
    newer = server.documents.get(item["uri"])
    server.store.keep(Findings(newer, (Found("X2", "m", Span(1, 1, 1, 2)),)))

    assert [found.rule for found in server.store.of(newer)] == ["X2"]


async def test_an_id_is_free_after_its_reply_and_not_before(server):
    say(server, INITIALIZE)
    slow = Slow(server)
    say(server, {"id": 1, **HOVER})
    await settled()

    refused = say(server, {"id": 1, **HOVER})[1:]
    slow.go.set()
    await settled()
    again = say(server, {"id": 1, **HOVER})
    await settled()

    assert [error_of(reply)[:2] for reply in refused] == [(1, -32600)]
    assert again[2:] == [{"jsonrpc": "2.0", "id": 1, "result": None}]
    assert len(say(server)) == 4


async def test_shutdown_cancels_what_is_under_way(server):
    say(server, INITIALIZE)
    slow = Slow(server)
    say(server, {"id": 1, **HOVER})
    await settled()

    say(server, {"id": 2, "method": "shutdown"})
    await settled()

    cancelled, ended = say(server)[1:]
    assert error_of(cancelled)[:2] == (1, -32800)
    assert (ended["id"], slow.state) == (2, "cancelled")


async def test_the_cancel_of_an_answered_command_stops_its_job_without_another_reply(server):
    say(server, INITIALIZE)
    ends = []

    async def run(_progress):
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    def start(_arguments, request):
        server.jobs.start(Job(key="k", about="a", title="t", run=run), request=request)

    server.rpc.protocol.fm.commands["suffice.fix"] = start
    say(server, {"id": 9, "method": "workspace/executeCommand", "params": {"command": "suffice.fix"}})
    await settled()

    replies = say(server, {"method": "$/cancelRequest", "params": {"id": 9}})
    await settled()

    assert (replies[1:], ends) == ([{"jsonrpc": "2.0", "id": 9, "result": None}], ["cancelled"])
    assert say(server) == replies


@pytest.mark.parametrize("number", [77, "unknown", None, {}, [1], True, 1.5])
def test_the_cancel_of_nothing_is_quiet(server, number, caplog):
    say(server, INITIALIZE)

    assert say(server, {"method": "$/cancelRequest", "params": {"id": number}})[1:] == []
    assert say(server, {"method": "window/workDoneProgress/cancel", "params": {"token": number}})[1:] == []
    assert "a bug" not in caplog.text


async def test_nothing_is_kept_of_a_notification(server):
    say(server, INITIALIZE)
    for version in range(50):
        named = {"uri": "file:///no.py", "version": version}
        say(server, {"method": "textDocument/didChange", "params": {"textDocument": named, "contentChanges": []}})

    assert server.rpc.protocol._request_futures == {}


@pytest.mark.parametrize(
    "response",
    [
        {"id": "u", "result": 1},
        {"id": None, "error": {"code": -32700, "message": "x"}},
        {"id": {}, "result": None},
        {"id": 1, "error": "x"},
        {"error": 5},
    ],
    ids=json.dumps,
)
def test_a_response_to_nothing_is_quiet(server, response):
    say(server, INITIALIZE)

    assert say(server, response)[1:] == []


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ({"result": {"applied": True}}, "ApplyWorkspaceEditResult"),
        ({"result": {"applied": "maybe"}}, "JsonRpcInternalError"),
        ({"result": 7}, "JsonRpcInternalError"),
        ({"error": {"code": -1, "message": "no"}}, "JsonRpcException"),
        ({"error": "no"}, "JsonRpcException"),
    ],
    ids=json.dumps,
)
async def test_a_response_of_any_form_ends_the_wait_for_it(server, response, said):
    say(server, INITIALIZE)
    params = types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit())
    waiting = asyncio.ensure_future(server.rpc.workspace_apply_edit_async(params))
    await settled()
    asked = say(server)[-1]

    say(server, {"id": asked["id"], **response})
    (result,) = await asyncio.gather(waiting, return_exceptions=True)

    assert type(result).__name__ == said


async def test_the_editor_is_told_when_nobody_waits_for_its_response_any_more(server):
    say(server, INITIALIZE)
    params = types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit())
    waiting = asyncio.ensure_future(server.rpc.workspace_apply_edit_async(params))
    await settled()

    waiting.cancel()
    await settled()

    asked, cancelled = say(server)[1:]
    assert (cancelled["method"], cancelled["params"]) == ("$/cancelRequest", {"id": asked["id"]})
    assert say(server, {"id": asked["id"], "result": {"applied": True}})[3:] == []
    assert server.rpc.protocol._request_futures == {}


def test_a_result_that_is_no_json_is_a_bug_and_not_a_silence(server):
    say(server, INITIALIZE)
    server.rpc.protocol.fm.builtin_features["textDocument/hover"] = lambda _params: {"a": float("nan")}

    (reply,) = say(server, {"id": 4, **HOVER})[1:]

    assert error_of(reply)[:2] == (4, -32603)


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
            {"id": 3, "method": "textDocument/hover", "params": {**HOVER["params"], "position": 0}},
            -32602,
            id="no place",
        ),
        pytest.param({"id": 3, **HOVER, "params": {"textDocument": {"uri": 5}}}, -32602, id="a number for a uri"),
        pytest.param({"id": 3, "method": "workspace/applyEdit", "params": {}}, -32601, id="a request of servers"),
        pytest.param({"id": 3, "method": "exit"}, -32601, id="exit as a request"),
        pytest.param({"id": 3, "method": None}, -32600, id="no method"),
        pytest.param({"id": 3}, -32600, id="nothing but an id"),
        pytest.param({"id": 3, "method": "shutdown", "jsonrpc": "1.0"}, -32600, id="another protocol"),
        pytest.param({"id": 3, **RUN, "params": {"command": "other"}}, -32602, id="an unknown command"),
        pytest.param({"id": 3, **RUN, "params": {"command": "suffice.fix"}}, -32602, id="no arguments"),
        pytest.param(
            {"id": 3, **RUN, "params": {"command": "suffice.fix", "arguments": [{"jsonrpc": "2.0"}]}},
            -32602,
            id="an argument that looks like a message",
        ),
    ],
)
def test_every_bad_request_gets_exactly_one_reply(server, message, code):
    say(server, INITIALIZE)

    replies = say(server, message)[1:]

    assert [error_of(reply)[:2] for reply in replies] == [(3, code)]


@pytest.mark.parametrize(
    "message", [None, 5, "x", [], [{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}], {}], ids=json.dumps
)
def test_a_message_that_is_no_object_is_refused(server, message):
    server.rpc.protocol.handle_message(message)

    (reply,) = server.rpc.protocol.writer
    assert error_of(reply)[:2] == (None, -32600)


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


SHAPES = [None, [], [None], [5], ["x"], [[]], [{}], [{"uri": 5}], [{"uri": "file:///no.py"}], [{"jsonrpc": "2.0"}, {}]]


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_with_arguments_of_any_shape_is_answered_and_no_bug(server, command):
    say(server, INITIALIZE)

    for number, arguments in enumerate(SHAPES, start=1):
        say(server, {"id": number, **RUN, "params": {"command": command, "arguments": arguments}})

    replies = [reply for reply in say(server)[1:] if reply.get("id") in range(1, 99) and "method" not in reply]
    assert [reply["id"] for reply in replies] == list(range(1, len(SHAPES) + 1))
    assert {reply["error"]["code"] for reply in replies if "error" in reply} <= {-32602}
    await server.jobs.stop()
    await server.link.stop()
