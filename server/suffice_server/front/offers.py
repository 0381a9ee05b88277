"""Where tasks of each kind would go, by folder: asked of the worker beforehand, so that listing is instant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Describe, Described, Offer


class Offers:
    """What the worker said last of each folder."""

    def __init__(self, link: WorkerLink) -> None:
        self._link = link
        self._of: dict[str, Mapping[str, Offer]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def of(self, root: str, kind: str) -> Offer | None:
        """Return where a task of *kind* would go, None while nobody has said so."""
        return self._of.get(root, {}).get(kind)

    def know(self, root: str) -> None:
        """Ask about the folder *root* unless it is known or being asked."""
        if root not in self._of and root not in self._asking:
            self.refresh(root)

    def refresh(self, root: str) -> None:
        """Ask anew about the folder *root*."""
        task = self._asking[root] = asyncio.create_task(self._ask(root))
        task.add_done_callback(lambda _: self._asking.pop(root, None))

    def stop(self) -> None:
        """Ask no more."""
        for task in list(self._asking.values()):
            task.cancel()

    async def _ask(self, root: str) -> None:
        try:
            answer = await self._link.ask(Describe(self._link.next_id(), root))
        except WorkerEnded:
            return  # the link has told the user
        if isinstance(answer, Described):
            self._of[root] = answer.offers
