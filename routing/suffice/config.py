"""The one loader of settings. A flag beats the environment, which beats the user's file, which beats a default.

A repository's own files are hostile input: they can only tighten (leave more out, allow less, want more confidence).
Whatever else they say is an error that names the key, so that nobody believes it has an effect.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.errors import ConfigError, InputError
from suffice.globs import flaw_of
from suffice.lanes import Catalogue, catalogue
from suffice.own_commands import OwnCommands, commands_for, own_commands
from suffice.policy import SHIPPED
from suffice.snapshot import Snapshot
from suffice.toml_source import TomlSource, parse_toml
from suffice.trust import is_a_place

if TYPE_CHECKING:
    from suffice.checker.weights import Weights
    from suffice.linters.sarif_command import SarifCommand

REPOSITORY_FILE = "suffice.toml"

WEIGHTS_FILE = "confidence.toml"
"""Beside the user's file: what `suffice tune --confidence` printed, if it was put there."""

DEFAULT_CAP_USD = 0.50
"""The most that a run may cost, in US dollars, where nobody said otherwise."""


class Config(NamedTuple):
    """Settings of one run. A cap that is None is not set; `max_cost_usd` None: the default cap. `policy` None: guide.

    `own` is the user's file as it was read, for the lanes in it; `own_weights` the file of weights beside it, if there
    is one. The repository's cap on a run stands apart, since it
    may lower the default and never lift it.
    """

    exclude: tuple[str, ...] = ()
    max_cost_usd: float | None = None
    max_task_usd: float | None = None
    max_day_usd: float | None = None
    max_repository_month_usd: float | None = None
    time_budget_s: float | None = None
    deny_lanes: frozenset[str] = frozenset()
    min_confidence: float | None = None
    disabled_rules: frozenset[str] = frozenset()
    policy: str | None = None
    jobs: int | None = None
    trusted: tuple[str, ...] = ()
    own: TomlSource | None = None
    own_weights: Weights | None = None
    repository_max_cost_usd: float | None = None

    def run_cap_usd(self, wished: float | None = None) -> float:
        """Return the most that a run may cost: *wished*, else the user's or the default; a repository lowers it."""
        own = next((cap for cap in (wished, self.max_cost_usd) if cap is not None), DEFAULT_CAP_USD)
        return own if self.repository_max_cost_usd is None else min(own, self.repository_max_cost_usd)

    def catalogue(self) -> Catalogue:
        """Return the lanes: those that ship, with what the user's file changes or adds. Raises ConfigError."""
        if self.own is None or "lanes" not in self.own.data:
            return catalogue()
        from suffice.own_lanes import with_own_lanes

        return with_own_lanes(catalogue(), self.own, today=datetime.now(UTC).date())

    def own_linters(self, root: Path | None) -> tuple[SarifCommand, ...]:
        """Return the linters that the user's file names, for the project at *root*. Raises ConfigError."""
        if self.own is None or "linters" not in self.own.data:
            return ()
        from suffice.linters.sarif_command import own_linters

        return own_linters(self.own, root=root)

    def commands_for(self, root: Path) -> OwnCommands:
        """Return what the user's file says may be run for the repository of *root*. Raises ConfigError."""
        return commands_for(root, own_commands(self.own) if self.own else ())


