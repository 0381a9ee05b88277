"""`suffice ask` over real HTTP and the real SDKs: what is sent, what comes out, what it costs and how it ends."""

import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suffice.lanes import Usage, catalogue
from suffice.policy import Policy
from suffice.task import Kind
from suffice.testing import (
    ScriptedAnswer,
    ScriptedError,
    ScriptedHang,
    ScriptedRefusal,
    ScriptedText,
)

LANES = catalogue().lanes
GUIDE = Policy.load("guide")
HAIKU, SONNET, OPUS, GPT = (LANES[name].model for name in ("haiku", "sonnet", "opus", "gpt-5.4:low"))
USAGE = Usage(input_tokens=2000, output_tokens=80)
NOTES = "Release on Friday.\nBen is away until Thursday.\n"
SCHEMA = {
    "$defs": {"name": {"type": "string", "minLength": 2}},
    "type": "object",
    "properties": {"who": {"$ref": "#/$defs/name"}, "day": {"enum": ["Thursday", "Friday"]}},
    "required": ["who"],
}


def prose(text="It ships on Friday.", *quotes):
    return ScriptedAnswer(answer={"answer": text, "quotes": list(quotes)}, usage=USAGE)


def label(name, why="It breaks."):
    return ScriptedAnswer(answer={"label": name, "why": why}, usage=USAGE)


def price(lane):
    return pytest.approx(LANES[lane].cost_usd(USAGE))


