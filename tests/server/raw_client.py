"""A client that says anything: bytes and JSON as they are, with every reply kept that ever came."""

import asyncio
import json
import os
import sysconfig
import time
from collections import defaultdict
from pathlib import Path

SERVER = [str(Path(sysconfig.get_path("scripts"), "suffice")), "lsp"]
PATIENCE_S = 20


def without_key(folder):
    """Return the variables of a server that can ask nobody, and keeps its state in *folder*."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "SUFFICE_STATE_DIR": str(folder)}


def frame(message):
    """Return *message* with its header; bytes stay as they are."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def request(number, method, params=None):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def notification(method, params=None):
    return {"jsonrpc": "2.0", "method": method, "params": params}


class RawClient:
    """One server and what it said: `replies` by id, `said` by method, and `slowest_s` of all waits for a reply."""

    def __init__(self, process):
        self.process = process
        self.replies = defaultdict(list)
        self.said = defaultdict(list)
        self.answer = lambda message: {"result": None}
        self.slowest_s = 0.0
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command, variables, **more):
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, env=variables, limit=2**26, **more
        )
        return cls(process)

    def send(self, *messages):
        for message in messages:
            self.process.stdin.write(frame(message))

    def send_raw(self, data):
        self.process.stdin.write(data)

    async def ask(self, number, method, params=None):
        """Return the next reply to *number*."""
        return await self.reply_to(request(number, method, params), number)

    async def reply_to(self, message, number):
        """Send *message* and return the next reply with the id *number*."""
        known, began = len(self.replies[number]), time.monotonic()
        self.send(message)
        replies = await self.until(lambda: self.replies[number][known:])
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return replies[0]

    async def until(self, condition, within_s=PATIENCE_S):
        """Wait until *condition* gives something of what was said, and return it."""
        async with asyncio.timeout(within_s):
            while not (found := condition()):
                assert not self._reading.done(), "the server has left"
                self._news.clear()
                await self._news.wait()
        return found

    async def begin(self, capabilities=None, **params):
        """Initialize, and return what the server can do."""
        fields = {"processId": None, "rootUri": None, "capabilities": capabilities or {}, **params}
        reply = await self.ask("begin", "initialize", fields)
        self.send(notification("initialized", {}))
        return reply["result"]["capabilities"]

    async def end(self):
        """Say goodbye and return the exit code."""
        await self.ask("end", "shutdown")
        self.send(notification("exit"))
        return await self.ended()

    async def ended(self):
        async with asyncio.timeout(PATIENCE_S):
            code = await self.process.wait()
            await self._reading
        return code

    async def _read(self):
        while (header := await self.process.stdout.readline()).strip():
            length = int(header.lower().removeprefix(b"content-length:"))
            await self.process.stdout.readexactly(len(b"\r\n"))
            self._take(json.loads(await self.process.stdout.readexactly(length)))
            self._news.set()
        asyncio.get_running_loop().call_soon(self._news.set)

    def _take(self, message):
        if "method" not in message:
            self.replies[message["id"]].append(message)
            return
        self.said[message["method"]].append(message.get("params"))
        if "id" in message and (answer := self.answer(message)) is not None:
            self.send({"jsonrpc": "2.0", "id": message["id"], **answer})
