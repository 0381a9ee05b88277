"""Copies of a project: what they hold, that they stand for it, and that they are gone afterwards."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from executed_shop import PRICE, SHOP, change, new_file, only, script

from suffice.checker.executed.copies import copied, sweep
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.errors import InputError
from suffice.snapshot import Snapshot

# --- what a copy holds


def test_a_copy_holds_nothing_that_leads_outside(project, tmp_path):
    (tmp_path / "secret").write_text("secret")
    project.write({"a.py": "a\n", "sub/b.py": "b\n"})
    (project.root / "out").symlink_to("../secret")
    (project.root / "far").symlink_to(tmp_path / "secret")
    (project.root / "in.py").symlink_to("sub/b.py")
    (project.root / "sub" / "up.py").symlink_to("../a.py")
    os.mkfifo(project.root / "pipe")

    with copied(Snapshot.of_folder(project.root), project.root) as copy:
        assert sorted(p.relative_to(copy.folder).as_posix() for p in copy.folder.rglob("*")) == [
            "a.py",
            "in.py",
            "sub",
            "sub/b.py",
            "sub/up.py",
        ]
        assert (copy.folder / "in.py").read_text() == "b\n"


def test_a_copy_of_a_commit_holds_its_texts(repository):
    sha = repository.write({"a.py": "old\n"}).commit()
    repository.write({"a.py": "new\n"})
    from git import Repo

    with copied(Snapshot.of_commit(Repo(repository.root), sha), repository.root) as copy:
        assert (copy.folder / "a.py").read_text() == "old\n"


def test_no_copy_holds_what_was_kept_of_an_older_text_not_even_where_git_tracks_it(project):
    stale = {f"sub/{name}/a": "" for name in ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")}
    project.write({"a.py": "", **stale})
    found = []

    for command in ("status", "init", "add"):
        if command != "status":
            project.git(command, "--quiet" if command == "init" else "--all")
        with copied(Snapshot.of_folder(project.root), project.root) as copy:
            found.append([path.name for path in copy.folder.rglob("*") if path.name != ".git"])

    assert found == [["a.py"]] * 3


def test_in_a_copy_git_says_what_is_new(repository):
    repository.write({"a.py": "old\n"}).commit()
    repository.write({"a.py": "new\n"})

    with copied(Snapshot.of_folder(repository.root), repository.root) as copy:
        repository.root, own = copy.folder, repository.root
        assert repository.git("status", "--porcelain") == " M a.py\n"
        repository.root = own

    assert not (repository.root / ".git" / "worktrees").exists()


def test_a_repository_without_a_commit_is_copied_too(repository):
    repository.write({"a.py": "x\n"})

    with copied(Snapshot.of_folder(repository.root), repository.root) as copy:
        assert [path.name for path in copy.folder.iterdir()] == ["a.py"]


def test_changes_are_made_in_the_copy_alone(project):
    project.write({"a.py": "a\n", "b.py": "b\n", "c.py": "c\n"})
    changes = [
        FileChange(path="a.py", before="a\n", after="A\n", bom=True),
        FileChange(path="b.py", before="b\n", after=None),
        FileChange(path="c.py", before="c\n", after="C\n", new_path="deep/d.py"),
    ]

    with copied(Snapshot.of_folder(project.root), project.root) as copy:
        copy.write(changes)
        made = {p.relative_to(copy.folder).as_posix(): p.read_bytes() for p in copy.folder.rglob("*") if p.is_file()}

    assert made == {"a.py": b"\xef\xbb\xbfA\n", "deep/d.py": b"C\n"}
    assert (project.read("a.py"), project.read("b.py"), project.read("c.py")) == (b"a\n", b"b\n", b"c\n")


@pytest.mark.parametrize("path", ["../out.py", "/etc/out.py", "up/out.py", "a.py/b.py"])
def test_a_change_that_leaves_the_copy_is_refused(project, path):
    project.write({"a.py": "", "deep/x.py": ""})
    with copied(Snapshot.of_folder(project.root), project.root) as copy:
        (copy.folder / "up").symlink_to("..")

        with pytest.raises(InputError):
            copy.write([FileChange(path=path, before=None, after="x")])


# --- whose code is run


def test_new_and_changed_files_are_there_and_ignored_ones_and_secrets_are_not(own_shop, ran):
    own_shop.write({"shop/price.py": PRICE + "\n\nNEW = 1\n", "shop/fresh.py": "", "a.log": "", ".env": "KEY=1"})
    there = script(
        'import os; assert sorted(os.listdir(".")) == [".git", ".gitignore", "a.py", "shop", "tests"], os.listdir(".");'
        'assert os.path.exists("shop/fresh.py"); assert "NEW" in open("shop/price.py").read()'
    )

    verdict = ran(own_shop, new_file("a.py", ""), tests=f"{there}")

    assert "failed without the patch and pass now" in only(verdict).evidence


def test_a_folder_outside_of_any_repository_is_copied(project, ran):
    project.write({**SHOP, "node_modules/x.js": "", "__pycache__/x.pyc": ""})
    links = script('import os; assert os.path.islink("node_modules"); assert not os.path.exists("__pycache__")')

    verdict = ran(project, change(project, "shop/price.py", "* rate", "* rate * 1"), tests=links)

    assert only(verdict).state is State.PASSED


def test_of_a_folder_in_a_repository_the_command_runs_in_that_folder(repository, ran, project):
    repository.write({f"back/{path}": text for path, text in SHOP.items()}).commit()
    project.root = repository.root / "back"

    verdict = ran(
        project, change(project, "shop/price.py", "* rate", "+ rate"), tests=f"{sys.executable} tests/check.py"
    )

    assert verdict.state is State.FAILED


def test_an_editable_install_does_not_hide_the_patch(own_shop, ran):
    own_shop.write({".gitignore": ".venv\n", "lib/till.py": "OPEN = True\n"})
    packages = own_shop.root / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "shop.pth").write_text(f"{own_shop.root / 'lib'}\n")
    imports = f"{sys.executable} -c 'import till; assert till.OPEN'"

    verdict = ran(own_shop, change(own_shop, "lib/till.py", "True", "False"), tests=imports)

    assert verdict.state is State.FAILED


def test_nothing_that_the_settings_of_a_repository_name_is_started(own_shop, ran, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    hooks = own_shop.root / ".git" / "evil"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marks}/{name}\n")
        (hooks / name).chmod(0o755)
    own_shop.git("config", "core.hooksPath", str(hooks))
    own_shop.git("config", "core.fsmonitor", f"touch {marks}/fsmonitor; true")
    own_shop.git("config", "filter.evil.smudge", f"touch {marks}/smudge; cat")
    own_shop.git("config", "filter.evil.clean", f"touch {marks}/clean; cat")
    own_shop.write({".gitattributes": "*.py filter=evil\n"})

    verdict = ran(own_shop, new_file("a.py", ""), tests=script("pass"))

    assert verdict.state is State.PASSED
    assert list(marks.iterdir()) == []


# --- what is left


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_who_is_told_to_stop_leaves_no_copy_behind(own_shop, ran, number):
    places = Path(tempfile.gettempdir())

    def stop_once_it_runs():
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if list(places.glob("*/work-*/started")):
                os.kill(os.getpid(), getattr(signal, number))
                return
            time.sleep(0.02)

    threading.Thread(target=stop_once_it_runs, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        ran(own_shop, new_file("a.py", ""), tests=script('open("started", "w").close(); import time; time.sleep(60)'))

    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert own_shop.git("worktree", "list").count("\n") == 1
    assert signal.getsignal(getattr(signal, number)) is signal.SIG_DFL


@pytest.mark.skipif(os.name == "nt", reason="a process id says nothing there")
def test_what_a_killed_run_left_behind_is_swept(own_shop, ran):
    ended = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    ended.wait()
    for process in (ended.pid, os.getpid()):
        place = Path(tempfile.gettempdir()) / f"suffice-{process}-abc"
        own_shop.git("worktree", "add", "--detach", str(place / f"work-{place.name}"))

    sweep(own_shop.root)

    assert [place.name for place in Path(tempfile.gettempdir()).iterdir()] == [f"suffice-{os.getpid()}-abc"]
    assert own_shop.git("worktree", "list").count("\n") == 2
