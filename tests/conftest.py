"""What all tests share: an environment in which nothing of this machine counts, projects on disk, the command."""

import io
import itertools
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import jsonschema_rs
import pytest

from suffice.report import schema
from suffice_ci.main import run

SUFFICE = str(Path(sysconfig.get_path("scripts"), "suffice"))

_FOREIGN = ("SUFFICE_", "ANTHROPIC_", "OPENAI_", "GIT_", "GITHUB_", "RUFF_")

_NUMBERS = itertools.count()
"""Of the tests of this process: each has a state folder of its own, which is made when something is kept there."""


@pytest.fixture(autouse=True)
def pinned_environment(monkeypatch, tmp_path_factory):
    """Let nothing of this machine count: no key, no settings, no CI, no proxy; git as it comes."""
    own = tmp_path_factory.getbasetemp() / "own"
    for name in os.environ:
        if name.startswith(_FOREIGN) or name.lower() in {"ci", "http_proxy", "https_proxy", "all_proxy"}:
            monkeypatch.delenv(name)
    pinned = {
        "SUFFICE_STATE_DIR": str(own / "state" / str(next(_NUMBERS))),
        "XDG_CONFIG_HOME": str(own),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    }
    for name, value in pinned.items():
        monkeypatch.setenv(name, value)


class Project:
    """A folder with files, and a git repository where one is asked for."""

    def __init__(self, root):
        self.root = root

    def write(self, files):
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def read(self, name):
        return (self.root / name).read_bytes()

    def git(self, *arguments, stdin=None):
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=self.root, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def commit(self, message="state"):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def project(tmp_path):
    """A folder outside of any repository."""
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


@pytest.fixture
def repository(project):
    """A fresh git repository."""
    project.git("init", "--quiet", "--initial-branch", "main")
    return project


class Ran(NamedTuple):
    """How the command ended and what it printed."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def report(self):
        """The only document on standard output, held against the shipped schema."""
        return validated(json.loads(self.stdout))

    @property
    def only_item(self):
        (item,) = self.report["items"]
        return item

    @property
    def sentences(self):
        """The lines on standard error; there must be no traceback among them."""
        assert "Traceback" not in self.stderr, self.stderr
        return self.stderr.splitlines()


_VALIDATOR = jsonschema_rs.validator_for(schema(), validate_formats=True)


def validated(report):
    """Return *report* if it keeps the schema and its own sums."""
    _VALIDATOR.validate(report)
    assert sum(report["totals"]["by_outcome"].values()) == len(report["items"])
    return report


@pytest.fixture
def valid():
    return validated


@pytest.fixture
def suffice(project, monkeypatch, capfdbinary):
    """Run the command line in this process, in the project's folder."""

    def run_here(*arguments, stdin=None, folder=None):
        monkeypatch.chdir(folder or project.root)
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", _Input(stdin))
        capfdbinary.readouterr()
        code = run([str(argument) for argument in arguments])
        stdout, stderr = capfdbinary.readouterr()
        return Ran(code, stdout, stderr.decode())

    return run_here


class _Input:
    def __init__(self, text):
        self._text = text
        self.buffer = io.BytesIO(text.encode())

    def read(self):
        return self._text

    def isatty(self):
        return False


@pytest.fixture
def command():
    """The installed console script."""
    return SUFFICE
