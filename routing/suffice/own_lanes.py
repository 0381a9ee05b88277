"""The user's own lanes: what a settings file changes in the catalogue, or adds to it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from suffice.errors import ConfigError
from suffice.lanes import HUMAN, LINTER, PROVIDERS, Catalogue, Lane, Price, lane_of
from suffice.toml_source import TomlSource

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "provider": str,
    "model": str,
    "effort": str,
    "efforts": list,
    "prices": list,
    "context_tokens": int,
    "rank": int,
    "latency_s": (int, float),
    "best_for": str,
    "use_when": str,
    "avoid_when": str,
    "source": str,
    "read_on": date,
    "output_ratio": (int, float),
    "jobs": int,
    "retires_on": date,
}
"""The keys of a lane in a file, and what each has to be."""

_NAME = re.compile(r"[\w.:-]+")
"""What a lane may be called: a ladder could not name one with a blank, a bar or a question mark."""

_REQUIRED = ("provider", "model", "context_tokens", "prices")
_OWN_SOURCE = "your settings"
_OF_A_NEW_LANE: Mapping[str, Any] = {
    "effort": "",
    "efforts": [],
    "rank": 3,
    "latency_s": 5.0,
    "best_for": "what your settings use it for",
    "use_when": "",
    "avoid_when": "",
    "source": _OWN_SOURCE,
}


def with_own_lanes(shipped: Catalogue, source: TomlSource, *, today: date) -> Catalogue:
    """Return *shipped* with what the table [lanes] of *source* changes or adds. Raises ConfigError.

    A price that a settings file states without `source` and `read_on` is from there, and counts as read on *today*.
    """
    table = source.data.get("lanes", {})
    if not isinstance(table, dict):
        raise ConfigError(f"{source.where('lanes')} is to hold tables such as [lanes.local].")
    own = {name: _own_lane(shipped, source, name, entry, today) for name, entry in table.items()}
    lanes = {**shipped.lanes, **own}
    read_on = min((lane.read_on for lane in lanes.values() if not lane.is_free), default=shipped.read_on)
    return Catalogue(lanes=lanes, read_on=read_on)


def _own_lane(shipped: Catalogue, source: TomlSource, name: str, entry: Any, today: date) -> Lane:
    if name in {LINTER, HUMAN} or not isinstance(entry, dict) or not _NAME.fullmatch(name):
        raise ConfigError(
            f"{source.where('lanes', name)} is no lane that can be set; give a table with: {', '.join(_TYPES)}."
        )
    for key, value in entry.items():
        _check_key(source, ("lanes", name, key), value)
    entry = {key: value.date() if isinstance(value, datetime) else value for key, value in entry.items()}
    known = shipped.lanes.get(name)
    missing = [key for key in _REQUIRED if known is None and key not in entry]
    if missing:
        where = source.where("lanes", name)
        raise ConfigError(f"{where} is a new lane and lacks {missing[0]}; it needs {', '.join(_REQUIRED)}.")
    base: dict[str, Any] = known._asdict() if known else {**_OF_A_NEW_LANE, "read_on": today}
    if known:
        base["prices"] = [price._asdict() for price in known.prices]
    read_on = {"read_on": today, "source": _OWN_SOURCE} if "prices" in entry else {}
    no_effort = {"effort": ""} if entry.get("efforts") == [] else {}
    lane = lane_of(name, {**base, **read_on, **no_effort, **entry})
    if lane.effort not in (lane.efforts or ("",)):
        where, accepted = (
            source.where("lanes", name, "effort"),
            ", ".join(lane.efforts) or "none, or efforts to list it",
        )
        raise ConfigError(f"{where} is {lane.effort!r}, which is none that the model accepts; expected {accepted}.")
    return lane


def _check_key(source: TomlSource, path: tuple[str, ...], value: Any) -> None:
    expected = _unlike(path[-1], value)
    if expected:
        raise ConfigError(f"{source.where(*path)}: {expected}.")


def _unlike(key: str, value: Any) -> str | None:
    """Return what was expected where *value* is nothing for *key*."""
    if key not in _TYPES:
        return f"this is no setting of a lane; known are {', '.join(_TYPES)}"
    if not isinstance(value, _TYPES[key]) or isinstance(value, bool):
        return f"{value!r} is of the wrong type; see `suffice lanes --json` for examples"
    if isinstance(value, list):
        return _unlike_list(key, value)
    if isinstance(value, str):
        return _unlike_text(key, value)
    least = 1 if key == "context_tokens" else 0
    if isinstance(value, int | float) and not least <= value < math.inf:
        return f"{value!r} is no amount; expected a number, {least} or more"
    return None


def _unlike_text(key: str, value: str) -> str | None:
    if key == "provider" and value not in PROVIDERS:
        return f"{value!r} is no provider; expected one of {', '.join(PROVIDERS)}"
    if key == "model" and not value.strip():
        return f"{value!r} is no model's id; expected the one that the provider has for it"
    return None


def _unlike_list(key: str, value: list[Any]) -> str | None:
    if key == "efforts":
        return None if all(isinstance(effort, str) for effort in value) else f"{value!r} holds no names of efforts"
    if value and all(_is_price(price) for price in value) and _in_order(value):
        return None
    return "expected a list such as [{ input = 0.1, cached = 0.01, output = 0.5 }], the steps in order of size"


def _is_price(price: Any) -> bool:
    if not isinstance(price, dict) or not {"input", "cached", "output"} <= price.keys() <= set(Price._fields):
        return False
    step = price.get("up_to_prompt_tokens", 1)
    amounts = all(type(value) in {int, float} and 0 <= value < math.inf for value in price.values())
    return amounts and type(step) is int and step > 0


def _in_order(prices: list[dict[str, Any]]) -> bool:
    """Tell whether each step is for larger prompts than the one before, and only the last is for any."""
    steps = [price.get("up_to_prompt_tokens", math.inf) for price in prices]
    return all(small < large for small, large in pairwise(steps))
