"""What running a patch shows: its project's tests, without and with it, in copies that are gone afterwards."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from suffice.checker.executed import EXECUTED_NAMES
from suffice.checker.executed.copies import sweep
from suffice.checker.executed.execute import EXECUTED, run_executed
from suffice.checker.executed.sides import Executed
from suffice.checker.pipeline import NOT_RUN
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, State, Verdict
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot
from suffice.task import Kind

PYTHON = [sys.executable, "-I"]
PYTEST = f"env PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q"
"""Without the plug-ins of whoever runs us, a start takes 0.2 s instead of 1.2 s."""

PRICE = "def total(prices, rate):\n    return sum(prices) * rate\n"
SHOP = {
    "shop/__init__.py": "from shop.price import total\n",
    "shop/price.py": PRICE,
    "tests/test_price.py": "from shop import total\n\n\ndef test_total():\n    assert total([1, 2], 2) == 6\n",
    "tests/test_door.py": "def test_door():\n    pass\n",
    "tests/check.py": "import sys\nsys.path.insert(0, '.')\nfrom shop import total\nassert total([1], 1) == 1\n",
    ".gitignore": "*.log\n",
}


@pytest.fixture
def shop(repository):
    repository.write(SHOP).commit()
    return repository


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """Run the executed checks on a change to a project, and see that nothing is left of them."""
    places = tmp_path / "temporary"
    places.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(places))

    def check(project, *changes, tests=PYTEST, types=None, kind=Kind.EDIT, timeout_s=20.0, quick_s=10.0):
        subject = Subject(kind=kind, changes=changes, snapshot=Snapshot.of_folder(project.root))
        executed = Executed(
            folder=project.root,
            environment=os.environ,
            tests=tests,
            types=types,
            timeout_s=timeout_s,
            quick_s=quick_s,
        )
        verdict = run_executed(subject, Verdict(State.PASSED, 0.7, ()), executed)
        assert list(places.iterdir()) == []
        return verdict

    return check


def change(project, path, old, new):
    before = (project.root / path).read_text()
    assert old in before
    return FileChange(path=path, before=before, after=before.replace(old, new))


def new_file(path, text):
    return FileChange(path=path, before=None, after=text)


def script(text):
    """Return a command that runs the Python program *text*."""
    return f"{sys.executable} -I -S -c '{text}'"


def only(verdict):
    (check,) = verdict.checks
    return check


# --- tests without and with the patch


def test_a_test_that_failed_before_is_no_evidence_and_the_repository_stays_as_it_was(shop, ran):
    shop.write({"tests/test_old.py": "def test_old():\n    assert False\n"})

    verdict = ran(shop, change(shop, "shop/price.py", "sum(prices) * rate", "rate * sum(prices)"))

    assert verdict.state is State.PASSED
    assert only(verdict).evidence.startswith("2 tests pass; fail with it as without it: tests/test_old.py::test_old; ")
    assert shop.git("status", "--porcelain") == "?? tests/test_old.py\n"
    assert shop.git("worktree", "list").count("\n") == 1
    assert shop.read("shop/price.py").decode() == PRICE


def test_a_test_that_passed_and_now_fails_blocks_and_is_named(shop, ran):
    verdict = ran(shop, change(shop, "shop/price.py", "* rate", "+ rate"))

    assert (verdict.state, verdict.confidence) == (State.FAILED, 0.0)
    assert only(verdict).evidence.startswith(
        "fails with the patch and not without: tests/test_price.py::test_total (assert 5 == 6"
    )


def test_where_all_takes_long_the_tests_that_a_patch_reaches_come_first(shop, ran):
    reads = "def test_door():\n    assert ') * rate' in open('shop/price.py').read()\n"
    shop.write({"tests/test_door.py": reads})

    reached = ran(shop, change(shop, "shop/price.py", ") * rate", ") + rate"), quick_s=0)
    not_reached = ran(shop, change(shop, "shop/price.py", ") * rate", ") *  rate"), quick_s=0)

    assert "without: tests/test_price.py::test_total (" in only(reached).evidence
    assert "without: tests/test_door.py::test_door (" in only(not_reached).evidence


def test_what_does_not_fail_twice_is_no_evidence(shop, ran):
    flaky = (
        "import os, sys; sys.path.insert(0, '.'); from shop import total; again = os.path.exists('seen');"
        "open('seen', 'w').close(); assert again or total([1], 2) == 2"
    )
    command = f'{sys.executable} -c "{flaky}"'

    verdict = ran(shop, change(shop, "shop/price.py", "* rate", "+ rate"), tests=command)

    assert verdict.state is State.PASSED


def test_a_patch_that_ends_the_run_early_and_well_blocks(shop, ran):
    verdict = ran(shop, new_file("conftest.py", "import os\nos._exit(0)\n"))

    assert verdict.state is State.FAILED
    assert "does not run with it: tests/test_door.py::test_door, tests/test_price.py::test_total" in str(verdict)


def test_a_command_that_fails_anyway_says_nothing(shop, ran):
    verdict = ran(shop, change(shop, "shop/price.py", "* rate", "+ rate"), tests=script("import nothing"))

    assert verdict.state is State.UNCHECKED
    assert only(verdict).state is State.SKIPPED
    assert "fails with the patch as without it" in only(verdict).evidence


def test_a_patch_that_mends_none_of_the_failing_tests_is_open_and_blocked_where_they_are_all_that_is_run(shop, ran):
    shop.write({"tests/test_old.py": "def test_old():\n    assert False\n"})
    harmless = change(shop, "shop/price.py", "sum(prices) * rate", "rate * sum(prices)")
    said = "1 test fails with the patch as without it; it mends none of them: tests/test_old.py::test_old"

    some_pass = ran(shop, harmless, kind=Kind.DEBUG)
    none_passes = ran(shop, harmless, kind=Kind.DEBUG, tests=f"{PYTEST} tests/test_old.py")

    assert (some_pass.state, only(some_pass).evidence) == (State.UNCHECKED, said)
    assert (none_passes.state, only(none_passes).evidence) == (State.FAILED, said)


def test_a_command_for_a_shell_ran_no_test_and_says_why(shop, ran):
    verdict = ran(shop, new_file("a.py", ""), tests=f"{PYTEST} no_such.py | tail")

    assert (verdict.state, only(verdict).state) == (State.UNCHECKED, State.SKIPPED)
    assert only(verdict).evidence.endswith("; no shell is used, so | is handed on as a word: write sh -c '...' for one")


def test_a_written_test_that_was_not_reached_asks_for_no_command(shop):
    subject = Subject(kind=Kind.TEST_WRITING, changes=(), snapshot=Snapshot.of_folder(shop.root))
    executed = Executed(folder=shop.root, environment={}, tests="pytest")

    verdict = run_executed(subject, Verdict(State.FAILED, 0.0, (NOT_RUN,)), executed)

    assert "--tests" in NOT_RUN.evidence
    assert only(verdict).evidence == "a written test counts once it ran, and another check failed before it could"


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_who_is_told_to_stop_leaves_no_copy_behind(shop, ran, number):
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
        ran(shop, new_file("a.py", ""), tests=script('open("started", "w").close(); import time; time.sleep(60)'))

    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert shop.git("worktree", "list").count("\n") == 1
    assert signal.getsignal(getattr(signal, number)) is signal.SIG_DFL


@pytest.mark.skipif(os.name == "nt", reason="a process id says nothing there")
def test_what_a_killed_run_left_behind_is_swept(shop, ran):
    ended = subprocess.Popen([*PYTHON, "-S", "-c", ""])
    ended.wait()
    for process in (ended.pid, os.getpid()):
        place = Path(tempfile.gettempdir()) / f"suffice-{process}-abc"
        shop.git("worktree", "add", "--detach", str(place / f"work-{place.name}"))

    sweep(shop.root)

    assert [place.name for place in Path(tempfile.gettempdir()).iterdir()] == [f"suffice-{os.getpid()}-abc"]
    assert shop.git("worktree", "list").count("\n") == 2


def test_of_any_command_the_exit_code_counts(shop, ran):
    command = f"{sys.executable} tests/check.py"

    good = ran(shop, change(shop, "shop/price.py", "* rate", "* rate * 1"), tests=command)
    bad = ran(shop, change(shop, "shop/price.py", "* rate", "+ rate"), tests=command)

    assert (good.state, bad.state) == (State.PASSED, State.FAILED)
    assert "fails with the patch and not without: the command (" in only(bad).evidence


def test_a_patch_that_makes_the_tests_hang_blocks(shop, ran):
    command = f"{sys.executable} -S tests/check.py"
    hangs = change(shop, "shop/price.py", "    return", "    import time; time.sleep(60)\n    return")

    verdict = ran(shop, hangs, tests=command, timeout_s=2)

    assert verdict.state is State.FAILED
    assert " does not end within 2 s (without the patch: " in only(verdict).evidence


def test_tests_that_hang_anyway_say_nothing(shop, ran):
    verdict = ran(shop, new_file("a.py", ""), tests=script("import time; time.sleep(60)"), timeout_s=0.3)

    assert (verdict.state, only(verdict).state) == (State.UNCHECKED, State.SKIPPED)


def test_a_mended_bug_is_proven_by_a_test_that_failed(shop, ran):
    shop.write({"shop/price.py": PRICE.replace("*", "+")})

    verdict = ran(shop, change(shop, "shop/price.py", "+ rate", "* rate"), kind=Kind.DEBUG)

    assert verdict.proof == "failed without the patch and pass now: tests/test_price.py::test_total"
    assert verdict.confidence >= 0.99


def test_a_test_that_the_patch_itself_changes_proves_nothing(shop, ran):
    shop.write({"tests/check.py": SHOP["tests/check.py"].replace("== 1", "== 2")})
    command = f"{sys.executable} tests/check.py"

    verdict = ran(shop, change(shop, "tests/check.py", "== 2", "== 1"), kind=Kind.DEBUG, tests=command)

    assert (verdict.state, verdict.proof) == (State.PASSED, None)
    assert "pass now" in only(verdict).evidence


def test_what_the_project_is_before_a_patch_is_run_once_for_all_patches(shop, ran):
    subject = Subject(kind=Kind.EDIT, changes=(new_file("a.py", ""),), snapshot=Snapshot.of_folder(shop.root))
    executed = Executed(folder=shop.root, environment=os.environ, tests=script("pass"))

    first = run_executed(subject, Verdict(State.PASSED, 0.7, ()), executed)
    seen = dict(executed.seen)
    second = run_executed(subject, Verdict(State.PASSED, 0.7, ()), executed)

    assert len(seen) == 1
    assert executed.seen == seen
    assert only(first).evidence == only(second).evidence


def test_what_failed_already_is_not_run(shop):
    executed = Executed(folder=shop.root, environment={}, tests="no-such-program")
    failed = Verdict(State.FAILED, 0.0, (Check("scope", State.FAILED, blocking=True, evidence="elsewhere"),))
    subject = Subject(kind=Kind.EDIT, changes=(), snapshot=Snapshot.of_folder(shop.root))

    assert run_executed(subject, failed, executed) is failed


def test_the_names_of_the_executed_checks_are_those_of_their_modules():
    assert tuple(module.NAME for module in EXECUTED) == EXECUTED_NAMES


# --- whose code is run


def test_new_and_changed_files_are_there_and_ignored_ones_and_secrets_are_not(shop, ran):
    shop.write({"shop/price.py": PRICE + "\n\nNEW = 1\n", "shop/fresh.py": "", "a.log": "", ".env": "KEY=1"})
    there = script(
        'import os; assert sorted(os.listdir(".")) == [".git", ".gitignore", "a.py", "shop", "tests"], os.listdir(".");'
        'assert os.path.exists("shop/fresh.py"); assert "NEW" in open("shop/price.py").read()'
    )

    verdict = ran(shop, new_file("a.py", ""), tests=f"{there}")

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


def test_an_editable_install_does_not_hide_the_patch(shop, ran):
    shop.write({".gitignore": ".venv\n", "lib/till.py": "OPEN = True\n"})
    packages = shop.root / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "shop.pth").write_text(f"{shop.root / 'lib'}\n")
    imports = f"{sys.executable} -c 'import till; assert till.OPEN'"

    verdict = ran(shop, change(shop, "lib/till.py", "True", "False"), tests=imports)

    assert verdict.state is State.FAILED


def test_nothing_that_the_settings_of_a_repository_name_is_started(shop, ran, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    hooks = shop.root / ".git" / "evil"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marks}/{name}\n")
        (hooks / name).chmod(0o755)
    shop.git("config", "core.hooksPath", str(hooks))
    shop.git("config", "core.fsmonitor", f"touch {marks}/fsmonitor; true")
    shop.git("config", "filter.evil.smudge", f"touch {marks}/smudge; cat")
    shop.git("config", "filter.evil.clean", f"touch {marks}/clean; cat")
    shop.write({".gitattributes": "*.py filter=evil\n"})

    verdict = ran(shop, new_file("a.py", ""), tests=script("pass"))

    assert verdict.state is State.PASSED
    assert list(marks.iterdir()) == []


# --- types


CHECKER = """\
import pathlib, sys
found = [
    f'{path}:{number}: error: line {number} is no whole {line.strip()[4:]}  [wrong]'
    for path in sorted(pathlib.Path().rglob('*.py'))
    for number, line in enumerate(path.read_text().splitlines(), 1)
    if line.strip().startswith('# !')
]
print(*found, sep='\\n')
sys.exit(bool(found))
"""


@pytest.fixture
def checker(tmp_path):
    """A type checker that finds an error in each line that begins with `# !`."""
    (tmp_path / "checker.py").write_text(CHECKER)
    return f"{sys.executable} -I {tmp_path / 'checker.py'}"


def test_an_old_type_error_that_moved_is_no_new_one(shop, ran, checker):
    shop.write({"shop/price.py": "# ! int\n" + PRICE})

    verdict = ran(shop, change(shop, "shop/price.py", "# ! int", "\n\n# ! int"), tests=None, types=checker)

    assert verdict.state is State.PASSED
    assert only(verdict).evidence.startswith("no new type error (1 in all, ")


def test_a_new_type_error_blocks(shop, ran, checker):
    shop.write({"shop/price.py": "# ! int\n" + PRICE})

    verdict = ran(shop, change(shop, "shop/price.py", "# ! int", "# ! int\n# ! int"), tests=None, types=checker)

    assert verdict.state is State.FAILED
    assert only(verdict).evidence == "new type errors: shop/price.py:2: line 2 is no whole int  [wrong]"
    assert only(verdict).amount == 1


def test_a_type_checker_that_cannot_work_says_nothing(shop, ran):
    verdict = ran(shop, new_file("a.py", ""), tests=None, types=script('raise SystemExit("no settings")'))

    assert (verdict.state, only(verdict).state) == (State.UNCHECKED, State.SKIPPED)
    assert "(no settings)" in only(verdict).evidence


def test_mypy_of_the_project_is_asked(shop, ran):
    mypy = Path(sys.executable).with_name("mypy")
    home = shop.root / ".venv" / "bin"
    home.mkdir(parents=True)
    (home / "mypy").symlink_to(mypy)
    shop.write(
        {".gitignore": ".venv\n", "shop/price.py": "def total(prices: list[int]) -> int:\n    return sum(prices)\n"}
    )

    verdict = ran(shop, change(shop, "shop/price.py", "-> int", "-> str"), tests=None, types="mypy shop/price.py")

    assert verdict.state is State.FAILED
    assert "shop/price.py:2: Incompatible return value type" in only(verdict).evidence


# --- written tests


def test_a_written_test_that_fails_on_mutants_passes(shop, ran):
    text = "from shop import total\n\n\ndef test_rate():\n    assert total([2], 3) == 6\n"

    verdict = ran(shop, new_file("tests/test_rate.py", text), kind=Kind.TEST_WRITING)

    assert verdict.state is State.PASSED
    assert verdict.checks[1].evidence.startswith(
        "1 written test passes, and fails on 2 of 2 mutants of shop/price.py; "
    )


def test_a_written_test_that_asserts_nothing_leaves_the_patch_unchecked_whatever_old_tests_notice(shop, ran):
    old = (shop.root / "tests/test_price.py").read_text()
    both = FileChange(path="tests/test_price.py", before=old, after=old + "\n\ndef test_new():\n    total([], 1)\n")

    verdict = ran(shop, both, kind=Kind.TEST_WRITING)

    assert verdict.state is State.UNCHECKED
    assert verdict.checks[1].evidence == "the written tests fail on none of 2 mutants of shop/price.py"


def test_a_written_test_that_fails_on_the_code_blocks(shop, ran):
    text = "from shop import total\n\n\ndef test_rate():\n    assert total([2], 3) == 7\n"

    verdict = ran(shop, new_file("tests/test_rate.py", text), kind=Kind.TEST_WRITING)

    assert verdict.state is State.FAILED
    assert "tests/test_rate.py::test_rate (assert 6 == 7" in only(verdict).evidence


def test_a_written_test_that_nobody_can_run_alone_stays_unchecked(shop, ran):
    verdict = ran(
        shop, new_file("tests/test_a.py", "def test_a(): pass\n"), tests=script("pass"), kind=Kind.TEST_WRITING
    )

    assert verdict.state is State.UNCHECKED
    assert "only pytest can" in verdict.checks[1].evidence
