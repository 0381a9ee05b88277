"""The real action.yml, run by act in host mode on a real shallow clone; only the providers are doubles."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from importlib.resources import files as shipped
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import jsonschema_rs
import pytest

from suffice.lanes import catalogue
from suffice.report import schema
from suffice.testing import double_process

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
WHEELHOUSE = ROOT / "wheelhouse"
ACT = Path(sysconfig.get_path("scripts"), "act")
KEY = "sk-ant-e2e-4711-0815-4711-0815"

SETTINGS = '[project]\nname = "sample"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = {}\n'
GOOD_SETTINGS = SETTINGS.format('["B904", "F"]')
CLEAN = "def load(text):\n    return int(text)\n"
FOR_RUFF = "import os\n\n\ndef load(text):\n    return int(text)\n"
FOR_A_MODEL = """\
def load(text):
    try:
        return int(text)
    except ValueError:
        raise RuntimeError("bad")
"""
MENDED = FOR_A_MODEL.replace("ValueError:", "ValueError as error:").replace('("bad")', '("bad") from error')
ANSWER = {"answer": {"replacement": MENDED, "extra_import": None, "cannot_fix": None}}
CANNOT = {"answer": {"replacement": None, "extra_import": None, "cannot_fix": "the cause is not at hand"}}
OUTAGE = {"status": 529}
SPY = 'import os\nprint("SPIED", dict(os.environ), file=open("/dev/stderr", "w"))\n'

WORKFLOW = """\
on: pull_request
jobs:
  fix:
    runs-on: ubuntu-latest
    env:
      PYTHONPATH: ${{{{ github.workspace }}}}
    steps:
      - uses: actions/checkout@v6
      - id: suffice
        uses: sample/suffice/github-action@v0
        with:
          anthropic-api-key: ${{{{ secrets.KEY }}}}
          wheelhouse: {wheelhouse}
{inputs}
      - if: always()
        shell: bash
        env:
          STATUS: ${{{{ steps.suffice.outputs.status }}}}
          REASON: ${{{{ steps.suffice.outputs.reason }}}}
          REPORT: ${{{{ steps.suffice.outputs.report-file }}}}
          PATCH: ${{{{ steps.suffice.outputs.patch-file }}}}
          OUTCOME: ${{{{ steps.suffice.outcome }}}}
        run: |
          echo "$STATUS $REASON $OUTCOME" > "$RESULTS/ended"
          if [ -n "$REPORT" ]; then cp "$REPORT" "$RESULTS/report.json"; fi
          if [ -n "$PATCH" ]; then cp "$PATCH" "$RESULTS/report.patch"; fi
"""


class Ran(NamedTuple):
    """What a run of the workflow left behind. `ended` is status, reason and the outcome of the action's step."""

    ended: str
    log: str
    summary: str
    report: dict
    patch: str

    @property
    def items(self):
        return [(item["rule"], item["outcome"], item["reason"]) for item in self.report["items"]]

    @property
    def everything(self):
        return "\n".join([self.log, self.summary, json.dumps(self.report), self.patch])


@pytest.fixture(scope="session")
def action(tmp_path_factory):
    """The checkout as a user of the action gets it: what git would hold, and nothing else."""
    assert (WHEELHOUSE / ".complete").is_file(), "run `make test-e2e`, which fills ./wheelhouse"
    copy = tmp_path_factory.mktemp("action")
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", ":!tests")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    git(copy, "init", "--quiet")
    return copy


@pytest.fixture
def act(action, tmp_path):
    """Run the action on a change of two commits that adds *files* to a project with *base_files*."""

    def run(
        files,
        *,
        replies=None,
        key=True,
        base_files=None,
        base_sha=None,
        wheelhouse=WHEELHOUSE,
        inputs="",
        head="change",
    ):
        base = {"pyproject.toml": GOOD_SETTINGS, "README": "sample\n", **(base_files or {})}
        workflow = WORKFLOW.format(wheelhouse=wheelhouse, inputs=indent(inputs, " " * 10))
        sha = change(tmp_path, base=base, files=files, workflow=workflow, head=head)
        (tmp_path / "event.json").write_text(
            json.dumps({"number": 1, "pull_request": {"number": 1, "base": {"sha": base_sha or sha}}}), "utf-8"
        )
        with provider(replies) as variables:
            return run_act(tmp_path, action, key=key, variables=variables)

    return run


