"""Which file of a repository imports which: for Python by `ruff analyze graph`, on a copy that holds nothing else.

The copy lies in a folder of its own, with the Python files alone: no settings, no .gitignore, no link of the repository
is there to be read, and nothing of it is ever executed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from suffice.errors import InputError, ToolError
from suffice.linters import ruff
from suffice.processes import Started
from suffice.review.structure.python_files import Modules, modules_of, python_files
from suffice.snapshot import Snapshot

HOW = "ruff analyze graph --isolated"

MAX_FILES = 20_000
"""Ten times a large project; writing more takes seconds. The project's own limit."""

_TIMEOUT_S = 10.0
"""Twenty times what the largest package that was measured takes (sympy: 0.5 s for 26 MB)."""

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only a place for tempfile to make a private folder in

_ALONE = ("--isolated", "--quiet", "--config", "exclude=[]", "--config", "respect-gitignore=false")
"""Without `exclude` ruff passes over folders named `build` or `dist`, which packages have too."""

_EVERY = ("--type-checking-imports", "--detect-string-imports", "--min-dots", "1")
_HARD = ("--no-type-checking-imports",)


class Edge(NamedTuple):
    """An import: the file `source` imports the file `target`."""

    source: str
    target: str


class Graph(NamedTuple):
    """Which file imports which of the same repository; every file that was looked at is a key, none imports itself.

    `soft` are imports that do not happen when the importing file is loaded: for type checkers only, by a name in a
    string, or of a module that is declared to be there and not used. `unresolved` counts imports that name a file of
    the repository, but not which of several.
    """

    edges: Mapping[str, frozenset[str]]
    how: str
    soft: frozenset[Edge] = frozenset()
    unresolved: int = 0

    @property
    def total(self) -> int:
        """How many imports there are."""
        return sum(map(len, self.edges.values()))

    def all(self) -> Iterator[Edge]:
        """Yield every import in the order of the files."""
        for source in sorted(self.edges):
            yield from (Edge(source, target) for target in sorted(self.edges[source]))

    def hard(self) -> Mapping[str, frozenset[str]]:
        """Return the imports without the soft ones."""
        return {
            source: frozenset(target for target in targets if (source, target) not in self.soft)
            for source, targets in self.edges.items()
        }


def import_graph(snapshot: Snapshot, *, paths: Iterable[str]) -> Graph:
    """Return the imports between the Python files among *paths*. Raises ToolError if ruff cannot be run."""
    files = python_files(paths)
    if not files:
        return Graph(edges={}, how=HOW)
    if len(files) > MAX_FILES:
        raise ToolError(f"{len(files)} Python files are over the limit of {MAX_FILES}; review a part of the tree.")
    with _copied(snapshot, files) as (folder, copied):
        runs = [_start(folder, arguments) for arguments in (_EVERY, _HARD)]
        try:
            every, hard = (parse(_finished(started)) for started in runs)
        finally:
            for started in runs:
                started.drop()
    return _graph(every, hard, modules_of(copied))


def parse(output: str) -> Mapping[str, Sequence[str]]:
    """Return by file what it imports, out of what `ruff analyze graph` prints. Raises ToolError for another shape."""
    try:
        printed: Any = json.loads(output or "{}")  # it prints nothing where there is no file
    except (ValueError, RecursionError):
        printed = None
    if not isinstance(printed, dict) or not all(map(_is_list_of_names, printed.values())):
        raise ToolError(
            f"ruff {ruff.version()} prints its import graph in another shape than lists of files by file; "
            "install the ruff that suffice was tested with."
        )
    return {_slashed(source): [_slashed(target) for target in targets] for source, targets in printed.items()}


def merged(graphs: Sequence[Graph]) -> Graph:
    """Return the imports of all *graphs*, which speak of different files, as one."""
    edges = {source: targets for graph in graphs for source, targets in graph.edges.items()}
    return Graph(
        edges=edges,
        how=" and ".join(dict.fromkeys(graph.how for graph in graphs if graph.edges)) or HOW,
        soft=frozenset().union(*(graph.soft for graph in graphs)),
        unresolved=sum(graph.unresolved for graph in graphs),
    )


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _slashed(path: str) -> str:
    return path.replace("\\", "/")


@contextmanager
def _copied(snapshot: Snapshot, files: Sequence[str]) -> Iterator[tuple[Path, list[str]]]:
    """Yield a folder with *files*, and those that could be written; one without readable text is empty there."""
    shm = _IN_MEMORY if _IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="suffice-", dir=shm) as name:
        folder, made, copied = Path(name), set[Path](), list[str]()
        for path in files:
            place = folder / path
            with suppress(OSError):  # a name that this system does not take, or a file where another needs a folder
                if place.parent not in made:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    made.add(place.parent)
                place.write_bytes(_content(snapshot, path))
                copied.append(path)
        yield folder, copied


def _content(snapshot: Snapshot, path: str) -> bytes:
    try:
        return snapshot.text(path).encode("utf-8")
    except InputError:  # others may import it all the same
        return b""


def _start(folder: Path, arguments: Sequence[str]) -> Started:
    return Started([ruff.executable(), "analyze", "graph", *_ALONE, *arguments, "."], cwd=folder, own_group=True)


def _finished(started: Started) -> str:
    done = started.finish(timeout_s=_TIMEOUT_S)
    if done.code != 0:
        reason = " ".join(done.stderr[:300].split())
        raise ToolError(f"ruff analyze graph failed ({reason}); install the ruff that suffice was tested with.")
    return done.stdout


def _graph(every: Mapping[str, Sequence[str]], hard: Mapping[str, Sequence[str]], modules: Modules) -> Graph:
    edges, unresolved = {}, 0
    for path in modules.root:
        found = [target for target in every.get(path, ()) if target in modules.root]
        meant = [modules.imported(by=path, found=target) for target in found]
        unresolved += meant.count(None)
        edges[path] = frozenset(target for target in meant if target is not None and target != path)
    loaded = {
        Edge(path, target)
        for path in modules.root
        for found in hard.get(path, ())
        if found in modules.root and (target := modules.imported(by=path, found=found)) is not None
    }
    soft = frozenset(
        Edge(path, target) for path, targets in edges.items() for target in targets if (path, target) not in loaded
    )
    return Graph(edges=edges, how=HOW, soft=soft, unresolved=unresolved)
