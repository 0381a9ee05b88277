"""A provider that takes each question and never answers; it knows who hung up."""

import asyncio
from contextlib import suppress


class Hanging:
    """`asked` is how many questions came, `gone` how many of those who asked have closed their connection since."""

    def __init__(self):
        self.asked = 0
        self.gone = 0

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.anthropic_base_url = f"http://{host}:{port}"
        self.openai_base_url = f"{self.anthropic_base_url}/v1"
        return self

    async def stop(self):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
            self.asked += 1
            with suppress(ConnectionError):
                await reader.read()
            self.gone += 1
        writer.close()