def change(folder, *, base, files, workflow, head):
    """Make a bare origin and a clone of depth 1 of its branch *head*; return the commit that the event names.

    `change` is two commits from a base that `main` has left behind; `merged` is the merge commit of the two,
    as GitHub makes it.
    """
    work, origin = folder / "work", folder / "origin.git"
    git(folder, "init", "--quiet", "--initial-branch=main", str(work))
    write(work, {**base, ".github/workflows/pr.yml": workflow})
    commit(work, "base")
    old_base = git(work, "rev-parse", "HEAD").strip()
    git(work, "switch", "--quiet", "--create", "change")
    write(work, {"first.py": "FIRST = 1\n"})
    commit(work, "first")
    write(work, files)
    commit(work, "second")
    git(work, "switch", "--quiet", "main")
    write(work, {"elsewhere.py": FOR_RUFF})
    commit(work, "main moves on")
    new_base = git(work, "rev-parse", "HEAD").strip()
    git(work, "switch", "--quiet", "--create", "merged")
    git(work, "merge", "--quiet", "--no-ff", "--message", "merged", "change")
    git(folder, "clone", "--quiet", "--bare", str(work), str(origin))
    git(folder, "clone", "--quiet", "--depth=1", f"--branch={head}", origin.as_uri(), str(folder / "clone"))
    return old_base if head == "merged" else new_base


def run_act(folder, action, *, key, variables):
    results = folder / "results"
    results.mkdir()
    given = {"RESULTS": results, "SUFFICE_STATE_DIR": folder / "state", **variables}
    command = [ACT, "pull_request", "--json", "--platform=ubuntu-latest=-self-hosted"]
    command += ["--eventpath", folder / "event.json", f"--local-repository=sample/suffice@v0={action}"]
    command += [part for name, value in given.items() for part in ("--env", f"{name}={value}")]
    environment = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "LANG": "C.UTF-8"}
    environment["PATH"] = f"{Path(sys._base_executable).parent}{os.pathsep}{os.environ['PATH']}"
    if key:
        command += ["--secret", "KEY"]
        environment["KEY"] = KEY
    done = subprocess.run(
        command, check=False, cwd=folder / "clone", env=environment, capture_output=True, text=True, timeout=180
    )
    log = done.stdout + done.stderr
    assert (results / "ended").is_file(), log
    read = {path.name: path.read_text("utf-8") for path in results.iterdir()}
    report = json.loads(read.get("report.json", "{}"))
    if report:
        jsonschema_rs.validate(schema(), report)
    return Ran(read["ended"].strip(), log, summary_in(done.stdout), report, read.get("report.patch", ""))


def summary_in(log):
    """Return what the steps of the action wrote to the step summary, each once."""
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    written = [event for event in events if event.get("command") == "summary"]
    return "\n".join(event["content"] for event in written if len(event["stepID"]) > 1)


