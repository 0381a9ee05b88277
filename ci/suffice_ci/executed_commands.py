"""Which of a project's own commands `suffice check` runs: those that its options name, else the user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.config import load_config
from suffice.errors import InputError
from suffice.snapshot import Snapshot

if TYPE_CHECKING:
    from suffice.checker.executed.sides import Executed


def executed_of(options: Mapping[str, Any], *, snapshot: Snapshot, environment: Mapping[str, str]) -> Executed | None:
    """Return what is run on patches for the project of *snapshot*, None for nothing.

    An option takes the place of what the settings name. Raises ConfigError, and InputError beside a key or for an
    option that is given empty.
    """
    root = snapshot.root or Path.cwd()
    own = load_config(snapshot, environment).commands_for(root)
    tests = own.tests if options["tests"] is None else _given("--tests", options["tests"])
    types = own.types if options["types"] is None else _given("--types", options["types"])
    if tests is None and types is None:
        return None
    from suffice.checker.executed.key_holders import refuse_beside_keys
    from suffice.checker.executed.sides import Executed

    refuse_beside_keys(environment)
    is_asked = options["tests"] or options["types"]
    return Executed(
        folder=root if is_asked else own.root,
        environment=environment,
        tests=tests,
        types=types,
        timeout_s=options["test_timeout_s"],
    )


def _given(option: str, command: str) -> str:
    if not command.strip():
        raise InputError(f"{option}: the command is empty; give one or leave the option out.")
    return command.strip()