SETTINGS: Mapping[str, str] = {
    "exclude": "list of patterns in gitignore's syntax: files that are never read nor sent",
    "max_cost_usd": "number: the most that one run may cost, in US dollars; without it 0.50",
    "max_task_usd": "number: the most that one task may cost, all its attempts together",
    "max_day_usd": "number: the most that all runs of a day (UTC) may cost together",
    "max_repository_month_usd": "number: the most that all runs in one repository may cost in a month (UTC)",
    "time_budget_s": "number: no call starts later than so many seconds into a run",
    "deny_lanes": "list of lanes that are never used",
    "min_confidence": "number from 0 to 1: nothing less sure is proposed; without it the policy says",
    "disabled_rules": "list of rules whose diagnostics are passed over",
    "policy": "name of a shipped policy, or the path of a policy file from your settings' folder on; without it guide",
    "jobs": "number of calls in flight; without it 8",
    "repositories": "tables `[[repositories]]`, each with `root` (a folder), and `tests` (a command, such as"
    " `pytest -q`) or `types` (such as `mypy .`) or both: what `suffice check` runs on patches for it",
    "trusted": "list of folders, absolute or from `~/` on, `*` for any one name: what lies in them may run its own"
    " eslint and ruff, and the linters below",
    "linters": "tables `[[linters]]`, each with `name`, `command` (words, `{file}` or `{files}` among them; it writes"
    " SARIF), `files` (patterns in gitignore's syntax) and perhaps `settings` (names of files that it reads)",
    "lanes": "tables such as `[lanes.local]`: what to change in the catalogue (`suffice lanes --json`) or to add to it",
}
"""Every setting and what it means; all but `policy`, `jobs`, `trusted` and tables may stand in a repository too."""

_ALL = set(SETTINGS)
_TABLES = {"lanes", "repositories", "linters"}
REPOSITORY_SETTINGS = _ALL - _TABLES - {"policy", "jobs", "trusted"}

_LISTS = {"exclude", "deny_lanes", "disabled_rules", "trusted"}
_MOST = 1e12
_CAPS = ("max_task_usd", "max_day_usd", "max_repository_month_usd", "time_budget_s")


def load_config(repository: Snapshot | None, environment: Mapping[str, str]) -> Config:
    """Return the user's settings, tightened by those that *repository* holds. Raises ConfigError.

    For a change that somebody proposes *repository* is the commit it is based on, not the change itself.
    """
    content, name = _user_file(environment)
    user = parse_config(content, name=name, known=_ALL)
    user = user._replace(policy=_beside(name, user.policy), own_weights=_user_weights(environment))
    _check_lanes(user, user)
    if user.own:
        own_commands(user.own)
        user.own_linters(None)
    config = user
    for own in _repository_configs(repository) if repository else ():
        _check_lanes(own, user)
        _check_excluded(own)
        config = tightened(config, own)
    return config


def _beside(file: str, policy: str | None) -> str | None:
    """Return the *policy* that the user's *file* names: a path from its own folder on, wherever we are started.

    From the folder we are in, a repository could put its own file in the place of the user's.
    """
    if not policy or policy in SHIPPED:
        return policy
    return str(Path(file).parent / os.path.expanduser(policy))  # noqa: PTH111 - raises for a home that nobody has


def tightened(user: Config, repository: Config) -> Config:
    """Return *user* with what *repository* takes away: minimum and union, never precedence."""
    least = [p for p in (user.min_confidence, repository.min_confidence) if p is not None]
    caps: dict[str, Any] = {cap: _lower(getattr(user, cap), getattr(repository, cap)) for cap in _CAPS}
    return user._replace(
        repository_max_cost_usd=_lower(user.repository_max_cost_usd, repository.max_cost_usd),
        exclude=(*user.exclude, *repository.exclude),
        deny_lanes=user.deny_lanes | repository.deny_lanes,
        min_confidence=max(least, default=None),
        disabled_rules=user.disabled_rules | repository.disabled_rules,
        **caps,
    )


def _lower(one: float | None, other: float | None) -> float | None:
    return min((cap for cap in (one, other) if cap is not None), default=None)


def parse_config(content: str, *, name: str, known: set[str]) -> Config:
    """Return the settings in *content* (TOML). Raises ConfigError with file, line and key."""
    return _of_table(parse_toml(content, name=name), (), known=known)


