"""In CI, the code of a repository never runs in or under a process that holds a provider's key (design rule 5).

Whoever proposes a change decides what its tests do; a process of theirs could read the key of one above it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from suffice.errors import InputError
from suffice.providers.connect import KEY_VARIABLES, LOCAL, key_variable

_KEYS = frozenset({*KEY_VARIABLES.values(), key_variable(LOCAL)})
_MOST_ABOVE = 64


def refuse_beside_keys(environment: Mapping[str, str], *, processes: Path = Path("/proc")) -> None:
    """Raise InputError in CI if *environment*, or that of a process above ours, as *processes* tells, holds a key."""
    if environment.get("CI", "").lower() not in {"1", "true"}:
        return
    held = {name for name in _KEYS if environment.get(name)}
    if held or any(_holds_key(process) for process in _above(processes)):
        name = min(held, default="a provider's key")
        raise InputError(
            f"In CI no test runs beside {name}: code under test could read it. "
            "Run suffice check --tests in a job of its own, without the key."
        )


def _above(processes: Path) -> Iterator[Path]:
    """Yield the processes above ours, nearest first, as far as the system tells."""
    process = os.getppid()
    for _ in range(_MOST_ABOVE):
        if process <= 0:
            return
        yield processes / str(process)
        process = _parent(processes / str(process))


def _parent(process: Path) -> int:
    try:
        after_name = (process / "stat").read_text("ascii", errors="replace").rpartition(")")[2].split()
        return int(after_name[1])
    except (OSError, IndexError, ValueError):
        return 0


def _holds_key(process: Path) -> bool:
    try:
        variables = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(
        variable.startswith(f"{name}=".encode()) and variable[len(name) + 1 :]
        for variable in variables
        for name in _KEYS
    )
