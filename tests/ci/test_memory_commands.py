"""What the ledger is good for: `stats`, `tune`, `cache`, `feedback`, and how the next `fix` is another one for it."""

import json
import os
import re
from contextlib import closing
from pathlib import Path

import pytest
from lost_cause import BAD, GOOD, SILENCED, rewritten

from suffice import families
from suffice.fingerprint import repository_name
from suffice.lanes import Usage, catalogue
from suffice.state.ledger import Call, Feedback, Work
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME
from suffice.task import Kind
from suffice.testing import ScriptedAnswer, ScriptedError

LANES = catalogue().lanes
HAIKU, SONNET, OPUS = (LANES[name].model for name in ("haiku", "sonnet", "opus"))
NAMES = {lane.model: name for name, lane in LANES.items() if lane.provider == "anthropic"}
VERSION = families.of(Kind.LINT_FIX).prompt_version(Kind.LINT_FIX)

SETTINGS = (
    '[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = ["B904", "F541"]\n'
)
FROM_NONE = BAD.replace("ValueError(path)", "ValueError(path) from None")


def reply(text):
    return ScriptedAnswer(answer=rewritten(text), usage=Usage(input_tokens=2000, output_tokens=80))


@pytest.fixture
def double(server, monkeypatch):
    """The server with nothing scripted, and a key for it."""
    for model in (HAIKU, SONNET, OPUS):
        server.script(model, [])
    server.seen = len(server.requests)
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", server.anthropic_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
    return server


@pytest.fixture
def fix(double, project, suffice):
    """Run `suffice fix` on the project with one diagnostic; the report goes to report.json too."""
    project.write({"pyproject.toml": SETTINGS, "mod.py": BAD})
    return lambda *more: suffice("fix", "--json", "--yes", "--output", "report.json", *more)


def asked(double):
    """Return the lanes that were asked since the last look."""
    new, double.seen = double.requests[double.seen :], len(double.requests)
    return [NAMES[request.model] for request in new]


def prompt(double):
    return json.dumps(double.requests[-1].body)


def storage():
    return closing(Storage(Path(os.environ["SUFFICE_STATE_DIR"]) / FILE_NAME))


def call(lane, *, position=0, times=1.0):
    found = LANES[lane]
    usage = Usage(input_tokens=int(2000 * times), cached_tokens=int(200 * times), output_tokens=int(250 * times))
    return Call(
        lane=lane,
        provider=found.provider,
        model=found.model,
        effort=found.effort,
        prompt_version=VERSION,
        ended="answered",
        cause=None,
        request_id=None,
        cost_usd=found.cost_usd(usage),
        usage=usage,
        latency_ms=1200.0,
        position=position,
    )


def seed(root, *, tasks=40, sufficed=4, rule="B904"):
    """Record *tasks* at haiku of which *sufficed*; what it could not fix sonnet did, with twice the tokens."""
    with storage() as opened, opened.store.transaction():
        for number in range(tasks):
            work = Work("lint-fix", rule, repository_name(root), f"{rule}-{number}")
            if number < sufficed:
                settled(opened.ledger, work, call("haiku"))
                continue
            settled(opened.ledger, work, call("haiku"), failure="cannot-fix")
            settled(opened.ledger, work, call("sonnet", position=1, times=2.0))


def settled(ledger, work, made, *, failure=None, confidence=0.9):
    row = ledger.record_call(work, made)
    ledger.record_check(row, failure=failure, failed_checks=(), confidence=None if failure else confidence)


# --- the next run is another one


def test_what_forty_tasks_have_shown_decides_who_is_asked_first(double, fix, project):
    double.script(HAIKU, [reply(GOOD)])
    double.script(SONNET, [reply(GOOD)])
    fix()
    assert asked(double) == ["haiku"]

    with storage() as opened:
        opened.cache.clear()
    seed(project.root)
    item = fix().only_item

    assert asked(double) == ["sonnet"]
    assert (item["outcome"], item["lane"]) == ("proposed", "sonnet")
    assert re.search(r"haiku sufficed for \d+ of 4[01] tasks at \$0\.000\d; starting at sonnet", item["why"][-1])


