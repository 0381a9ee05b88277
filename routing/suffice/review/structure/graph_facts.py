"""Sentences about imports: cycles and their cuts, imports against the layers, fan-in, declared rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from suffice.checker.file_roles import Role, is_python, role
from suffice.review.structure import contracts, history, layers
from suffice.review.structure.contracts import Rule
from suffice.review.structure.cycles import Cycle, cycles, strong_components
from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.import_graph import Edge
from suffice.review.structure.repository_view import MOST_NAMED, View, count_of

MOST_OF_A_KIND = 12
"""More facts of one kind than any reader weighs; the strongest stay."""

_MIN_FAN_IN = 10
_LONGEST_RULE = 200

_MOST_PARSED_CHARS = 2_000_000
"""Of the files in cycles, so much is parsed to see when they import: under a second. Larger cycles are cut blindly."""

_INDENTED_IMPORT = re.compile(r"^[ \t]++(?:from|import)[ \t]", re.MULTILINE)

_LATE = 100.0
"""An import that loading the file does not make is cut before any other."""


def graph_facts(view: View, *, rules: Sequence[Rule]) -> Iterator[Fact]:
    """Yield what the imports of *view* say, contracts among them."""
    yield from cycle_facts(view)
    yield from inversion_facts(view)
    yield from fan_in_facts(view)
    yield from contract_facts(view, rules=rules)


def cycle_facts(view: View) -> Iterator[Fact]:
    """Yield a fact for each cycle, with the imports to cut."""
    how = f"{view.graph.how}, strong components, the fewest imports to cut (greedy)"
    for cycle in cycles(view.hard, weight=_weight(view))[:MOST_OF_A_KIND]:
        text = (
            f"{len(cycle.members)} files import each other in a cycle ({_members(cycle)}), by {cycle.imports} imports; "
            f"it is gone without {count_of(len(cycle.cut), 'import')}: {view.listed(cycle.cut)}"
        )
        paths = dict.fromkeys(path for edge in cycle.cut[:MOST_NAMED] for path in edge)
        weight = len(cycle.members) / len(cycle.cut)
        yield Fact(FactKind.CYCLE, text, how, weight, tuple(paths), edges=tuple(cycle.cut[:MOST_NAMED]))


def _weight(view: View) -> Callable[[Edge], float]:
    """Return how hard an import is to cut: the more go the same way between its folders, and less if it is late.

    Whoever put an import into a function has met the cycle there. In large cycles that is not looked at.
    """
    between = layers.imports_between(Edge(source, target) for source in view.hard for target in view.hard[source])
    indented = _with_indented_imports(view)

    @cache
    def weight(edge: Edge) -> float:
        site = view.site(edge) if edge.source in indented else None
        number = between[edge.source.rpartition("/")[0], edge.target.rpartition("/")[0]]
        return number / (_LATE if site and site.late else 1)

    return weight


def _with_indented_imports(view: View) -> frozenset[str]:
    """Return the files in cycles that may import late; none if they are too large to look."""
    in_cycles = (name for group in strong_components(view.hard) if len(group) > 1 for name in group)
    texts = {path: view.snapshot.text(path) for path in in_cycles if is_python(path) and view.snapshot.has(path)}
    found = [path for path, text in texts.items() if _INDENTED_IMPORT.search(text)]
    return frozenset(found if sum(len(texts[path]) for path in found) <= _MOST_PARSED_CHARS else ())


def inversion_facts(view: View) -> Iterator[Fact]:
    """Yield a fact for each pair of packages with imports against the way that most go."""
    source = {path: targets for path, targets in view.hard.items() if role(path) is Role.SOURCE}
    for found in layers.inversions(source)[:MOST_OF_A_KIND]:
        text = (
            f"{found.lower} imports {found.upper} by {count_of(len(found.against), 'import')} "
            f"({view.listed(found.against)}), against {found.downwards} the other way"
        )
        paths = tuple(dict.fromkeys(path for edge in found.against[:MOST_NAMED] for path in edge))
        how = f"{view.graph.how}, direction of most imports between two folders"
        weight, edges = found.downwards / len(found.against), tuple(found.against[:MOST_NAMED])
        yield Fact(FactKind.LAYER_INVERSION, text, how, weight, paths, edges=edges)


def fan_in_facts(view: View) -> Iterator[Fact]:
    """Yield a fact for the files that most others depend on, those that also change first."""
    many = (path for path in view.couplings if view.fan_in(path) >= _MIN_FAN_IN)
    ranked = sorted(many, key=lambda path: (-view.fan_in(path) * (1 + view.churn(path)), path))
    how = f"{view.graph.how}; {history.HOW}" if view.history else view.graph.how
    for path in ranked[:MOST_OF_A_KIND]:
        coupling = view.couplings[path]
        text = (
            f"{path} is imported by {coupling.fan_in} of {len(view.couplings)} files and imports {coupling.fan_out} "
            f"(instability {coupling.instability:.2f})"
        )
        if view.history:
            text += f"; it changed in {view.churn(path)} of {count_of(view.history.commits, 'commit')}"
        yield Fact(FactKind.FAN_IN, text, how, coupling.fan_in * (1.0 + view.churn(path)), (path,))


def contract_facts(view: View, *, rules: Sequence[Rule]) -> Iterator[Fact]:
    """Yield a fact for each declared rule: the imports that break it, or that none does."""
    names = {path: view.modules.name(path) for path in view.modules.root}
    for rule, by in contracts.broken(rules, edges=view.graph.all(), names=names):
        said = f"{rule.source} declares {_one_line(rule.text)!r}"
        verdict = (
            f"{count_of(len(by), 'import breaks', 'imports break')} it: {view.listed(by)}"
            if by
            else "no direct import breaks it"
        )
        paths = tuple(dict.fromkeys([rule.source, *(path for edge in by[:MOST_NAMED] for path in edge)]))
        yield Fact(
            FactKind.CONTRACT, f"{said}; {verdict}", contracts.HOW, float(len(by)), paths, edges=tuple(by[:MOST_NAMED])
        )


def _members(cycle: Cycle) -> str:
    more = f" and {len(cycle.members) - MOST_NAMED} more" if len(cycle.members) > MOST_NAMED else ""
    return ", ".join(cycle.members[:MOST_NAMED]) + more


def _one_line(text: str) -> str:
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return shown if len(shown) <= _LONGEST_RULE else f"{shown[:_LONGEST_RULE]}..."
