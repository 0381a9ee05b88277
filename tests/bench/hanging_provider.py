"""A provider that takes every request and never answers; says when each came and when its connection ended.

Each line on standard output is `asked` or `closed` and the time of time.perf_counter, which on Linux is the same for
all processes; the first is its address. It ends when its standard input does.
"""

import asyncio
import sys
import time
from contextlib import suppress


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a request to its end and the connection to its end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
    except asyncio.IncompleteReadError:
        return  # a connection that was never used
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    await reader.readexactly(length)
    say("asked")
    with suppress(ConnectionError):
        await reader.read()
    say("closed")
    writer.close()


def say(what: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{what} {time.perf_counter()}\n")
    sys.stdout.flush()


async def main() -> None:
    """Serve until standard input ends."""
    server = await asyncio.start_server(hang, "127.0.0.1", 0, backlog=256)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
