"""The imports between files of other languages than Python, as the index of the repository has them.

They are all there, or none is: with some missing, nothing could be said of what is not imported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from suffice.checker.file_roles import is_python
from suffice.errors import ToolError
from suffice.index.language import family_of
from suffice.review.structure.import_graph import Edge, Graph
from suffice.review.structure.sizes import is_own
from suffice.snapshot import Snapshot

if TYPE_CHECKING:
    from suffice.index.index import Index

HOW = "import statements in the syntax trees"


def other_imports(
    snapshot: Snapshot, *, paths: Iterable[str], of: Collection[str] | None = None, index: Index | None = None
) -> Graph:
    """Return the imports between those of *paths* that are written in other languages than Python.

    Those that the files *of* make, None: all. *index* is one of the same paths that is there already. Raises ToolError
    if not all of them could be parsed.
    """
    listed = frozenset(paths)
    files = sorted(path for path in listed if family_of(path) and not is_python(path) and is_own(path))
    if not files:
        return Graph(edges={}, how=HOW)
    asked = _index(snapshot, listed, index)
    edges, unresolved = asked.import_edges(path for path in files if of is None or path in of)
    if asked.stopped:
        raise ToolError(f"{len(files)} files in other languages are too many; review a part of the tree.")
    known = frozenset(files)
    inside = {path: frozenset(target for target in targets if target in known) for path, targets in edges.items()}
    declared = (edge for path in inside if path.endswith(".rs") for edge in _only_declared(asked, path))
    return Graph(edges=inside, how=HOW, soft=frozenset(declared), unresolved=unresolved)


def _only_declared(index: Index, path: str) -> Iterator[Edge]:
    """Yield the files that a Rust file names by `mod` alone: it says that they are there, and needs nothing of them."""
    named, used = set[str](), set[str]()
    for one in index.symbols(path).imports:
        (named if one.specifier == "self" else used).update(index.targets(one, path) or ())
    yield from (Edge(path, target) for target in named - used)


def _index(snapshot: Snapshot, paths: frozenset[str], given: Index | None) -> Index:
    from suffice.index.index import Index

    return given or Index(snapshot, paths)