def _of_table(source: TomlSource, path: tuple[str, ...], *, known: set[str]) -> Config:
    table: Any = source.data
    for part in path:
        table = table.get(part, {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise ConfigError(f"{source.where(*path)} is {table!r}; expected a table with settings.")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            why = "may only stand in your own settings file" if key in _ALL else "does not exist"
            line = source.where(*path, key).rsplit(":", 1)[0]
            raise ConfigError(f"{line}: the setting {key} {why}; known here: {', '.join(sorted(known))}.")
        if key not in _TABLES:
            values[key] = _value(source, (*path, key), value)
    return Config(**values, own=source)


def _value(source: TomlSource, path: tuple[str, ...], value: Any) -> Any:
    key = path[-1]
    if expected := _expected(key, value):
        raise ConfigError(f"{source.where(*path)} is {value!r}; expected {expected}.")
    match key:
        case "exclude":
            if flaw := flaw_of(value):
                raise ConfigError(f"{source.where(*path)} {flaw}")
            return tuple(value)
        case "trusted":
            return tuple(value)
        case "jobs" | "policy":
            return value
    return frozenset(value) if key in _LISTS else float(value)


def _expected(key: str, value: Any) -> str | None:
    """Return what *value* should be as the setting *key*, None if it is."""
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return "a list of strings"
        return None if key != "trusted" or all(map(is_a_place, value)) else "folders, each absolute or from ~/ on"
    if key == "jobs":
        return None if type(value) is int and 1 <= value <= _MOST else "a whole number from 1"
    if key == "policy":
        return None if isinstance(value, str) else "a name or a path"
    top = 1.0 if key == "min_confidence" else _MOST
    is_good = not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= top
    return None if is_good else f"a number from 0 to {top:g}"


def _check_lanes(config: Config, user: Config) -> None:
    unknown = config.deny_lanes - user.catalogue().lanes.keys()
    if unknown and config.own:
        where = config.own.where("deny_lanes")
        raise ConfigError(f"{where} names {min(unknown)!r}, which is no lane; see suffice lanes.")


def _check_excluded(repository: Config) -> None:
    taken_back = next((pattern for pattern in repository.exclude if pattern.startswith("!")), None)
    if taken_back and repository.own:
        where = repository.own.where("exclude")
        raise ConfigError(f"{where} holds {taken_back!r}; a repository can only leave out more.")


def _user_file(environment: Mapping[str, str]) -> tuple[str, str]:
    named = environment.get("SUFFICE_CONFIG")
    path = Path(named) if named else _default_user_file()
    try:
        return path.read_text("utf-8"), str(path)
    except FileNotFoundError as error:
        if named:
            raise ConfigError(f"SUFFICE_CONFIG names {named}, which is not there; create or unset it.") from error
        return "", str(path)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); mend or remove it.") from error


def weights_file(environment: Mapping[str, str]) -> Path:
    """Return where the user's own weights of the confidence are looked for: beside the settings."""
    named = environment.get("SUFFICE_CONFIG")
    return (Path(named) if named else _default_user_file()).with_name(WEIGHTS_FILE)


def _user_weights(environment: Mapping[str, str]) -> Weights | None:
    path = weights_file(environment)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); mend or remove it.") from error
    from suffice.checker.weights import own_weights

    return own_weights(parse_toml(content, name=str(path)))


def _default_user_file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("suffice", appauthor=False) / "config.toml"


def _repository_configs(repository: Snapshot) -> Iterator[Config]:
    """Yield what each of the two files says that may hold a repository's settings: none goes before the other."""
    own = _text(repository, REPOSITORY_FILE)
    if own is not None:
        yield parse_config(own, name=REPOSITORY_FILE, known=REPOSITORY_SETTINGS)
    pyproject = _text(repository, "pyproject.toml")
    if pyproject is not None and "suffice" in pyproject:
        source = parse_toml(pyproject, name="pyproject.toml")
        yield _of_table(source, ("tool", "suffice"), known=REPOSITORY_SETTINGS)


def _text(repository: Snapshot, path: str) -> str | None:
    if not repository.exists(path):
        return None
    try:
        return repository.text(path)
    except InputError as error:
        raise ConfigError(f"{error}") from error
