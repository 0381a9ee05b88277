"""Thousands of damaged requests at a real server: each gets exactly one reply, and the server is none the worse.

FUZZ_REQUESTS=10000 makes it long, FUZZ_SEED another run.
"""

import asyncio
import copy
import json
import os
import random
from urllib.parse import quote

import pytest
import pytest_asyncio
from lsprotocol import types
from raw_client import PATIENCE_S, SERVER, RawClient, notification, request, without_key

from suffice_server.capabilities import COMMANDS

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
HANGS_S = 1.0 if "FUZZ_REQUESTS" in os.environ else PATIENCE_S  # beside other tests a second can pass
BUG = -32603
CANCELLED = -32800

POSITION = {"line": 0, "character": 3}
RANGE = {"start": {"line": 0, "character": 0}, "end": POSITION}
DIAGNOSTIC = {"range": RANGE, "message": "unused", "source": "ruff", "code": "F401", "severity": 2, "data": {"a": [1]}}
DIRECTIONS = types.METHOD_TO_TYPES
KNOWN = [m for m, (_, reply, _, _) in DIRECTIONS.items() if reply is not None and m != "shutdown"]

HOSTILE = [
    None,
    True,
    -1,
    0.5,
    2**31,
    10**40,
    1e308,
    "",
    "x" * 70_000,
    "\ud800",
    "\0",
    "file:///\0",
    "file:///../../etc/passwd",
    "file:///" + "a" * 5000,
    "file://[",
    "%ff%00",
    [],
    {},
    [[[[]]]],
    json.loads("[" * 250 + "]" * 250),  # three in one another: as deep as this client can write
    {"jsonrpc": "2.0", "id": 3, "method": "exit"},
    {"type_name": "no identifier", "class": 1},
]


def sound(method, uri):
    """Return params of *method* that have the right form, as far as it has one."""
    document = {"uri": uri}
    fields = {"textDocument": document, "position": POSITION, "range": RANGE}
    special = {
        "textDocument/codeAction": {**fields, "context": {"diagnostics": [DIAGNOSTIC], "only": ["quickfix"]}},
        "codeAction/resolve": {"title": "Fix", "kind": "quickfix.suffice", "data": {"uri": uri, "version": 1}},
        "initialize": {"processId": 1, "rootUri": uri, "capabilities": {"general": {"positionEncodings": ["utf-8"]}}},
    }
    return special.get(method, fields)


def command(dice, uri):
    argument = {
        "uri": uri,
        "version": 1,
        "rule": "F401",
        "message": "m",
        "range": RANGE,
        "instruction": "",
        "free": True,
    }
    argument["span"] = {"start_line": 1, "start_column": 1, "end_line": 1, "end_column": 4}
    return {"command": dice.choice([*COMMANDS, "other"]), "arguments": [argument]}


def damaged(dice, value):
    """Return *value* with one to three places deleted or replaced."""
    whole = {"": copy.deepcopy(value)}
    for _ in range(dice.randint(1, 3)):
        holder, key = dice.choice(list(_places(whole)))
        if dice.random() < 0.3 and holder is not whole:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(dice.choice(HOSTILE))
    return whole[""]


def _places(value):
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def a_request(dice, number, uri):
    """Return a request that is wrong somewhere in its params."""
    likely = ["textDocument/codeAction", "workspace/executeCommand", "codeAction/resolve", "textDocument/hover"]
    method = dice.choice([*likely, *likely, dice.choice(KNOWN), "no/such"])
    params = command(dice, uri) if method == "workspace/executeCommand" else sound(method, uri)
    return request(number, method, damaged(dice, params))


