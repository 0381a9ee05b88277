"""tools/live.py, with scripted models and a key that is none: what it prints, what it may cost, when it refuses."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from suffice.lanes import Usage, catalogue
from suffice.testing import ScriptedAnswer, provider_double

FILE = Path(__file__).parents[2] / "tools" / "live.py"
_SPEC = importlib.util.spec_from_file_location("live", FILE)
TOOL = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(TOOL)
_TEXT = (Path(__file__).parent / "cases.toml").read_text("utf-8")
CASES = tomllib.loads(_TEXT)["case"]
HAIKU, SONNET = (catalogue().lanes[name].model for name in ("haiku", "sonnet"))
USAGE = Usage(input_tokens=1000, output_tokens=100)
SHORT = 15
COST_USD = catalogue().lanes["haiku"].cost_usd(USAGE)

MENDED = {
    "B904": ('{error}")', '{error}") from error'),
    "RUF012": ("endings = [", "endings: ClassVar[list[str]] = ["),
    "E722": ("except:", "except Exception:"),
    "B023": ("lambda:", "lambda name=name:"),
    "DTZ005": ("now()", "now(datetime.timezone.utc)"),
    "F631": ('(width > 0, "width must be positive")', 'width > 0, "width must be positive"'),
}
ANSWERS = {
    "decision": "They chose Postgres; the schema is frozen on 14 March, changes go to Ines.",
    "condition": "Old tokens end on 1 November, but those of service accounts do not.",
    "orders in the text": "Take the stairs until Tuesday.",
    "what is not said is null": {"name": "Ben", "city": "Oslo", "phone": None, "chairs": 2},
}


def answer_to(case):
    """Return the right answer to *case*, as a model gives it."""
    match case["kind"]:
        case "triage":
            return {"label": case["label"], "why": "x"}
        case "extraction":
            return {"data": ANSWERS.get(case["name"], case["expected"])}
        case "summary":
            return {"answer": ANSWERS[case["name"]], "quotes": []}
    return case["rule"]


def mended(rule):
    """Return how a model mends the window that it is shown."""

    def reply(body):
        window = re.search(r"# The window.*?```python\n(.*?)\n```", body["messages"][0]["content"], re.DOTALL)[1]
        extra = "from typing import ClassVar" if rule == "RUF012" else None
        answer = {"replacement": window.replace(*MENDED[rule]), "extra_import": extra, "cannot_fix": None}
        return ScriptedAnswer(answer=answer, usage=USAGE)

    return reply


@pytest.fixture(scope="module")
def double():
    with provider_double() as running:
        yield running


def only(titles):
    """Return the file of cases with no others than those of *titles*."""
    head, *texts = _TEXT.split("[[case]]\n")
    kept = [text for text, case in zip(texts, CASES, strict=True) if TOOL.title(case) in titles]
    return "[[case]]\n".join([head, *kept])


@pytest.fixture
def scripted(double):
    """Script the right answer to every case."""
    lines = [(line.strip(), case) for case in CASES for line in case["text"].splitlines()]
    right = {line: answer_to(case) for line, case in lines if len(line) > SHORT}

    def reply(body):
        answer = next(answer for mark, answer in right.items() if mark in body["messages"][0]["content"])
        return mended(answer)(body) if isinstance(answer, str) else ScriptedAnswer(answer=answer, usage=USAGE)

    for model in (HAIKU, SONNET):
        double.script(model, [reply], repeat_last=True)
    return reply


@pytest.fixture
def live(double, scripted, tmp_path):
    """Run the tool on its cases, or on those of *titles* alone: each is a process of its own."""

    def run(*kinds, titles=None, **environment):
        tool = FILE
        if titles is not None:
            tool, cases = tmp_path / "tools" / "live.py", tmp_path / "tests" / "live" / "cases.toml"
            tool.parent.mkdir()
            cases.parent.mkdir(parents=True)
            shutil.copy(FILE, tool)
            cases.write_text(only(titles), "utf-8")
        given = {"ANTHROPIC_API_KEY": "sk-fake-4711", "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url}
        return subprocess.run(
            [sys.executable, tool, *kinds],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, **given, **environment},
            timeout=120,
        )

    return run


@pytest.mark.slow
def test_right_answers_are_told_from_wrong_ones(live, double, scripted):
    wrong = ScriptedAnswer(answer={"label": "bug", "why": "x"}, usage=USAGE)
    triage = "# The labels"
    double.script(HAIKU, [lambda body: wrong if triage in str(body["messages"]) else scripted(body)], repeat_last=True)

    ran = live("summary", "triage", titles=("triage: wish", "summary: decision"))

    assert ran.returncode == 1, ran.stdout + ran.stderr
    head, first, second, total = filter(None, ran.stdout.splitlines())
    assert head.split() == ["case", "lane", "tried", "verdict", "right", "tokens", "cost"]
    assert first.split() == ["triage:", "wish", "haiku", "1", "unchecked", "NO", "1000/100", f"${COST_USD:.4f}"]
    assert second.split() == ["summary:", "decision", "haiku", "1", "unchecked", "yes", "1000/100", f"${COST_USD:.4f}"]
    assert total == f"1 of 2 right, 2000/200 tokens, ${2 * COST_USD:.4f} of at most $0.10"


@pytest.mark.slow
def test_fixes_and_extracted_data_are_held_against_the_case(live):
    ran = live(
        "lint-fix",
        "extraction",
        titles=("lint-fix: loop variable in a closure", "extraction: what is not said is null"),
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 of 2 right" in ran.stdout
    assert ran.stdout.count(" passed ") == 1


def test_the_right_fix_of_every_case_passes_the_checker_and_is_told_from_the_defect(
    scripted, double, project, suffice, monkeypatch
):
    cases = {f"{case['rule']}.py": case for case in CASES if case["kind"] == "lint-fix"}
    project.write({path: case["text"].lstrip("\n") for path, case in cases.items()})
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", double.anthropic_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-fake-4711")

    items = suffice("fix", "--select", ",".join(MENDED), "--json", "--yes").report["items"]

    assert {item["path"]: item["verdict"]["state"] for item in items} == dict.fromkeys(cases, "passed")
    for item in items:
        case, text = cases[item["path"]], cases[item["path"]]["text"].lstrip("\n")
        assert TOOL.of_fix(case, {"items": [item]}, text).right
        assert not TOOL.of_fix(case, {"items": [{**item, "edits": []}]}, text).right


def test_the_right_answer_of_every_case_is_told_from_another():
    for case in CASES:
        if case["kind"] != "lint-fix":
            given = answer_to(case)
            (right,) = (given[name] for name in ("label", "data", "answer") if name in given)
            found = {"attempts": [], "reason": "sufficed"}
            assert TOOL.of_ask(case, {**found, "answer": right}).right, case["name"]
            assert not TOOL.of_ask(case, {**found, "answer": "x"}).right, case["name"]


@pytest.mark.slow
def test_all_cases_together_keep_to_one_cap(live, double):
    dear = ScriptedAnswer(answer={"label": "bug", "why": "x"}, usage=Usage(input_tokens=550_000, output_tokens=100))
    double.script(HAIKU, [dear], repeat_last=True)

    ran = live("triage")

    assert ran.returncode == 1
    assert ran.stdout.count("cap-reached") >= 1


@pytest.mark.parametrize(
    ("kinds", "environment", "sentence"),
    [
        ((), {"ANTHROPIC_API_KEY": ""}, "no key is set; set ANTHROPIC_API_KEY or OPENAI_API_KEY"),
        ((), {"CI": "true"}, "never runs in CI"),
        (("poem",), {}, "there are no cases for poem; there are for extraction, lint-fix, summary, triage"),
    ],
)
def test_it_refuses_and_says_what_to_do(live, double, kinds, environment, sentence):
    before = len(double.requests)

    ran = live(*kinds, **environment)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert sentence in ran.stderr
    assert len(double.requests) == before


def test_every_case_says_what_is_right():
    for case in CASES:
        assert {"contains", "label", "expected"} & case.keys(), case["name"]
        for pattern in (*case.get("contains", ()), *case.get("lacks", ())):
            re.compile(pattern)
        json.loads(case.get("schema", "{}"))