def test_forty_tasks_at_which_the_cheap_lane_did_well_leave_it_first(double, fix, project):
    seed(project.root, sufficed=36)
    double.script(HAIKU, [reply(GOOD)])

    fix()

    assert asked(double) == ["haiku"]


def test_twenty_nine_tasks_are_too_few_to_start_higher(double, fix, project):
    seed(project.root, tasks=29, sufficed=0)
    double.script(HAIKU, [reply(GOOD)])

    fix()

    assert asked(double) == ["haiku"]


@pytest.mark.parametrize("cleared", [False, True], ids=["with its cache", "with the cache cleared"])
def test_a_task_that_failed_twice_at_a_lane_starts_above_it(double, fix, project, suffice, cleared):
    project.write({"own.toml": '[kinds.lint-fix]\nladder = ["sonnet", "opus", "human"]\n'})
    double.script(SONNET, [reply(SILENCED)], repeat_last=True)
    double.script(OPUS, [reply(GOOD)])
    first = fix("--policy", "own.toml", "--max-lane", "sonnet").only_item
    assert (first["outcome"], asked(double)) == ("needs-human", ["sonnet", "sonnet"])

    if cleared:
        suffice("cache", "clear")
    item = fix("--policy", "own.toml").only_item

    assert asked(double) == ["opus"]
    assert (item["outcome"], item["lane"]) == ("proposed", "opus")
    assert "sonnet failed on this very task before" in " ".join(item["why"])
    assert ("sonnet was rejected (suppression" in prompt(double)) is not cleared


ELSEWHERE = {
    "a blank line above": ("\n" + BAD, 6, ["opus"]),
    "another text": (BAD.replace("ValueError(path)", "ValueError(str(path))"), 5, ["sonnet"]),
}