@pytest.fixture
def double(server, monkeypatch):
    """The server with nothing scripted, and the key of one provider."""
    for model in (HAIKU, SONNET, OPUS, GPT):
        server.script(model, [])
    server.seen = len(server.requests)
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", server.anthropic_base_url)
    monkeypatch.setenv("SUFFICE_OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
    return server


@pytest.fixture
def ask(project, suffice, double):
    """Run `suffice ask --yes` beside notes.md."""
    project.write({"notes.md": NOTES})

    def run(*arguments, consent=("--yes",), **more):
        return suffice("ask", *consent, *arguments, **more)

    return run


def sent(double):
    return [json.dumps(request.body) for request in double.requests[double.seen :]]


def models(double):
    return [request.model for request in double.requests[double.seen :]]


def told(ran):
    """Return the document, which holds all that a reader may rely on."""
    answer = json.loads(ran.stdout)
    assert answer["schema"] == "suffice.answer/1"
    assert answer["command"] == "ask"
    assert {"kind", "status", "reason", "detail", "answer", "lane", "verdict", "attempts", "why"} <= answer.keys()
    assert {"policy", "prices_read_on"} <= answer.keys()
    assert {"cost_usd", "cap_usd", "by_lane", "cache"} <= answer["totals"].keys()
    return answer


def dollars(lane):
    return f"${LANES[lane].cost_usd(USAGE):.4f}"


def ledger(table, *columns):
    path = Path(os.environ["SUFFICE_STATE_DIR"]) / "suffice.sqlite3"
    with sqlite3.connect(path) as connection:
        found = connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid").fetchall()
    connection.close()
    return found


# --- answers


def test_prose_goes_to_stdout_and_the_rest_to_stderr(double, ask):
    double.script(HAIKU, [prose("It ships on **Friday**.\n", "Release on Friday.")])

    ran = ask("summary", "notes.md", "-m", "When?")

    assert (ran.code, ran.stdout.decode()) == (0, "It ships on **Friday**.\n")
    assert ran.sentences == [f"haiku sufficed, unchecked, 1 quote stands in the text (verified), {dollars('haiku')}"]
    assert "Ben is away" in sent(double)[0]
    assert "When?" in sent(double)[0]


def test_the_document_holds_answer_verdict_attempts_and_cost(double, ask):
    double.script(HAIKU, [prose("Friday.", "Release on Friday.")])

    answer = told(ask("summary", "notes.md", "--json"))

    assert (answer["kind"], answer["status"], answer["reason"]) == ("summary", "proposed", "sufficed")
    assert (answer["answer"], answer["quotes"], answer["lane"]) == ("Friday.", ["Release on Friday."], "haiku")
    assert answer["verdict"]["state"] == "unchecked"
    assert [(c["name"], c["state"]) for c in answer["verdict"]["checks"]] == [("form", "passed"), ("quotes", "passed")]
    assert [(a["lane"], a["ended"], a["prompt_version"]) for a in answer["attempts"]] == [
        ("haiku", "answered", "summary/1")
    ]
    assert answer["totals"]["cost_usd"] == price("haiku")
    assert answer["totals"]["by_lane"] == {"haiku": {"attempts": 1, "sufficed": 1, "cost_usd": price("haiku")}}
    assert answer["totals"]["counterfactual"]["lane"] == "sonnet"


def test_triage_prints_one_label_and_says_why(double, ask):
    double.script(HAIKU, [label("bug")])

    ran = ask("triage", "notes.md", "--labels", "bug, question")

    assert (ran.code, ran.stdout) == (0, b"bug\n")
    assert ran.sentences == [
        "because: It breaks.",
        f"haiku sufficed, unchecked, only labels that were given (verified), {dollars('haiku')}",
    ]


def test_tagging_prints_a_label_a_line_each_once(double, ask):
    double.script(HAIKU, [{"labels": ["b", "a", "b"], "why": "x"}, {"labels": [], "why": "x"}])

    ran, none = [ask("tagging", "notes.md", "--labels", labels) for labels in ("a,b", "a,b,c")]

    assert (ran.stdout, none.stdout, none.code) == (b"b\na\n", b"\n", 0)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_extraction_prints_json_that_keeps_the_users_schema(double, ask, project, monkeypatch, provider):
    project.write({"form.json": json.dumps(SCHEMA)})
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-test-4711")
    model = {"anthropic": HAIKU, "openai": GPT}[provider]
    double.script(model, [{"data": {"who": "B"}}, {"data": {"who": "Ben"}}])

    ran = ask("extraction", "notes.md", "--schema", "form.json")

    assert (ran.code, json.loads(ran.stdout)) == (0, {"who": "Ben"})
    assert "does not keep the schema" in sent(double)[1]
    assert "failed form" in ran.stderr


def test_an_ignored_file_is_never_sent_wherever_it_is_named_from(double, ask, project, tmp_path):
    project.write({".sufficeignore": "hidden/\n", "hidden/deep/a.md": "x", "pkg/pyproject.toml": "", "pkg/b.md": "y"})
    (project.root / "pkg" / ".sufficeignore").write_text("b.md\n")

    for folder in (tmp_path, project.root / "hidden/deep", project.root / "pkg"):
        for file in ("hidden/deep/a.md", "pkg/b.md"):
            assert ask("summary", project.root / file, folder=folder).code == 2

    assert models(double) == []


def test_standard_input_is_a_file_called_stdin(double, ask, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Grüße\n".encode())))
    double.script(HAIKU, [prose("Greetings.", "Grüße")])

    ran = ask("summary", "-", "notes.md")

    assert ran.code == 0
    assert sent(double)[0].index("# stdin") < sent(double)[0].index("# notes.md")


def test_a_question_needs_no_file(double, ask):
    double.script(SONNET, [prose("1. Begin.")])

    assert ask("plan", "-m", "Move to Python 3.13").stdout == b"1. Begin.\n"


def test_an_answer_cannot_steer_the_terminal(double, ask):
    double.script(HAIKU, [prose("\x1b[2Jall\x07 fine\x9b")])

    assert ask("summary", "notes.md").stdout == rb"\u001b[2Jall\u0007 fine\u009b" + b"\n"


def test_an_answer_cannot_turn_what_is_read_around(double, ask):
    double.script(HAIKU, [prose("safe\u202e.exe \N{FAMILY}\xa0ok")])

    assert ask("summary", "notes.md").stdout.decode() == "safe\\u202e.exe \N{FAMILY}\xa0ok\n"


def test_data_cannot_steer_the_terminal_and_stays_what_it_is(double, ask, project):
    project.write({"form.json": json.dumps(SCHEMA)})
    who = "Bén\x9b2J\x1b\u202e"
    double.script(HAIKU, [{"data": {"who": who}}])

    shown = ask("extraction", "notes.md", "--schema", "form.json").stdout.decode()

    assert json.loads(shown) == {"who": who}
    assert "Bén" in shown
    assert not {*who[3:]} & {"\x9b", "\x1b", "\u202e"} & {*shown}


@pytest.mark.parametrize("option", ["--max-cost-usd", "--min-confidence", "--time-budget-s"])
@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e999"])
def test_an_amount_is_a_number_within_bounds(double, ask, option, number):
    ran = ask("summary", "notes.md", option, number, "--json")

    assert (ran.code, models(double)) == (2, [])
    assert (told(ran)["status"], told(ran)["reason"]) == ("failed", "usage")
    assert option in told(ran)["detail"]


def test_a_secret_stays_here_and_is_named_in_the_answer(double, ask, project):
    secret = "ghp_abcdefghijklmnopqrstuvwxyz0123"
    project.write({"env": f"push with {secret}\n"})
    double.script(HAIKU, [prose("Uses SUFFICE_REDACTED_1_.", "push with SUFFICE_REDACTED_1_")])

    ran = ask("summary", "env")

    assert secret not in sent(double)[0] + ran.stdout.decode() + ran.stderr
    assert ran.stdout == b"Uses SUFFICE_REDACTED_1_.\n"
    assert ran.sentences[-1].startswith("Secrets were taken out")


# --- climbing


FLAWED = {
    "an invented quote": (("summary",), prose("x", "Release on Monday."), "quotes"),
    "a label not given": (("triage", "--labels", "bug,question"), label("task"), None),
    "another form": (("summary",), ScriptedText(text="Sure!", usage=USAGE), None),
    "an empty answer": (("summary",), prose(" "), None),
}


@pytest.mark.parametrize(("arguments", "flawed", "check"), FLAWED.values(), ids=FLAWED)
def test_a_flawed_answer_is_tried_again_climbs_and_is_handed_over(double, ask, arguments, flawed, check):
    for model in (HAIKU, SONNET):
        double.script(model, [flawed], repeat_last=True)

    ran = ask(*arguments, "notes.md", "--json")

    answer = told(ran)
    assert (ran.code, answer["status"], answer["answer"]) == (1, "needs-human", None)
    assert [a["lane"] for a in answer["attempts"]] == ["haiku", "haiku", "sonnet", "sonnet"]
    assert {tuple(a["failed_checks"]) for a in answer["attempts"]} == {(check,) if check else ()}
    assert "was rejected" in sent(double)[1]
    assert ledger("outcomes", "kind", "outcome", "lane") == [(arguments[0], "needs-human", None)]


def test_what_failed_is_told_and_the_next_lane_suffices(double, ask):
    double.script(HAIKU, [prose("x", "Release on Monday.")], repeat_last=True)
    double.script(SONNET, [prose("Friday.", "Release on Friday.")])

    ran = ask("summary", "notes.md")

    assert (ran.code, ran.stdout) == (0, b"Friday.\n")
    assert ran.sentences[0].startswith("haiku failed quotes, haiku failed quotes, sonnet sufficed, unchecked, ")
    assert "Release on Monday." in sent(double)[1]
    assert ledger("attempts", "lane", "failed_checks") == [("haiku", "quotes"), ("haiku", "quotes"), ("sonnet", "")]
    assert ledger("outcomes", "outcome", "lane") == [("proposed", "sonnet")]


def test_a_human_gets_what_was_rejected_and_why(double, ask):
    double.script(HAIKU, [prose("x", "Release on Monday.")], repeat_last=True)

    ran = ask("summary", "notes.md", "--json", "--max-lane", "haiku")

    first = told(ran)["attempts"][0]
    assert first["rejected_answer"] == {"answer": "x", "quotes": ["Release on Monday."]}
    assert "not found in the text" in first["rejected_because"]


def test_refused_by_all_ends_with_one(double, ask):
    for model in (HAIKU, SONNET):
        double.script(model, [ScriptedRefusal(usage=USAGE)], repeat_last=True)

    ran = ask("summary", "notes.md")

    assert (ran.code, ran.stdout) == (1, b"")
    assert ran.sentences[0].startswith("suffice: refused: refused: ")


# --- money, consent and the like


def test_a_second_identical_question_costs_nothing_and_calls_nobody(double, ask):
    double.script(HAIKU, [prose("x", "Release on Monday."), prose("Friday.")])
    first = ask("summary", "notes.md")

    second = ask("summary", "notes.md")
    document = told(ask("summary", "notes.md", "--json"))

    assert (second.code, second.stdout) == (first.code, first.stdout)
    assert second.sentences == ["haiku failed quotes, haiku sufficed, unchecked, $0.0000, from the cache"]
    assert len(models(double)) == 2
    assert document["totals"]["cache"] == {"hits": 2, "saved_usd": pytest.approx(2 * LANES["haiku"].cost_usd(USAGE))}


def test_without_a_key_it_is_said_what_it_would_cost(double, ask, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    ran, document = ask("summary", "notes.md"), told(ask("summary", "notes.md", "--json"))

    assert (ran.code, ran.stdout, models(double)) == (0, b"", [])
    assert "it would go to haiku, about $0.0" in ran.stderr
    assert ran.sentences[-1] == "Set ANTHROPIC_API_KEY or OPENAI_API_KEY to have it answered."
    assert (document["status"], document["reason"]) == ("skipped", "no-key")
    assert document["next_lane"]["lane"] == "haiku"


def test_the_estimate_is_of_the_very_text(double, ask, project):
    project.write({"big.md": "word " * 60_000})

    small, big = (told(ask("summary", name, "--dry-run", "--json")) for name in ("notes.md", "big.md"))

    assert small["next_lane"]["estimated_cost_usd"] * 20 < big["next_lane"]["estimated_cost_usd"]


@pytest.mark.parametrize("option", ["--offline", "--dry-run"])
def test_nobody_is_called_when_nobody_is_to_be(double, ask, option):
    ran = ask("summary", "notes.md", option, "--json")

    assert (ran.code, models(double)) == (0, [])
    assert (told(ran)["status"], told(ran)["reason"]) == ("skipped", option[2:])


def test_what_is_cached_is_answered_offline(double, ask):
    double.script(HAIKU, [prose("Friday.")])
    ask("summary", "notes.md")

    assert ask("summary", "notes.md", "--offline").stdout == b"Friday.\n"


def test_without_consent_nothing_is_sent(double, ask):
    ran = ask("summary", "notes.md", "--json", consent=())

    assert (ran.code, models(double), told(ran)["reason"]) == (0, [], "no-consent")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("said", "code", "calls"), [("y\n", 0, 1), ("n\n", 0, 0)])
def test_on_a_terminal_consent_is_asked_once(double, ask, monkeypatch, said, code, calls):
    double.script(HAIKU, [prose("Friday.")], repeat_last=True)
    monkeypatch.setattr(sys, "stdin", Terminal(said))
    monkeypatch.setattr(sys, "stderr", shown := Terminal())

    ran = ask("summary", "notes.md", "-m", "When?", consent=())
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    again = ask("triage", "notes.md", "--labels", "a,b", "--dry-run", consent=())

    assert "suffice sends the text of notes.md (0.0 KiB) and your question to anthropic." in shown.getvalue()
    assert (ran.code, len(models(double)), again.code) == (code, calls, 0)
    assert shown.getvalue().count("[y/N]") == 1


def test_a_key_in_ci_is_consent_and_the_mode_is_bulk(double, ask, monkeypatch):
    monkeypatch.setenv("CI", "true")
    double.script(HAIKU, [prose("Friday.")])

    assert told(ask("summary", "notes.md", "--json", consent=()))["mode"] == "bulk"


def test_where_no_lane_is_left_it_is_said_which_and_why(double, ask, monkeypatch):
    monkeypatch.setenv("CI", "true")

    ran = ask("final-pass", "notes.md")

    assert (ran.code, models(double)) == (1, [])
    assert "no-lane: no lane may be used (opus: opus is not for bulk automation" in ran.stderr


def test_what_is_too_long_for_all_lanes_is_said_so(double, ask, project, tmp_path, monkeypatch):
    lanes = "".join(f'[lanes."{name}"]\ncontext_tokens = 50_000\n' for name in LANES)
    (tmp_path / "config.toml").write_text(lanes, "utf-8")
    monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "config.toml"))
    project.write({f"{n}.txt": "x" * 50_000 for n in range(4)})

    ran = ask("summary", *(f"{n}.txt" for n in range(4)))

    assert (ran.code, models(double)) == (1, [])
    assert re.search(r"haiku: the prompt and its answer may take 7\d,?\d{3}", ran.stderr), ran.stderr
    assert "; ask about less" in ran.stderr


