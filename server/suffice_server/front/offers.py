"""Where tasks of each kind would go, by folder: asked of the worker beforehand, so that listing is instant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping

from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Describe, Described
from suffice_server.values import Offer

_SOON_S = 0.5
"""How long to wait for more of what changes the offers: a task settles each of its calls."""


_NO_KEY = "no key"
"""How the worker's refusal begins when no provider has a key."""


class Offers:
    """What the worker said last of each folder. *on_change* hears when that is something else than before.

    *on_moved* hears of a folder whose diagnostics would now go elsewhere, or nowhere: theirs came with the last lint.
    """

    def __init__(
        self,
        link: WorkerLink,
        *,
        on_change: Callable[[], None] = lambda: None,
        on_moved: Callable[[str], None] = lambda _root: None,
    ) -> None:
        self._link = link
        self._on_change = on_change
        self._on_moved = on_moved
        self._of: dict[str, Mapping[str, Offer]] = {}
        self._doubted: set[str] = set()
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopped = False

    def of(self, root: str, kind: str) -> Offer | None:
        """Return where a task of *kind* would go, None while nobody has said so."""
        return self._of.get(root, {}).get(kind)

    def roots(self) -> tuple[str, ...]:
        """Return the folders of which something is known."""
        return tuple(self._of)

    @property
    def has_key(self) -> bool:
        """Whether a model can be asked in some folder, as far as is known."""
        refusals = [offer.refused for offers in self._of.values() for offer in offers.values() if not offer.free]
        return not refusals or not all((refused or "").startswith(_NO_KEY) for refused in refusals)

    def know(self, root: str) -> None:
        """Ask about the folder *root* unless it is known or being asked, or the worker keeps dying."""
        is_known = root in self._of and root not in self._doubted
        if not is_known and root not in self._asking and not self._link.keeps_dying:
            self.refresh(root)

    def refresh(self, root: str) -> None:
        """Ask anew about the folder *root*."""
        older = self._asking.get(root)
        if older is not None:
            older.cancel()
        task = self._asking[root] = asyncio.create_task(self._ask(root))
        task.add_done_callback(lambda ended: self._end(root, ended))

    def refresh_soon(self) -> None:
        """Ask anew about all folders, once it is quiet: a task has ended, or money was spent."""
        if self._is_stopped:
            return  # the end of a job at the very end would start a new worker
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_SOON_S, self.refresh_all)

    def refresh_all(self) -> None:
        """Ask anew about all folders: the settings have changed."""
        self._timer = None
        for root in [] if self._link.keeps_dying else self._of:
            self.refresh(root)

    def doubt(self) -> None:
        """Take note that the worker died: what it said stands until the next one is asked."""
        self._doubted.update(self._of)

    def keep_only(self, roots: Collection[str]) -> None:
        """Forget the folders that are not among *roots*."""
        for root in self._of.keys() - set(roots):
            del self._of[root]
        self._doubted.intersection_update(roots)

    def stop(self) -> None:
        """Ask no more."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._asking.values()):
            task.cancel()

    def _end(self, root: str, task: asyncio.Task[None]) -> None:
        if self._asking.get(root) is task:
            del self._asking[root]

    async def _ask(self, root: str) -> None:
        try:
            answer = await self._link.ask(Describe(self._link.next_id(), root))
        except WorkerEnded:
            return  # the link has told the user
        if isinstance(answer, Described):
            self._doubted.discard(root)
            before, self._of[root] = self._of.get(root), answer.offers
            if before != answer.offers:
                self._on_change()
            if before is not None and _way(before) != _way(answer.offers):
                self._on_moved(root)


def _way(offers: Mapping[str, Offer]) -> tuple[str, str | None] | None:
    """Return where a diagnostic goes for which the linter has no fix, and why not, whatever it costs."""
    offer = offers.get("lint-fix")
    return offer and (offer.lane, offer.refused)
