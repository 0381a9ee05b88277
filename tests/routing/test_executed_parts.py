"""The parts of the executed checks that decide: what is run, around what, by whom, and what a run says."""

import os

import pytest

from suffice.checker.executed.affected import affected_tests, imports
from suffice.checker.executed.commands import parse_command
from suffice.checker.executed.key_holders import refuse_beside_keys
from suffice.checker.executed.results import WHOLE, Ended, Results, compare, results_of
from suffice.checker.executed.sandbox import Confinement, Ran
from suffice.checker.executed.surroundings import (
    package_folders,
    program,
    projects_own,
    source_folders,
    surroundings,
)
from suffice.errors import ConfigError, InputError
from suffice.own_commands import OwnCommands, commands_for

# --- commands


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("pytest -q", 1),
        ("python -m pytest -x tests", 3),
        (".venv/bin/pytest", 1),
        ("uv run pytest -m 'not slow'", 3),
        ("make test", None),
        ("python -m unittest", None),
        ("sh -c 'cd back && pytest'", None),
    ],
)
def test_pytest_is_known_by_its_name(text, own):
    assert parse_command(text).own == own


@pytest.mark.parametrize("text", ["", "  ", "pytest 'tests", "a\0b"])
def test_what_is_no_command_is_refused(text):
    with pytest.raises(InputError):
        parse_command(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pytest -q", ("pytest", "-q", "tests/unit/test_a.py", "tests/test_b.py")),
        ("pytest tests/unit -q", ("pytest", "-q", "tests/unit/test_a.py")),
        ("pytest -c tests/unit", ("pytest", "-c", "tests/unit", "tests/unit/test_a.py", "tests/test_b.py")),
        (
            "pytest --ignore=tests/unit x",
            ("pytest", "--ignore=tests/unit", "x", "tests/unit/test_a.py", "tests/test_b.py"),
        ),
        ("pytest docs", None),
        ("pytest tests/unit/test_a.py::test_one", None),
        ("make test", None),
    ],
)
def test_a_command_runs_no_more_for_being_asked_for_a_part(project, text, words):
    project.write({"tests/unit/test_a.py": "", "tests/test_b.py": "", "docs/a.md": ""})

    part = parse_command(text).only(["tests/unit/test_a.py", "tests/test_b.py"], folder=project.root)

    assert (part and part.words) == words


def test_a_file_that_is_named_may_be_asked_for_one_of_its_tests(project):
    project.write({"tests/test_a.py": ""})

    part = parse_command("pytest tests/test_a.py").only(["tests/test_a.py::test_x"], folder=project.root)

    assert part.words == ("pytest", "tests/test_a.py::test_x")


# --- results


def run_of(code=0):
    return Ran(code=code, tail="", took_s=0.1, confinement=Confinement())


REPORT = (
    '<testsuites><testsuite name="pytest">'
    '<testcase classname="tests.test_a.TestShop" name="test_total[1]" file="tests/test_a.py"/>'
    '<testcase classname="tests.test_a" name="test_bad" file="tests/test_a.py"><failure/></testcase>'
    '<testcase classname="tests.test_a" name="test_late" file="tests/test_a.py"/>'
    '<testcase classname="tests.test_a" name="test_late" file="tests/test_a.py"><error/></testcase>'
    '<testcase classname="tests.test_a" name="test_not" file="tests/test_a.py"><skipped/></testcase>'
    '<testcase classname="" name="tests.test_b" file="tests/test_b.py"><error>cannot import</error></testcase>'
    "</testsuite></testsuites>"
)


