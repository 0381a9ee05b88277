"""A policy: which ladder each kind climbs, and when it stops. Policies are TOML files; this reads them.

A policy can only choose among the catalogue's lanes; the constraints that no policy lifts are in decide.py.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from suffice.errors import ConfigError
from suffice.lanes import HUMAN, LINTER, catalogue
from suffice.shipped import shipped_text
from suffice.task import Kind

Rung = tuple[str, ...]

SHIPPED = ("guide",)
"""The policies that come with the program."""

_NUMBERS = {
    "propose": 0.8,
    "apply": 0.95,
    "max_output_tokens": 4096,
    "timeout_s": 60.0,
    "typical_input_tokens": 1500,
    "typical_output_tokens": 300,
}
_OTHER_KEYS = {"ladder", "deny_lanes", "deny_reason"}


class KindPolicy(NamedTuple):
    """What a policy says of one kind. `propose` and `apply` are confidences 0..1; the last rung is `human`."""

    rungs: tuple[Rung, ...]
    propose: float
    apply: float
    max_output_tokens: int
    timeout_s: float
    typical_input_tokens: int
    typical_output_tokens: int
    deny_lanes: frozenset[str] = frozenset()
    deny_reason: str = ""


class Policy(NamedTuple):
    """Ladders and thresholds for each kind. `sha256` is of the file, so that a report says which it was."""

    name: str
    sha256: str
    kinds: Mapping[Kind, KindPolicy]

    @classmethod
    def load(cls, name: str | Path) -> Policy:
        """Return the shipped policy *name*, or the one in the file at that path. Raises ConfigError."""
        if name in SHIPPED:
            return parse_policy(shipped_text(f"policies/{name}.toml").encode(), name=str(name))
        path = Path(name)
        try:
            return parse_policy(path.read_bytes(), name=path.stem, file=str(name))
        except OSError as error:
            raise ConfigError(
                f"There is no policy {name}; shipped is: {', '.join(SHIPPED)}. Name it or the path of a policy file."
            ) from error

    def of(self, kind: Kind) -> KindPolicy:
        """Return what this policy says of *kind*. Raises ConfigError if it says nothing."""
        if kind not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            raise ConfigError(f"Policy {self.name} has no ladder for {kind}; it has: {known}.")
        return self.kinds[kind]


def parse_policy(content: bytes, *, name: str, file: str | None = None) -> Policy:
    """Return the policy that *content* (TOML) says. Raises ConfigError with file and key."""
    where = file or f"policy {name}"
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} is no valid TOML: {error}; mend that line.") from error
    unknown = set(data) - {"kinds"}
    if unknown or not isinstance(data.get("kinds"), dict):
        raise ConfigError(f"{where}: expected a table [kinds.KIND] and nothing else; see policies/guide.toml.")
    kinds = {_kind(where, key): _kind_policy(where, key, value) for key, value in data["kinds"].items()}
    return Policy(name=name, sha256=hashlib.sha256(content).hexdigest(), kinds=kinds)


def _kind(where: str, key: str) -> Kind:
    try:
        return Kind(key)
    except ValueError:
        raise ConfigError(f"{where}: {key} is no kind; kinds are: {', '.join(Kind)}.") from None


def _kind_policy(where: str, kind: str, entry: Any) -> KindPolicy:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: kinds.{kind} is to be a table; see policies/guide.toml.")
    for key in entry:
        if key not in _NUMBERS and key not in _OTHER_KEYS:
            raise ConfigError(f"{where}: kinds.{kind}.{key} is no setting; take it out.")
    numbers = {key: entry.get(key, default) for key, default in _NUMBERS.items()}
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ConfigError(f"{where}: kinds.{kind}.{key} is {value!r}; expected a number, 0 or more.")
    return KindPolicy(
        rungs=_rungs(where, kind, entry.get("ladder")),
        deny_lanes=frozenset(_names(where, f"kinds.{kind}.deny_lanes", entry.get("deny_lanes", []))),
        deny_reason=str(entry.get("deny_reason", "denied by the policy")),
        **numbers,
    )


def _rungs(where: str, kind: str, ladder: Any) -> tuple[Rung, ...]:
    if not isinstance(ladder, list) or not ladder or not all(isinstance(rung, str) for rung in ladder):
        raise ConfigError(f'{where}: kinds.{kind}.ladder is to be a list such as ["haiku", "human"].')
    rungs = tuple(tuple(lane.strip() for lane in rung.split("|")) for rung in ladder)
    _names(where, f"kinds.{kind}.ladder", [lane for rung in rungs for lane in rung])
    return rungs if rungs[-1] == (HUMAN,) else (*rungs, (HUMAN,))


def _names(where: str, key: str, names: Any) -> list[str]:
    known = {*catalogue().lanes, LINTER, HUMAN}
    for name in names if isinstance(names, list) else [names]:
        if name not in known:
            raise ConfigError(f"{where}: {key} names {name!r}, which is no lane; lanes are: {', '.join(known)}.")
    return list(names)
