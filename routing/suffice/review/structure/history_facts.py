"""Sentences about change: what changes together without an import, what an import never moved, what is hot or grew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suffice.checker.file_roles import Role, role
from suffice.review.structure import growth, history
from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.graph_facts import MOST_OF_A_KIND
from suffice.review.structure.growth import Sizes
from suffice.review.structure.history import History
from suffice.review.structure.repository_view import View, count_of

_EXPECTED = 3.0
"""So many common commits chance alone would make: with none at all, the odds are one in twenty (Poisson)."""

_FOLDER_IS_PACKAGE = (".go", ".java")

_MIN_CHURN = 3
_MOST_HOT = 6

_MIN_GROWN_BYTES = 20_000
_TIMES_GROWN = 1.5
_OF_ONE_CHILD = 0.8
"""A folder that grew by what one folder in it grew says nothing of its own."""


def history_facts(view: View) -> Iterator[Fact]:
    """Yield what the commits say of *view*; nothing where there is no history."""
    if view.history is None:
        return
    yield Fact(FactKind.HISTORY, f"history: {_span(view.history)}", history.HOW)
    yield from list(_unimported(view, view.history))[:MOST_OF_A_KIND]
    yield from sorted(_unmoved(view, view.history), key=lambda fact: (-fact.weight, fact.text))[:MOST_OF_A_KIND]
    yield from _hot(view, view.history)


def growth_facts(sizes: Sequence[Sizes]) -> Iterator[Fact]:
    """Yield a fact for the folders that grew most between the oldest and the newest of *sizes*."""
    if len(sizes) < 2:  # noqa: PLR2004 - growth needs two
        return
    grown = {folder: size - sizes[0].folders.get(folder, 0) for folder, size in sizes[-1].folders.items()}
    by_one = {
        f.rpartition("/")[0] for f, more in grown.items() if more >= _OF_ONE_CHILD * grown.get(f.rpartition("/")[0], 0)
    }
    candidates = [folder for folder in grown if folder not in by_one and _is_much(folder, grown[folder], sizes)]
    for folder in sorted(candidates, key=lambda it: (-grown[it], it))[:_MOST_HOT]:
        steps = ", ".join(f"{size.folders.get(folder, 0) // 1000} kB on {size.day}" for size in sizes)
        yield Fact(FactKind.GROWTH, f"{folder} grew: {steps} of source", growth.HOW, float(grown[folder]), (folder,))


def _span(found: History) -> str:
    if found.commits == 1:
        return f"1 commit of {found.first_day} was counted"
    return f"{found.commits} commits from {found.first_day} to {found.last_day} were counted"


def _unimported(view: View, found: History) -> Iterator[Fact]:
    for left, right, common, confidence in found.together:
        edges = view.graph.edges
        if not (_is_source(left, view) and _is_source(right, view)) or right in edges[left] or left in edges[right]:
            continue
        if left.endswith(_FOLDER_IS_PACKAGE) and left.rpartition("/")[0] == right.rpartition("/")[0]:
            continue  # they see each other without an import
        rarer = min(left, right, key=lambda path: (found.churn[path], path))
        text = (
            f"{left} and {right} changed together in {common} of the {found.churn[rarer]} commits that changed "
            f"{rarer}; neither imports the other"
        )
        weight = common * confidence * (2.0 if left.rpartition("/")[0] != right.rpartition("/")[0] else 1.0)
        pair = (left, right)
        yield Fact(FactKind.CO_CHANGE_WITHOUT_IMPORT, text, _with(view), weight, pair, edges=(pair,))


def _unmoved(view: View, found: History) -> Iterator[Fact]:
    for edge in view.graph.all():
        expected = found.churn.get(edge.source, 0) * found.churn.get(edge.target, 0) / max(1, found.commits)
        is_never = not found.common.get((min(edge), max(edge)), 0)
        if expected >= _EXPECTED and is_never and _is_source(edge.source, view) and _is_source(edge.target, view):
            text = (
                f"{view.shown(edge)}: never changed in one commit, though they changed in {found.churn[edge.source]} "
                f"and {found.churn[edge.target]} of {found.commits} commits"
            )
            yield Fact(FactKind.IMPORT_WITHOUT_CO_CHANGE, text, _with(view), expected, tuple(edge), edges=(edge,))


def _hot(view: View, found: History) -> Iterator[Fact]:
    hot = (path for path in view.lines if found.churn.get(path, 0) >= _MIN_CHURN and role(path) is Role.SOURCE)
    for path in sorted(hot, key=lambda it: (-found.churn[it] * view.lines[it], it))[:_MOST_HOT]:
        lines = count_of(view.lines[path], "line")
        text = f"{path} changed in {found.churn[path]} of {count_of(found.commits, 'commit')}, has {lines}"
        text += f" and is imported by {count_of(view.fan_in(path), 'file')}" if path in view.couplings else ""
        weight = float(found.churn[path] * view.lines[path])
        yield Fact(FactKind.HOTSPOT, text, f"{history.HOW}; commits times lines", weight, (path,))


def _is_source(path: str, view: View) -> bool:
    """Whether the imports of the source file *path* are known: without them nothing can be said to be missing."""
    return path in view.graph.edges and role(path) is Role.SOURCE


def _is_much(folder: str, more: int, sizes: Sequence[Sizes]) -> bool:
    return more >= _MIN_GROWN_BYTES and sizes[-1].folders[folder] >= _TIMES_GROWN * sizes[0].folders.get(folder, 0)


def _with(view: View) -> str:
    return f"{history.HOW}; {view.graph.how}"
