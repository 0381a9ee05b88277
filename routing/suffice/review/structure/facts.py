"""All facts about the structure of a repository, each with how it was got; what could not be got is named, too.

Nothing is guessed: what is unknown is in `unavailable`, with the reason, and no fact stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from suffice.checker.file_roles import is_python
from suffice.errors import ToolError
from suffice.review.structure.change_facts import change_facts, earlier
from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.graph_facts import graph_facts
from suffice.review.structure.growth import growth
from suffice.review.structure.history import History, Unavailable, history
from suffice.review.structure.history_facts import growth_facts, history_facts
from suffice.review.structure.import_graph import Graph, import_graph, merged
from suffice.review.structure.intent import intent
from suffice.review.structure.layers import couplings, levels
from suffice.review.structure.other_imports import other_imports
from suffice.review.structure.public_surface import Change
from suffice.review.structure.python_files import modules_of
from suffice.review.structure.repository_view import View
from suffice.review.structure.size_facts import size_facts, untested_facts
from suffice.review.structure.sizes import line_counts
from suffice.snapshot import Snapshot, safe_path

if TYPE_CHECKING:
    from suffice.index.index import Index

_HOW_MISSING = "asked, without an answer"

_FIRST = 1_000_000.0
"""Added to the weight of a fact about a file that the change touches."""


class Structure(NamedTuple):
    """The facts, the most surprising kinds first (F1, F2, ...), and what the picture of the modules is drawn from.

    `levels` is how far above the bottom each file of `graph` is, `lines` the size of source and test files, `churn` in
    how many commits each changed; `declared` are sentences on what the project says of itself; `unavailable` says what
    could not be known, and why.
    """

    facts: tuple[Fact, ...]
    graph: Graph
    levels: Mapping[str, int]
    lines: Mapping[str, int]
    churn: Mapping[str, int]
    declared: tuple[str, ...]
    unavailable: tuple[str, ...]


def structure_of(
    snapshot: Snapshot,
    *,
    repo_root: Path | None,
    paths: Iterable[str],
    change: Change | None = None,
    index: Index | None = None,
) -> Structure:
    """Return the facts about the files *paths* of *snapshot*, those first that *change* brings in or touches.

    *snapshot* is the state after the change; *repo_root* is the folder that its paths are relative to, inside a git
    repository, None without history. *index* is one of the same files that is there already.
    """
    unavailable = list[str]()
    listed = _listed(paths, unavailable)
    graph = _imports(snapshot, listed, unavailable, index)
    found = history(repo_root, paths=listed)
    if isinstance(found, Unavailable):
        unavailable.append(f"history: unavailable ({found.reason})")
    view = _view(snapshot, listed, graph, found if isinstance(found, History) else None)
    declared = intent(snapshot, paths=listed)
    facts = [
        *graph_facts(view, rules=declared.rules),
        *history_facts(view),
        *_growth(repo_root, view, unavailable),
        *size_facts(view),
        *untested_facts(view),
        *(_of_change(view, change, unavailable) if change else ()),
    ]
    return Structure(
        facts=_in_order([*facts, *map(_missing, unavailable)], change),
        graph=graph,
        levels=levels(view.hard),
        lines=view.lines,
        churn=view.history.churn if view.history else {},
        declared=declared.sentences,
        unavailable=tuple(unavailable),
    )


def _listed(paths: Iterable[str], unavailable: list[str]) -> frozenset[str]:
    """Return those of *paths* that can be named in a sentence."""
    given = frozenset(paths)
    listed = frozenset(path for path in given if safe_path(path) == path and path.isprintable())
    if listed != given:
        unavailable.append(f"{len(given - listed)} files: left out, their names cannot be printed")
    return listed


def _imports(snapshot: Snapshot, paths: frozenset[str], unavailable: list[str], index: Index | None = None) -> Graph:
    """Return the imports between *paths*; those of a kind that cannot be known are missing, and named."""
    graphs = list[Graph]()
    try:
        graphs.append(import_graph(snapshot, paths=paths))
    except ToolError as error:
        unavailable.append(f"imports of Python files: unavailable ({error})")
    try:
        graphs.append(other_imports(snapshot, paths=paths, index=index))
    except ToolError as error:
        unavailable.append(f"imports of files in other languages: unavailable ({error})")
    found = merged(graphs)
    if found.unresolved:
        unavailable.append(f"imports: {found.unresolved} of them lead to no single file that was looked at")
    return found


def _view(snapshot: Snapshot, paths: frozenset[str], graph: Graph, found: History | None) -> View:
    return View(
        snapshot=snapshot,
        paths=paths,
        graph=graph,
        hard=graph.hard(),
        modules=modules_of(path for path in graph.edges if is_python(path)),
        couplings=couplings(graph.edges),
        lines=line_counts(snapshot, paths=paths),
        history=found,
    )


def _growth(root: Path | None, view: View, unavailable: list[str]) -> Iterator[Fact]:
    if view.history is None:  # whose reason is named already
        return
    found = growth(root)
    if isinstance(found, Unavailable):
        unavailable.append(f"growth: unavailable ({found.reason})")
        return
    yield from growth_facts(found)


def _of_change(view: View, change: Change, unavailable: Sequence[str]) -> Iterator[Fact]:
    before = None if any(reason.startswith("imports of") for reason in unavailable) else _before(view, change)
    yield from change_facts(view, change=change, before=before)


def _before(view: View, change: Change) -> Graph | None:
    """Return the imports before *change*, None where they cannot be known; other languages are parsed where changed."""
    snapshot, paths = earlier(change, snapshot=view.snapshot, paths=view.paths)
    changed = {file.old_path or file.path for file in change.files}
    same = {path: view.graph.edges[path] for path in view.graph.edges if path in paths and path not in changed}
    try:
        python = import_graph(snapshot, paths=paths)
        other = other_imports(snapshot, paths=paths, of=changed)
    except ToolError:
        return None
    return merged([Graph(same, view.graph.how), python, other])


def _missing(reason: str) -> Fact:
    kind = FactKind.HISTORY if reason.startswith("history") else FactKind.UNKNOWN
    return Fact(kind, reason, _HOW_MISSING)


def _in_order(facts: Sequence[Fact], change: Change | None) -> tuple[Fact, ...]:
    """Return *facts* with their ids: the most surprising kinds first, and of a kind what *change* touches."""
    touched = {path for file in change.files for path in (file.path, file.old_path)} if change else set()
    kinds = {kind: place for place, kind in enumerate(FactKind)}
    weighed = (fact if touched.isdisjoint(fact.paths) else fact._replace(weight=fact.weight + _FIRST) for fact in facts)
    ordered = sorted(weighed, key=lambda fact: (kinds[fact.kind], -fact.weight, fact.text))
    return tuple(fact._replace(id=f"F{number}") for number, fact in enumerate(ordered, 1))
