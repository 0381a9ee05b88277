"""What was computed of a repository once, for all facts to be drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.review.structure.history import History
from suffice.review.structure.import_graph import Edge, Graph
from suffice.review.structure.import_sites import Site, site_of
from suffice.review.structure.layers import Coupling
from suffice.review.structure.python_files import Modules
from suffice.snapshot import Snapshot

MOST_NAMED = 4
"""Imports or names in one sentence; whoever wants all of them can ask the program that found them."""


class View(NamedTuple):
    """A repository's texts and what was measured of them; `history` is None where there is none to read.

    `lines` are those of source and test files, `hard` the imports that loading a file may do.
    """

    snapshot: Snapshot
    paths: frozenset[str]
    graph: Graph
    hard: Mapping[str, frozenset[str]]
    modules: Modules
    couplings: Mapping[str, Coupling]
    lines: Mapping[str, int]
    history: History | None

    def fan_in(self, path: str) -> int:
        """Return how many files import the file *path*."""
        return self.couplings[path].fan_in if path in self.couplings else 0

    def churn(self, path: str) -> int:
        """Return in how many commits the file *path* changed."""
        return self.history.churn.get(path, 0) if self.history else 0

    def site(self, edge: Edge) -> Site | None:
        """Return where *edge* is made, None where that is not known."""
        return site_of(edge, snapshot=self.snapshot, modules=self.modules)

    def shown(self, edge: Edge) -> str:
        """Return *edge* in words, with the line where it is known."""
        site = self.site(edge)
        where = f" line {site.line}{f' ({site.late})' if site.late else ''}" if site else ""
        return f"{edge.source}{where} -> {edge.target}"

    def listed(self, edges: Sequence[Edge]) -> str:
        """Return the first of *edges* in words, and how many more there are."""
        more = f"; and {len(edges) - MOST_NAMED} more" if len(edges) > MOST_NAMED else ""
        return "; ".join(map(self.shown, edges[:MOST_NAMED])) + more


def count_of(number: int, singular: str, plural: str = "") -> str:
    """Return "1 import", "3 imports"."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
