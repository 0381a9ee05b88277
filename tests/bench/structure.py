"""How long the facts about a large package take, whether its imports are those that grimp finds, and what to check.

    python tests/bench/structure.py PACKAGE_FOLDER [--history REPOSITORY] [--each N]

The folder holds an `__init__.py`; grimp looks at it in a process of its own, with no cache. With --history the facts
about change are drawn from that repository, whose files are then the ones looked at. Prints the seconds of all facts
(the goal: 3 s for 1,000 modules), how many imports are equal, and N facts of each kind to be checked by hand.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from suffice.review.structure.facts import Structure, structure_of
from suffice.review.structure.import_graph import Edge, import_graph
from suffice.review.structure.python_files import Modules, modules_of
from suffice.snapshot import Snapshot

GOAL_S = 3.0

GRIMP = """
import json, sys, time, grimp
sys.path.insert(0, sys.argv[1])
start = time.perf_counter()
graph = grimp.build_graph(sys.argv[2], cache_dir=None, exclude_type_checking_imports=sys.argv[3] == "hard")
edges = [(m, i) for m in graph.modules for i in graph.find_modules_directly_imported_by(m)]
print(json.dumps([sorted(edges), time.perf_counter() - start]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--history", type=Path)
    parser.add_argument("--each", type=int, default=3)
    given = parser.parse_args()
    package = given.package.resolve()
    root = given.history.resolve() if given.history else package.parent
    paths = listed(root if given.history else package, root)
    found = timed(root, paths, given.history)
    for which in ("hard", "every"):
        compare(package, which)
    shown(found, given.each)


def listed(folder: Path, root: Path) -> list[str]:
    """Return the files below *folder*, relative to *root*."""
    kept = (place for place in folder.rglob("*") if ".git" not in place.parts and "__pycache__" not in place.parts)
    return [place.relative_to(root).as_posix() for place in kept if place.is_file()]


def timed(root: Path, paths: Sequence[str], history: Path | None) -> Structure:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = structure_of(Snapshot.of_folder(root), repo_root=history and root, paths=paths)
        seconds.append(time.perf_counter() - start)
    print(
        f"{len(found.graph.edges)} modules of {len(paths)} files, {found.graph.total} imports, {len(found.facts)} facts"
    )
    print("all facts:", ", ".join(f"{second:.2f} s" for second in seconds), f"(goal {GOAL_S:.0f} s)")
    return found


def compare(package: Path, which: str) -> None:
    """Print how the imports of *package* differ from grimp's: those that are made on loading, or every one.

    grimp looks at files in packages alone, and at no name in a string.
    """
    paths = [path for path in listed(package, package.parent) if path.endswith(".py")]
    graph = import_graph(Snapshot.of_folder(package.parent), paths=paths)
    modules = modules_of(graph.edges)
    theirs, seconds = by_grimp(package, which)
    seen = [edge for edge in graph.all() if not modules.root[edge.source]]
    soft = named((edge for edge in seen if edge in graph.soft), modules)
    ours = named((edge for edge in seen if which == "every" or edge not in graph.soft), modules)
    print(f"{which} imports: {len(ours)} here, {len(theirs)} by grimp (in {seconds:.2f} s)")
    for title, edges in (("only here", ours - theirs - soft), ("only by grimp", theirs - ours)):
        print(f"  {title}: {len(edges)}", *sorted(" -> ".join(edge) for edge in edges)[:10], sep="\n    ")
    print(f"  soft and only here: {len((ours - theirs) & soft)}")


def by_grimp(package: Path, which: str) -> tuple[set[tuple[str, str]], float]:
    command = [sys.executable, "-c", GRIMP, str(package.parent), package.name, which]
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True)
    edges, seconds = json.loads(done.stdout)
    return {(source, target) for source, target in edges if source != target}, seconds


def named(edges: Iterable[Edge], modules: Modules) -> set[tuple[str, str]]:
    return {(modules.name(edge.source), modules.name(edge.target)) for edge in edges}


def shown(found: Structure, each: int) -> None:
    for kind, facts in groupby(found.facts, key=lambda fact: fact.kind):
        all_of_it = list(facts)
        print(f"\n{kind}: {len(all_of_it)}, by {all_of_it[0].how}")
        for fact in all_of_it[:each]:
            print(f"  {fact.id} {fact.text}")
    print("\nunavailable:", *found.unavailable or ("nothing",))
    print("declared:", *found.declared or ("nothing",), sep="\n  ")


if __name__ == "__main__":
    main()