def test_a_report_says_what_became_of_each_test_by_the_id_that_pytest_takes(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)

    results = results_of(run_of(1), tmp_path / "report.xml")

    assert results.by_test == {
        "tests/test_a.py::TestShop::test_total[1]": Ended.PASSED,
        "tests/test_a.py::test_bad": Ended.FAILED,
        "tests/test_a.py::test_late": Ended.FAILED,
        "tests/test_a.py::test_not": Ended.SKIPPED,
        "tests/test_b.py": Ended.FAILED,
    }


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb">]><testsuites><testcase name="&b;"/></testsuites>'
HOSTILE = {
    "entities": BOMB.encode(),
    "entities in UTF-16": BOMB.encode("utf-16"),
    "no XML": b"<testsuites><testcase",
    "too large": REPORT.encode() + b" " * (16 * 1024 * 1024),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_report_that_is_none_is_not_believed(tmp_path, content):
    (tmp_path / "report.xml").write_bytes(content)

    assert results_of(run_of(1), tmp_path / "report.xml").by_test == {WHOLE: Ended.FAILED}


@pytest.mark.skipif(os.name == "nt", reason="takes links and pipes")
def test_a_report_that_is_no_plain_file_is_not_opened(tmp_path):
    (tmp_path / "real.xml").write_text(REPORT)
    (tmp_path / "link.xml").symlink_to(tmp_path / "real.xml")
    os.mkfifo(tmp_path / "pipe.xml")

    for name in ("link.xml", "pipe.xml", "none.xml"):
        assert results_of(run_of(0), tmp_path / name).by_test == {WHOLE: Ended.PASSED}


def test_a_run_that_collected_nothing_ran_no_test(tmp_path):
    assert results_of(run_of(5), tmp_path / "none.xml").by_test == {}


def results(**by_test):
    return Results(run_of(), {f"tests/test_a.py::{test}": Ended(ended) for test, ended in by_test.items()})


A = "tests/test_a.py::"
COMPARED = {
    "as before": ({"a": "passed"}, {"a": "passed"}, ()),
    "a new failure": ({"a": "passed"}, {"a": "failed"}, (A + "a",)),
    "an old failure": ({"a": "failed"}, {"a": "failed"}, ()),
    "a mended one": ({"a": "failed"}, {"a": "passed"}, ()),
    "a new test that fails": ({}, {"b": "failed"}, (A + "b",)),
    "a test that is gone": ({"a": "passed", "b": "passed"}, {"b": "passed"}, (A + "a",)),
    "a test that is skipped": ({"a": "passed"}, {"a": "skipped"}, (A + "a",)),
    "a case that is skipped": ({"a[1]": "passed", "a[2]": "passed"}, {"a[1]": "passed", "a[2]": "skipped"}, ()),
    "a test that was skipped": ({"a": "skipped"}, {}, ()),
    "a failing one that is gone": ({"a": "failed"}, {}, ()),
    "other parameters": ({"a[at 0x1]": "passed"}, {"a[at 0x2]": "passed"}, ()),
}


@pytest.mark.parametrize(("before", "after", "harm"), COMPARED.values(), ids=COMPARED)
def test_only_what_passed_before_speaks_against_a_patch(before, after, harm):
    assert compare(results(**before), results(**after)).harm == harm


def test_a_test_that_the_patch_itself_takes_away_did_not_vanish():
    before, after = results(a="passed", b="passed"), results(b="passed")

    assert compare(before, after, touched=["tests/test_a.py"]).harm == ()


# --- what a change reaches


PROJECT = {
    "src/shop/__init__.py": "",
    "src/shop/price.py": "",
    "src/shop/till.py": "from shop.price import total\n",
    "tests/test_price.py": "from shop.price import total\n",
    "tests/test_till.py": "import shop.till\n",
    "tests/test_door.py": "",
    "tests/deep/conftest.py": "import shop.door\n",
    "tests/deep/test_far.py": "",
    "src/shop/door.py": "",
}


def test_the_import_graph_of_ruff_has_the_form_that_we_read(project):
    project.write(PROJECT)

    graph = imports(project.root, ["src", "."])

    assert graph["tests/test_till.py"] == ["src/shop/till.py"]
    assert graph["src/shop/till.py"] == ["src/shop/price.py"]
    assert graph["tests/test_door.py"] == []


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (["src/shop/price.py"], ("tests/test_price.py", "tests/test_till.py")),
        (["src/shop/till.py"], ("tests/test_till.py",)),
        (["tests/test_door.py"], ("tests/test_door.py",)),
        (["src/shop/door.py"], ("tests/deep/test_far.py",)),
        (["src/shop/door.py", "src/shop/price.py", "tests/test_door.py"], ()),
        (["README.md"], ()),
    ],
    ids=["over another module", "directly", "a test", "over a conftest", "all", "nothing"],
)
def test_the_tests_that_a_change_reaches(project, changed, tests):
    project.write(PROJECT)

    assert affected_tests(imports(project.root, ["src", "."]), changed) == tests


def test_a_folder_in_which_nothing_can_be_told_narrows_nothing_down(tmp_path):
    assert imports(tmp_path / "none", ["."]) == {}


# --- surroundings


