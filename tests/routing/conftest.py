"""What the tests of the executed checks share: a shop with tests of its own, and its run on a patch."""

import os
import subprocess
from types import SimpleNamespace

import pytest
from executed_shop import PYTEST, SHOP

from suffice.checker.executed.execute import run_executed
from suffice.checker.executed.sides import Executed
from suffice.checker.subject import Subject
from suffice.checker.verdict import State, Verdict
from suffice.snapshot import Snapshot
from suffice.task import Kind


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A repository that no test changes, so that a module's tests run on it once without a patch."""
    root = tmp_path_factory.mktemp("shop")
    for path, text in SHOP.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    ada = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    own = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "state")):
        subprocess.run(["git", *ada, *command], cwd=root, env=own, check=True)
    return SimpleNamespace(root=root)


@pytest.fixture
def own_shop(repository):
    """The same, for one test to change."""
    repository.write(SHOP).commit()
    return repository


@pytest.fixture(scope="module")
def before():
    """By folder its snapshot, and the runs of its tests without a patch."""
    return {}


@pytest.fixture
def ran(tmp_path, monkeypatch, before):
    """Run the executed checks on a change to a project, and see that nothing is left of them.

    A project stays as it was at its first run: that run serves all later ones.
    """
    places = tmp_path / "temporary"
    places.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(places))

    def check(project, *changes, tests=PYTEST, types=None, kind=Kind.EDIT, timeout_s=20.0, quick_s=10.0):
        snapshot, seen = before.setdefault(project.root, (Snapshot.of_folder(project.root), {}))
        executed = Executed(
            folder=project.root,
            environment=os.environ,
            tests=tests,
            types=types,
            timeout_s=timeout_s,
            quick_s=quick_s,
            seen=seen,
        )
        subject = Subject(kind=kind, changes=changes, snapshot=snapshot)
        verdict = run_executed(subject, Verdict(State.PASSED, 0.7, ()), executed)
        assert list(places.iterdir()) == []
        return verdict

    return check
