"""The start and the end of a real server process, over its pipes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from raw_client import PATIENCE_S, SERVER, RawClient, frame, notification, request, without_key

from suffice_server.capabilities import initialize_reply

PARAMS = {"processId": None, "rootUri": None, "capabilities": {"general": {"positionEncodings": ["utf-32"]}}}
ASKED = {"textDocument": {"uri": "file:///no.py"}, "range": {"start": {"line": 0, "character": 0}}, "context": {}}
ASKED = {**ASKED, "range": {**ASKED["range"], "end": {"line": 0, "character": 1}}, "context": {"diagnostics": []}}


@pytest_asyncio.fixture
async def client(tmp_path):
    one = await RawClient.start(SERVER, without_key(tmp_path), stderr=asyncio.subprocess.PIPE)
    yield one
    if one.process.returncode is None:
        one.process.kill()
    await one.ended()


def only(client):
    return {number: len(replies) for number, replies in client.replies.items() if replies}


async def test_initialize_is_answered_once_and_nothing_that_follows_is_lost(client):
    first = request(1, "initialize", PARAMS)
    client.send(first, notification("initialized", {}), request(2, "textDocument/codeAction", ASKED))

    await client.until(lambda: client.replies[2])

    assert client.replies == {1: [initialize_reply(first)], 2: [{"jsonrpc": "2.0", "id": 2, "result": []}]}
    assert await client.end() == 0


def test_the_answer_comes_before_anything_is_loaded(tmp_path):
    """A server that cannot import pygls answers nevertheless."""
    code = (
        "import sys; sys.modules['pygls'] = sys.modules['lsprotocol'] = sys.modules['asyncio'] = None\n"
        "from suffice_server.start import serve_stdio; serve_stdio()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        input=frame(request(1, "initialize", PARAMS)),
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert json.loads(done.stdout.partition(b"\r\n\r\n")[2]) == initialize_reply(request(1, "initialize", PARAMS))
    assert b"ModuleNotFoundError" in done.stderr


async def test_what_comes_first_is_anything(client):
    client.send(b"{", [], request("a", "shutdown"), notification("initialized", {}))
    client.send(request("b", "initialize"), request("c", "initialize", {}), request("d", "initialize", {}))

    await client.until(lambda: client.replies["d"])

    codes = {key: [r.get("error", {}).get("code") for r in found] for key, found in client.replies.items()}
    assert codes == {None: [-32700, -32600], "a": [-32002], "b": [-32602], "c": [None], "d": [-32600]}


async def test_exit_without_shutdown_is_a_failure(client):
    client.send(request(1, "initialize", PARAMS), notification("exit"))

    assert await client.ended() == 1


async def test_exit_before_initialize_is_one_too(client):
    client.send(notification("exit"))

    assert await client.ended() == 1


@pytest.mark.parametrize("sent", [b"", b"Content-Length: 90\r\n\r\n{", frame(request(1, "initialize", PARAMS))])
async def test_it_ends_with_its_input(client, sent):
    client.send_raw(sent)
    client.process.stdin.close()

    assert await client.ended() == 1


async def test_it_ends_quietly_when_nobody_reads_any_more(tmp_path):
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *SERVER,
        stdin=asyncio.subprocess.PIPE,
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        env=without_key(tmp_path),
    )
    os.close(writing)
    os.close(reading)
    process.stdin.write(frame(request(1, "initialize", PARAMS)))

    async with asyncio.timeout(PATIENCE_S):
        _, log = await process.communicate()
    assert (process.returncode, log) == (1, b"")


@pytest.mark.slow
@pytest.mark.parametrize("says_goodbye", [True, False])
async def test_it_ends_though_its_editor_reads_nothing_of_what_it_is_sent(tmp_path, says_goodbye):
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *SERVER, stdin=asyncio.subprocess.PIPE, stdout=writing, env=without_key(tmp_path)
    )
    os.close(writing)
    process.stdin.write(frame(request(1, "initialize", PARAMS)))
    for number in range(2000):  # more errors than the pipe holds
        process.stdin.write(frame(request(number, "no/such")))

    if says_goodbye:
        process.stdin.write(frame(notification("exit")))
    else:
        process.stdin.close()
    async with asyncio.timeout(PATIENCE_S):
        await process.wait()
    os.close(reading)

    assert process.returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the worker in /proc")
async def test_it_ends_with_the_process_of_its_client(client):
    """Even where somebody else holds the other end of its input open."""
    editor = await asyncio.create_subprocess_exec("sleep", "60")
    await client.begin(processId=editor.pid)
    worker = await worker_of(client)

    editor.kill()
    await editor.wait()

    assert await client.ended() == 1
    assert not is_running(worker)


async def test_a_client_that_cannot_be_seen_is_not_taken_for_dead(client):
    await client.begin(processId=2**31 - 1)
    await asyncio.sleep(0.6)  # longer than the server's look at its client takes

    assert (await client.ask(2, "textDocument/codeAction", ASKED))["result"] == []
    assert await client.end() == 0


async def test_a_broken_change_closes_its_document(client):
    uri = "untitled:a.py"
    await client.begin()
    item = {"uri": uri, "languageId": "python", "version": 1, "text": "x = 1\n"}
    client.send(notification("textDocument/didOpen", {"textDocument": item}))
    changes = [{"range": {"start": {"line": -1}}, "text": "y"}]
    client.send(
        notification("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes})
    )
    await client.ask(2, "textDocument/codeAction", ASKED)

    assert client.said["textDocument/publishDiagnostics"][-1] == {"uri": uri, "diagnostics": []}
    assert await client.end() == 0


async def test_nothing_of_the_text_is_logged_and_no_method_of_the_client_either(client):
    await client.begin()
    secret = {"uri": "file:///s3cret.py", "languageId": "python", "version": 1, "text": 'TOKEN = "s3cret"'}
    client.send(notification("textDocument/didOpen", {"textDocument": {**secret, "version": "s3cret"}}))
    client.send(request(2, "workspace/executeCommand", {"command": "suffice.fix", "arguments": [secret]}))
    client.send(request(3, "s3cret/method", secret), request(4, "textDocument/codeAction", secret))
    client.send(b'{"s3cret"', {"id": 5, "s3cret": 1}, notification("s3cret", secret))
    await client.end()

    assert b"s3cret" not in await client.process.stderr.read()
    assert "s3cret" not in json.dumps([client.replies, client.said], default=str)


async def worker_of(client):
    """Return the process id of the only child of the server, once it has one."""
    children = Path(f"/proc/{client.process.pid}/task/{client.process.pid}/children")
    async with asyncio.timeout(PATIENCE_S):
        while not (found := children.read_text("ascii").split()):  # noqa: ASYNC110, ASYNC240 - another process, no disk
            await asyncio.sleep(0.05)
    return int(found[0])


def is_running(pid):
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    return True
