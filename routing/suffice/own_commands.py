"""The commands that a user's own settings name for a repository: what may be run to test it, and to check its types.

Only the user's file names them. A repository that could would have its code run by whoever looks at a patch for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from suffice.errors import ConfigError
from suffice.toml_source import TomlSource

KEY = "repositories"

_COMMANDS = ("tests", "types")


class OwnCommands(NamedTuple):
    """What runs the tests and the type checker of the repository whose top folder is `root`, as the user types it."""

    root: Path
    tests: str | None = None
    types: str | None = None


def own_commands(source: TomlSource) -> tuple[OwnCommands, ...]:
    """Return what the tables [[repositories]] of *source* say. Raises ConfigError with file, line and key."""
    entries = source.data.get(KEY, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{source.where(KEY)} is to be tables, each under its own [[{KEY}]].")
    return tuple(_of_entry(source, number, entry) for number, entry in enumerate(entries))


def commands_for(root: Path, own: tuple[OwnCommands, ...]) -> OwnCommands:
    """Return those of *own* for the repository that *root* is in: the nearest, without any the commands of none."""
    place = root.resolve()
    around = [commands for commands in own if place.is_relative_to(commands.root)]
    return max(around, key=lambda commands: len(commands.root.parts), default=OwnCommands(place))


def _of_entry(source: TomlSource, number: int, entry: Mapping[str, Any]) -> OwnCommands:
    for key, value in entry.items():
        if key not in {"root", *_COMMANDS}:
            where = source.where(KEY, number, key)
            raise ConfigError(f"{where}: this is no setting of a repository; known are root, tests, types.")
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ConfigError(f"{source.where(KEY, number, key)} is {value!r}; expected text that is not empty.")
    root = Path(entry.get("root", ""))
    root = Path(os.path.expanduser(root)) if root.parts[:1] == ("~",) else root  # noqa: PTH111 - which raises
    if not root.is_absolute():
        raise ConfigError(f"{source.where(KEY, number, 'root')} is to name the repository's folder, from / or ~.")
    if not any(key in entry for key in _COMMANDS):
        raise ConfigError(f"{source.where(KEY, number)} names no command; say tests, types or both.")
    return OwnCommands(root.resolve(), entry.get("tests"), entry.get("types"))
