"""What depends on what, counted: levels, fan-in and fan-out, and imports against the way that two packages go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from suffice.review.structure.cycles import Edges, strong_components
from suffice.review.structure.import_graph import Edge

MIN_WITH = 3
TIMES_MORE = 4
"""Two packages have a direction if at least so many imports go one way, and so many times more than the other."""


class Coupling(NamedTuple):
    """How many files import one (`fan_in`), and how many it imports (`fan_out`)."""

    fan_in: int
    fan_out: int

    @property
    def instability(self) -> float:
        """What share of its imports leaves it (0..1): 0 only serves, 1 only uses (Martin 1994); 0 for none at all."""
        return self.fan_out / max(1, self.fan_in + self.fan_out)


class Inversion(NamedTuple):
    """Imports from the package `lower` up to `upper`, while `downwards` imports go the other way."""

    lower: str
    upper: str
    downwards: int
    against: tuple[Edge, ...]


def levels(edges: Edges) -> dict[str, int]:
    """Return how far above the bottom each name is: 0 imports nothing, a cycle counts as one name."""
    components = strong_components(edges)
    group = {name: number for number, names in enumerate(components) for name in names}
    level: list[int] = []
    for number, names in enumerate(components):  # whatever a group reaches is before it
        below = {group[target] for name in names for target in edges.get(name, ())} - {number}
        level.append(max((level[other] + 1 for other in below), default=0))
    return {name: level[number] for name, number in group.items()}


def couplings(edges: Edges) -> dict[str, Coupling]:
    """Return fan-in and fan-out of every name."""
    fan_in = Counter(target for targets in edges.values() for target in targets)
    return {name: Coupling(fan_in[name], len(targets)) for name, targets in edges.items()}


def inversions(edges: Edges) -> list[Inversion]:
    """Return the imports against the dominating direction between packages, the clearest first.

    The packages of an import are the two folders in which the ways to its files part; a file that lies right there is
    in no package of its own.
    """
    between: dict[tuple[str, str], list[Edge]] = {}
    for edge in (Edge(source, target) for source, targets in edges.items() for target in targets):
        parted = parting(edge.source, edge.target)
        if parted:
            between.setdefault(parted, []).append(edge)
    found = [
        Inversion(lower=lower, upper=upper, downwards=downwards, against=tuple(sorted(against)))
        for (lower, upper), against in between.items()
        if (downwards := len(between.get((upper, lower), ()))) >= max(MIN_WITH, TIMES_MORE * len(against))
    ]
    return sorted(found, key=lambda it: (len(it.against) / it.downwards, it.lower, it.upper))


def parting(source: str, target: str) -> tuple[str, str] | None:
    """Return the folders in which the ways to *source* and *target* part, None if one lies right at the fork."""
    left, right = source.split("/"), target.split("/")
    same = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
    if same >= len(left) - 1 or same >= len(right) - 1:
        return None
    return "/".join(left[: same + 1]), "/".join(right[: same + 1])


def imports_between(edges: Iterable[Edge]) -> Mapping[tuple[str, str], int]:
    """Return how many of *edges* go from one folder to another."""
    return Counter((edge.source.rpartition("/")[0], edge.target.rpartition("/")[0]) for edge in edges)