def test_the_cap_is_kept(double, ask):
    ran = ask("summary", "notes.md", "--max-cost-usd", "0.0001", "--json")

    assert (ran.code, models(double)) == (1, [])
    assert (told(ran)["status"], told(ran)["reason"]) == ("degraded", "cap-reached")


ANY_FORM = {"type": "object", "properties": {f"key_{n:04}": {"type": "string"} for n in range(1000)}}


@pytest.mark.parametrize(
    ("arguments", "text", "input_usd"),
    [
        (("summary",), "x" * 60_000, LANES["haiku"].prices[0].cache_write * 0.02),
        (("summary",), "\u6587" * 20_000, LANES["haiku"].prices[0].input * 0.02),
        (("extraction", "--schema", "form.json"), "x", LANES["haiku"].prices[0].input * 0.01),
    ],
    ids=["the provider's cache keeps it", "its writing is of many tokens", "the form is long"],
)
def test_nobody_is_asked_what_may_cost_more_than_the_cap(double, ask, project, arguments, text, input_usd):
    project.write({"notes.md": text, "form.json": json.dumps(ANY_FORM)})
    output_usd = GUIDE.of(arguments[0]).max_output_tokens * LANES["haiku"].prices[0].output / 1e6

    ran = ask(*arguments, "notes.md", "--max-cost-usd", f"{output_usd + input_usd:.6f}", "--json")

    assert (told(ran)["reason"], models(double)) == ("cap-reached", [])


