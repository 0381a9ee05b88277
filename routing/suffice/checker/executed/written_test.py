"""A written test runs, passes on the code, and fails on at least one mutant of it."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from suffice.checker.executed.affected import Graph, imports, is_test_file
from suffice.checker.executed.commands import Command
from suffice.checker.executed.mutants import MOST, Mutant, defines, mutants, names_called
from suffice.checker.executed.results import Results
from suffice.checker.executed.sides import Side, Sides
from suffice.checker.executed.told import Told, ending, named, tests_that
from suffice.checker.file_roles import Role, role
from suffice.checker.verdict import Found, State, failed, passed, skipped
from suffice.edits.edit import FileChange
from suffice.outline import parse
from suffice.snapshot import Snapshot
from suffice.task import Kind

NAME = "written-test"
COST = "a run of the written tests, and one for each of up to 20 mutants"
BLOCKS = frozenset({Kind.TEST_WRITING})

_LEAST_LIMIT_S = 5.0
_SLOWER = 10
_FAR = 2
"""Over how many files what a test imports is looked for: a package's `__init__` hands on what others define."""


class _Written(NamedTuple):
    """The ids of new or changed tests, and the names that they call."""

    tests: tuple[str, ...]
    called: frozenset[str]


class _Tried(NamedTuple):
    """Which modules had defects put in, how many, how many of them a test failed on, and how many never ended."""

    modules: tuple[str, ...]
    mutants: int
    killed: int
    endless: int


def look(sides: Sides, command: Command) -> Told:
    """Run the tests that the patch writes on the code as it is, then on its mutants."""
    written = _written(sides.changes)
    if not written.tests:
        return Told(skipped("the patch writes no test that pytest would find"), settled=False)
    own = command.only(written.tests, folder=sides.after.copy.folder)
    if own is None:
        return Told(skipped(f"{command.name} cannot be asked for single tests; only pytest can"), settled=False)
    results = sides.after.test(own)
    if results.failed or results.ran.code is None:
        return Told(failed(f"fails on the code as it is: {named(sorted(results.failed))}{ending(results.ran)}"))
    if not results.passed:
        return Told(skipped(f"none of {named(written.tests)} ran{ending(results.ran)}"), settled=False)
    return _told(_tried(sides, own, written, results), results)


def _told(tried: _Tried, results: Results) -> Told:
    modules, endless = named(tried.modules), f"; {tried.endless} did not end" if tried.endless else ""
    if not tried.mutants:
        return Told(skipped("nothing of the project that the written tests call can be mutated"), settled=False)
    if not tried.killed:
        evidence = f"the written tests fail on none of {tried.mutants} mutants of {modules}{endless}"
        return Told(Found(State.FAILED, evidence), settled=False)
    own = tests_that(len(results.passed), "passes, and fails", "pass, and fail").replace(" test", " written test", 1)
    evidence = f"{own} on {tried.killed} of {tried.mutants} mutants of {modules}"
    return Told(passed(f"{evidence}{endless}; {results.ran.confinement}"))


def _tried(sides: Sides, own: Command, written: _Written, results: Results) -> _Tried:
    """Put one defect after the other into the code, and count those that a written test fails on."""
    limit_s = min(max(_SLOWER * results.ran.took_s, _LEAST_LIMIT_S), sides.executed.timeout_s)
    end = time.monotonic() + sides.executed.timeout_s
    files, modules, killed, endless, tried = [c.path for c in sides.changes], dict[str, None](), 0, 0, 0
    for path, text, mutant in islice(_mutants(sides.after, files, written), MOST):
        if time.monotonic() > end:
            break
        ended = _on_mutant(sides.after, own, FileChange(path=path, before=text, after=mutant.text), limit_s)
        modules[path] = None
        tried += 1
        endless += ended.ran.code is None
        killed += ended.ran.code is not None and bool(ended.failed)
    return _Tried(tuple(modules), tried, killed, endless)


def _on_mutant(side: Side, own: Command, change: FileChange, limit_s: float) -> Results:
    side.copy.write([change])
    try:
        return side.test(own, timeout_s=limit_s)
    finally:
        side.copy.write([FileChange(path=change.path, before=change.after, after=change.before)])


def _mutants(side: Side, files: Sequence[str], written: _Written) -> Iterator[tuple[str, str, Mutant]]:
    """Yield (path, text, mutant) of what the written tests call, else of all that they import themselves."""
    graph = imports(side.copy.folder, side.imports_from)
    near = _imported(graph, files, 1)
    texts = {path: _text(side, path) for path in _imported(graph, files, _FAR)}
    calls = [path for path in texts if defines(texts[path], written.called)]
    chosen = calls or near
    each = -(-MOST // max(len(chosen), 1))
    for path in chosen:
        for mutant in mutants(texts[path], called=written.called, most=each):
            yield path, texts[path], mutant


def _imported(graph: Graph, files: Iterable[str], far: int) -> list[str]:
    """Return the modules, no tests, that *files* import over up to *far* steps, nearest first."""
    found: dict[str, None] = {}
    edge = list(files)
    for _ in range(far):
        edge = [path for file in edge for path in graph.get(file, ()) if path not in found]
        found.update(dict.fromkeys(edge))
    return [path for path in found if path.endswith(".py") and role(path) is not Role.TEST]


def _text(side: Side, path: str) -> str:
    """Return the text of a module, empty if it is none: the tests that ran may have put anything in its place."""
    snapshot = Snapshot.of_folder(side.copy.folder)
    return snapshot.text(path) if (side.copy.folder / path).is_file() and snapshot.has(path) else ""


def _written(changes: Iterable[FileChange]) -> _Written:
    """Return the tests that *changes* add or change, as pytest names them, and what these call."""
    tests: list[str] = []
    called: set[str] = set()
    for change in changes:
        if change.after is not None and is_test_file(change.target):
            before = _tests_in(change.before or "")
            after = _tests_in(change.after)
            new = {name: node for name, node in after.items() if name not in before or not _same(before[name], node)}
            tests += [f"{change.target}::{name}" for name in new]
            called |= {name for node in new.values() for name in names_called(node)}
    return _Written(tuple(tests), frozenset(called))


def _same(one: ast.AST, other: ast.AST) -> bool:
    return ast.dump(one) == ast.dump(other)


def _tests_in(text: str) -> dict[str, ast.AST]:
    """Return the tests in *text* by `Class::name`."""
    tree = parse(text)
    found: dict[str, ast.AST] = {}
    for node in tree.body if tree else ():
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for test in within:
            if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test"):
                found[prefix + test.name] = test
    return found
