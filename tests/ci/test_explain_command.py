"""`suffice explain` on a kind, a place in a file and an item of a report: which lane, why, at what price."""

import json

import pytest

from suffice import lint_fix
from suffice.lanes import Usage, catalogue
from suffice.providers.connect import BASE_URL_VARIABLES, KEY_VARIABLES
from suffice.snapshot import Snapshot
from suffice.state.ledger import Call, Feedback, Work
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, state_folder
from suffice.targets import Wanted, find_targets
from suffice.task import Kind, Task
from suffice.testing import ScriptedAnswer, provider_double

SETTINGS = '[project]\nname = "p"\nversion = "0"\n[tool.ruff.lint]\nselect = ["B904", "F541", "E711"]\n'
B904 = "def f(x):\n    try:\n        return x()\n    except OSError as error:\n        raise ValueError(f'x')\n"
SILENCED = {"replacement": "        raise ValueError(x)  # noqa: B904\n", "extra_import": None, "cannot_fix": None}


@pytest.fixture
def small(project):
    """A project with two diagnostics on line 5, of which ruff mends one."""
    return project.write({"pyproject.toml": SETTINGS, "pkg/a.py": B904})


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Write the user's own settings."""

    def write(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        monkeypatch.setenv("SUFFICE_CONFIG", str(path))
        return path

    return write


@pytest.fixture
def remembered(small):
    """Let lanes have worked in the project before."""

    def remember(rows, *, word=None):
        import os

        storage = Storage(state_folder(os.environ) / FILE_NAME)
        for lane, failure, fingerprint in rows:
            work = b904(small.root)._replace(fingerprint=fingerprint) if fingerprint else b904(small.root)
            row = storage.ledger.record_call(work, call(lane))
            storage.ledger.record_check(row, failure=failure, failed_checks=(), confidence=None)
            if word:
                storage.ledger.record_feedback(work, lane=lane, word=word)
        storage.close()

    return remember


def b904(root) -> Work:
    targets = find_targets(Wanted(paths=("pkg/a.py",)), folder=root)
    (found,) = (d for d in targets.diagnostics if d.rule == "B904")
    return lint_fix.work(Task(Kind.LINT_FIX, paths=(found.path,), diagnostics=(found,)), Snapshot.of_folder(root))


def call(lane):
    model = catalogue().lanes[lane].model
    version = lint_fix.prompt_version(Kind.LINT_FIX)
    return Call(lane, "p", model, "low", version, "answered", None, None, 0.001, Usage(), 900.0)


def explained(suffice, *arguments):
    ran = suffice("explain", *arguments, "--json")
    assert (ran.code, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def text(suffice, *arguments):
    ran = suffice("explain", *arguments)
    assert (ran.code, ran.stderr) == (0, "")
    return ran.stdout.decode()


# --- a kind


def test_a_kind_has_all_that_the_contract_names(project, suffice):
    found = explained(suffice, "edit")

    assert found.pop("policy_sha256")
    assert found == {
        "kind": "edit",
        "policy": "guide",
        "mode": "interactive",
        "stakes": "normal",
        "rungs": [["sonnet", "codex"], ["opus", "gpt-5.4:high"], ["human"]],
        "first": "sonnet",
        "order": ["sonnet", "codex", "opus", "gpt-5.4:high", "human"],
        "excluded": [],
        "why": [
            "policy guide, kind edit, mode interactive, stakes normal",
            f"sonnet is the smallest lane that may be used: {catalogue().lanes['sonnet'].best_for}",
        ],
        "estimated_cost_usd": 0.027,
        "least_confidence": 0.5,
        "next_lane": {"lane": "opus", "estimated_cost_usd": 0.054},
        "judges": [
            {"lane": "haiku", "estimated_cost_usd": 0.00092},
            {"lane": "gpt-5.4:low", "estimated_cost_usd": 0.0235},
        ],
    }


def test_a_kind_in_words_tells_when_to_use_its_first_lane(project, suffice):
    lane = catalogue().lanes["sonnet"]

    assert text(suffice, "edit") == (
        "edit goes to sonnet, about $0.0270 a task\n"
        "  policy guide, kind edit, mode interactive, stakes normal\n"
        f"  sonnet is the smallest lane that may be used: {lane.best_for}\n"
        f"  use when: {lane.use_when}\n"
        f"  avoid when: {lane.avoid_when}\n"
        "ladder:\n  sonnet | codex\n  opus | gpt-5.4:high\n  human\n"
        "judged by haiku, which can only lower its confidence, about $0.0009 a task\n"
        "next: opus, about $0.0540 a task\n"
    )


def test_a_kind_that_no_lane_may_be_asked_about_goes_to_a_person(project, suffice):
    told = text(suffice, "edit", "--max-lane", "haiku")

    assert told.startswith("edit goes to a person\n  policy guide, kind edit, mode interactive, stakes normal\n")
    assert "\n  no lane may be used now\n" in told
    assert "\n  not sonnet: above --max-lane haiku\n" in told


def test_high_stakes_are_a_reason(project, suffice):
    found = explained(suffice, "edit", "--stakes", "high")

    assert found["first"] == "opus"
    assert found["why"][-1].startswith("high stakes start at opus")


def test_an_explicit_lane_is_excluded_until_it_is_allowed(project, suffice):
    closed, opened = explained(suffice, "debug"), explained(suffice, "debug", "--allow", "gpt-5.4:xhigh")

    assert closed["excluded"] == [{"lane": "gpt-5.4:xhigh", "constraint": "explicit only"}]
    assert opened["excluded"] == []


def test_the_settings_of_the_user_count(project, suffice, settings):
    settings(
        'policy = "anthropic"\ndeny_lanes = ["opus"]\n[lanes.sonnet]\nbest_for = "all I do"\n'
        "prices = [{ input = 100.0, cached = 1.0, output = 100.0 }]\n"
    )

    found = explained(suffice, "edit")

    assert (found["policy"], found["first"], found["estimated_cost_usd"]) == ("anthropic", "sonnet", 0.75)
    assert found["excluded"] == [{"lane": "opus", "constraint": "denied by the settings"}]
    assert found["why"][-1].endswith("all I do")


def test_the_other_providers_judge_comes_first_where_its_lane_costs_little(project, suffice, settings):
    settings('[lanes."gpt-5.4:low"]\nprices = [{ input = 0.1, cached = 0.01, output = 0.5 }]\n')

    assert [judge["lane"] for judge in explained(suffice, "edit")["judges"]] == ["gpt-5.4:low", "haiku"]


def test_a_lane_of_ones_own_can_be_asked_for(project, suffice, settings):
    settings(
        '[lanes.mine]\nprovider = "openai"\nmodel = "m"\ncontext_tokens = 9000\n'
        "prices = [{ input = 1, cached = 1, output = 1 }]\n"
    )

    assert explained(suffice, "edit", "--lane", "mine")["first"] == "mine"


def test_what_the_repository_denies_counts_too(project, suffice):
    project.write({"pyproject.toml": SETTINGS, "suffice.toml": 'deny_lanes = ["sonnet"]\n', "pkg/x.py": ""})

    found = suffice("explain", "edit", "--json", folder=project.root / "pkg")

    assert json.loads(found.stdout)["first"] == "codex"


def test_memory_moves_the_start_and_says_so(small, suffice, remembered):
    remembered([("haiku", "check-failed", f"{n:032}") for n in range(40)])

    found = explained(suffice, "lint-fix", "--lane", "haiku")
    moved = explained(suffice, "lint-fix")

    assert moved["memory"]["records"]["haiku"]["rate"] == 0
    assert found["first"] == "haiku"
    assert moved["order"] == ["linter", "sonnet", "gpt-5.4:medium", "human"]
    assert (
        "remembered (a word of yours counts as 3 tasks, a task of 30 days ago as half of one):\n"
        "  haiku sufficed for 0% of 40 lint-fix tasks, of this repository first\n"
    ) in text(suffice, "lint-fix")


def test_asking_about_a_kind_leaves_no_trace(project, suffice, monkeypatch, tmp_path):
    monkeypatch.setenv("SUFFICE_STATE_DIR", str(tmp_path / "state"))

    explained(suffice, "edit")

    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cooking"], "cooking is no kind of task, place or item; name FILE:LINE, REPORT#ITEM or lint-fix, edit,"),
        (["edit", "--lane", "gpt-9"], "There is no lane gpt-9; lanes are: local, haiku,"),
        (["edit", "--policy", "nope"], "There is no policy nope; shipped are: guide,"),
    ],
    ids=["kind", "lane", "policy"],
)
def test_what_does_not_exist_is_said_with_what_does(project, suffice, arguments, sentence):
    ran = suffice("explain", *arguments)

    assert (ran.code, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(f"suffice: {sentence}")


# --- a place


def test_each_diagnostic_of_a_line_goes_its_own_way(small, suffice):
    found = explained(suffice, "pkg/a.py:5")

    assert (found["path"], found["line"]) == ("pkg/a.py", 5)
    assert [(d["rule"], d["linter_fix"], d["explanation"]["first"]) for d in found["diagnostics"]] == [
        ("B904", None, "haiku"),
        ("F541", "safe", "linter"),
    ]
    assert found["diagnostics"][0]["explanation"]["next_lane"]["lane"] == "sonnet"
    assert found["diagnostics"][0]["memory"] == {"records": {}, "failed_before": [], "rejected_by_you": []}


def test_a_column_narrows_it(small, suffice):
    assert [d["rule"] for d in explained(suffice, "pkg/a.py:5:9")["diagnostics"]] == ["B904"]
    assert [d["rule"] for d in explained(suffice, "pkg/a.py:5:26")["diagnostics"]] == ["B904", "F541"]


def test_a_place_in_words(small, suffice):
    told = text(suffice, "pkg/a.py:5:9")

    assert told.splitlines()[0].startswith("pkg/a.py:5:9: B904 Within an `except` clause")
    assert told.splitlines()[1:] == [
        "  ruff has no fix of its own",
        "  goes to haiku, about $0.0003 a task",
        "    policy guide, kind lint-fix, mode interactive, stakes normal",
        f"    haiku is the smallest lane that may be used: {catalogue().lanes['haiku'].best_for}",
        "  ladder: haiku | gpt-5.4:low, sonnet | gpt-5.4:medium, human",
        "    not linter: it has no fix of its own",
        "    not local: not set up",
        "  next: sonnet, about $0.0053 a task",
    ]


def test_a_line_without_diagnostics_is_no_failure(small, suffice):
    assert explained(suffice, "pkg/a.py:2") == {"path": "pkg/a.py", "line": 2, "diagnostics": []}
    assert text(suffice, "pkg/a.py:2") == "pkg/a.py:2: the linter finds nothing here; there is nothing to fix.\n"


def test_the_path_counts_from_where_one_stands(small, suffice):
    ran = suffice("explain", "a.py:5", "--json", folder=small.root / "pkg")

    assert json.loads(ran.stdout)["path"] == "pkg/a.py"


def test_ignored_rules_and_files_are_left_out(small, suffice):
    small.write({"suffice.toml": 'disabled_rules = ["B904"]\n'})
    assert [d["rule"] for d in explained(suffice, "pkg/a.py:5")["diagnostics"]] == ["F541"]

    small.write({"suffice.toml": 'exclude = ["pkg/"]\n'})
    found = explained(suffice, "pkg/a.py:5")
    assert (found["diagnostics"], found["not_looked_at"]) == ([], "ignored by .sufficeignore or exclude")
    assert "pkg/a.py is not looked at: ignored by .sufficeignore or exclude" in text(suffice, "pkg/a.py:5")


def test_a_file_that_cannot_be_parsed_goes_to_no_lane(small, suffice):
    small.write({"pkg/a.py": "def f(:\n"})

    (found, *_) = explained(suffice, "pkg/a.py:1")["diagnostics"]

    assert (found["rule"], found["explanation"], found["reason"]) == ("invalid-syntax", None, "syntax-error")
    assert "goes to no lane: the file cannot be parsed" in text(suffice, "pkg/a.py:1")


def test_a_lane_that_failed_here_before_is_passed_over(small, suffice, remembered):
    remembered([("haiku", "check-failed", None)] * 2)

    (found,) = explained(suffice, "pkg/a.py:5:9")["diagnostics"]

    assert found["explanation"]["first"] == "sonnet"
    assert found["explanation"]["why"][-1].startswith("haiku failed on this very task before; sonnet:")
    assert found["memory"]["failed_before"] == ["haiku"]
    told = text(suffice, "pkg/a.py:5:9")
    assert "haiku sufficed for 0% of 1 task like this, those of B904 first\n" in told
    assert "haiku failed on this very task before\n" in told


def test_a_rejected_fix_is_remembered_as_the_developers_word(small, suffice, remembered):
    remembered([("haiku", None, None)], word=Feedback.REJECTED)

    (found,) = explained(suffice, "pkg/a.py:5:9")["diagnostics"]

    assert found["memory"]["rejected_by_you"] == ["haiku"]
    assert "you rejected the fix of haiku here\n" in text(suffice, "pkg/a.py:5:9")


def test_after_a_rejection_at_the_top_nobody_is_left_to_ask(small, suffice, remembered, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    remembered([("sonnet", None, None)], word=Feedback.REJECTED)

    (found,) = explained(suffice, "pkg/a.py:5:9")["diagnostics"]
    (named,) = explained(suffice, "pkg/a.py:5:9", "--lane", "sonnet")["diagnostics"]

    assert found["explanation"]["first"] == "human"
    assert named["explanation"]["first"] == "sonnet"


def test_what_is_known_of_the_rule_is_told(small, suffice, remembered):
    remembered([("haiku", failure, f"{n:032}") for n, failure in enumerate([None, None, None, "check-failed"])])

    (found,) = explained(suffice, "pkg/a.py:5:9")["diagnostics"]

    record = found["memory"]["records"]["haiku"]
    assert (record["n"], record["rate"], record["cost_usd"]) == (4, 0.75, 0.001)
    assert "haiku sufficed for 75% of 4 tasks like this, those of B904 first\n" in text(suffice, "pkg/a.py:5:9")


def test_stakes_of_the_path_are_a_reason(small, suffice):
    small.write({"own.toml": 'extends = "guide"\n[[stakes]]\npaths = ["pkg/**"]\n'})

    found = explained(suffice, "pkg/a.py:5:9", "--policy", "own.toml")["diagnostics"][0]["explanation"]

    assert found["stakes"] == "high"
    assert found["why"][-1] == "pkg/a.py is of high stakes by the policy: pkg/**"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("pkg/a.py:6", "suffice: pkg/a.py has no line 6; name one from 1 to 5.\n"),
        ("pkg/a.py:0", "suffice: pkg/a.py has no line 0; name one from 1 to 5.\n"),
        ("pkg:1", "suffice: pkg is a folder; name one of its files.\n"),
        ("pkg/b.py:1", "suffice: There is no pkg/b.py; name a file or a folder.\n"),
    ],
)
def test_a_place_that_is_not_there_is_an_error(small, suffice, place, sentence):
    ran = suffice("explain", place)

    assert (ran.code, ran.stdout, ran.stderr) == (2, b"", sentence)