def test_an_outage_ends_with_one(double, ask):
    for model in (HAIKU, SONNET):
        double.script(model, [ScriptedError(status=529, retry_after="300")], repeat_last=True)

    ran = ask("summary", "notes.md", "--json")

    assert (ran.code, told(ran)["status"], told(ran)["reason"]) == (1, "degraded", "provider-outage")


def test_a_bad_key_is_said_and_ends_with_two(double, ask):
    double.script(HAIKU, [ScriptedError(status=401)], repeat_last=True)

    ran = ask("summary", "notes.md", "--json")

    assert (ran.code, told(ran)["status"], told(ran)["reason"]) == (2, "failed", "bad-key")
    assert "ANTHROPIC_API_KEY" in told(ran)["detail"]


@pytest.mark.slow
def test_an_interrupted_question_says_what_it_paid(double, ask, project, command):
    double.script(HAIKU, [prose("x", "Release on Monday."), ScriptedHang(hang_s=20)])
    ask("summary", "notes.md", "--dry-run")
    arguments = [command, "ask", "summary", "notes.md", "--json", "--yes"]
    started = subprocess.Popen(arguments, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    end = time.monotonic() + 20
    while len(models(double)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    stdout, stderr = started.communicate(timeout=10)

    document = json.loads(stdout)
    assert (started.returncode, stderr) == (130, "")
    assert (document["status"], document["reason"]) == ("degraded", "interrupted")
    assert [attempt["ended"] for attempt in document["attempts"]] == ["answered", "cancelled"]
    paid = [cost_usd for (cost_usd,) in ledger("attempts", "cost_usd")]
    assert paid[0] == price("haiku")
    assert paid[1] > 0  # it was sent, though nobody sees the answer
    assert document["totals"]["cost_usd"] == pytest.approx(sum(paid))
    assert ledger("outcomes", "outcome", "reason") == [("skipped", "interrupted")]


def test_the_document_goes_to_a_file_beside_the_answer(double, ask, project):
    double.script(HAIKU, [prose("Friday.")])

    ran = ask("summary", "notes.md", "--output", "out.json")

    assert ran.stdout == b"Friday.\n"
    assert json.loads(project.read("out.json"))["answer"] == "Friday."


# --- what cannot be asked


WRONG = {
    "an unknown kind": (("poem", "-m", "x"), "kinds are: explain-code, triage"),
    "a kind of edit": (("refactor", "notes.md"), "use suffice edit --kind refactor."),
    "a lint fix": (("lint-fix", "notes.md"), "use suffice fix."),
    "a review": (("review", "notes.md"), "use suffice review."),
    "nothing": (("summary",), "name files, - for standard input, or say it with -m."),
    "an empty file": (("summary", "empty.md"), "There is nothing to ask about"),
    "no such file": (("summary", "gone.md"), "There is no gone.md"),
    "a folder": (("summary", "."), "name the files in it"),
    "a file elsewhere": (("summary", "notes.md", "/etc/hostname"), "pass it to - by standard input"),
    "no labels": (("triage", "notes.md"), "--labels bug,question,other"),
    "one label to choose from": (("triage", "notes.md", "--labels", "bug,,bug"), "--labels bug,question,other"),
    "labels for prose": (("summary", "notes.md", "--labels", "a,b"), "belongs to tagging and triage"),
    "no schema": (("extraction", "notes.md"), "--schema FILE"),
    "a schema for prose": (("summary", "notes.md", "--schema", "bad.json"), "belongs to extraction"),
    "a bad schema": (("extraction", "notes.md", "--schema", "bad.json"), "bad.json is no JSON Schema"),
    "a schema with a secret": (("extraction", "notes.md", "--schema", "key.json"), "looks like a secret"),
    "an ignored schema": (("extraction", "notes.md", "--schema", "hidden/s.json"), "never sent"),
    "a file of secrets": (("summary", ".env"), ".env is a file that holds secrets by custom and is never sent"),
    "an ignored file": (("summary", "hidden/a.md"), "a.md is ignored by .sufficeignore or exclude"),
    "an excluded file": (("summary", "excluded.md"), "is ignored by .sufficeignore or exclude"),
    "a link to an ignored file": (("summary", "link.md"), "is ignored by .sufficeignore or exclude"),
    "an ignored link": (("summary", "hidden/link.md"), "is ignored by .sufficeignore or exclude"),
    "a binary file": (("summary", "binary"), "binary is a binary file"),
    "not UTF-8": (("summary", "latin.md"), "latin.md is not UTF-8"),
    "a question that is not UTF-8": (("summary", "-m", "\udcff"), "-m holds bytes that are not UTF-8"),
    "no such lane": (("summary", "notes.md", "--lane", "gpt"), "There is no lane gpt"),
}


@pytest.mark.parametrize(("arguments", "sentence"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_asked_is_an_error_that_says_what_to_do(double, ask, project, arguments, sentence):
    project.write(
        {
            "empty.md": " \n",
            "hidden/a.md": "x",
            ".env": "A=b",
            "hidden/s.json": "{}",
            "excluded.md": "x",
            "bad.json": '{"type": "text"}',
            "key.json": '{"const": "AKIAIOSFODNN7EXAMPLE"}',
            "binary": b"\x00\x01",
            "latin.md": "é".encode("latin-1"),
            ".sufficeignore": "hidden/\n",
            "suffice.toml": 'exclude = ["excluded.md"]\n',
        }
    )
    (project.root / "link.md").symlink_to(project.root / "hidden/a.md")
    (project.root / "hidden/link.md").symlink_to(project.root / "notes.md")

    ran = ask(*arguments)
    document = told(ask(*arguments, "--json"))

    assert (ran.code, ran.stdout, models(double)) == (2, b"", [])
    (line,) = ran.sentences
    assert sentence in line
    assert (document["status"], document["detail"]) == ("failed", line.removeprefix("suffice: "))


@pytest.mark.parametrize("content", [b"\x00", "é".encode("latin-1"), b"x" * 1_100_000])
def test_standard_input_is_text(double, ask, monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    ran = ask("summary", "-")

    assert ran.code == 2
    assert ran.sentences[0].startswith("suffice: standard input is ")


def test_every_kind_is_asked_fixed_edited_or_reviewed(ask):
    refused = [kind for kind in Kind if "is no kind of question" in ask(kind, "--json").stderr]

    assert refused == []


@pytest.mark.parametrize(
    ("fail_on", "codes"),
    [("none", (0, 0, 0)), ("degraded", (0, 0, 1)), ("unfixed", (0, 1, 1)), ("findings", (0, 1, 1))],
)
def test_what_ends_with_one_can_be_chosen(double, ask, fail_on, codes):
    down = ScriptedError(status=529, retry_after="300")
    double.script(HAIKU, [prose("x", "Release on Friday."), down, down])
    double.script(SONNET, [down], repeat_last=True)

    answered = ask("summary", "notes.md", "--fail-on", fail_on)
    not_asked = ask("plan", "notes.md", "--fail-on", fail_on, "--offline")
    outage = ask("explain-code", "notes.md", "--fail-on", fail_on)

    assert (answered.code, not_asked.code, outage.code) == codes
