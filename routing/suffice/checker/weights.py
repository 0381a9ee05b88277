"""What evidence weighs: the shipped numbers of confidence.toml, and those that a user's own outcomes gave.

A user's file changes numbers only, never what is measured: which checks count and how their amounts are scaled ships.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from suffice.errors import ConfigError
from suffice.shipped import shipped_text
from suffice.task import Kind
from suffice.toml_source import TomlSource, parse_toml

OTHER = "other"
"""The kind, and the check, for which nothing of its own is said."""

MOST = 10.0
"""No weight, shift or slope is larger: e to the tenth is 22,000 to 1."""


class Scale(NamedTuple):
    """How the amount of a check is counted: what exceeds `above`, at most `most` of it, perhaps as a logarithm.

    `typical` are the amounts, by kind, at which a patch is as good as its lane usually is.
    """

    above: float = 0.0
    most: float = math.inf
    log: bool = False
    typical: Mapping[str, float] = {}

    def moved(self, amount: float, kind: Kind) -> float:
        """Return how far *amount* is from what is typical of *kind*."""
        return self._scaled(amount) - self._scaled(self.typical.get(kind, self.typical.get(OTHER, 0.0)))

    def _scaled(self, amount: float) -> float:
        beyond = min(max(amount - self.above, 0.0), self.most)
        return math.log1p(beyond) if self.log else beyond


class Fitted(NamedTuple):
    """That a kind was refitted: to `n` outcomes, with what all of its log odds moved by."""

    n: int
    shift: float


class Weights(NamedTuple):
    """All numbers of the formula in confidence.toml. `fitted`: the kinds whose outcomes changed them, none as shipped.

    `rates`: how often (0..1) an unseen lane's patch is right, by kind, `makers`: at most how often, by provider and
    kind; `passed`: what a passed check is worth, by name and kind.
    """

    rates: Mapping[str, float]
    makers: Mapping[str, Mapping[str, float]]
    prior_tasks: float
    calibrated_from: int
    passed: Mapping[str, Mapping[str, float]]
    scales: Mapping[str, Scale]
    weights: Mapping[str, float]
    slope: float = 1.0
    fitted: Mapping[str, Fitted] = {}

    def of(self, kind: Kind) -> Weights:
        """Return the numbers for *kind*: those that ship, unless they were refitted to it."""
        return self if kind in self.fitted else shipped_weights()

    def rate(self, kind: Kind, provider: str) -> float:
        """Return how often (0..1) a patch of *kind* by an unseen lane of *provider* is right."""
        return min(self.rates.get(kind, self.rates[OTHER]), self.makers.get(provider, {}).get(kind, 1.0))

    def weight(self, check: str) -> float:
        """Return what one of *check*'s amounts, scaled, adds to the log odds."""
        return self.weights.get(check, self.weights[OTHER])

    def moved(self, check: str, amount: float, kind: Kind) -> float:
        """Return the scaled *amount* of *check*, counted from what is typical."""
        return self.scales.get(check, self.scales[OTHER]).moved(amount, kind)

    def passing(self, check: str, kind: Kind) -> float:
        """Return what it adds to the log odds that *check* passed."""
        by_kind = self.passed.get(check, {})
        return by_kind.get(kind, by_kind.get(OTHER, 0.0))


@cache
def shipped_weights() -> Weights:
    """Return the numbers that ship."""
    data: Any = parse_toml(shipped_text("checker/confidence.toml"), name="confidence.toml").data
    return Weights(
        rates=data["rates"],
        makers=data["makers"],
        prior_tasks=data["prior_tasks"],
        calibrated_from=data["calibrated_from"],
        passed=data["passed"],
        scales={
            name: Scale(**{k: v for k, v in entry.items() if k != "weight"}) for name, entry in data["weights"].items()
        },
        weights={name: entry["weight"] for name, entry in data["weights"].items()},
    )


def own_weights(source: TomlSource) -> Weights:
    """Return the shipped numbers with those of *source*, a file that `suffice tune --confidence` printed.

    Raises ConfigError with file, line and key.
    """
    shipped, data = shipped_weights(), source.data
    unknown = data.keys() - _KEYS
    if unknown:
        raise ConfigError(f"{source.where(min(unknown))} is not known; known here: {', '.join(sorted(_KEYS))}.")
    kinds = _table(source, "kinds", known=set(Kind))
    own = {
        name: _number(source, ("weights", name), v)
        for name, v in _table(source, "weights", set(shipped.weights)).items()
    }
    return shipped._replace(
        slope=_number(source, ("slope",), data.get("slope", 1.0), least=0.0),
        fitted={kind: _fitted(source, kind, entry) for kind, entry in kinds.items()},
        weights={**shipped.weights, **own},
    )


_KEYS = {"fitted_on", "slope", "kinds", "weights"}


def _fitted(source: TomlSource, kind: str, entry: object) -> Fitted:
    n = entry.get("n") if isinstance(entry, dict) and entry.keys() <= {"n", "shift"} else None
    if not isinstance(entry, dict) or type(n) is not int or n < 1:
        where = source.where("kinds", kind)
        raise ConfigError(f"{where} is {entry!r}; expected a table such as {{ n = 214, shift = 0.12 }}, n from 1.")
    return Fitted(n, _number(source, ("kinds", kind, "shift"), entry.get("shift", 0.0)))


def _table(source: TomlSource, name: str, known: set[str]) -> Mapping[str, object]:
    table = source.data.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{source.where(name)} is {table!r}; expected a table.")
    unknown = table.keys() - known
    if unknown:
        where = source.where(name, min(unknown))
        raise ConfigError(f"{where} is not known; known here: {', '.join(sorted(known))}.")
    return table


def _number(source: TomlSource, path: tuple[str, ...], value: object, *, least: float = -MOST) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= MOST:
        raise ConfigError(f"{source.where(*path)} is {value!r}; expected a number from {least:g} to {MOST:g}.")
    return float(value)
