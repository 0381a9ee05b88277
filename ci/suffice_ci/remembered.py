"""What this machine remembers, for the commands that are about nothing else: without it there is nothing to say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from suffice.errors import InputError
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, state_folder
from suffice.task import Kind


@contextmanager
def remembered() -> Iterator[Storage]:
    """Give the storage of this machine and close it at the end. Raises StorageError where it cannot be opened."""
    storage = Storage(state_folder(os.environ) / FILE_NAME)
    try:
        yield storage
    finally:
        storage.close()


def known_kind(name: str | None) -> Kind | None:
    """Return the kind *name*, None for None. Raises InputError."""
    try:
        return None if name is None else Kind(name)
    except ValueError:
        raise InputError(f"{name} is no kind of task; name one of: {', '.join(Kind)}.") from None
