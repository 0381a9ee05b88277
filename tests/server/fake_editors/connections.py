"""The two ways in which a server is reached: its own process, or the front in this one.

Both hand each message on as it was parsed, in its order, and keep what the server logs.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

from suffice_server.front.server import Server

PATIENCE_S = 20
SETTLE_S = 0.15
"""How long the front waits for what an editor says that it has done: some lie, and each lie costs a test that long."""


class Spawned:
    """A server in a process of its own, over its standard streams."""

    def __init__(self, command, variables):
        self.log = []
        self._command = command
        self._variables = variables
        self._tasks = []

    async def start(self, take):
        self.process = await asyncio.create_subprocess_exec(
            *self._command, env=self._variables, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=2**26
        )
        self._tasks = [asyncio.create_task(self._read(take)), asyncio.create_task(self._listen())]

    async def _read(self, take):
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await self.process.stdout.readuntil(b"\r\n\r\n")
                (size,) = (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
                take(json.loads(await self.process.stdout.readexactly(size)))

    async def _listen(self):
        while line := await self.process.stderr.readline():
            self.log.append(line.decode().rstrip())

    def send(self, message):
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    @property
    def children(self):
        """Its own processes, by id."""
        return descendants(self.process.pid)

    async def stop(self):
        """Wait for its end, and say what is wrong with that."""
        left = self.children
        try:
            code = await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        except TimeoutError:
            self.process.kill()
            return ["the server did not end"]
        await asyncio.gather(*self._tasks)
        faults = [] if code == 0 else [f"the server ended with {code}"]
        return faults + await _alive_after_a_while(left)


async def _alive_after_a_while(numbers):
    """Return which of the processes stay."""
    for _ in range(100):
        alive = [number for number in numbers if _is_alive(number)]
        if not alive:
            return []
        await asyncio.sleep(0.02)
    for number in alive:
        os.kill(number, signal.SIGKILL)
    return [f"{len(alive)} processes were left behind"]


def _is_alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(number):
    """Return the ids of the processes below *number*."""
    try:
        own = [int(child) for child in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
    except OSError:
        return []
    return own + [below for child in own for below in descendants(child)]


class Here:
    """The front in this process; its worker is a pipe to *address*, where the test serves (see `workers`)."""

    def __init__(self, address):
        self.log = []
        pump = Path(__file__).with_name("pump.py")
        self.server = Server(worker_command=[sys.executable, "-I", "-S", str(pump), address])
        self.server.delivery._settle_s = SETTLE_S
        self._handler = _Listed(self.log)

    async def start(self, take):
        self._loop = asyncio.get_running_loop()
        self._take = take
        self.server.rpc.protocol.set_writer(self)
        logging.getLogger().addHandler(self._handler)

    def write(self, data):
        """Take what the server writes."""
        self._loop.call_soon(self._take, json.loads(data.partition(b"\r\n\r\n")[2]))

    def close(self):
        """Nothing is to be closed."""

    def send(self, message):
        self._loop.call_soon(self.server.rpc.protocol.handle_message, json.loads(json.dumps(message)))

    async def stop(self):
        """Say what is wrong with its end."""
        logging.getLogger().removeHandler(self._handler)
        return []


class _Listed(logging.Handler):
    def __init__(self, log):
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record):
        if record.name.startswith("suffice"):
            self._log.append(f"{record.name}: {record.getMessage()}")
