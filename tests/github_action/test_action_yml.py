import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "github-action"


def small_yaml(text):
    spec = importlib.util.spec_from_file_location("small_yaml", HERE / "small_yaml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(text)


ACTION = small_yaml((FOLDER / "action.yml").read_text("utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
EACH_STEP = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


def test_the_action_has_the_documented_inputs_and_outputs():
    readme = (FOLDER / "README.md").read_text("utf-8")

    assert ACTION["runs"]["using"] == "composite"
    assert list(ACTION["outputs"]) == ["status", "reason", "report-file", "patch-file"]
    assert set(re.findall(r"^\| `([a-z-]+)`", readme, re.MULTILINE)) == {*ACTION["inputs"], *ACTION["outputs"]}
    assert all(entry["description"] for entry in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))


def test_every_output_comes_from_the_step_that_always_runs():
    assert STEPS["end"]["if"] == "always()"
    assert list(STEPS)[-1] == "end"
    for name, entry in ACTION["outputs"].items():
        assert entry["value"] == f"${{{{ steps.end.outputs.{name} }}}}"
        assert f'echo "{name}=' in STEPS["end"]["run"]


def test_every_input_is_used():
    given = "\n".join(value for step in STEPS.values() for value in step["env"].values())

    assert set(re.findall(r"inputs\.([a-z-]+)", given)) == set(ACTION["inputs"])


@EACH_STEP
def test_no_expression_stands_inside_a_script(step):
    assert "${{" not in step["run"]


@EACH_STEP
def test_every_script_is_short_bash_without_python_of_its_own(step):
    assert step["shell"] == "bash"
    assert len(step["run"].splitlines()) < 45
    assert [line for line in step["run"].splitlines() if "import " in line] in ([], [_version_check(step)])


def _version_check(step):
    return next((line for line in step["run"].splitlines() if line.startswith("enough=")), None)


@EACH_STEP
def test_every_script_is_valid_bash(step):
    done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_keys_are_in_one_step_only_and_it_runs_nothing_but_git_and_suffice():
    with_keys = [name for name, step in STEPS.items() if "-api-key" in str(step["env"])]

    assert with_keys == ["fix"]
    assert "pip" not in STEPS["fix"]["run"]


@pytest.mark.parametrize("name", ["install", "fix", "publish"])
def test_python_never_looks_into_the_workspace(name):
    started = re.findall(r'^ *(?:if )?"\$(?:BIN/)?python" (-\w+)', STEPS[name]["run"], re.MULTILINE)

    assert STEPS[name]["env"]["PYTHONSAFEPATH"] == "1"
    assert set(started) == {"-I"}


def test_no_package_index_is_named():
    text = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*") if path.is_file())

    assert "://" not in text
    assert "index-url" not in text


def test_the_example_uses_inputs_that_exist():
    workflow = small_yaml((FOLDER / "examples/pr.yml").read_text("utf-8"))
    step = next(step for step in workflow["jobs"]["fix"]["steps"] if step.get("id") == "suffice")

    assert workflow["permissions"] == {"contents": "read"}
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert step["uses"].split("@")[0].endswith("/github-action")
