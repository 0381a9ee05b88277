"""The one SQLite file of all that outlives a task, shared by every process of the user.

    Store(path=":memory:")      .execute(sql, parameters)   .rows(sql, parameters)   .transaction()   .close()
                                .written

It is in WAL mode, so a killed process loses nothing that was written and readers never wait. The folder is 0700, the
file 0600, since the cache holds code. What cannot be written is a StorageError, never an sqlite3 error.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from suffice.errors import StorageError
from suffice.state.schema import STEPS, VERSION

FILE_NAME = "suffice.sqlite3"

IN_MEMORY = ":memory:"

BUSY_TIMEOUT_S = 20.0
"""How long a write waits for those of other processes. Each takes about a millisecond, but SQLite's queue is not
fair: eight busy writers let one wait for seconds."""

Value = str | int | float | None
"""What a column holds."""


class Store:
    """Opens, or makes, the file at *path*; `:memory:` for one that is forgotten. Raises StorageError.

    One connection, used from any thread.
    """

    def __init__(self, path: Path | str = IN_MEMORY) -> None:
        self.path = path if path == IN_MEMORY else Path(path)
        self._lock = threading.RLock()
        try:
            self._db = _opened(self.path)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(self.path, error) from error

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> sqlite3.Cursor:
        """Write with *sql* and return its cursor, for `lastrowid` and `rowcount`. To read, use `rows`."""
        with self._lock, self._storage_errors():
            return self._db.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query. None is left unread: an open query would make the next write fail as busy."""
        with self._lock, self._storage_errors():
            return self._db.execute(sql, parameters).fetchall()

    @property
    def written(self) -> tuple[int, int]:
        """What is another one as soon as anybody has written: other processes, or this one."""
        ((by_others,),) = self.rows("PRAGMA data_version")
        return int(by_others), self._db.total_changes

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of the block at once, or none of it; other processes and threads wait meanwhile.

        A transaction inside another belongs to the outer one. The block must not await.
        """
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk ends it without us
                    self.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise  # a bug of ours
        except sqlite3.DatabaseError as error:
            raise _unusable(self.path, error) from error


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for the store: SUFFICE_STATE_DIR, else the platform's user state folder."""
    named = environment.get("SUFFICE_STATE_DIR")
    if named:
        return Path(named)
    from platformdirs import user_state_path

    return user_state_path("suffice", appauthor=False)


def _unusable(path: Path | str, error: Exception) -> StorageError:
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return StorageError(f"The state file {path} cannot be read ({error}); move it away, or update suffice.")
    return StorageError(
        f"The state folder {Path(path).parent} cannot be written ({error}); set SUFFICE_STATE_DIR to one that can."
    )


def _opened(path: Path | str) -> sqlite3.Connection:
    if isinstance(path, Path):
        _make_private(path)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
    try:
        _enter_wal(db)
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON").fetchall()  # a cleared cache leaves no code behind
        _migrate(db)
    except BaseException:
        db.close()
        raise
    db.row_factory = sqlite3.Row
    return db


def _make_private(path: Path) -> None:
    """Make folder and file, readable by their owner alone; SQLite gives its two side files the mode of the file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    with suppress(FileExistsError):  # a file that is in use must not be opened here: closing it would drop its locks
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if file.is_file():
            with suppress(FileNotFoundError):  # the last of the other processes took its side files with it
                file.chmod(0o600)


def _enter_wal(db: sqlite3.Connection) -> None:
    """Switch to WAL mode.

    Expected: the busy timeout holds here too. Actual: SQLITE_BUSY at once while another process opens or closes the
    file (https://www.sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode).
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the tables to the present version; of two processes at once the second finds nothing left to do."""
    seen = _version(db)
    if seen > VERSION:
        raise sqlite3.DatabaseError(f"it was written by a newer suffice: version {seen}, known is {VERSION}")
    if seen == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in STEPS[_version(db) :]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {max(VERSION, _version(db))}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return int(version)
