"""A provider that is connected, and its SDK imported, at its first question: a free fix needs neither."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping

from suffice.providers.connect import connect
from suffice.providers.reply import NoReply, Provider, Reply, Request


class WhenAsked:
    """The provider *name*, by the keys and addresses of *environment*."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._connecting = asyncio.Lock()
        self._provider: Provider | None = None

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none. Raises ProviderError."""
        async with self._connecting:
            if self._provider is None:
                self._provider = await asyncio.to_thread(_connected, self._name, self._environment)
        return await self._provider.ask(request)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._provider is not None:
            await self._provider.close()


def _connected(name: str, environment: Mapping[str, str]) -> Provider:
    """Connect without looking for garbage meanwhile: an SDK is many objects, and all of them stay."""
    gc.disable()
    try:
        return connect(name, environment)
    finally:
        gc.freeze()
        gc.enable()
