"""Texts that are nested so deep, or changed at so many places, that a look at them must not be like at others."""

import pytest

from suffice import Kind, Snapshot, check
from suffice.checker.trees import regions
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.outline import parse

DEEP = {
    "a long chain of elif": "if a:\n    b = 0\n" + "".join(f"elif a == {n}:\n    b = {n}\n" for n in range(1000)),
    "a long sum": f"b = {'+'.join(['a'] * 1500)}\n",
    "a long chain of attributes": f"b = a{'.c' * 1500}\n",
    "a long chain of calls": f"b = a{'()' * 1500}\n",
}
CAUGHT = "def test_a():\n    try:\n        assert a == 1\n    except {}:\n        pass\n"
BEFORE = "a = 1\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A project for Python 3.8 and later."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.8"\n', "utf-8")
    return folder


def looked_at(root, before, after, *, path="mod.py", **what):
    patch = unified_diff([FileChange(path=path, before=before, after=after)])
    return check(patch, snapshot=Snapshot.of_texts({path: before}, root=root), **what)


@pytest.mark.slow
@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_nested_deep_can_be_written(root, text):
    assert looked_at(root, BEFORE, BEFORE + text).state is State.PASSED


@pytest.mark.slow
@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_lint_fix_takes_nothing_away_from_what_is_nested_deep(root, text):
    before = f"{BEFORE}d = a == None\n{text}"
    mended = before.replace("a == None", "a is None")

    right = looked_at(root, before, mended, rule="E711")
    wrong = looked_at(root, before, mended.replace("b = ", "e = "), rule="E711")

    assert (right.state, wrong.state) == (State.PASSED, State.FAILED)


@pytest.mark.parametrize("caught", ["+".join(["a"] * 1500), "(ValueError, " + "+".join(["a"] * 1500) + ")"])
def test_a_test_that_catches_something_endless_can_be_written(root, caught):
    before = f"{BEFORE}\n\ndef test_a():\n    assert a == 1\n"

    verdict = looked_at(root, before, f"{BEFORE}\n\n{CAUGHT.format(caught)}", path="tests/test_a.py", kind=Kind.EDIT)

    assert verdict.failed == ()


def test_as_many_branches_as_somebody_may_write_are_parsed():
    chain = "if a:\n    b = 0\n" + "elif a:\n    b = 1\n" * 150

    assert parse(chain) is not None
    assert parse(chain * 3) is not None
    assert parse(chain + "elif a:\n    b = 1\n" * 150) is None


def test_a_file_that_changes_at_thousands_of_places_is_one_part():
    before = "".join(f"a{n} = {n}\n" for n in range(4000))

    (region,) = regions(FileChange(path="mod.py", before=before, after=before.replace("0 = ", "0  = ")))

    assert (region.before, region.parsed, region.is_same_tree) == (before, True, True)
