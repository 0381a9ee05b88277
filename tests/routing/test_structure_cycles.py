import os
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.review.structure.cycles import cycles, strong_components
from suffice.review.structure.import_graph import Edge
from suffice.review.structure.layers import Coupling, Inversion, couplings, inversions, levels, parting

NAMES = [f"n{number}" for number in range(9)]
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(NAMES)), min_size=0).map(
    lambda edges: {name: edges.get(name, frozenset()) for name in {*edges, *(t for ts in edges.values() for t in ts)}}
)


def reached(edges, start):
    seen, left = set(), [start]
    while left:
        for target in edges[left.pop()]:
            if target not in seen:
                seen.add(target)
                left.append(target)
    return seen


def naive_components(edges):
    far = {name: reached(edges, name) for name in edges}
    return {frozenset({a, *(b for b in far[a] if a in far[b])}) for a in edges}


@given(GRAPHS)
@settings(max_examples=100, deadline=None)
def test_names_that_reach_one_another_are_one_component(edges):
    assert {frozenset(group) for group in strong_components(edges)} == naive_components(edges)


@given(GRAPHS)
@settings(max_examples=100, deadline=None)
def test_a_component_comes_after_all_that_it_reaches(edges):
    place = {name: number for number, group in enumerate(strong_components(edges)) for name in group}

    assert all(place[target] <= place[source] for source in edges for target in edges[source])


@given(GRAPHS, st.data())
@settings(max_examples=100, deadline=None)
def test_without_its_cut_no_cycle_is_left_and_no_import_is_cut_in_vain(edges, data):
    weights = {
        (a, b): data.draw(st.sampled_from((0.1, 0.7, 1.0, 3.3))) for a in sorted(edges) for b in sorted(edges[a])
    }

    cut = {edge for cycle in cycles(edges, weight=lambda edge: weights[edge]) for edge in cycle.cut}

    def without(gone):
        return {a: {b for b in targets if (a, b) not in gone and a != b} for a, targets in edges.items()}

    assert all(len(group) == 1 for group in naive_components(without(cut)))
    assert all(any(len(group) > 1 for group in naive_components(without(cut - {edge}))) for edge in cut)


LIMITED = """
from suffice.review.structure import cycles
cycles.MAX_STEPS = 4000
names = [f"n{number}" for number in range(300)]
print(cycles.cycles({name: {names[(at * k + 1) % 300] for k in (3, 7, 11, 29)} for at, name in enumerate(names)}))
"""


def test_the_cut_of_a_large_cycle_is_the_same_in_every_run():
    def printed(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", LIMITED], env=environment, capture_output=True, check=True).stdout

    assert printed("1") == printed("2") != b""


def test_the_lighter_of_two_imports_is_cut():
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a"}}
    weights = {("a", "b"): 5, ("b", "c"): 1, ("c", "a"): 5}

    (cycle,) = cycles(edges, weight=lambda edge: weights[edge])

    assert cycle == (("a", "b", "c"), 3, (Edge("b", "c"),))


def test_a_chain_of_a_ten_thousand_files_needs_no_recursion():
    edges = {str(number): {str(number + 1)} for number in range(10_000)} | {"10000": {"0"}}

    (cycle,) = cycles(edges)

    assert len(cycle.cut) == 1
    assert len(cycle.members) == 10_001


def test_a_cut_that_takes_too_long_to_make_smaller_is_still_a_cut(monkeypatch):
    monkeypatch.setattr("suffice.review.structure.cycles.MAX_STEPS", 3)
    edges = {str(a): {str(b) for b in range(12) if b != a} for a in range(12)}

    (cycle,) = cycles(edges)

    left = {a: {b for b in targets if (a, b) not in cycle.cut} for a, targets in edges.items()}
    assert all(len(group) == 1 for group in naive_components(left))


def test_the_largest_cycle_comes_first():
    edges = {"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"e"}, "e": {"c"}, "f": set()}

    assert [cycle.members for cycle in cycles(edges)] == [("c", "d", "e"), ("a", "b")]


@given(GRAPHS)
@settings(max_examples=100, deadline=None)
def test_a_level_is_one_above_the_highest_that_is_imported(edges):
    level = levels(edges)

    for group in naive_components(edges):
        below = {level[target] for name in group for target in edges[name] if target not in group}
        assert {level[name] for name in group} == {max(below, default=-1) + 1}


def test_fan_in_and_fan_out_are_counted():
    found = couplings({"a": {"b", "c"}, "b": {"c"}, "c": set()})

    assert found == {"a": Coupling(0, 2), "b": Coupling(1, 1), "c": Coupling(2, 0)}
    assert [found[name].instability for name in "abc"] == [1.0, 0.5, 0.0]
    assert Coupling(0, 0).instability == 0.0


def layered(downwards, upwards):
    edges = {f"shop/ui/{n}.py": {f"shop/db/{n}.py"} for n in range(downwards)}
    return edges | {f"shop/db/{n}.py": {f"shop/ui/{n}.py"} if n < upwards else set() for n in range(downwards)}


def test_the_imports_against_the_way_that_most_go_are_an_inversion():
    against = (Edge("shop/db/0.py", "shop/ui/0.py"),)

    assert inversions(layered(5, 1)) == [Inversion("shop/db", "shop/ui", 5, against)]


def test_two_packages_without_a_clear_direction_have_no_inversion():
    assert inversions(layered(5, 2)) == []
    assert inversions(layered(2, 1)) == []
    assert inversions(layered(5, 0)) == []


def test_ways_part_where_the_folders_differ():
    assert parting("shop/ui/a/x.py", "shop/db/y.py") == ("shop/ui", "shop/db")
    assert parting("shop/ui/x.py", "shop/y.py") is None
    assert parting("shop/ui/x.py", "shop/ui/sub/y.py") is None
    assert parting("x.py", "y.py") is None
    assert parting("one/x.py", "two/y.py") == ("one", "two")
