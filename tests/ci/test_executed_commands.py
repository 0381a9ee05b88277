"""`suffice check --tests CMD`: whose command is run, when none is, and what is said of it."""

import json
import sys

import pytest

PATCH = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
COUNTS = f'{sys.executable} -I -S -c \'assert open("a.py").read() == "x = 1\\n"\''
PASSES = f"{sys.executable} -I -S -c 'pass'"


@pytest.fixture
def checked(suffice, project, tmp_path, monkeypatch):
    """Run `suffice check` on a patch, with settings of the user's own."""
    project.write({"a.py": "x = 1\n"})
    (tmp_path / "a.diff").write_text(PATCH)

    def run(*options, own=""):
        (tmp_path / "own.toml").write_text(own)
        monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "own.toml"))
        return suffice("check", tmp_path / "a.diff", *options)

    return run


def evidence(ran):
    """Return what each executed check says."""
    checks = json.loads(ran.stdout)["checks"]
    return {check["name"]: check["state"] for check in checks if check["name"] in {"tests", "types"}}


def test_the_command_of_the_option_decides(checked):
    good, bad = checked("--tests", PASSES), checked("--tests", COUNTS)

    assert (good.code, bad.code) == (0, 1)
    assert "  ok    tests: " in good.stdout.decode()
    assert "  FAIL  tests: fails with the patch and not without: the command (" in bad.stdout.decode()


def test_without_a_command_nothing_is_run(checked):
    ran = checked("--json")

    assert (ran.code, evidence(ran)) == (0, {})


def test_the_users_settings_name_commands_for_a_repository(checked, project):
    own = f"[[repositories]]\nroot = '{project.root}'\ntests = '''{COUNTS}'''\ntypes = '''{PASSES}'''\n"

    assert evidence(checked("--json", own=own)) == {"types": "passed", "tests": "failed"}
    assert evidence(checked("--json", "--tests", PASSES, own=own)) == {"types": "passed", "tests": "passed"}
    assert evidence(checked("--json", own=own.replace(str(project.root), "/elsewhere"))) == {}


def test_a_repository_names_no_command(checked, project):
    project.write({"suffice.toml": f"[[repositories]]\nroot = '/'\ntests = '''{PASSES}'''\n"})

    ran = checked()

    assert ran.code == 2
    (sentence,) = ran.sentences
    assert sentence == (
        "suffice: suffice.toml, line 1: the setting repositories may only stand in your own settings file; known here: "
        "deny_lanes, disabled_rules, exclude, max_cost_usd, max_day_usd, max_repository_month_usd, max_task_usd, "
        "min_confidence, time_budget_s."
    )


def test_in_ci_no_test_runs_beside_a_key(checked, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-1")

    ran = checked("--tests", PASSES)

    assert (ran.code, ran.stdout) == (2, b"")
    (sentence,) = ran.sentences
    assert sentence == (
        "suffice: In CI no test runs beside ANTHROPIC_API_KEY: code under test could read it. "
        "Run suffice check --tests in a job of its own, without the key."
    )


@pytest.mark.parametrize("option", ["--tests", "--types"])
def test_an_empty_command_is_refused(checked, option):
    ran = checked(option, " ")

    assert (ran.code, ran.stdout) == (2, b"")
    assert ran.sentences == [f"suffice: {option}: the command is empty; give one or leave the option out."]


def test_a_command_that_was_asked_for_and_says_nothing_lets_nothing_pass(checked):
    ran = checked("--tests", "false")

    assert (ran.code, b": unchecked, " in ran.stdout) == (1, True)


def test_a_program_that_is_not_there_is_one_sentence(checked):
    ran = checked("--tests", "no-such-program -q")

    assert (ran.code, ran.sentences[0].split(";")[0]) == (2, "suffice: no-such-program cannot be found or started")


def test_a_written_test_that_nothing_ran_is_unchecked(suffice, project, tmp_path):
    project.write({"a.py": "x = 1\n"})
    (tmp_path / "t.diff").write_text(
        "--- /dev/null\n+++ b/test_a.py\n@@ -0,0 +1,2 @@\n+def test_a():\n+    assert True is True\n"
    )

    ran = suffice("check", tmp_path / "t.diff", "--kind", "test-writing")

    assert ran.code == 1
    assert "unchecked" in ran.stdout.decode()
    assert "  skip  written-test: a written test counts once it ran" in ran.stdout.decode()
