"""What was decided, tried, checked and paid: the program's memory, in SQLite under the user's state folder.

It holds hashes, names and numbers, never source text. A row for a call is written before its reply is checked, so
that money is recorded even when the process dies. The folder is 0700, its files 0600.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from suffice.errors import StorageError
from suffice.lanes import Usage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL,
    lane TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, effort TEXT, prompt_version TEXT,
    ended TEXT NOT NULL, cause TEXT, request_id TEXT, cost_usd REAL NOT NULL, input_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    latency_ms REAL NOT NULL, failed_checks TEXT, confidence REAL);
CREATE TABLE IF NOT EXISTS outcomes (
    at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, lane TEXT, cost_usd REAL NOT NULL);
CREATE TABLE IF NOT EXISTS consents (provider TEXT PRIMARY KEY, at REAL NOT NULL);
"""

FILE_NAME = "suffice.sqlite3"


class Work(NamedTuple):
    """What an attempt or outcome is about, without its text."""

    kind: str
    rule: str | None
    repository: str
    fingerprint: str


class Call(NamedTuple):
    """One call to a model as it is recorded."""

    lane: str
    provider: str
    model: str
    effort: str
    prompt_version: str
    ended: str
    cause: str | None
    request_id: str | None
    cost_usd: float
    usage: Usage
    latency_ms: float


class Ledger:
    """Opens, or makes, the ledger at *path*; `:memory:` for one that is forgotten. Raises StorageError."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        self.path = path
        try:
            self._open(path)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"The state folder {Path(path).parent} cannot be written ({error});"
                " set SUFFICE_STATE_DIR to one that can."
            ) from error

    def _open(self, path: Path | str) -> None:
        if isinstance(path, Path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.chmod(0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def record_call(self, work: Work, call: Call) -> int:
        """Record *call* and return the number of its row."""
        row = (
            time.time(), work.kind, work.rule, work.repository, work.fingerprint, call.lane, call.provider,
            call.model, call.effort, call.prompt_version, call.ended, call.cause, call.request_id, call.cost_usd,
            call.usage.input_tokens, call.usage.cached_tokens, call.usage.output_tokens,
            call.usage.reasoning_tokens, call.latency_ms, None, None,
        )  # fmt: skip
        marks = ", ".join("?" * len(row))
        return self._db.execute(f"INSERT INTO attempts VALUES (NULL, {marks})", row).lastrowid or 0  # noqa: S608

    def record_check(self, row: int, failed_checks: tuple[str, ...], confidence: float) -> None:
        """Record what the checker said of the reply in *row*."""
        self._db.execute(
            "UPDATE attempts SET failed_checks = ?, confidence = ? WHERE id = ?",
            (",".join(failed_checks), confidence, row),
        )

    def record_outcome(self, work: Work, *, outcome: str, reason: str, lane: str | None, cost_usd: float) -> None:
        """Record how a task ended."""
        self._db.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                time.time(),
                work.kind,
                work.rule,
                work.repository,
                work.fingerprint,
                outcome,
                reason,
                lane,
                cost_usd,
            ),
        )

    def consented(self) -> frozenset[str]:
        """Return the providers to which this user has agreed to send code."""
        return frozenset(row[0] for row in self._db.execute("SELECT provider FROM consents"))

    def record_consent(self, provider: str) -> None:
        """Record that the user agreed to send code to *provider*."""
        self._db.execute("INSERT OR REPLACE INTO consents VALUES (?, ?)", (provider, time.time()))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is recorded in the block at once, or none of it."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for the ledger: SUFFICE_STATE_DIR, else the platform's user state folder."""
    named = environment.get("SUFFICE_STATE_DIR")
    if named:
        return Path(named)
    from platformdirs import user_state_path

    return user_state_path("suffice", appauthor=False)