def test_nobody_is_asked_even_with_a_key(small, suffice, monkeypatch):
    with provider_double() as double:
        monkeypatch.setenv(KEY_VARIABLES["anthropic"], "sk-never-used")
        monkeypatch.setenv(BASE_URL_VARIABLES["anthropic"], double.anthropic_base_url)

        explained(suffice, "pkg/a.py:5")

        assert double.requests == ()


# --- an item of a report


@pytest.fixture
def report(small, suffice, monkeypatch):
    """Write r.json, of a run in which the cheap lane silenced the rule twice and nothing was left but a person."""
    with provider_double() as double:
        monkeypatch.setenv(KEY_VARIABLES["anthropic"], "sk-of-a-test")
        monkeypatch.setenv(BASE_URL_VARIABLES["anthropic"], double.anthropic_base_url)
        model = catalogue().lanes["haiku"].model
        double.script(model, [ScriptedAnswer(answer=SILENCED, usage=Usage(1000, 0, 0, 100))], repeat_last=True)
        suffice("fix", "--yes", "--max-lane", "haiku", "--output", "r.json")
    return json.loads(small.read("r.json"))


def test_an_item_is_explained_by_its_report_alone(small, suffice, report):
    (item,) = (item for item in report["items"] if item["rule"] == "B904")

    found = explained(suffice, f"r.json#{item['id']}")

    assert found == {**item, "counterfactual": report["totals"]["counterfactual"]}
    assert found["counterfactual"]["lane"] == "sonnet"


