"""Symbols by blob: what was parsed once, here or in an earlier run, is parsed no more.

    KnownSymbols(store=None)   .of(file) -> Symbols   .has(file) -> bool   .keep()

What a file with a secret in it defines is not stored: its headers are its own lines.

The store is a convenience: without one, or when it cannot be written, all is as before, only slower.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from suffice.errors import StorageError
from suffice.index.language import dialect, symbols_in
from suffice.index.symbols import Symbols, read, written
from suffice.privacy import redact
from suffice.snapshot import SourceFile
from suffice.state.store import Store

MOST_NAMES = 1_000_000
"""What stays in memory, 100 to 200 bytes each: those of a few thousand files. One hostile file may have 200,000."""

LARGEST_ENTRY_BYTES = 512 * 1024
LARGEST_BYTES = 48 * 1024 * 1024
"""About 8,000 files."""

_LEFT_BYTES = LARGEST_BYTES // 4 * 3


class KnownSymbols:
    """The symbols of all blobs that were met, for any thread. `parsed` counts the texts that had to be parsed here."""

    def __init__(self, store: Store | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.parsed = 0
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._memory: OrderedDict[str, Symbols] = OrderedDict()
        self._names = 0
        self._new: dict[str, str] = {}

    def has(self, file: SourceFile) -> bool:
        """Whether the symbols of *file* are there without parsing it."""
        return self._found(_key(file)) is not None

    def of(self, file: SourceFile) -> Symbols:
        """Return the symbols of *file*."""
        key = _key(file)
        found = self._found(key)
        if found is None:
            found = symbols_in(file.text, file.path)
            body = "" if self._store is None or redact(file.text).secrets else written(found)
            self._remember(key, found)
            with self._lock:
                self.parsed += 1
                if body and len(body) <= LARGEST_ENTRY_BYTES:
                    self._new[key] = body
        return found

    def keep(self) -> None:
        """Write what is new to the store, all at once; the oldest go when it is too much."""
        with self._lock:
            new, self._new = self._new, {}
        if self._store is None or not new:
            return
        now = self._clock()
        rows = [(key, now, len(body), body) for key, body in new.items()]
        with suppress(StorageError), self._store.transaction():
            for row in rows:
                self._store.execute("INSERT OR REPLACE INTO symbols (key, at, bytes, body) VALUES (?, ?, ?, ?)", row)
            _evict(self._store)

    def _found(self, key: str) -> Symbols | None:
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
        if self._store is None:
            return None
        try:
            rows = self._store.rows("SELECT body FROM symbols WHERE key = ?", (key,))
        except StorageError:
            return None
        found = read(rows[0]["body"]) if rows else None
        if found is not None:
            self._remember(key, found)
        return found

    def _remember(self, key: str, symbols: Symbols) -> None:
        with self._lock:
            if key not in self._memory:
                self._memory[key] = symbols
                self._names += symbols.size
            while self._names > MOST_NAMES:
                self._names -= self._memory.popitem(last=False)[1].size


def _evict(store: Store) -> None:
    """Let the oldest go; called in a transaction."""
    (row,) = store.rows("SELECT TOTAL(bytes) AS bytes FROM symbols")
    if row["bytes"] > LARGEST_BYTES:
        newest_first = "SELECT key, SUM(bytes) OVER (ORDER BY at DESC, key) AS running FROM symbols"
        sql = f"DELETE FROM symbols WHERE key IN (SELECT key FROM ({newest_first}) WHERE running > ?)"  # noqa: S608
        store.execute(sql, (_LEFT_BYTES,))


def _key(file: SourceFile) -> str:
    return f"{dialect(file.path)} {file.blob_sha}"
