"""What makes a patch less sure without blocking it, and by how much."""

import pytest

from suffice import Kind, Snapshot
from suffice.checker import applier_step, debug_output, files, imports_resolve, placeholders, retries, size
from suffice.checker.pipeline import LOWERING
from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, State
from suffice.checker.written import Line, written
from suffice.edits.applied import Step
from suffice.edits.edit import FileChange

TEXT = "import os\n\n\ndef f(a):\n    return a\n"


def subject_of(*changes, kind=Kind.EDIT, texts=None, **more):
    made = tuple(FileChange(path=path, before=before, after=after) for path, before, after in changes)
    texts = {change.path: change.before for change in made if change.before is not None} | (texts or {})
    return Subject(kind=kind, changes=made, snapshot=Snapshot.of_texts(texts), **more)


def added(line, *, path="shop/a.py", texts=None):
    return subject_of((path, TEXT, TEXT.replace("    return", f"    {line}\n    return")), texts=texts)


def imported(line, *, path="shop/a.py", texts=None):
    return subject_of(
        (path, TEXT, f"{line}\n{TEXT}"), texts={"pyproject.toml": MANIFEST, "shop/b.py": "", **(texts or {})}
    )


MANIFEST = '[project]\ndependencies = ["PyYAML>=6", "httpx"]\n'


def test_none_of_them_blocks_anything():
    assert {module.NAME: module.BLOCKS for module in LOWERING} == {module.NAME: NEVER for module in LOWERING}


@pytest.mark.parametrize(
    ("kind", "lines", "expected"),
    [
        (Kind.LINT_FIX, 10, State.PASSED),
        (Kind.LINT_FIX, 11, State.FAILED),
        (Kind.EDIT, 200, State.PASSED),
        (Kind.EDIT, 201, State.FAILED),
    ],
)
def test_the_size_is_told_and_what_is_over_the_measure(kind, lines, expected):
    found = size.look(subject_of(("a.py", "", "x = 1\n" * lines), kind=kind))

    assert (found.state, found.amount) == (expected, lines)


def test_more_than_one_source_file_lowers():
    one = ("shop/a.py", "a = 1\n", "a = 2\n")
    test = ("tests/test_a.py", "a = 1\n", "a = 2\n")
    other = ("shop/b.py", "a = 1\n", "a = 2\n")

    assert [files.look(subject_of(*changes)).amount for changes in ((one,), (one, test), (one, test, other))] == [
        0,
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("# TODO: the other case", 1),
        ("# Assuming that a is never None", 1),
        ("raise NotImplementedError('your code here')", 1),
        ("b = a  # placeholder", 1),
        ("assumptions = a.assumptions", 0),
        ("todo = a", 0),
    ],
)
def test_a_placeholder_lowers(line, expected):
    assert placeholders.look(added(line)).amount == expected


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("shop/a.py", "print(a)", 1),
        ("shop/a.py", "breakpoint()", 1),
        ("shop/a.js", "console.log(a);", 1),
        ("shop/a.js", "debugger;", 1),
        ("shop/a.py", "print(a, file=sys.stderr)", 0),
        ("shop/a.py", "blueprint(a)", 0),
        ("tests/test_a.py", "print(a)", 0),
    ],
)
def test_output_for_debugging_in_source_lowers(path, line, expected):
    assert debug_output.look(added(line, path=path)).amount == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import fastjsonlib", State.FAILED),
        ("from fastjsonlib.core import loads", State.FAILED),
        ("import json, re", State.PASSED),
        ("import yaml", State.PASSED),
        ("import httpx", State.PASSED),
        ("from shop import b", State.PASSED),
        ("import os.path", State.PASSED),
        ("from . import b", State.SKIPPED),
        ("try:\n    import fastjsonlib\nexcept ImportError:\n    pass", State.PASSED),
        ('HELP = """\nimport fastjsonlib\n"""', State.PASSED),
    ],
)
def test_an_import_of_what_nobody_declares_lowers(line, expected):
    assert imports_resolve.look(imported(line)).state is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import x from 'left-pad';", State.PASSED),
        ("const fs = require('fs');", State.PASSED),
        ("import x from './x';", State.SKIPPED),
        ("import x from '@shop/made-up';", State.FAILED),
        ("const x = require('made-up/lib');", State.FAILED),
    ],
)
def test_an_import_in_a_script_that_no_manifest_names_lowers(line, expected):
    texts = {"package.json": '{"dependencies": {"left-pad": "1"}}'}

    assert imports_resolve.look(imported(line, path="web/a.js", texts=texts)).state is expected


def test_without_a_manifest_nothing_can_be_said_of_an_import():
    assert imports_resolve.look(subject_of(("a.py", "", "import fastjsonlib\n"))).state is State.SKIPPED


def test_the_farther_the_applier_went_the_less_sure():
    amounts = {step: applier_step.look(subject_of(("a.py", "a\n", "b\n"), step=step)).amount for step in Step}

    assert (amounts[Step.EXACT], amounts[Step.INDENT], amounts[Step.ELISION]) == (0, 0.2, 1.5)


def test_each_time_that_a_lane_was_asked_before_lowers():
    assert [retries.look(subject_of(("a.py", "a\n", "b\n"), retries=n)).amount for n in (0, 1, 3)] == [0, 1, 3]


def test_a_line_that_only_moves_or_is_indented_is_not_written():
    before, after = "a = 1\nb = 2\nc = 3\n", "if x:\n    b = 2\nc = 3\na = 1\nd = 4\n"

    found = written(FileChange(path="a.py", before=before, after=after))

    assert (found.added, found.removed) == ((Line(1, "if x:"), Line(5, "d = 4")), ())
    assert (found.all_added, found.all_removed) == (4, 2)
