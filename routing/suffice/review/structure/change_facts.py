"""Sentences about what a change brings in: broken names, imports that were not there, cycles that they close."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from suffice.checker.file_roles import Role, role
from suffice.errors import InputError
from suffice.review.structure import history, layers, public_surface
from suffice.review.structure.cycles import strong_components
from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.graph_facts import MOST_OF_A_KIND
from suffice.review.structure.import_graph import Edge, Graph
from suffice.review.structure.public_surface import Break, Breaks, Change
from suffice.review.structure.repository_view import MOST_NAMED, View, count_of
from suffice.snapshot import Snapshot

_MOSTLY = 0.6
"""In so many of a file's changes (0..1) another changed, too, for its absence to be worth a word."""


def earlier(change: Change, *, snapshot: Snapshot, paths: Iterable[str]) -> tuple[Snapshot, frozenset[str]]:
    """Return the texts before *change* of what *snapshot* holds after it, and the paths that there were."""
    texts: dict[str, str] = {}
    there = set(paths)
    for file in change.files:
        there.discard(file.path)
    for file in change.files:
        old = file.old_path or file.path
        try:
            texts[old] = change.before.text(old)
        except InputError:
            if not change.before.exists(old):
                continue
        there.add(old)
    return snapshot.with_texts(texts), frozenset(there)


def change_facts(view: View, *, change: Change, before: Graph | None) -> Iterator[Fact]:
    """Yield what *change* brings into *view*; *before* are the imports without it, None where they are not known."""
    yield from surface_facts(public_surface.breaks_of(change), view)
    yield from left_behind_facts(view, changed={file.path for file in change.files})
    if before is not None:
        moved = {file.old_path: file.path for file in change.files if file.old_path}
        found = import_facts(view, before=_renamed(before, moved))
        yield from sorted(found, key=lambda fact: (-fact.weight, fact.text))[: 2 * MOST_OF_A_KIND]


def surface_facts(breaks: Breaks, view: View) -> Iterator[Fact]:
    """Yield a fact for each file whose public names do not keep what they were, and one for what is unknown."""
    by_path: dict[str, list[Break]] = {}
    for it in breaks.found:
        by_path.setdefault(it.path, []).append(it)
    for path, found in list(by_path.items())[:MOST_OF_A_KIND]:
        named = "; ".join(f"{it.name}: {it.what}" if it.name else it.what for it in found[:MOST_NAMED])
        more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        importers = f", imported by {count_of(view.fan_in(path), 'file')}," if path in view.couplings else ""
        text = f"{path}{importers} breaks its callers: {named}{more}"
        weight = sum(it.weight for it in found) * (1 + view.fan_in(path))
        yield Fact(FactKind.SURFACE_BREAK, text, public_surface.HOW, weight, (path,))
    if breaks.unknown:
        more = f"; and {len(breaks.unknown) - MOST_NAMED} more" if len(breaks.unknown) > MOST_NAMED else ""
        text = f"unknown whether these keep their public names: {'; '.join(breaks.unknown[:MOST_NAMED])}{more}"
        yield Fact(FactKind.SURFACE_BREAK, text, public_surface.HOW)


def left_behind_facts(view: View, *, changed: Collection[str]) -> Iterator[Fact]:
    """Yield a fact for each file that mostly changes with one of *changed*, and is not among them."""
    if view.history is None:
        return
    found = []
    for left, right, common, _ in view.history.together:
        for path, other in ((left, right), (right, left)):
            churn = view.history.churn[path]
            if path in changed and other not in changed and common >= _MOSTLY * churn and _is_code(other):
                text = (
                    f"{other} changed in {common} of the {churn} commits that changed {path}, and this change leaves it"
                )
                found.append(Fact(FactKind.LEFT_BEHIND, text, history.HOW, common * common / churn, (path, other)))
    yield from sorted(found, key=lambda fact: (-fact.weight, fact.text))[:MOST_OF_A_KIND]


def _is_code(path: str) -> bool:
    return role(path) in {Role.SOURCE, Role.TEST}


def import_facts(view: View, *, before: Graph) -> Iterator[Fact]:
    """Yield a fact for each import that was not there, and for each cycle that it closes.

    The first ones between two folders are one fact: to have them at all is what is new.
    """
    new = [edge for edge in view.graph.all() if edge.target not in before.edges.get(edge.source, ())]
    how = f"{view.graph.how}, before and after the change"
    yield from _closing_facts(new, view, before=before, how=how)
    known = layers.imports_between(before.all())
    first: dict[tuple[str, str], list[Edge]] = {}
    for edge in new:
        folders = edge.source.rpartition("/")[0], edge.target.rpartition("/")[0]
        if folders in known:
            text = f"new import {view.shown(edge)}"
            yield Fact(FactKind.NEW_IMPORT, text, how, _worth(1.0, [edge]), edge, edges=(edge,))
        else:
            first.setdefault(folders, []).append(edge)
    for edges in first.values():
        paths = tuple(dict.fromkeys(path for edge in edges[:MOST_NAMED] for path in edge))
        named = tuple(edges[:MOST_NAMED])
        yield Fact(FactKind.NEW_IMPORT, _first_ones(edges, view), how, _worth(2.0, edges), paths, edges=named)


def _closing_facts(new: Iterable[Edge], view: View, *, before: Graph, how: str) -> Iterator[Fact]:
    """Yield a fact for each of the *new* imports that closes a cycle."""
    groups, groups_before = _group_of(view.hard), _group_of(before.hard())
    for edge in new:
        source, target = edge
        was_cycle = source in groups_before and groups_before[source] == groups_before.get(target)
        if target in view.hard.get(source, ()) and groups[source] == groups[target] and not was_cycle:
            way = " -> ".join([source, *_way(view.hard, target, source)])
            text = f"the new import {view.shown(edge)} closes a cycle: {way}"
            yield Fact(FactKind.NEW_CYCLE, text, how, 3.0, edge, edges=(edge,))


def _first_ones(edges: Sequence[Edge], view: View) -> str:
    if len(edges) == 1:
        return f"new import {view.shown(edges[0])}, the first between their folders"
    return f"{len(edges)} new imports, the first between their folders: {view.listed(edges)}"


def _worth(weight: float, edges: Iterable[Edge]) -> float:
    """Return *weight*, or hardly anything where only tests import."""
    return weight if any(role(edge.source) is Role.SOURCE for edge in edges) else 0.1


def _renamed(graph: Graph, moved: Mapping[str, str]) -> Graph:
    edges = {
        moved.get(source, source): frozenset(moved.get(target, target) for target in targets)
        for source, targets in graph.edges.items()
    }
    soft = frozenset(Edge(moved.get(source, source), moved.get(target, target)) for source, target in graph.soft)
    return graph._replace(edges=edges, soft=soft)


def _group_of(edges: Mapping[str, frozenset[str]]) -> Mapping[str, int]:
    return {name: number for number, names in enumerate(strong_components(edges)) for name in names}


def _way(edges: Mapping[str, frozenset[str]], start: str, goal: str) -> list[str]:
    """Return a shortest way from *start* to *goal* by imports, both included; only *start* if there is none."""
    came: dict[str, str] = {start: ""}
    waiting = deque([start])
    while waiting and goal not in came:
        name = waiting.popleft()
        for target in sorted(edges.get(name, ())):
            if target not in came:
                came[target] = name
                waiting.append(target)
    way = [goal] if goal in came else [start]
    while came[way[-1]]:
        way.append(came[way[-1]])
    return way[::-1]
