"""The progress of one job: the work never waits for it, and each that the editor agrees to show comes to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException


class Progress:
    """A progress with *title*. `token` is None where nothing is shown.

    *create* asks the editor for one and *notify* sends what happens; until it has agreed, the newest report waits.
    """

    def __init__(
        self,
        title: str,
        *,
        token: str | None,
        create: Callable[[str], Awaitable[None]],
        notify: Callable[[str, Any], None],
    ) -> None:
        self.token = token
        self._title = title
        self._create = create
        self._notify = notify
        self._begun = False
        self._newest: str | None = None
        self._ended: str | None = None
        self._creating = None if token is None else asyncio.create_task(self._begin(token))

    async def _begin(self, token: str) -> None:
        try:
            await self._create(token)
        except JsonRpcException:
            return
        self._begun = True
        self._notify(token, types.WorkDoneProgressBegin(title=self._title, cancellable=True))
        if self._newest is not None:
            self._notify(token, types.WorkDoneProgressReport(message=self._newest))
        if self._ended is not None:
            self._notify(token, types.WorkDoneProgressEnd(message=self._ended))

    def report(self, message: str) -> None:
        """Say what happens now."""
        self._newest = message
        if self._begun and self._ended is None and self.token is not None:
            self._notify(self.token, types.WorkDoneProgressReport(message=message))

    def end(self, message: str) -> None:
        """Say how it ended; the first word on that holds."""
        if self._ended is None:
            self._ended = message
            if self._begun and self.token is not None:
                self._notify(self.token, types.WorkDoneProgressEnd(message=message))

    def abandon(self) -> None:
        """Wait no longer for the editor to agree: the server stops."""
        if self._creating is not None:
            self._creating.cancel()
