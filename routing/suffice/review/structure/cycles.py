"""Import cycles, and the few imports to cut so that none is left: pure functions over a graph of names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from math import inf
from typing import NamedTuple

from suffice.review.structure.import_graph import Edge

Edges = Mapping[str, Collection[str]]

MAX_STEPS = 2_000_000
"""How many imports may be looked at to make a cut smaller, about half a second; beyond it a cut is only good."""


class Cycle(NamedTuple):
    """Files that all reach one another by imports, and the imports that need to go, the lightest first."""

    members: tuple[str, ...]
    imports: int
    cut: tuple[Edge, ...]


def strong_components(edges: Edges) -> list[list[str]]:
    """Return the groups of names that reach one another, each after all that it reaches (Tarjan, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()
    components: list[list[str]] = []

    def enter(name: str) -> tuple[str, Iterator[str]]:
        number[name] = low[name] = len(number)
        open_names.append(name)
        is_open.add(name)
        return name, iter(sorted(edges.get(name, ())))

    for start in sorted(edges):
        way = [] if start in number else [enter(start)]
        while way:
            name, targets = way[-1]
            target = next(targets, None)
            if target is None:
                way.pop()
                if way:
                    low[way[-1][0]] = min(low[way[-1][0]], low[name])
                if low[name] == number[name]:
                    components.append(_closed(name, open_names, is_open))
            elif target not in number:
                way.append(enter(target))
            elif target in is_open:
                low[name] = min(low[name], number[target])
    return components


def cycles(edges: Edges, *, weight: Callable[[Edge], float] = lambda _: 1.0) -> list[Cycle]:
    """Return every cycle of more than one name, the largest first, each with its cut by *weight*."""
    found = [_cycle(group, edges, weight) for group in strong_components(edges) if len(group) > 1]
    return sorted(found, key=lambda cycle: (-len(cycle.members), cycle.members))


def _closed(name: str, open_names: list[str], is_open: set[str]) -> list[str]:
    group: list[str] = []
    while not group or group[-1] != name:
        group.append(open_names.pop())
    is_open.difference_update(group)
    return group


def _cycle(group: Iterable[str], edges: Edges, weight: Callable[[Edge], float]) -> Cycle:
    members = set(group)
    inside = {name: {target for target in edges.get(name, ()) if target in members} - {name} for name in members}
    cut = _cut(inside, weight)
    return Cycle(
        members=tuple(sorted(members)),
        imports=sum(map(len, inside.values())),
        cut=tuple(sorted(cut, key=lambda edge: (weight(edge), edge))),
    )


def _cut(inside: Mapping[str, set[str]], weight: Callable[[Edge], float]) -> list[Edge]:
    """Return imports without which *inside* has no cycle: those against a good order, none of them in vain."""
    place = {name: position for position, name in enumerate(_good_order(inside, weight))}
    backward = [Edge(a, b) for a, targets in inside.items() for b in targets if place[b] < place[a]]
    kept = {a: {b for b in targets if place[b] > place[a]} for a, targets in inside.items()}
    left, cut = MAX_STEPS, []
    for edge in sorted(backward, key=lambda edge: (-weight(edge), edge)):  # the heaviest stay if they can
        closes, steps = _reaches(kept, edge.target, edge.source, most=left)
        left -= steps
        if closes:
            cut.append(edge)
        else:
            kept[edge.source].add(edge.target)
    return cut


def _good_order(inside: Mapping[str, set[str]], weight: Callable[[Edge], float]) -> list[str]:
    """Return the names so that little goes backwards: sources first, sinks last, else who has the most ahead of it.

    The heuristic of Eades, Lin and Smyth (1993), in n log n.
    """
    ahead = {name: set(targets) for name, targets in inside.items()}
    behind: dict[str, set[str]] = {name: set() for name in inside}
    surplus = dict.fromkeys(inside, 0.0)
    for edge in (Edge(a, b) for a in sorted(inside) for b in sorted(inside[a])):
        behind[edge.target].add(edge.source)
        surplus[edge.source] += weight(edge)
        surplus[edge.target] -= weight(edge)
    first, last = list[str](), list[str]()
    queue = [(-value, name) for name, value in surplus.items()]
    heapify(queue)
    while queue:
        value, name = heappop(queue)
        if name not in ahead or (value != -surplus[name] and value != -inf):
            continue  # out already, or an entry that was overtaken
        (last if not ahead[name] else first).append(name)
        for edge in _taken_out(name, ahead, behind):
            other, sign = (edge.source, -1.0) if edge.target == name else (edge.target, 1.0)
            surplus[other] += sign * weight(edge)
            is_end = not ahead[other] or not behind[other]
            heappush(queue, (-inf if is_end else -surplus[other], other))
    return [*first, *reversed(last)]


def _taken_out(name: str, ahead: dict[str, set[str]], behind: dict[str, set[str]]) -> list[Edge]:
    """Take *name* out of the graph and return its imports and those of it that were left."""
    gone = [Edge(name, target) for target in sorted(ahead.pop(name))]
    gone += [Edge(source, name) for source in sorted(behind.pop(name))]
    for edge in gone:
        if edge.source == name:
            behind[edge.target].discard(name)
        else:
            ahead[edge.source].discard(name)
    return gone


def _reaches(edges: Mapping[str, set[str]], start: str, goal: str, *, most: int) -> tuple[bool, int]:
    """Return whether *goal* is reached from *start*, True too after *most* steps; and how many were made."""
    seen, left, steps = {start}, [start], 0
    while left:
        name = left.pop()
        if name == goal or steps > most:
            return True, steps
        new = edges[name] - seen
        steps += len(edges[name]) + 1
        seen |= new
        left += sorted(new)  # else where the limit is met, and so the cut, would differ from run to run
    return False, steps
