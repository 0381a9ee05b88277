"""Sentences about size and tests: files far larger than the others, and hot ones that no test speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suffice.checker.file_roles import Role, role
from suffice.review.structure import history, sizes, tests_beside
from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.repository_view import View, count_of

_MOST_LARGE = 6
_LARGE_LINES = 500
_TIMES_THE_MEDIAN = 5
"""A file is called large from both on; the project's own choice."""

_MOST_HOT = 20
"""Of the hottest files so many are asked for a test."""


def size_facts(view: View) -> Iterator[Fact]:
    """Yield a fact for each of the largest source files."""
    source = sorted(count for path, count in view.lines.items() if role(path) is Role.SOURCE)
    large = sizes.largest(view.lines, at_least=_LARGE_LINES, times_the_median=_TIMES_THE_MEDIAN)
    for path in large[:_MOST_LARGE]:
        defined = sizes.definitions(view.snapshot, path=path)
        text = f"{path} has {view.lines[path]} lines, the median file has {source[len(source) // 2]}"
        if defined and defined.number:
            text += f"; it defines {count_of(defined.number, 'function and class', 'functions and classes')}"
        if defined and defined.longest:
            text += f", the longest function is {defined.longest} with {count_of(defined.longest_lines, 'line')}"
        yield Fact(FactKind.SIZE, text, sizes.HOW, float(view.lines[path]), (path,))


def untested_facts(view: View) -> Iterator[Fact]:
    """Yield a fact for each of the hottest source files that no test speaks of; one alone where there is no test."""
    how = f"{tests_beside.HOW}; {history.HOW}" if view.history else tests_beside.HOW
    commits = view.history.commits if view.history else 0
    tests = tests_beside.tests_of(view.snapshot, paths=view.paths, edges=view.graph.edges)
    ranked = _hottest(view)
    if not tests.files:
        source = sum(role(path) is Role.SOURCE for path in view.lines)
        if source:
            text = f"there is no test file beside {count_of(source, 'source file')}"
            yield Fact(FactKind.UNTESTED, text, tests_beside.HOW)
        return
    for path in tests_beside.untested(ranked, tests=tests):
        lines, importers = count_of(view.lines[path], "line"), count_of(view.fan_in(path), "file")
        changed = f", changed in {view.churn(path)} of {count_of(commits, 'commit')}" if commits else ""
        text = f"no test names {path} ({lines}, imported by {importers}{changed})"
        weight = float(view.lines[path] * (view.churn(path) if view.history else view.fan_in(path)))
        yield Fact(FactKind.UNTESTED, text, how, weight, (path,))


def _hottest(view: View) -> Sequence[str]:
    """Return the source files that change most, by changes times lines; without history those imported most."""
    heat = view.churn if view.history else view.fan_in
    source = (path for path, count in view.lines.items() if count and heat(path) and role(path) is Role.SOURCE)
    return sorted(source, key=lambda path: (-heat(path) * view.lines[path], path))[:_MOST_HOT]