@pytest.mark.parametrize(("text", "line", "lanes"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_task_is_the_very_same_while_its_text_is(double, fix, project, suffice, text, line, lanes):
    project.write({"own.toml": '[kinds.lint-fix]\nladder = ["sonnet", "opus", "human"]\n'})
    double.script(SONNET, [reply(SILENCED)], repeat_last=True)
    fix("--policy", "own.toml", "--max-lane", "sonnet")
    assert asked(double) == ["sonnet", "sonnet"]

    for model in (SONNET, OPUS):
        double.script(model, [reply(f"{text.strip()} from error\n")])
    project.write({"mod.py": text})
    explained = suffice("explain", f"mod.py:{line}", "--policy", "own.toml").stdout.decode()
    item = fix("--policy", "own.toml").only_item

    assert (item["outcome"], asked(double)) == ("proposed", lanes)
    assert ("sonnet failed on this very task before" in explained) == (lanes == ["opus"])


def test_after_a_rejection_the_next_rung_is_asked_and_told(double, fix, suffice):
    double.script(HAIKU, [reply(FROM_NONE)])
    double.script(SONNET, [reply(GOOD)])
    assert fix().only_item["lane"] == "haiku"
    assert asked(double) == ["haiku"]

    said = suffice("feedback", "report.json#i1", "rejected")
    item = fix().only_item

    assert said.stdout.decode() == (
        "Noted: what haiku made of B904 in mod.py was rejected.\nWith policy guide the next run asks sonnet.\n"
    )
    assert asked(double) == ["sonnet"]
    assert "haiku was rejected (the developer rejected it)" in prompt(double)
    assert "from None" in prompt(double)
    assert (item["outcome"], item["lane"]) == ("proposed", "sonnet")
    assert item["edits"][0]["new_text"].strip() == "raise ValueError(path) from error"
    assert "haiku was rejected on this very task before" in " ".join(item["why"])


def test_after_a_rejection_of_the_highest_lane_it_is_said_who_is_left(double, fix, suffice, monkeypatch):
    double.script(SONNET, [reply(FROM_NONE)])
    fix("--lane", "sonnet")
    asked(double)

    alone = suffice("feedback", "report.json#i1", "rejected").stdout.decode().splitlines()
    with monkeypatch.context() as more:
        more.setenv("OPENAI_API_KEY", "sk-test")
        with_peer = suffice("feedback", "report.json#i1", "rejected").stdout.decode().splitlines()
    left = fix().only_item

    assert alone[1] == "With policy guide the next run asks nobody: no other lane is left that may be used."
    assert with_peer[1] == "With policy guide the next run asks gpt-5.4:medium."
    assert (asked(double), left["outcome"]) == ([], "needs-human")


def test_after_a_rejection_of_the_linters_fix_a_model_is_asked(project, suffice):
    project.write({"pyproject.toml": SETTINGS, "mod.py": 'title = f"hello"\n'})
    suffice("fix", "--output", "report.json")

    said = suffice("feedback", "report.json#i1", "rejected").stdout.decode()

    assert said.endswith("was rejected.\nWith policy guide the next run asks haiku.\n")


def test_after_a_rejection_it_stays_so_in_later_runs_for_nothing(double, fix, suffice):
    double.script(HAIKU, [reply(FROM_NONE)])
    double.script(SONNET, [reply(GOOD)])
    fix()
    suffice("feedback", "report.json#i1", "rejected")
    second = fix().report

    third = fix().report

    assert asked(double) == ["haiku", "sonnet"]
    assert (third["patch"], third["totals"]["cost_usd"]) == (second["patch"], 0)


def test_a_rejection_is_known_with_the_cache_cleared(double, fix, suffice):
    double.script(HAIKU, [reply(FROM_NONE)])
    double.script(SONNET, [reply(GOOD)])
    fix()
    suffice("feedback", "report.json#i1", "rejected")
    suffice("cache", "clear")

    assert fix().only_item["lane"] == "sonnet"
    assert asked(double) == ["haiku", "sonnet"]


# --- feedback


def test_feedback_is_written_to_the_ledger(double, fix, suffice, project):
    double.script(HAIKU, [reply(GOOD)])
    item = fix().only_item

    said = suffice("feedback", "report.json#i1", "kept", "--json")

    assert json.loads(said.stdout) == {
        "kind": "lint-fix",
        "rule": "B904",
        "path": "mod.py",
        "lane": "haiku",
        "word": "kept",
    }
    with storage() as opened:
        (row,) = opened.ledger.feedback_since(0)
    assert row[1:] == (
        "lint-fix",
        "B904",
        repository_name(project.root),
        item["fingerprint"],
        "haiku",
        Feedback.KEPT,
    )


def test_how_an_item_ended_that_nobody_tried_is_not_recorded(double, fix):
    assert fix("--offline").only_item["outcome"] == "skipped"

    with storage() as opened:
        assert opened.ledger.outcomes_since(0) == []


def test_an_item_without_a_lane_cannot_be_judged(double, fix, suffice):
    fix("--offline")

    ran = suffice("feedback", "report.json#i1", "kept")

    assert (ran.code, ran.sentences) == (
        2,
        ["suffice: Item i1 holds no result of any lane (skipped); name an item that was proposed."],
    )


WRONG_PLACES = {
    "no item": ("report.json", "names no item"),
    "no file": ("none.json#i1", "none.json cannot be read"),
    "no JSON": ("mod.py#i1", "mod.py is no report of suffice"),
    "JSON without an end": ("deep.json#i1", "deep.json is no report of suffice"),
    "no report": ("other.json#i1", "other.json is no report of suffice"),
    "half a report": ("half.json#i1", "half.json is no report of suffice"),
    "an unknown item": ("report.json#i7", "report.json has no item 'i7'; name one of: i1."),
}


@pytest.mark.parametrize(("place", "words"), WRONG_PLACES.values(), ids=WRONG_PLACES)
def test_what_feedback_cannot_use_is_refused_in_one_sentence(double, fix, project, suffice, place, words):
    fix("--offline")
    project.write(
        {
            "other.json": "[]",
            "half.json": '{"schema": "suffice.report/1", "items": [{"id": "i1", "lane": 1}]}',
            "deep.json": "[" * 100_000,
        }
    )

    ran = suffice("feedback", place, "kept")

    assert ran.code == 2
    (sentence,) = ran.sentences
    assert words in sentence


FORGED = {
    "a lane of any length": {"lane": "x" * 101},
    "a lane that steers the terminal": {"lane": "\x1b[2J"},
    "a rule of any length": {"rule": "x" * 100_000},
    "a rule that is no text": {"rule": "\ud800"},
    "a kind that does not exist": {"kind": "poetry"},
    "a fingerprint in capitals": {"fingerprint": "A" * 32},
    "a fingerprint of any length": {"fingerprint": "a" * 33},
    "no fingerprint": {"fingerprint": None},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_suffice_would_not_write_never_reaches_the_ledger(double, fix, project, suffice, forged):
    double.script(HAIKU, [reply(GOOD)])
    report = fix().report
    report["items"][0] |= forged
    project.write({"forged.json": json.dumps(report)})

    ran = suffice("feedback", "forged.json#i1", "rejected")

    (sentence,) = ran.sentences
    assert (ran.code, ran.stdout) == (2, b"")
    assert sentence.isprintable()
    assert len(sentence) < 300
    with storage() as opened:
        assert list(opened.ledger.feedback_since(0)) == []


@pytest.mark.parametrize("wanted", ["i2", "\x1b[2J"])
def test_no_text_of_a_report_steers_the_terminal_from_a_refusal(fix, project, suffice, wanted):
    report = fix("--offline").report
    report["items"][0] |= {"id": "\x1b[2J", "outcome": "\x1b]0;gone\x07 \ud800"}
    project.write({"forged.json": json.dumps(report)})

    ran = suffice("feedback", f"forged.json#{wanted}", "kept")

    (sentence,) = ran.sentences
    assert ran.code == 2
    assert sentence.isprintable()


# --- cache


def test_the_cache_is_counted_and_cleared(double, fix, suffice):
    double.script(HAIKU, [reply(SILENCED), reply(GOOD)])
    assert suffice("cache", "stats").stdout.decode() == "The cache is empty; suffice fix fills it.\n"
    fix()

    held = json.loads(suffice("cache", "stats", "--json").stdout)

    assert (held["entries"], held["negatives"]) == (2, 1)
    assert suffice("cache", "stats").stdout.startswith(
        b"2 results in 0 KiB, 1 of them did not suffice; the oldest is of 2"
    )
    assert suffice("cache", "clear").stdout == b"2 results forgotten; the same questions are paid again.\n"
    assert json.loads(suffice("cache", "clear", "--json").stdout) == {"forgotten": 0}
    double.script(HAIKU, [reply(GOOD)])
    fix()
    assert asked(double) == ["haiku"] * 3


# --- stats


def test_stats_without_anything_says_what_to_run(suffice):
    ran = suffice("stats")

    assert ran.code == 0
    first, second = ran.stdout.decode().splitlines()
    assert re.fullmatch(r"The last 30 days, since \d{4}-\d\d-\d\d: 0 tasks\..*", first)
    assert second == "Nothing is recorded for it; run suffice fix, or look further back with --since."


def test_stats_shows_lanes_rules_money_and_the_linters_share(double, fix, project, suffice):
    double.script(HAIKU, [reply(SILENCED)], repeat_last=True)
    double.script(SONNET, [reply(GOOD)])
    project.write({"easy.py": 'title = f"hello"\n'})
    fix()
    suffice("feedback", "report.json#i2", "kept")

    lines = suffice("stats", "--since", "7").stdout.decode().splitlines()

    assert lines[0].startswith("The last 7 days, since ")
    assert ": 2 tasks." in lines[0]
    assert [re.sub(r"\d\.\d s", "TIME", " ".join(line.split())) for line in lines[2:9]] == [
        "lint-fix rule sufficed cost a fix in out median p90 kept",
        "linter all 1 free",
        "haiku all 0 of 1 0% $0.0005 4,000 160 TIME TIME",
        "sonnet all 1 of 1 100% $0.0048 $0.0048 2,000 80 TIME TIME 1",
        "haiku B904 0 of 1 0% $0.0005 4,000 160 TIME TIME",
        "sonnet B904 1 of 1 100% $0.0048 $0.0048 2,000 80 TIME TIME 1",
        "linter F541 1 free",
    ]
    rest = "\n".join(lines[9:])
    assert "Tasks settled: 1 by the linter's own fix, 1 by models; left: 0." in rest
    assert "Paid $0.0053 for 3 calls, the failed ones included, $0.0026 for each settled task." in rest
    assert "lint-fix, always sonnet: about $0.0101 (sonnet asked once about each of 2 tasks" in rest
    assert rest.endswith("Saved against that: about $0.0048.")


def test_stats_counts_as_many_tasks_as_fix_and_what_was_left_out_apart(project, suffice):
    settings = SETTINGS.replace('"F541"', '"F541", "E711"')
    project.write({"pyproject.toml": settings, "mod.py": 'print(f"a", f"b")\nif print == None:\n    print()\n'})

    ran = suffice("fix", "--json")
    suffice("fix", "--json")

    assert len(ran.report["items"]) == 3
    assert "3 tasks." in suffice("stats").stdout.decode()
    assert (
        "Tasks settled: 2 by the linter's own fix, 0 by models; left: 1, 1 of them with a fix of the linter's that was"
        " left out.\n"
    ) in suffice("stats").stdout.decode()
    suffice("fix", "--json", "--unsafe")
    assert "Tasks settled: 3 by the linter's own fix, 0 by models; left: 0.\n" in suffice("stats").stdout.decode()


def test_stats_says_what_a_call_may_have_cost_that_was_never_answered(project, suffice):
    with storage() as opened:
        work = Work("lint-fix", "B904", repository_name(project.root), "f1")
        opened.ledger.record_sent(work, call("haiku")._replace(cost_usd=0.0), at_most_usd=0.0123)

    lines = suffice("stats").stdout.decode().splitlines()

    assert lines[-1] == "1 call has no answer, still in flight or cut off, and may cost up to $0.0123 on top."


def test_stats_tells_what_could_not_be_checked(double, project, suffice):
    project.write({"mod.py": BAD})
    double.script(HAIKU, [ScriptedAnswer(answer={"answer": "It opens a file.", "quotes": []})])
    suffice("ask", "summary", "mod.py", "--yes")

    document = json.loads(suffice("stats", "--json").stdout)

    assert [(row["lane"], row["sufficed"], row["unchecked"]) for row in document["lanes"]] == [("haiku", 1, 1)]
    assert "1 by models, 1 of them unchecked;" in suffice("stats").stdout.decode()


def test_a_call_that_was_not_taken_is_none(double, fix, suffice):
    double.script(HAIKU, [ScriptedError(status=401)])
    fix()

    totals = json.loads(suffice("stats", "--json").stdout)["totals"]

    assert asked(double) == ["haiku"]
    assert (totals["calls"], totals["cost_usd"], totals["unanswered"], totals["unanswered_usd"]) == (0, 0, 0, 0)


def test_stats_is_one_document(project, suffice):
    seed(project.root)

    document = json.loads(suffice("stats", "--json", "--kind", "lint-fix").stdout)

    assert (document["days"], document["kind"], document["totals"]["tasks"]) == (30, "lint-fix", 40)
    assert [(row["lane"], row["tasks"], row["sufficed"]) for row in document["lanes"]] == [
        ("haiku", 40, 4),
        ("sonnet", 36, 36),
    ]
    assert json.loads(suffice("stats", "--json", "--kind", "edit").stdout)["lanes"] == []


@pytest.mark.parametrize("command", ["stats", "tune"])
def test_an_unknown_kind_is_refused(suffice, command):
    ran = suffice(command, "--kind", "poetry")

    assert ran.code == 2
    assert ran.sentences[0].startswith("suffice: poetry is no kind of task; name one of: lint-fix, ")


@pytest.mark.parametrize("arguments", [["stats"], ["tune"], ["cache", "stats"], ["cache", "clear"]], ids=" ".join)
def test_a_state_folder_that_cannot_be_used_is_an_error(suffice, monkeypatch, tmp_path, arguments):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SUFFICE_STATE_DIR", str(tmp_path / "file"))

    ran = suffice(*arguments)

    assert ran.code == 1
    assert ran.sentences[0].endswith("; set SUFFICE_STATE_DIR to one that can.")


# --- tune

OWN = """\
# ours, by hand
[kinds.lint-fix] # the usual
ladder = ["linter", "haiku", "sonnet", "opus", "human"]  # cheap first
typical_input_tokens = 1400 # guessed
"""


def test_tune_without_anything_says_what_it_needs(suffice):
    ran = suffice("tune")

    assert (ran.code, ran.stdout) == (0, b"")
    assert ran.sentences == [
        "no task was recorded in 90 days; a suggestion needs 30 of a kind.",
        "Nothing to suggest.",
    ]


def test_what_tune_prints_can_be_applied_by_git(repository, suffice):
    repository.write({"policies/own.toml": OWN})
    seed(repository.root)

    ran = suffice("tune", "--policy", "policies/own.toml")
    repository.git("apply", "-", stdin=ran.stdout)

    assert repository.read("policies/own.toml").decode() == OWN.replace(
        '"haiku", "sonnet", "opus"', '"sonnet", "haiku", "opus"'
    ).replace("1400", "2000")
    text = ran.stdout.decode()
    assert text.splitlines()[1] == (
        "#   haiku sufficed for 10% of 40 tasks at $0.0003 each; starting at sonnet (36 of 36 tasks after other lanes,"
        " $0.0122 each) costs less, with haiku behind it"
    )
    assert "# Of tasks: a word of yours counts as 3 tasks, a task of 30 days ago as half of one.\n" in text
    assert "typical_input_tokens = 1400 becomes 2000 (n = 40)" in text
    assert suffice("policy", "check", "policies/own.toml").code == 0


def test_tune_says_of_a_ladder_that_memory_would_turn_around_that_there_is_none(project, suffice):
    project.write({"two.toml": OWN.replace('"opus", ', "")})
    seed(project.root)

    ran = suffice("tune", "--policy", "two.toml")

    swapped = b'+ladder = ["linter", "sonnet", "haiku", "human"]' in ran.stdout
    assert swapped != ("no ladder says so: with this one it starts at haiku" in ran.stderr)


def test_tune_of_a_shipped_policy_says_where_to_apply_it(project, suffice):
    seed(project.root, sufficed=36)

    ran = suffice("tune")

    assert ran.stdout.startswith(
        b"# guide ships with suffice: suffice policy show guide > guide.toml, apply this, use --policy guide.toml\n"
    )
    project.write({"guide.toml": suffice("policy", "show", "guide").stdout})
    project.git("apply", "-", stdin=ran.stdout)
    assert b"typical_input_tokens = 2000\n" in project.read("guide.toml")


def test_tune_is_one_document(project, suffice):
    project.write({"own.toml": OWN})
    seed(project.root)

    document = json.loads(suffice("tune", "--policy", "own.toml", "--json").stdout)

    assert [(made["key"], made["n"]) for made in document["suggestions"]] == [
        ("ladder", 40),
        ("typical_input_tokens", 40),
    ]
    assert document["path"] == "own.toml"
    assert document["diff"].startswith("diff --git a/own.toml b/own.toml\n")
    assert project.read("own.toml").decode() == OWN
