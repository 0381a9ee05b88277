"""`suffice doctor`: what is missing or about to break on this machine. It prints no key and sends no code."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import click

from suffice import __version__
from suffice.config import SETTINGS, Config, load_config
from suffice.errors import SufficeError
from suffice.lanes import OLD_PRICES_DAYS, Catalogue, Lane
from suffice.linters import ruff
from suffice.policy import Policy
from suffice.providers.connect import BASE_URL_VARIABLES, KEY_VARIABLES, LOCAL, with_key
from suffice.state.store import FILE_NAME, Store, state_folder
from suffice.targets import Wanted, root_of, trusted_settings
from suffice_ci.doctor_tools import tools


class Examined(NamedTuple):
    """One thing that was looked at; what is not `ok` says in `detail` what to do. Broken: no run would go well."""

    name: str
    ok: bool
    detail: str
    broken: bool = False


def run_doctor(*, as_json: bool, offline: bool) -> int:
    """Print what was found; return 1 if something is broken, not merely absent."""
    found = list(_examine(offline=offline))
    if as_json:
        click.echo(json.dumps([examined._asdict() for examined in found]))
    else:
        for examined in found:
            click.echo(f"{'ok ' if examined.ok else 'NO '} {examined.name}: {examined.detail}")
    return int(any(examined.broken for examined in found))


def _examine(*, offline: bool) -> Iterator[Examined]:
    yield Examined("suffice", ok=True, detail=f"{__version__} on Python {platform.python_version()}")
    yield _tried("ruff", lambda: f"{ruff.version()}, installed with suffice")
    git = shutil.which("git")
    yield Examined("git", ok=bool(git), detail=git or "not found; install it for --base and --staged")
    yield from _providers()
    yield _tried("state folder", _state)
    try:
        root, config, catalogue = _settings()
        found = [Examined(*tool) for tool in tools(root, config, os.environ)]
    except SufficeError as error:
        yield Examined("settings", ok=False, detail=str(error), broken=True)
        return
    yield Examined("settings", ok=True, detail=_settings_found(config))
    yield from found
    yield Examined("lanes", ok=True, detail=_lanes(config, catalogue))
    try:
        policy = Policy.load(config.policy or "guide", lanes=catalogue.lanes)
    except SufficeError as error:
        yield Examined("policy", ok=False, detail=str(error), broken=True)
        return
    yield Examined("policy", ok=True, detail=f"{policy.name}, with ladders for {len(policy.kinds)} kinds")
    yield from _retiring(_in_use(policy, config))
    if not offline:
        yield from _models([lane for name, lane in catalogue.lanes.items() if name not in config.deny_lanes])
    yield _prices(_in_use(policy, config), config)


def _tried(name: str, look: Callable[[], str]) -> Examined:
    try:
        return Examined(name, ok=True, detail=look())
    except SufficeError as error:
        return Examined(name, ok=False, detail=str(error), broken=True)


def _providers() -> Iterator[Examined]:
    for provider, variable in KEY_VARIABLES.items():
        ok = provider in with_key(os.environ)
        yield Examined(provider, ok=ok, detail=f"{variable} is {'set' if ok else 'not set; its lanes are not used'}")
    if LOCAL in with_key(os.environ):
        yield Examined(LOCAL, ok=True, detail=f"{BASE_URL_VARIABLES[LOCAL]} is set")


def _state() -> str:
    path = state_folder(os.environ) / FILE_NAME
    Store(path).close()
    return str(path.parent)


def _settings() -> tuple[Path, Config, Catalogue]:
    root = root_of(Wanted(), folder=Path.cwd())
    config = load_config(trusted_settings(Wanted(), root=root), os.environ)
    return root, config, config.catalogue()


def _settings_found(config: Config) -> str:
    changed = (key for key in Config._fields if key in SETTINGS and getattr(config, key) != Config._field_defaults[key])
    given = sorted({*changed, *(config.own.data if config.own else ())})
    file = config.own.name if config.own else "nowhere"
    return f"{', '.join(given)}; your own file is {file}" if given else f"none; your own would be in {file}"


def _lanes(config: Config, catalogue: Catalogue) -> str:
    own = list(config.own.data.get("lanes", {})) if config.own else []
    return f"{len(catalogue.lanes)}" + (f", of which yours: {', '.join(own)}" if own else "")


def _in_use(policy: Policy, config: Config) -> list[Lane]:
    """Return the lanes that stand on a ladder of *policy* and are not denied."""
    named = {name for rules in policy.kinds.values() for rung in rules.rungs for name in rung} - config.deny_lanes
    return [lane for name, lane in policy.lanes.items() if name in named]


def _retiring(lanes: list[Lane]) -> Iterator[Examined]:
    """Yield the lanes whose model the catalogue or the settings say is retired or soon will be."""
    from suffice_ci.doctor_models import ABOUT_TO_RETIRE_DAYS, change

    for lane in lanes:
        left_days = (lane.retires_on - _today()).days if lane.retires_on else None
        if left_days is not None and left_days <= ABOUT_TO_RETIRE_DAYS:
            ends = f"{lane.model} {'retired' if left_days < 0 else 'retires'} on {lane.retires_on}"
            yield Examined(f"retirement of {lane.name}", ok=False, detail=f"{ends}; {change((lane.name,))}")


def _models(lanes: list[Lane]) -> Iterator[Examined]:
    keys = with_key(os.environ)
    to_ask = [lane for lane in lanes if lane.provider in keys]
    if not to_ask:
        return
    from suffice_ci.doctor_models import model_states

    for state in model_states(to_ask, os.environ, today=_today()):
        yield Examined(f"model of {', '.join(state.lanes)}", ok=state.ok, detail=state.detail, broken=state.broken)


def _prices(in_use: list[Lane], config: Config) -> Examined:
    priced = [lane for lane in in_use if not lane.is_free]
    if not priced:
        return Examined("prices", ok=True, detail="no lane in use has a price")
    oldest = min(priced, key=lambda lane: lane.read_on)
    age = (_today() - oldest.read_on).days
    if age <= OLD_PRICES_DAYS:
        return Examined("prices", ok=True, detail=f"read on {oldest.read_on}, not long ago")
    own = config.own is not None and oldest.name in config.own.data.get("lanes", {})
    mend = f"read them anew and set read_on of {oldest.name} in your settings" if own else "update suffice"
    return Examined("prices", ok=False, detail=f"{oldest.name}: read on {oldest.read_on}, {age} days ago; {mend}")


def _today() -> date:
    return datetime.now(UTC).date()