def a_notification(dice, uri):
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"range": RANGE, "text": "y"}]}
    opened = {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": "import os\n"}}
    sound_ones = {
        "textDocument/didOpen": opened,
        "textDocument/didChange": change,
        "textDocument/didSave": {"textDocument": {"uri": uri}},
        "textDocument/didClose": {"textDocument": {"uri": uri}},
        "workspace/didChangeConfiguration": {"settings": {"suffice": {}}},
        "workspace/didChangeWorkspaceFolders": {"event": {"added": [{"uri": uri, "name": "a"}], "removed": []}},
        "workspace/didChangeWatchedFiles": {"changes": [{"uri": uri, "type": 2}]},
        "window/workDoneProgress/cancel": {"token": "t"},
        "$/cancelRequest": {"id": 1},
        "$/setTrace": {"value": "verbose"},
        "notebookDocument/didOpen": opened,
    }
    method = dice.choice(list(sound_ones))
    return notification(method, damaged(dice, sound_ones[method]))


async def test_every_damaged_request_gets_exactly_one_reply(tmp_path):
    dice = random.Random(SEED)
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "ruff.toml").write_text('lint.select = ["F"]\n', "utf-8")
    with (tmp_path / "log").open("wb") as log:
        client = await RawClient.start(SERVER, without_key(tmp_path / "state"), stderr=log)
    await client.begin(rootUri=folder.as_uri())
    await client.ask("loaded", "textDocument/codeAction")
    client.slowest_s = 0.0
    uris = [(folder / f"{n}.py").as_uri() for n in range(3)]

    for number in range(REQUESTS):
        uri = dice.choice(uris)
        if dice.random() < 0.3:
            client.send(a_notification(dice, uri))
        asked = a_request(dice, number, uri)
        reply = await client.reply_to(asked, number)
        assert ("result" in reply) != ("error" in reply), asked
        assert reply.get("error", {}).get("code") != BUG, asked

    print(f"{REQUESTS} requests, the slowest reply after {client.slowest_s * 1000:.0f} ms")
    await works_well(client, folder)
    assert client.slowest_s < HANGS_S
    assert {number: len(replies) for number, replies in client.replies.items() if len(replies) != 1} == {}
    assert [m for m in client.said["window/showMessage"] if "bug" in m["message"]] == []
    assert await client.end() == 0
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")
    assert "a bug" not in (tmp_path / "log").read_text("utf-8")


async def test_a_burst_of_requests_and_cancels_gets_exactly_one_reply_each(tmp_path):
    dice = random.Random(SEED)
    (tmp_path / "ruff.toml").write_text('lint.select = ["F"]\n', "utf-8")
    client = await RawClient.start(SERVER, without_key(tmp_path / "state"), stderr=asyncio.subprocess.DEVNULL)
    await client.begin({"textDocument": {"diagnostic": {}}}, rootUri=tmp_path.as_uri())
    uri = (tmp_path / "a.py").as_uri()
    opened = {"uri": uri, "languageId": "python", "version": 1, "text": "import os\n"}
    client.send(notification("textDocument/didOpen", {"textDocument": opened}))
    methods = ["textDocument/diagnostic", "textDocument/diagnostic", "textDocument/codeAction", "textDocument/hover"]

    for number in range(REQUESTS):
        method = dice.choice(methods)
        client.send(request(number, method, sound(method, uri)))
        if dice.random() < 0.5:
            client.send(notification("$/cancelRequest", {"id": dice.randint(max(0, number - 3), number)}))
    await client.until(lambda: len(client.replies) > REQUESTS)

    await client.end()
    assert {number: len(replies) for number, replies in client.replies.items() if len(replies) != 1} == {}
    codes = {reply["error"]["code"] for (reply,) in client.replies.values() if "error" in reply}
    assert codes == {CANCELLED}


async def works_well(client, folder):
    """Assert that an honest user is served."""
    uri = (folder / quote("the end.py")).as_uri()
    opened = {"uri": uri, "languageId": "python", "version": 1, "text": "import sys\n"}
    client.send(notification("textDocument/didOpen", {"textDocument": opened}))
    named = client.said["textDocument/publishDiagnostics"]
    await client.until(lambda: any(p["uri"] == uri and p["diagnostics"] for p in named))
    params = {"textDocument": {"uri": uri}, "range": RANGE, "context": {"diagnostics": []}}
    reply = await client.ask("sound", "textDocument/codeAction", params)
    assert "Fix F401 with ruff, free" in [action["title"] for action in reply["result"]]


