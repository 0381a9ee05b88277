"""Reads a policy from TOML. Every error names the file, the line and the key, and says what was expected.

    extends = "guide"                 # optional: what is not said here is as there
    drop_denies = true                # the denies of the extended policy do not apply, only those here
    [defaults]                        # numbers for all kinds of this file
    [kinds.edit]
    ladder = ["local?", "sonnet | codex", "opus", "human"]
    [[deny]]                          # what is empty applies always
    lanes = ["opus"]
    modes = ["bulk"]
    because = "too dear"
    [[stakes]]
    paths = ["auth/**"]

In a ladder, "a | b" are peers, the first preferred on a tie; "local?" is used where one is set up; the last is human.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from suffice.errors import ConfigError
from suffice.globs import flaw_of
from suffice.lanes import HUMAN, LINTER, Lane, catalogue
from suffice.policy import SHIPPED, Deny, KindPolicy, PathStakes, Policy, Rung, shipped_policy
from suffice.task import Kind, Mode, Stakes
from suffice.toml_source import TomlSource, parse_toml


def parse_policy(
    content: bytes, *, name: str, file: str | None = None, lanes: Mapping[str, Lane] | None = None
) -> Policy:
    """Return the policy that *content* (TOML) says. Raises ConfigError with file, line and key."""
    known = catalogue().lanes if lanes is None else lanes
    source = parse_toml(content, name=file or f"policy {name}")
    for key in source.data:
        if key not in _TOP_KEYS:
            raise ConfigError(f"{source.where(key)} is no setting of a policy; known are: {', '.join(_TOP_KEYS)}.")
    if not isinstance(source.data.get("description", ""), str):
        raise ConfigError(
            f"{source.where('description')} is {source.data['description']!r}; expected one line of text."
        )
    parent = _parent(source, known)
    defaults = _numbers(source, ("defaults",), _tables(source, "defaults"))
    for key in _tables(source, "defaults"):
        if key not in _NUMBERS:
            raise ConfigError(f"{source.where('defaults', key)} is no setting; known are: {', '.join(_NUMBERS)}.")
    kinds = dict(parent.kinds) if parent else {}
    for key, entry in _tables(source, "kinds").items():
        kind = _kind(source, key)
        kinds[kind] = _kind_policy(source, key, entry, defaults=defaults, inherited=kinds.get(kind), lanes=known)
    return Policy(
        name=name,
        sha256=hashlib.sha256(content + (parent.sha256.encode() if parent else b"")).hexdigest(),
        kinds=kinds,
        lanes=known,
        denies=(*_inherited_denies(source, parent), *_denies(source, known)),
        path_stakes=(*_path_stakes(source), *(parent.path_stakes if parent else ())),
    )


_TOP_KEYS = ("description", "extends", "drop_denies", "defaults", "kinds", "deny", "stakes")
_NUMBERS = {key: default for key, default in KindPolicy._field_defaults.items() if type(default) in {int, float}}
_SHARES = {"propose", "apply", "rise_per_rung", "wrong_accepted"}
_POSITIVE = {"max_output_tokens", "timeout_s"}
_MOST = 1e12
_STAGES = ("second", "refute", "settle")
"""Keys of [kinds.review] alone."""
_KIND_KEYS = ("ladder", "explicit_only", "high_stakes_from", "prefilter", "judge", *_STAGES, *_NUMBERS)


def _inherited_denies(source: TomlSource, parent: Policy | None) -> tuple[Deny, ...]:
    drop = source.data.get("drop_denies", False)
    if not isinstance(drop, bool):
        raise ConfigError(f"{source.where('drop_denies')} is {drop!r}; expected true or false.")
    return () if drop or parent is None else parent.denies


def _parent(source: TomlSource, lanes: Mapping[str, Lane]) -> Policy | None:
    name = source.data.get("extends")
    if name is None:
        return None
    if name not in SHIPPED:
        raise ConfigError(f"{source.where('extends')} is {name!r}; a policy extends one of: {', '.join(SHIPPED)}.")
    return shipped_policy(name, lanes)


def _tables(source: TomlSource, key: str) -> Mapping[str, Any]:
    table = source.data.get(key, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{source.where(key)} is to hold tables such as [kinds.edit].")
    return table


def _kind(source: TomlSource, key: str) -> Kind:
    try:
        return Kind(key)
    except ValueError:
        raise ConfigError(f"{source.where('kinds', key)}: {key} is no kind; kinds are: {', '.join(Kind)}.") from None


def _kind_policy(
    source: TomlSource,
    kind: str,
    entry: Any,
    *,
    defaults: Mapping[str, Any],
    inherited: KindPolicy | None,
    lanes: Mapping[str, Lane],
) -> KindPolicy:
    """Return what *entry* says, over the file's own defaults, over what the extended policy says of the kind."""
    if not isinstance(entry, dict):
        raise ConfigError(f"{source.where('kinds', kind)} is to be a table; see `suffice policy show`.")
    for key in entry:
        if key not in _KIND_KEYS:
            raise ConfigError(f"{source.where('kinds', kind, key)} is no setting; known are: {', '.join(_KIND_KEYS)}.")
    if "ladder" not in entry and inherited is None:
        raise ConfigError(f'{source.where("kinds", kind)} has no ladder; give one such as ["haiku", "human"].')
    ladder = _ladder(source, kind, entry["ladder"], lanes) if "ladder" in entry else {}
    numbers = {**defaults, **_numbers(source, ("kinds", kind), entry)}
    base = inherited._asdict() if inherited else {}
    made = KindPolicy(**{**base, **numbers, **ladder, **_choices(source, kind, entry, lanes)})
    if made.high_stakes_from and not any(made.high_stakes_from in rung for rung in made.rungs):
        if "high_stakes_from" not in entry:
            return made._replace(high_stakes_from=None)  # it was inherited with another ladder
        where = source.where("kinds", kind, "high_stakes_from")
        raise ConfigError(f"{where} is {made.high_stakes_from}, which is not on the ladder; name one of its lanes.")
    return made


