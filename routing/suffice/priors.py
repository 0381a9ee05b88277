"""What is believed of lanes before this machine has seen them work. The numbers stand in priors.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from suffice.shipped import shipped_text


class Prior(NamedTuple):
    """How often (0..1) a lane solves a task that it is asked first, and one at which another lane has failed."""

    first: float
    after: float


class Priors(NamedTuple):
    """The belief in each lane, how many own tasks it is worth, and by how much a task costs more after a failure."""

    lanes: Mapping[str, Prior]
    other: Prior
    tasks: float
    after_costs: float

    def of(self, lane: str) -> Prior:
        """Return the belief in *lane*."""
        return self.lanes.get(lane, self.other)


@cache
def priors() -> Priors:
    """Return the shipped beliefs."""
    data = tomllib.loads(shipped_text("priors.toml"))
    lanes = {name: Prior(**entry) for name, entry in data["lanes"].items()}
    return Priors(lanes=lanes, other=Prior(**data["other"]), tasks=data["tasks"], after_costs=data["after_costs"])
