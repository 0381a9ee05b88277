"""Everything that is kept in one store, opened together."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from suffice.state.cache import Cache
from suffice.state.health import Health
from suffice.state.ledger import Ledger
from suffice.state.memory import Memory
from suffice.state.store import IN_MEMORY, Store

if TYPE_CHECKING:
    from suffice.index.known import KnownSymbols


class Storage:
    """The ledger, the cache, the breakers and the memory in the store at *path*; without one, remembered nowhere."""

    def __init__(self, path: Path | str = IN_MEMORY) -> None:
        self.store = Store(path)
        self.ledger = Ledger(self.store)
        self.cache = Cache(self.store)
        self.health = Health(self.store)
        self.memory = Memory(self.store)

    @cached_property
    def symbols(self) -> KnownSymbols:
        """What files define and use, by the version of the file."""
        from suffice.index.known import KnownSymbols

        return KnownSymbols(self.store)

    def close(self) -> None:
        """Close the file."""
        self.store.close()
