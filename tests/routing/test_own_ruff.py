"""Which ruff speaks for a project: its own where it is trusted, then the one on PATH, then ours."""

import os
import sys

import pytest

from suffice.checker.linting import Linting
from suffice.config import Config
from suffice.linters import ruff
from suffice.linters.chosen import linters_for
from suffice.linters.own_ruff import ours, ruff_for
from suffice.snapshot import Snapshot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")

SAYS = """#!/bin/sh
touch {ran}
if [ "$1" = --version ]; then echo "ruff {version}"; exit 0; fi
echo '[{{"code": "OWN1", "message": "found by the project", "filename": "'"$(eval echo \\${{$#}})"'",
"location": {{"row": 1, "column": 1}}, "end_location": {{"row": 1, "column": 2}}, "fix": null}}]'
"""


@pytest.fixture
def stand_in(tmp_path):
    """Put a program that passes for ruff into a folder and return it."""

    def put(folder, *, version="0.15.0"):
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / "ruff"
        program.write_text(SAYS.format(ran=tmp_path / "ran", version=version))
        program.chmod(0o755)
        return program

    return put


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def test_the_projects_own_comes_first_where_the_project_is_trusted(root, stand_in, tmp_path):
    own = stand_in(root / ".venv" / "bin")
    stand_in(tmp_path / "elsewhere")

    chosen = ruff_for(root, {"PATH": str(tmp_path / "elsewhere")}, trusted=True)

    assert (chosen.program, chosen.origin, chosen.version) == (str(own), "the project's own", "0.15.0")


def test_a_program_inside_an_untrusted_project_is_never_started(root, stand_in, tmp_path):
    inside = stand_in(root / ".venv" / "bin").parent
    environment = {"PATH": f"{inside}{os.pathsep}.venv/bin", "VIRTUAL_ENV": str(root / ".venv")}

    chosen = ruff_for(root, environment, trusted=False)

    assert chosen == ours()
    assert not (tmp_path / "ran").exists()


def test_a_link_on_path_into_the_project_does_not_count(root, stand_in, tmp_path):
    own = stand_in(root / ".venv" / "bin")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "ruff").symlink_to(own)

    assert ruff_for(root, {"PATH": str(tmp_path / "links")}, trusted=False) == ours()


def test_what_path_names_elsewhere_comes_before_ours(root, stand_in, tmp_path):
    found = stand_in(tmp_path / "tools")

    chosen = ruff_for(root, {"PATH": f"relative{os.pathsep}{tmp_path / 'tools'}"}, trusted=False)

    assert (chosen.program, chosen.origin) == (str(found), "on PATH")


def test_one_that_is_too_old_is_passed_over_and_said(root, stand_in):
    old = stand_in(root / "venv" / "bin", version="0.4.10")

    chosen = ruff_for(root, {}, trusted=True)

    assert chosen == ours(f"{old} is 0.4.10, and suffice reads what 0.8 or later says")


def test_one_that_says_no_version_is_passed_over(root, stand_in):
    strange = stand_in(root / ".venv" / "bin", version="unknown")

    assert ruff_for(root, {}, trusted=True) == ours(f"{strange} does not say its version")


def test_the_project_is_linted_by_its_own_and_the_hard_rules_are_asked_of_ours(root, stand_in):
    stand_in(root / ".venv" / "bin")
    linters = linters_for(root, Config(trusted=(str(root),)), {})
    snapshot = Snapshot.of_texts({"a.py": "print(unknown)\n"}, root=root)
    linting = Linting(root=root, linters=linters)

    (said,) = linting.diagnostics_of([snapshot.file("a.py")])
    linting.look_before([snapshot.file("a.py")])

    assert [diagnostic.rule for diagnostic in said] == ["OWN1"]
    assert [d.rule for found in linting.hard_before.values() for d in found] == ["F821"]


def test_a_rule_of_another_linter_is_no_rule_for_ruff_to_select(root):
    linting = Linting(root=root, select="no-undef")
    snapshot = Snapshot.of_texts({"a.py": "import os\n"}, root=root)

    (said,) = linting.diagnostics_of([snapshot.file("a.py")])

    assert [diagnostic.rule for diagnostic in said] == ["F401"]


def test_doctor_names_the_ruff_that_speaks_for_the_project(project, suffice, stand_in, monkeypatch, tmp_path):
    own = stand_in(project.root / ".venv" / "bin")
    (tmp_path / "config.toml").write_text(f'trusted = ["{project.root}"]\n')
    monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "config.toml"))

    said = suffice("doctor", "--offline").stdout.decode()

    assert f"ok  ruff of the project: 0.15.0, the project's own ({own})" in said.splitlines()
    assert f"ok  ruff: {ruff.version()}, installed with suffice" in said.splitlines()
