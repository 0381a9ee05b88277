"""The pre-filter, over real HTTP: a cheap lane looks first, and the dear one sees what is left; nothing is lost."""

import json

import pytest

from suffice.lanes import catalogue
from suffice.testing import ScriptedAnswer, ScriptedText, provider_double

LANES = catalogue().lanes
HAIKU, SONNET = (LANES[name].model for name in ("haiku", "sonnet"))

POLICY = """\
extends = "guide"
[kinds.lint-fix]
ladder = ["linter", "sonnet", "human"]
prefilter = {prefilter}
"""
SETTINGS = '[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = ["B904"]\n'
BAD = """\
def load_{name}(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""
PLANTED = 7
FILES = {f"m{number}.py": BAD.format(name=f"part_{number}") for number in range(12)}


def sorted_under(labels):
    """Return the answer of the cheap lane; *labels* are by the number of the item, from 1."""
    items = [{"number": number, "label": label, "why": f"because of {label}"} for number, label in labels.items()]
    return ScriptedAnswer(answer={"items": items})


def repaired(body):
    window = body["messages"][0]["content"].split("# The window")[1].split("```python\n")[1].split("\n```")[0]
    text = window.replace("raise ValueError(path)", "raise ValueError(path) from error")
    return {"replacement": text, "extra_import": None, "cannot_fix": None}


@pytest.fixture
def run(project, suffice, monkeypatch, tmp_path):
    """Run `suffice fix` with a ladder that starts at sonnet, with and without the filter."""
    with provider_double() as double:
        monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", double.anthropic_base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
        double.script(SONNET, [repaired], repeat_last=True)
        project.write({"pyproject.toml": SETTINGS, **FILES})

        def fix(*, prefilter, state):
            monkeypatch.setenv("SUFFICE_STATE_DIR", str(tmp_path / state))
            policy = tmp_path / "own.toml"
            policy.write_text(POLICY.format(prefilter="true" if prefilter else "false"))
            before = len(double.requests)
            ran = suffice("fix", "--json", "--yes", "--policy", policy)
            return ran, list(double.requests[before:])

        yield double, fix


def tokens(requests, model):
    """About how much of the prompts went to *model*, in characters."""
    return sum(len(json.dumps(request.body)) for request in requests if request.model == model)


def planted(ran):
    (item,) = [item for item in ran.report["items"] if item["path"] == f"m{PLANTED}.py"]
    return item


def test_with_the_filter_the_dear_lane_sees_half_at_most_and_the_planted_one_is_still_fixed(run):
    double, fix = run
    places = sorted(FILES)
    labels = {place + 1: "keep" if name == f"m{PLANTED}.py" else "drop" for place, name in enumerate(places)}
    double.script(HAIKU, [sorted_under(labels)])

    without, asked_without = fix(prefilter=False, state="a")
    filtered, asked_with = fix(prefilter=True, state="b")

    assert tokens(asked_with, SONNET) <= tokens(asked_without, SONNET) / 2
    assert planted(without)["outcome"] == planted(filtered)["outcome"] == "proposed"
    left = [item for item in filtered.report["items"] if item["outcome"] == "skipped"]
    assert {(item["reason"], item["detail"]) for item in left} == {("filtered", "haiku: because of drop")}
    assert len(left) == 11
    totals = filtered.report["totals"]
    assert totals["by_lane"]["haiku"]["attempts"] == 1
    assert totals["cost_usd"] == pytest.approx(sum(lane["cost_usd"] for lane in totals["by_lane"].values()))


@pytest.mark.parametrize(
    "answer",
    [
        sorted_under({1: "unsure", 2: "keep"}),
        sorted_under({99: "drop", 0: "drop", -1: "drop"}),
        sorted_under({}),
        ScriptedText(text="I would drop them all."),
    ],
    ids=["unsure", "numbers of nothing", "nothing said", "no answer"],
)
def test_what_the_cheap_lane_is_not_sure_of_or_forgot_is_kept(run, answer):
    double, fix = run
    double.script(HAIKU, [answer], repeat_last=True)

    ran, _ = fix(prefilter=True, state="a")

    assert ran.report["totals"]["by_outcome"] == {"proposed": 12}


def test_a_second_filtered_run_is_free(run):
    double, fix = run
    double.script(HAIKU, [sorted_under(dict.fromkeys(range(1, 13), "drop"))])
    fix(prefilter=True, state="a")

    ran, asked = fix(prefilter=True, state="a")

    assert asked == []
    assert ran.report["totals"]["cost_usd"] == 0
    assert ran.report["totals"]["by_outcome"] == {"skipped": 12}
