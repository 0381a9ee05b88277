"""`suffice policy show|check|diff`: what a policy says, whether it can be read, where two of them differ."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from suffice.config import load_config
from suffice.errors import ConfigError
from suffice.lanes import Lane
from suffice.policy import SHIPPED, Policy, policy_text
from suffice.toml_source import read_toml
from suffice_ci.policy_difference import difference, difference_lines
from suffice_ci.policy_doubts import doubts
from suffice_ci.policy_form import policy_entry


def run_show(name: str | None, *, as_json: bool) -> int:
    """Print the policy *name* (a shipped one's name, or a file), or that of the settings. Raises ConfigError."""
    config = load_config(None, os.environ)
    name = name or config.policy or "guide"
    policy = Policy.load(name, lanes=config.catalogue().lanes)
    if as_json:
        click.echo(json.dumps(policy_entry(policy)))
    else:
        click.echo(_text(name), nl=False)
    return 0


def _text(name: str) -> str:
    return policy_text(name) if name in SHIPPED else Path(name).read_text("utf-8")


class _Checked(NamedTuple):
    """What is wrong with a file, and what can hardly be meant in it."""

    file: str
    error: str | None = None
    warnings: tuple[str, ...] = ()


def run_policy_check(files: tuple[str, ...], *, as_json: bool) -> int:
    """Say of each policy file whether it can be read; return 2 if one cannot. Raises ConfigError for the settings."""
    lanes = load_config(None, os.environ).catalogue().lanes
    checked = [_checked(file, lanes) for file in files]
    if as_json:
        click.echo(json.dumps([{**each._asdict(), "ok": each.error is None} for each in checked]))
    else:
        click.echo("\n".join(line for each in checked for line in _lines(each)))
    return ConfigError.exit_code if any(each.error for each in checked) else 0


def _checked(file: str, lanes: Mapping[str, Lane]) -> _Checked:
    try:
        policy = Policy.load(file, lanes=lanes)
        return _Checked(file, warnings=tuple(doubts(policy, read_toml(_text(file)))))
    except ConfigError as error:
        return _Checked(file, error=str(error))


def _lines(checked: _Checked) -> Iterator[str]:
    yield f"{checked.file}: ok" if checked.error is None else checked.error
    yield from (f"{checked.file}: warning: {warning}" for warning in checked.warnings)


def run_diff(one: str, other: str, *, as_json: bool) -> int:
    """Print where two policies differ. Raises ConfigError."""
    lanes = load_config(None, os.environ).catalogue().lanes
    found: dict[str, Any] = difference(Policy.load(one, lanes=lanes), Policy.load(other, lanes=lanes))
    click.echo(json.dumps(found) if as_json else "\n".join(difference_lines(found, one, other)))
    return 0
