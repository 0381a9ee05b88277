"""Which tests a change can reach: those of a file that imports what changed, over however many others.

What imports what is said by ruff's import graph, deaf to the project's own settings. An import that only shows when
the code runs is not in it: that is why the whole command runs as well.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from suffice.errors import ToolError
from suffice.linters import ruff
from suffice.processes import run

MOST = 200
"""More files than that are no part of a project's tests, they are its tests."""

Graph = Mapping[str, Sequence[str]]


def imports(folder: Path, sources: Iterable[str]) -> Graph:
    """Return for each Python file under *folder* those of the others that it imports; {} if nobody can tell.

    *sources* are the folders, relative to *folder*, that modules are imported from.
    """
    settings = f"src = {json.dumps(list(sources))}"
    try:
        command = [ruff.executable(), "analyze", "graph", "--isolated", "--quiet", "--config", settings]
        done = run(command, cwd=folder)
        graph = json.loads(done.stdout) if done.code == 0 else {}
    except (ToolError, ValueError):
        return {}
    return graph if isinstance(graph, dict) else {}


def affected_tests(graph: Graph, changed: Collection[str]) -> tuple[str, ...]:
    """Return the test files, and folders of a `conftest.py`, that *changed* files reach.

    Empty where the graph narrows nothing down: no test is reached, too many are, or all.
    """
    tests = {path for path in graph if is_test_file(path)}
    reached = _reached(graph, changed)
    found = {path for path in reached if is_test_file(path)}
    for folder in (PurePosixPath(path).parent for path in reached if path.endswith("conftest.py")):
        found |= {path for path in tests if PurePosixPath(path).is_relative_to(folder)}
    return tuple(sorted(found)) if len(found) <= MOST and found != tests else ()


def is_test_file(path: str) -> bool:
    """Whether pytest looks for tests in the file *path*, as it comes."""
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _reached(graph: Graph, changed: Iterable[str]) -> set[str]:
    importers: dict[str, list[str]] = {}
    for path, imported in graph.items():
        for other in imported:
            importers.setdefault(other, []).append(path)
    reached: set[str] = set()
    left = [path for path in changed if path in graph]
    while left:
        path = left.pop()
        if path not in reached:
            reached.add(path)
            left += importers.get(path, ())
    return reached
