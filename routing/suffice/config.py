"""The one loader of settings. A flag beats the environment, which beats the user's file, which beats a default.

A repository's own file is hostile input: it can only tighten (leave more out, allow less, want more confidence).
Whatever else it says is an error that names the key, so that nobody believes it has an effect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from suffice.errors import ConfigError, InputError
from suffice.lanes import catalogue
from suffice.snapshot import Snapshot

REPOSITORY_FILE = "suffice.toml"

DEFAULT_CAP_USD = 0.50
"""The most that a run may cost, in US dollars, where nobody said otherwise."""


class Config(NamedTuple):
    """Settings of one run. `max_cost_usd` None: the default cap. `policy` None: the shipped guide."""

    exclude: tuple[str, ...] = ()
    max_cost_usd: float | None = None
    deny_lanes: frozenset[str] = frozenset()
    min_confidence: float | None = None
    disabled_rules: frozenset[str] = frozenset()
    policy: str | None = None
    jobs: int | None = None


SETTINGS: Mapping[str, str] = {
    "exclude": "list of patterns in gitignore's syntax: files that are never read nor sent",
    "max_cost_usd": "number: the most that one run may cost, in US dollars; without it 0.50",
    "deny_lanes": "list of lanes that are never used",
    "min_confidence": "number from 0 to 1: nothing less sure is proposed; without it the policy says",
    "disabled_rules": "list of rules whose diagnostics are passed over",
    "policy": "name of a shipped policy, or the path of a policy file; without it guide",
    "jobs": "number of calls in flight; without it 8",
}
"""Every setting and what it means; the first five may also stand in a repository, where they can only tighten."""

_ALL = set(SETTINGS)
REPOSITORY_SETTINGS = _ALL - {"policy", "jobs"}


def load_config(repository: Snapshot | None, environment: Mapping[str, str]) -> Config:
    """Return the user's settings, tightened by those that *repository* holds. Raises ConfigError.

    For a change that somebody proposes *repository* is the commit it is based on, not the change itself.
    """
    content, name = _user_file(environment)
    user = parse_config(content, name=name, known=_ALL)
    return user if repository is None else tightened(user, _repository_config(repository))


def tightened(user: Config, repository: Config) -> Config:
    """Return *user* with what *repository* takes away: minimum and union, never precedence."""
    caps = [cap for cap in (user.max_cost_usd, repository.max_cost_usd) if cap is not None]
    least = [p for p in (user.min_confidence, repository.min_confidence) if p is not None]
    return Config(
        exclude=(*user.exclude, *repository.exclude),
        max_cost_usd=min(caps, default=None),
        deny_lanes=user.deny_lanes | repository.deny_lanes,
        min_confidence=max(least, default=None),
        disabled_rules=user.disabled_rules | repository.disabled_rules,
        policy=user.policy,
        jobs=user.jobs,
    )


def parse_config(content: str, *, name: str, known: set[str]) -> Config:
    """Return the settings in *content* (TOML). Raises ConfigError with file, line and key."""
    try:
        data = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is no valid TOML: {error}; mend that line.") from error
    return _of_table(data, content, name=name, known=known)


def _of_table(data: Mapping[str, Any], content: str, *, name: str, known: set[str]) -> Config:
    values: dict[str, Any] = {}
    for key, value in data.items():
        where = f"{name}, line {_line_of(key, content)}"
        if key not in known:
            why = "may only stand in your own settings file" if key in _ALL else "does not exist"
            raise ConfigError(f"{where}: the setting {key} {why}; known here: {', '.join(sorted(known))}.")
        values[key] = _value(where, key, value)
    return Config(**values)


def _value(where: str, key: str, value: Any) -> Any:
    if key in {"exclude", "deny_lanes", "disabled_rules"}:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{where}: {key} is {value!r}; expected a list of strings.")
        unknown = set(value) - set(catalogue().lanes) if key == "deny_lanes" else set()
        if unknown:
            raise ConfigError(f"{where}: deny_lanes names {min(unknown)!r}, which is no lane; see suffice lanes.")
        return tuple(value) if key == "exclude" else frozenset(value)
    if key == "jobs" and (type(value) is not int or value < 1):
        raise ConfigError(f"{where}: jobs is {value!r}; expected a whole number from 1.")
    if key == "policy":
        if not isinstance(value, str):
            raise ConfigError(f"{where}: policy is {value!r}; expected a name or a path.")
        return value
    top = 1.0 if key == "min_confidence" else float("inf")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= top:
        raise ConfigError(f"{where}: {key} is {value!r}; expected a number from 0 to {top:g}.")
    return int(value) if key == "jobs" else float(value)


def _line_of(key: str, content: str) -> int:
    starts = (n for n, line in enumerate(content.splitlines(), 1) if line.lstrip("[ \t\"'").startswith(key))
    return next(starts, 1)


def _user_file(environment: Mapping[str, str]) -> tuple[str, str]:
    named = environment.get("SUFFICE_CONFIG")
    path = Path(named) if named else _default_user_file()
    try:
        return path.read_text("utf-8"), str(path)
    except FileNotFoundError as error:
        if named:
            raise ConfigError(f"SUFFICE_CONFIG names {named}, which is not there; create or unset it.") from error
        return "", str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); mend or remove it.") from error


def _default_user_file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("suffice", appauthor=False) / "config.toml"


def _repository_config(repository: Snapshot) -> Config:
    own = _text(repository, REPOSITORY_FILE)
    if own is not None:
        return parse_config(own, name=REPOSITORY_FILE, known=REPOSITORY_SETTINGS)
    pyproject = _text(repository, "pyproject.toml")
    if pyproject is None or "tool.suffice" not in pyproject:
        return Config()
    try:
        table = tomllib.loads(pyproject).get("tool", {}).get("suffice", {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"pyproject.toml is no valid TOML: {error}; mend that line.") from error
    return _of_table(table, pyproject, name="pyproject.toml [tool.suffice]", known=REPOSITORY_SETTINGS)


def _text(repository: Snapshot, path: str) -> str | None:
    if not repository.exists(path):
        return None
    try:
        return repository.text(path)
    except InputError as error:
        raise ConfigError(f"{error}") from error
