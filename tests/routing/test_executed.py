"""What running a patch shows: its project's tests, without it and with it."""

import os
import sys

import pytest
from executed_shop import PRICE, PYTEST, SHOP, change, new_file, only, script

from suffice.checker.executed import EXECUTED_NAMES
from suffice.checker.executed.execute import EXECUTED, run_executed
from suffice.checker.executed.sides import Executed
from suffice.checker.pipeline import NOT_RUN
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, State, Verdict
from suffice.snapshot import Snapshot
from suffice.task import Kind


def test_a_test_that_failed_before_is_no_evidence_and_the_repository_stays_as_it_was(own_shop, ran):
    own_shop.write({"tests/test_old.py": "def test_old():\n    assert False\n"})

    verdict = ran(own_shop, change(own_shop, "shop/price.py", "sum(prices) * rate", "rate * sum(prices)"))

    assert verdict.state is State.PASSED
    assert only(verdict).evidence.startswith("2 tests pass; fail with it as without it: tests/test_old.py::test_old; ")
    assert own_shop.git("status", "--porcelain") == "?? tests/test_old.py\n"
    assert own_shop.git("worktree", "list").count("\n") == 1
    assert own_shop.read("shop/price.py").decode() == PRICE


@pytest.mark.slow
def test_a_test_that_passed_and_now_fails_blocks_and_is_named(shop, ran):
    verdict = ran(shop, change(shop, "shop/price.py", "* rate", "+ rate"))

    assert (verdict.state, verdict.confidence) == (State.FAILED, 0.0)
    assert only(verdict).evidence.startswith(
        "fails with the patch and not without: tests/test_price.py::test_total (assert 5 == 6"
    )


@pytest.mark.e2e
def test_where_all_takes_long_the_tests_that_a_patch_reaches_come_first_and_then_all(shop, ran):
    wrong_everywhere = change(shop, "shop/price.py", ") * rate", ") + rate  # ä")
    harmless = change(shop, "shop/price.py", "sum(prices) * rate", "rate * sum(prices)")

    stopped, went_on = (ran(shop, patch, quick_s=0) for patch in (wrong_everywhere, harmless))

    assert "without: tests/test_price.py::test_total (" in only(stopped).evidence
    assert only(went_on).evidence.startswith("2 tests pass; ")


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


@pytest.mark.slow
def test_a_patch_that_mends_none_of_the_failing_tests_is_open_and_blocked_where_they_are_all_that_is_run(own_shop, ran):
    own_shop.write({"tests/test_old.py": "def test_old():\n    assert False\n"})
    harmless = change(own_shop, "shop/price.py", "sum(prices) * rate", "rate * sum(prices)")
    said = "1 test fails with the patch as without it; it mends none of them: tests/test_old.py::test_old"

    some_pass = ran(own_shop, harmless, kind=Kind.DEBUG)
    none_passes = ran(own_shop, harmless, kind=Kind.DEBUG, tests=f"{PYTEST} tests/test_old.py")

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


def test_of_any_command_the_exit_code_counts(shop, ran):
    command = f"{sys.executable} tests/check.py"

    good = ran(shop, change(shop, "shop/price.py", "* rate", "* rate * 1"), tests=command)
    bad = ran(shop, change(shop, "shop/price.py", "* rate", "+ rate"), tests=command)

    assert (good.state, bad.state) == (State.PASSED, State.FAILED)
    assert "fails with the patch and not without: the command (" in only(bad).evidence


@pytest.mark.slow
def test_a_patch_that_makes_the_tests_hang_blocks(shop, ran):
    command = f"{sys.executable} -S tests/check.py"
    hangs = change(shop, "shop/price.py", "    return", "    import time; time.sleep(60)\n    return")

    verdict = ran(shop, hangs, tests=command, timeout_s=2)

    assert verdict.state is State.FAILED
    assert " does not end within 2 s (without the patch: " in only(verdict).evidence


def test_tests_that_hang_anyway_say_nothing(shop, ran):
    verdict = ran(shop, new_file("a.py", ""), tests=script("import time; time.sleep(60)"), timeout_s=0.3)

    assert (verdict.state, only(verdict).state) == (State.UNCHECKED, State.SKIPPED)


@pytest.mark.slow
def test_a_mended_bug_is_proven_by_a_test_that_failed(own_shop, ran):
    own_shop.write({"shop/price.py": PRICE.replace("*", "+")})

    verdict = ran(own_shop, change(own_shop, "shop/price.py", "+ rate", "* rate"), kind=Kind.DEBUG)

    assert verdict.proof == "failed without the patch and pass now: tests/test_price.py::test_total"
    assert verdict.confidence >= 0.99


def test_a_test_that_the_patch_itself_changes_proves_nothing(own_shop, ran):
    own_shop.write({"tests/check.py": SHOP["tests/check.py"].replace("== 1", "== 2")})
    command = f"{sys.executable} tests/check.py"

    verdict = ran(own_shop, change(own_shop, "tests/check.py", "== 2", "== 1"), kind=Kind.DEBUG, tests=command)

    assert (verdict.state, verdict.proof) == (State.PASSED, None)
    assert "pass now" in only(verdict).evidence


def test_what_the_project_is_before_a_patch_is_run_once_for_all_patches(shop, ran):
    subject = Subject(kind=Kind.EDIT, changes=(new_file("a.py", ""),), snapshot=Snapshot.of_folder(shop.root))
    executed = Executed(folder=shop.root, environment=os.environ, tests=script("pass"), types=script("pass"))

    first = run_executed(subject, Verdict(State.PASSED, 0.7, ()), executed)
    seen, typed = dict(executed.seen), dict(executed.typed)
    second = run_executed(subject, Verdict(State.PASSED, 0.7, ()), executed)

    assert (len(seen), len(typed)) == (1, 1)
    assert (executed.seen, executed.typed) == (seen, typed)
    assert [check.evidence for check in first.checks] == [check.evidence for check in second.checks]


def test_what_failed_already_is_not_run(shop):
    executed = Executed(folder=shop.root, environment={}, tests="no-such-program")
    failed = Verdict(State.FAILED, 0.0, (Check("scope", State.FAILED, blocking=True, evidence="elsewhere"),))
    subject = Subject(kind=Kind.EDIT, changes=(), snapshot=Snapshot.of_folder(shop.root))

    assert run_executed(subject, failed, executed) is failed


def test_the_names_of_the_executed_checks_are_those_of_their_modules():
    assert tuple(module.NAME for module in EXECUTED) == EXECUTED_NAMES