def _choices(source: TomlSource, kind: str, entry: Mapping[str, Any], lanes: Mapping[str, Lane]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "explicit_only" in entry:
        names = _names(source, ("kinds", kind, "explicit_only"), entry["explicit_only"], lanes)
        found["explicit_only"] = frozenset(names)
    if "high_stakes_from" in entry:
        names = _names(source, ("kinds", kind, "high_stakes_from"), [entry["high_stakes_from"]], lanes)
        found["high_stakes_from"] = names[0]
    if "prefilter" in entry:
        if not isinstance(entry["prefilter"], bool):
            raise ConfigError(f"{source.where('kinds', kind, 'prefilter')} is to be true or false.")
        found["prefilter"] = entry["prefilter"]
    if "judge" in entry:
        found["judge"] = _models(source, ("kinds", kind, "judge"), entry["judge"], lanes)
    return {**found, **_stages(source, kind, entry, lanes)}


def _stages(source: TomlSource, kind: str, entry: Mapping[str, Any], lanes: Mapping[str, Lane]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in (key for key in _STAGES if key in entry):
        path = ("kinds", kind, key)
        if kind != Kind.REVIEW:
            raise ConfigError(f"{source.where(*path)} is a stage of reviews; write it under [kinds.review].")
        if key == "second":
            found[key] = _models(source, path, entry[key], lanes)
        else:
            found[key] = _rungs(source, path, entry[key], lanes)
    return found


def _rungs(source: TomlSource, path: tuple[str, ...], rungs: Any, lanes: Mapping[str, Lane]) -> tuple[Rung, ...]:
    if not isinstance(rungs, list) or not all(isinstance(rung, str) for rung in rungs):
        raise ConfigError(f'{source.where(*path)} is to be a list such as ["haiku | gpt-5.4:low", "sonnet"].')
    return tuple(_models(source, path, [lane.strip() for lane in rung.split("|")], lanes) for rung in rungs)


def _numbers(source: TomlSource, path: tuple[str, ...], entry: Mapping[str, Any]) -> dict[str, float]:
    found = {key: value for key, value in entry.items() if key in _NUMBERS}
    for key, value in found.items():
        _check_number(source, (*path, key), value)
    return found


def _check_number(source: TomlSource, path: tuple[str, ...], value: Any) -> None:
    key = path[-1]
    whole = isinstance(_NUMBERS[key], int)
    kinds = int if whole else (int, float)
    least = 1 if key in _POSITIVE else 0
    if (
        isinstance(value, bool)
        or not isinstance(value, kinds)
        or not least <= value <= (1 if key in _SHARES else _MOST)
    ):
        expected = "a number from 0 to 1" if key in _SHARES else f"a {'whole ' if whole else ''}number from {least}"
        raise ConfigError(f"{source.where(*path)} is {value!r}; expected {expected}.")


def _ladder(source: TomlSource, kind: str, ladder: Any, lanes: Mapping[str, Lane]) -> dict[str, Any]:
    path = ("kinds", kind, "ladder")
    if not isinstance(ladder, list) or not ladder or not all(isinstance(rung, str) for rung in ladder):
        raise ConfigError(f'{source.where(*path)} is to be a list such as ["haiku", "human"].')
    marked = [[lane.strip() for lane in rung.split("|")] for rung in ladder]
    rungs = tuple(tuple(lane.removesuffix("?") for lane in rung) for rung in marked)
    flat = _names(source, path, [lane for rung in rungs for lane in rung], lanes)
    twice = next((lane for lane in flat if flat.count(lane) > 1), None)
    alone = [rung for rung in rungs if {HUMAN, LINTER} & set(rung)]
    if twice or any(len(rung) > 1 or f"{rung[0]}?" in ladder for rung in alone) or (HUMAN,) in rungs[:-1]:
        raise ConfigError(
            f"{source.where(*path)}: each lane stands once, linter and human on a rung of their own, human last;"
            f" change {twice or HUMAN}."
        )
    return {
        "rungs": rungs if rungs[-1] == (HUMAN,) else (*rungs, (HUMAN,)),
        "optional": frozenset(lane.removesuffix("?") for rung in marked for lane in rung if lane.endswith("?")),
    }


def _names(source: TomlSource, path: tuple[str | int, ...], names: Any, lanes: Mapping[str, Lane]) -> list[str]:
    for name in names if isinstance(names, list) else [names]:
        if not isinstance(name, str) or (name not in lanes and name not in {LINTER, HUMAN}):
            known = ", ".join((LINTER, *lanes, HUMAN))
            raise ConfigError(f"{source.where(*path)} names {name!r}, which is no lane; lanes are: {known}.")
    return list(names) if isinstance(names, list) else [names]


def _models(source: TomlSource, path: tuple[str | int, ...], names: Any, lanes: Mapping[str, Lane]) -> tuple[str, ...]:
    for name in names if isinstance(names, list) else [names]:
        if not isinstance(name, str) or name not in lanes:
            raise ConfigError(
                f"{source.where(*path)} names {name!r}, which is no model's lane; known: {', '.join(lanes)}."
            )
    return tuple(names) if isinstance(names, list) else (names,)


def _denies(source: TomlSource, lanes: Mapping[str, Lane]) -> tuple[Deny, ...]:
    return tuple(_deny(source, number, entry, lanes) for number, entry in enumerate(_list(source, "deny")))


def _deny(source: TomlSource, number: int, entry: Mapping[str, Any], lanes: Mapping[str, Lane]) -> Deny:
    at = ("deny", number)
    for key, value in entry.items():
        if key not in Deny._fields:
            raise ConfigError(f"{source.where(*at, key)} is no setting; known are: {', '.join(Deny._fields)}.")
        if key != "because" and not _is_strings(value):
            raise ConfigError(f"{source.where(*at, key)} is {value!r}; expected a list of strings.")
    if not isinstance(entry.get("because"), str) or not (entry.get("lanes") or entry.get("providers")):
        raise ConfigError(f"{source.where(*at)} needs `because` and at least one of `lanes` and `providers`.")
    return Deny(
        because=entry["because"],
        lanes=_members(source, at, entry, "lanes", set(lanes)),
        providers=_members(source, at, entry, "providers", {lane.provider for lane in lanes.values()}),
        kinds=frozenset(Kind(kind) for kind in _members(source, at, entry, "kinds", set(Kind))),
        modes=frozenset(Mode(mode) for mode in _members(source, at, entry, "modes", set(Mode))),
        stakes=frozenset(Stakes(stakes) for stakes in _members(source, at, entry, "stakes", set(Stakes))),
        paths=_patterns(source, at, entry.get("paths", [])),
    )


def _members(
    source: TomlSource, at: tuple[str | int, ...], entry: Mapping[str, Any], key: str, known: set[Any]
) -> frozenset[str]:
    for value in entry.get(key, ()):
        if not isinstance(value, str) or value not in known:
            raise ConfigError(f"{source.where(*at, key)} names {value!r}; known are: {', '.join(sorted(known))}.")
    return frozenset(entry.get(key, ()))


def _patterns(source: TomlSource, at: tuple[str | int, ...], patterns: list[str]) -> tuple[str, ...]:
    idle = next((pattern for pattern in patterns if not pattern.strip() or pattern.startswith("#")), None)
    if idle is not None:
        raise ConfigError(f"{source.where(*at, 'paths')} holds {idle!r}, which names no file; write one like auth/**.")
    if flaw := flaw_of(patterns):
        raise ConfigError(f"{source.where(*at, 'paths')} {flaw}")
    return tuple(patterns)


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _path_stakes(source: TomlSource) -> tuple[PathStakes, ...]:
    rules = []
    for number, entry in enumerate(_list(source, "stakes")):
        at = ("stakes", number)
        paths = entry.get("paths")
        if set(entry) - {"paths", "stakes"} or not _is_strings(paths) or not paths:
            raise ConfigError(f'{source.where(*at)} is to hold paths = ["auth/**"] and, unless high, stakes.')
        _members(source, at, {"stakes": [entry.get("stakes", Stakes.HIGH)]}, "stakes", set(Stakes))
        rules.append(PathStakes(paths=_patterns(source, at, paths), stakes=Stakes(entry.get("stakes", Stakes.HIGH))))
    return tuple(rules)


def _list(source: TomlSource, key: str) -> list[Mapping[str, Any]]:
    entries = source.data.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{source.where(key)} is to be written as [[{key}]].")
    return entries