WRONG = [
    ({"id": None}, None),
    ({"id": 1.5}, None),
    ({"id": {}}, None),
    ({"id": [1]}, None),
    ({"id": True}, None),
    ({"id": 10**25}, 10**25),
    ({"id": ""}, ""),
    ({"id": "\ud800"}, "\ud800"),
    ({"jsonrpc": "1.0"}, 5),
    ({"jsonrpc": None}, 5),
    ({"method": None}, 5),
    ({"method": ["exit"]}, 5),
    ({"method": "exit"}, 5),
    ({"method": "$/cancelRequest"}, 5),
    ({"params": 7}, 5),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("change", "number"), WRONG, ids=[json.dumps(change) for change, _ in WRONG])
async def test_a_wrong_envelope_gets_exactly_one_error(shared_raw, change, number):
    shared_raw.replies.clear()

    reply = await shared_raw.reply_to({**request(5, "textDocument/codeAction", {}), **change}, number)
    await shared_raw.ask("after", "textDocument/codeAction", {})

    assert set(reply) == {"jsonrpc", "id", "error"}
    assert {key: len(replies) for key, replies in shared_raw.replies.items() if replies} == {number: 1, "after": 1}


DEEP = b'{"jsonrpc":"2.0","id":5,"method":"a","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
SOUND = json.dumps(request(5, "textDocument/codeAction", {})).encode("ascii")
FRAMES = {
    "deep nesting": (b"Content-Length: %d\r\n\r\n%b" % (len(DEEP), DEEP), 5),
    "a batch": (b"Content-Length: %d\r\n\r\n[%b]" % (len(SOUND) + 2, SOUND), None),
    "no JSON": (b"Content-Length: 5\r\n\r\n{abc}", None),
    "nothing": (b"Content-Length: 0\r\n\r\n", None),
    "no UTF-8": (b"Content-Length: %d\r\n\r\n%b" % (len(SOUND), SOUND.replace(b"textD", b"\xff\xfe\x80\xc0D")), 5),
    "too short a length": (b"Content-Length: %d\r\n\r\n%b" % (len(SOUND) - 9, SOUND), 5),
    "too long a length": (b"Content-Length: %d\r\n\r\n%b" % (len(SOUND) + 30, SOUND), 5),
    "lower case": (b"content-length:%d\r\n\r\n%b" % (len(SOUND), SOUND), 5),
    "line feeds": (b"Content-Length: %d\n\n%b" % (len(SOUND), SOUND), 5),
    "two headers": (b"Content-Type: a/b; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (len(SOUND), SOUND), 5),
    "a huge number": (
        b"Content-Length: %d\r\n\r\n%b" % (5029, b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"a":1}'),
        None,
    ),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("data", "number"), FRAMES.values(), ids=FRAMES)
async def test_a_wrong_frame_costs_no_more_than_its_own_message(shared_raw, data, number):
    shared_raw.replies.clear()

    shared_raw.send_raw(data)
    replies = [await shared_raw.ask(n, "textDocument/codeAction", {}) for n in ("one", "two")]

    assert [reply["error"]["code"] for reply in replies] == [-32602, -32602]
    counts = {key: len(found) for key, found in shared_raw.replies.items() if found}
    assert counts == {number: 1, "one": 1, "two": 1}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_missing_length_loses_that_message_alone(shared_raw):
    shared_raw.replies.clear()

    shared_raw.send_raw(b"Content-Length: nine\r\n\r\n" + SOUND)
    await shared_raw.ask("after", "textDocument/codeAction", {})

    assert {key for key, found in shared_raw.replies.items() if found} == {"after"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_raw(tmp_path_factory):
    one = await RawClient.start(SERVER, without_key(tmp_path_factory.mktemp("raw")), stderr=asyncio.subprocess.DEVNULL)
    await one.begin()
    yield one
    await one.end()