def test_an_item_in_words_says_what_was_tried_and_paid(small, suffice, report):
    (item,) = (item for item in report["items"] if item["rule"] == "B904")

    told = text(suffice, f"r.json#{item['id']}")

    (first, ended, detail, *_) = told.splitlines()
    assert first.startswith("pkg/a.py:5:9: B904 Within an `except` clause")
    assert ended == "needs-human: no lane wrote a patch that passes the checker"
    assert detail == "  suppression: adds a suppression: # noqa: B904; tried haiku"
    assert "check-failed" not in told
    assert told.index("\n  failed suppression: ") < told.index("\n  skipped ")
    assert told.count(f"haiku ({catalogue().lanes['haiku'].model}, effort low): answered, failed ") == 2
    assert "\ncost: $0.0003\n" in told
    assert "\nnext: a person\n" in told
    assert "; always sonnet: about $" in told
    assert "asked once about each of 2 attempted tasks" in told


def test_what_the_linter_settled_was_free(small, suffice, report):
    (item,) = (item for item in report["items"] if item["rule"] == "F541")

    told = text(suffice, f"r.json#{item['id']}")

    assert "proposed by linter: a lane wrote a patch that passes the checker\nwhy:\n" in told
    assert "\nnext would have come: haiku, about $0.0003\n" in told
    assert "\n  linter (ruff): answered, free\n" in told
    assert ", proven by the linter's own safe fix\n" in told
    assert "\n  skipped python-range: the project declares no oldest Python\n" in told


