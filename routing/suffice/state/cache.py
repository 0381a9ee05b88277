"""Results that were paid for once: it holds only results the checker has looked at.

    Cache(store, clock=time.time)   .get(key) -> Cached | None   .put(key, cached, kind=, lane=, model=)
                                    .stats() -> CacheStats       .clear() -> int
    cache_key(CacheParts.of(request, prompt_version=, address=)) -> str

A negative is a result that did not suffice: kept too, since the same question need not be paid twice to fail twice.
A row is sealed: one that is not as it was written, whatever happened to the file, counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from suffice import __version__
from suffice.providers.reply import Request
from suffice.state.store import Store

_DAY_S = 86_400.0

LONGEST_AGE_S = 30 * _DAY_S
"""A good result is checked again wherever it is used, so its age only bounds what lies on the disk."""

LONGEST_NEGATIVE_AGE_S = 7 * _DAY_S
"""Replies differ from call to call: of failures, a rerun of the same model rescues one in six. A week later that is
worth its price again."""

LARGEST_BYTES = 64 * 1024 * 1024
"""About 16,000 results of 4 KiB: months of one developer."""

_LEFT_BYTES = LARGEST_BYTES // 8 * 7
"""What is left when it was too large: enough is evicted that not every later result has to evict again."""

LARGEST_ENTRY_BYTES = 1024 * 1024
"""No reply within the token limits is as long; what is must not displace hundreds of others."""


class CacheParts(NamedTuple):
    """All that can change an output; what is not listed here must not matter.

    `stable` and `prompt` are the two parts of what is sent; `schema` is the JSON Schema of the answer; `address` is
    where the provider is reached, since behind one name another server may answer. Checks, thresholds and settings
    are not listed: a result is checked again wherever it is used.
    """

    provider: str
    model: str
    effort: str
    prompt_version: str
    stable: str
    prompt: str
    schema: Mapping[str, Any]
    schema_name: str
    strict: bool
    wants_edits: bool
    max_output_tokens: int
    address: str = ""
    tool_version: str = __version__

    @classmethod
    def of(cls, request: Request, *, prompt_version: str, address: str) -> CacheParts:
        """Return the parts of *request*: all of it but how long to wait, and where it lies among others."""
        return cls(
            provider=request.lane.provider,
            model=request.lane.model,
            effort=request.lane.effort,
            prompt_version=prompt_version,
            stable=request.stable,
            prompt=request.prompt,
            schema=request.schema,
            schema_name=request.schema_name,
            strict=request.strict,
            wants_edits=request.wants_edits,
            max_output_tokens=request.max_output_tokens,
            address=address,
        )


class Cached(NamedTuple):
    """A result: `body` is JSON text, `cost_usd` what it cost when it was paid for."""

    body: str
    cost_usd: float
    sufficed: bool


class CacheStats(NamedTuple):
    """What the cache holds. `oldest_at` is in seconds since 1970, None if it is empty."""

    entries: int
    negatives: int
    bytes: int
    oldest_at: float | None


def cache_key(parts: CacheParts) -> str:
    """Return the SHA-256 of *parts* as a JSON array, in hex digits.

    The order of a schema's keys counts: it is the order in which a model writes them.
    """
    text = json.dumps(list(parts), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Cache:
    """The results in *store*, for all processes."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def get(self, key: str) -> Cached | None:
        """Return what was stored under *key*, None if there is nothing, or not as it was stored, or it is too old."""
        found = self._store.rows("SELECT at, cost_usd, sufficed, body FROM results WHERE key = ?", (key,))
        if not found:
            return None
        at, cost_usd, sufficed, sealed = found[0]
        body = str(sealed)[_SEAL_CHARS:]
        if sealed != _seal(key, at, cost_usd, sufficed, body) + body:
            return None
        longest_s = LONGEST_AGE_S if sufficed else LONGEST_NEGATIVE_AGE_S
        if self._clock() - at > longest_s:
            return None
        return Cached(body=body, cost_usd=cost_usd, sufficed=bool(sufficed))

    def knows(self, kind: str, fingerprint: str) -> bool:
        """Tell whether anything is stored about a task, so that it pays to look for the answer to a question."""
        sql = "SELECT 1 FROM results WHERE kind = ? AND fingerprint = ? LIMIT 1"
        return bool(self._store.rows(sql, (kind, fingerprint)))

    def put(self, key: str, cached: Cached, *, kind: str, lane: str, model: str, fingerprint: str = "") -> None:
        """Store *cached*, in the place of what was there; the oldest go when all together are too large."""
        size = len(cached.body.encode())
        if size > LARGEST_ENTRY_BYTES:
            return
        now, cost_usd, sufficed = float(self._clock()), float(cached.cost_usd), int(cached.sufficed)
        sealed = _seal(key, now, cost_usd, sufficed, cached.body) + cached.body
        sql = (
            "INSERT OR REPLACE INTO results (key, at, kind, fingerprint, lane, model, sufficed, bytes, cost_usd, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        row = (key, now, kind, fingerprint, lane, model, sufficed, size, cost_usd, sealed)
        with self._store.transaction():
            self._store.execute(sql, row)
            self._evict(now)

    def stats(self) -> CacheStats:
        """Return how much is stored, what is too old included until the next `put`."""
        sql = (
            "SELECT COUNT(*) AS entries, COUNT(*) - TOTAL(sufficed) AS negatives, TOTAL(bytes) AS bytes,"
            " MIN(at) AS oldest_at FROM results"
        )
        (row,) = self._store.rows(sql)
        return CacheStats(int(row["entries"]), int(row["negatives"]), int(row["bytes"]), row["oldest_at"])

    def clear(self) -> int:
        """Forget all results and return how many there were."""
        forgotten = self._store.execute("DELETE FROM results").rowcount
        self._store.execute("DELETE FROM symbols")  # the headers of definitions are code, too
        self._store.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log of the file holds what was deleted
        return forgotten

    def _evict(self, now: float) -> None:
        self._store.execute(
            "DELETE FROM results WHERE at < ? OR (at < ? AND NOT sufficed)",
            (now - LONGEST_AGE_S, now - LONGEST_NEGATIVE_AGE_S),
        )
        if self.stats().bytes > LARGEST_BYTES:
            newest_first = "SELECT key, SUM(bytes) OVER (ORDER BY at DESC, key) AS running FROM results"
            sql = f"DELETE FROM results WHERE key IN (SELECT key FROM ({newest_first}) WHERE running > ?)"  # noqa: S608
            self._store.execute(sql, (_LEFT_BYTES,))


def _seal(key: str, *cells: object) -> str:
    """Return what a row begins its body with, so that it is known to be as it was written, under this very *key*."""
    return hashlib.sha256(repr((key, *cells)).encode()).hexdigest()


_SEAL_CHARS = 64