def test_the_variables_of_a_command_are_listed_one_by_one(tmp_path):
    given = {"PATH": f"bin:{tmp_path}:.", "LANG": "C", "OPENAI_API_KEY": "sk", "GIT_DIR": "x", "VIRTUAL_ENV": "/v"}

    own = surroundings(given, home=tmp_path, sources=(tmp_path / "src", tmp_path))

    assert own["PATH"] == str(tmp_path)
    assert own["PYTHONPATH"] == f"{tmp_path / 'src'}{os.pathsep}{tmp_path}"
    assert not own.keys() & {"OPENAI_API_KEY", "GIT_DIR", "VIRTUAL_ENV"}


def make_program(place):
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("#!/bin/sh\n")
    place.chmod(0o755)
    return str(place)


def test_a_program_is_never_looked_for_where_we_stand(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project.root)
    make_program(project.root / "mypy")

    with pytest.raises(ConfigError, match=r"^mypy cannot be found or started; name the program as you start it in"):
        program("mypy", root=project.root, copy=project.root, environment={"PATH": f":.:{tmp_path / 'none'}"})


def test_a_program_of_the_project_is_the_one_in_the_copy_or_its_environment(project, tmp_path):
    copy = tmp_path / "copy"
    script = make_program(copy / "run" / "tests")
    make_program(project.root / "run" / "tests")
    pytest_ = make_program(project.root / ".venv" / "bin" / "pytest")

    assert program("run/tests", root=project.root, copy=copy, environment={}) == script
    assert program(".venv/bin/pytest", root=project.root, copy=copy, environment={}) == pytest_
    assert projects_own("pytest", root=project.root, environment={}) == pytest_
    assert projects_own("mypy", root=project.root, environment={}) == "mypy"


def test_modules_come_from_where_an_editable_install_says(project, tmp_path):
    packages = project.root / ".venv" / "lib" / "python3.12" / "site-packages"
    finder = f"MAPPING = {{'till': '{project.root / 'back' / 'till'}', 'x': '{tmp_path}'}}\n"
    project.write({"lib/a.py": "", "back/till/__init__.py": "", "src/b.py": ""})
    packages.mkdir(parents=True)
    (packages / "shop.pth").write_text(f"{project.root / 'lib'}\n{tmp_path}\nimport os\n{packages}\n")
    (packages / "__editable___till_finder.py").write_text(finder)

    assert source_folders([], root=project.root, environment={"PATH": ""}) == ("lib", "back", "src", ".")


def test_a_package_is_imported_from_its_place_in_the_project(project):
    project.write({"back/till/__init__.py": "", "back/till/deep/__init__.py": "", "back/till/deep/a.py": ""})
    project.write({"odd/json/__init__.py": "", "odd/json/a.py": "", "tools/run.py": "", "flat/__init__.py": ""})

    def folders(path):
        return package_folders([path], root=project.root)

    assert folders("back/till/deep/a.py") == ("back",)
    assert folders("flat/__init__.py") == (".",)
    assert folders("odd/json/a.py") == folders("tools/run.py") == folders("back/till/a.md") == ()


# --- who may run anything


def test_in_ci_nothing_runs_beside_a_key(tmp_path):
    refuse_beside_keys({"OPENAI_API_KEY": "sk"}, processes=tmp_path)
    refuse_beside_keys({"CI": "true", "OPENAI_API_KEY": ""}, processes=tmp_path)

    with pytest.raises(InputError, match=r"^In CI no test runs beside OPENAI_API_KEY: .* without the key\.$"):
        refuse_beside_keys({"CI": "true", "OPENAI_API_KEY": "sk"}, processes=tmp_path)


def test_in_ci_nothing_runs_under_a_process_with_a_key(tmp_path):
    parent = tmp_path / str(os.getppid())
    above = tmp_path / "41"
    parent.mkdir()
    above.mkdir()
    (parent / "stat").write_text("7 (a (b) c) S 41 7 7")
    (parent / "environ").write_bytes(b"PATH=/bin\0")
    (above / "environ").write_bytes(b"PATH=/bin\0ANTHROPIC_API_KEY=sk-ant\0")

    with pytest.raises(InputError, match="beside a provider's key"):
        refuse_beside_keys({"CI": "1"}, processes=tmp_path)


def test_the_nearest_repository_of_the_settings_counts(tmp_path):
    outer, inner = OwnCommands(tmp_path, "make"), OwnCommands(tmp_path / "a", "pytest")

    assert commands_for(tmp_path / "a" / "b", (outer, inner)) == inner
    assert commands_for(tmp_path / "ab", (outer, inner)) == outer
    assert commands_for(tmp_path.parent, (outer, inner)) == OwnCommands(tmp_path.parent)