def test_where_nobody_was_asked_nothing_is_compared(small, suffice):
    suffice("fix", "--dry-run", "--select", "B904", "--output", "r.json")

    told = text(suffice, "r.json#i1")

    assert "\nskipped: --dry-run calls nobody; it would go to haiku\nwhy:\n" in told
    assert told.endswith("cost: free\nnext: haiku, about $0.0003\nthe whole run cost $0.0000\n")


def test_a_text_of_a_report_moves_nothing_on_the_screen(small, suffice, report):
    report["items"][0]["message"] = "\x1b[2Jgone \u202e"
    small.write({"r.json": json.dumps(report)})

    told = text(suffice, f"r.json#{report['items'][0]['id']}")

    assert "\\u001b[2Jgone \\u202e" in told


def test_the_what_if_of_a_run_is_a_lane_that_is_used_without_being_asked_for(small, suffice, report):
    small.write({"own.toml": 'extends = "guide"\n[kinds.lint-fix]\nladder = ["haiku", "sonnet", "gpt-5.4:xhigh"]\n'})

    other = suffice("fix", "--offline", "--json", "--policy", "own.toml").report["totals"]["counterfactual"]

    assert other["lane"] == "sonnet"


def test_an_unknown_item_is_named_with_those_there_are(small, suffice, report):
    ran = suffice("explain", "r.json#i9")

    assert (ran.code, ran.stderr) == (2, "suffice: r.json has no item 'i9'; name one of: i1, i2.\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "r.json cannot be read (No such file or directory); name a report of suffice fix --output."),
        ("[", "r.json is no report of suffice (suffice.report/1); write one with suffice fix --output r.json."),
        ("[]", "r.json is no report of suffice (suffice.report/1); write one with suffice fix --output r.json."),
        (
            '{"schema": "suffice.report/1", "totals": {}, "items": [{"id": "i1"}]}',
            "r.json is no report of suffice (suffice.report/1); write one with suffice fix --output r.json.",
        ),
        (
            '{"schema": "suffice.report/2", "totals": {}, "items": [{"id": "i1"}]}',
            (
                "r.json is a report of another form (suffice.report/2, and this suffice reads suffice.report/1); "
                "use the suffice that wrote it."
            ),
        ),
        (
            '{"schema": "suffice.report/1", "totals": {}, "items": []}',
            "r.json has no items: nothing was found or done; name another report.",
        ),
    ],
    ids=["no file", "no JSON", "no report", "half a report", "another version", "no items"],
)
def test_what_is_no_report_is_an_error(project, suffice, content, sentence):
    if content:
        project.write({"r.json": content})

    ran = suffice("explain", "r.json#i1")

    assert (ran.code, ran.stdout, ran.stderr) == (2, b"", f"suffice: {sentence}\n")
