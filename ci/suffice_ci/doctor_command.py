"""`suffice doctor`: what is missing on this machine. It calls nobody."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from suffice import __version__
from suffice.config import load_config
from suffice.errors import SufficeError
from suffice.lanes import catalogue
from suffice.linters import ruff
from suffice.providers.connect import KEY_VARIABLES
from suffice.snapshot import Snapshot
from suffice.state.store import FILE_NAME, Store, state_folder

_OLD_PRICES_DAYS = 90


class Examined(NamedTuple):
    """One thing that was looked at; what is not `ok` says in `detail` what to do."""

    name: str
    ok: bool
    detail: str


def run_doctor(*, as_json: bool) -> int:
    """Print what was found; return 1 if something is broken, not merely absent."""
    found = list(_examine())
    if as_json:
        click.echo(json.dumps([examined._asdict() for examined in found]))
    else:
        for examined in found:
            click.echo(f"{'ok ' if examined.ok else 'NO '} {examined.name}: {examined.detail}")
    broken = {"ruff", "settings", "state folder"}
    return int(any(not examined.ok and examined.name in broken for examined in found))


def _examine() -> Iterator[Examined]:
    yield Examined(name="suffice", ok=True, detail=f"{__version__} on Python {platform.python_version()}")
    yield _tried("ruff", lambda: f"{ruff.version()}, installed with suffice")
    git = shutil.which("git")
    yield Examined(name="git", ok=bool(git), detail=git or "not found; --base and --staged need it")
    for provider, variable in KEY_VARIABLES.items():
        is_set = bool(os.environ.get(variable))
        yield Examined(
            name=provider,
            ok=is_set,
            detail=f"{variable} is {'set' if is_set else 'not set; its lanes are not used'}",
        )
    yield _tried("settings", lambda: f"read: {load_config(Snapshot.of_folder(Path.cwd()), os.environ)}")
    yield _tried("state folder", _state)
    age = (datetime.now(UTC).date() - catalogue().read_on).days
    old = age > _OLD_PRICES_DAYS
    detail = f"read on {catalogue().read_on}, {age} days ago" + ("; update suffice" if old else "")
    yield Examined(name="prices", ok=not old, detail=detail)


def _tried(name: str, look: Callable[[], str]) -> Examined:
    try:
        return Examined(name=name, ok=True, detail=look())
    except SufficeError as error:
        return Examined(name=name, ok=False, detail=str(error))


def _state() -> str:
    path = state_folder(os.environ) / FILE_NAME
    Store(path).close()
    return str(path.parent)