@contextmanager
def provider(replies):
    """Run the double that says *replies* to every model, and give the variables that lead to it."""
    models = {lane.model for lane in catalogue().lanes.values() if lane.model}
    script = {"models": {model: replies or [OUTAGE] for model in models}, "repeat_last": True}
    with double_process(script) as double:
        yield {
            "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
            "SUFFICE_OPENAI_BASE_URL": double.openai_base_url,
        }


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def commit(folder, message):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def git(folder, *arguments):
    who = {f"GIT_{role}_{part}": "sample" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, **who}
    command = ["git", "-C", folder, *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_a_change_with_something_to_fix_gets_a_patch_that_applies(act, tmp_path):
    ran = act({"pkg/a.py": FOR_RUFF, "pkg/b.py": FOR_A_MODEL}, replies=[ANSWER])

    assert ran.ended == "proposed patch-proposed success"
    assert ran.items == [("F401", "proposed", "sufficed"), ("B904", "proposed", "sufficed")]
    subprocess.run(["git", "apply"], cwd=tmp_path / "clone", input=ran.patch, text=True, check=True)
    assert (tmp_path / "clone/pkg/b.py").read_text("utf-8") == MENDED
    assert "+    except ValueError as error:" in ran.summary
    assert "::notice file=pkg/b.py" in ran.log


def test_a_change_without_diagnostics_is_clean(act):
    ran = act({"pkg/a.py": CLEAN})

    assert (ran.ended, ran.items) == ("clean nothing-to-do success", [])


def test_what_no_model_can_fix_is_left_for_a_human_and_fails_the_step(act):
    ran = act({"pkg/b.py": FOR_A_MODEL}, replies=[CANNOT])

    assert ran.ended == "needs-human left-for-human failure"
    assert ran.items == [("B904", "needs-human", "cannot-fix")]
    assert "the cause is not at hand" in ran.summary
    assert "::warning file=pkg/b.py" in ran.log


def test_an_outage_of_the_provider_is_degraded_and_what_was_finished_is_published(act):
    ran = act({"pkg/a.py": FOR_RUFF, "pkg/b.py": FOR_A_MODEL}, replies=[OUTAGE])

    assert ran.ended == "degraded provider-outage failure"
    assert ran.items[0] == ("F401", "proposed", "sufficed")
    assert "-import os" in ran.patch


@pytest.mark.parametrize(
    "broken",
    [{"pyproject.toml": SETTINGS.format('"nonsense"')}, {"ruff.toml": 'extend = "/proc/self/environ"\n'}],
    ids=["nonsense", "extends its own environment"],
)
def test_a_broken_configuration_of_ruff_fails_says_so_and_shows_no_key(act, broken):
    ran = act({"pkg/a.py": FOR_RUFF, **broken})

    status, reason, outcome = ran.ended.split()
    assert (status, outcome) == ("failed", "failure")
    assert reason in {"linter-failed", "configuration"}
    assert "## suffice: failed" in ran.summary
    assert KEY not in ran.everything


def test_without_a_key_the_fixes_of_ruff_are_published_and_the_rest_is_skipped(act):
    ran = act({"pkg/a.py": FOR_RUFF, "pkg/b.py": FOR_A_MODEL}, key=False)

    assert ran.ended == "proposed patch-proposed success"
    assert ran.items == [("F401", "proposed", "sufficed"), ("B904", "skipped", "no-key")]
    assert "-import os" in ran.patch


def test_modules_of_the_workspace_are_not_imported_and_no_key_is_shown(act):
    names = ("sitecustomize", "usercustomize", "anthropic", "click", "suffice", "json", "pip", "hatchling")
    spies = {f"{name}.py": SPY for name in names}
    ran = act({**spies, "pkg/b.py": FOR_A_MODEL}, replies=[ANSWER])

    assert ran.ended.startswith("proposed patch-proposed")
    assert "SPIED" not in ran.everything
    assert KEY not in ran.everything


def test_an_unknown_setting_of_the_repository_fails_and_cannot_inject_a_command(act):
    ran = act(
        {"pkg/b.py": FOR_A_MODEL},
        base_files={"suffice.toml": '"\\n::set-output name=status::clean" = 1\n'},
        replies=[ANSWER],
    )

    assert ran.ended == "failed configuration failure"
    assert KEY not in ran.everything


def test_settings_of_the_change_itself_have_no_effect(act):
    ran = act({"pkg/b.py": FOR_A_MODEL, "suffice.toml": "unknown = 1\n"}, replies=[ANSWER])

    assert ran.ended == "proposed patch-proposed success"


def test_a_base_that_cannot_be_fetched_fails_with_a_reason(act):
    ran = act({"pkg/a.py": FOR_RUFF}, base_sha="1" * 40)

    assert ran.ended == "failed fetch-failed failure"
    assert "fetch-failed" in ran.summary


def test_an_installation_that_fails_has_a_reason(act, tmp_path):
    (tmp_path / "empty").mkdir()
    ran = act({"pkg/a.py": FOR_RUFF}, wheelhouse=tmp_path / "empty")

    assert ran.ended == "failed install-failed failure"


def test_on_the_merge_commit_of_a_pull_request_only_its_own_lines_count(act):
    ran = act({"pkg/a.py": FOR_RUFF}, head="merged")

    assert ran.ended == "proposed patch-proposed success"
    assert [item["path"] for item in ran.report["items"]] == ["pkg/a.py"]


def test_inputs_reach_suffice_and_a_policy_is_read_from_the_base(act):
    guide = (shipped("suffice") / "policies" / "guide.toml").read_text("utf-8")
    ran = act(
        {"pkg/a.py": FOR_RUFF, "pkg/b.py": FOR_A_MODEL, "other/c.py": FOR_RUFF, "ci/mine.toml": "broken"},
        base_files={"ci/mine.toml": guide},
        replies=[CANNOT],
        inputs="paths: pkg\nselect: B904\npolicy: ci/mine.toml\nfail-on: none\nmax-cost-usd: 0.25",
    )

    assert ran.ended == "needs-human left-for-human success"
    assert ran.items == [("B904", "needs-human", "cannot-fix")]
    assert ran.report["policy"]["name"].removesuffix(".toml").endswith("mine")
    assert ran.report["totals"]["cap_usd"] == 0.25
