"""The loop, over real HTTP and the real SDKs: what suffices, what climbs, what is paid and what is told."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from suffice.asking import REJECTED
from suffice.lanes import Usage, catalogue
from suffice.outcome import Attempt
from suffice.providers.reply import Ended
from suffice.state.memory import Remembered
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME
from suffice.testing import (
    ScriptedAnswer,
    ScriptedError,
    ScriptedFailure,
    ScriptedHang,
    ScriptedRefusal,
    ScriptedText,
    ScriptedTruncation,
    ScriptedWhen,
    provider_double,
)
from suffice.way import Way

LANES = catalogue().lanes
HAIKU, SONNET, GPT = (LANES[name].model for name in ("haiku", "sonnet", "gpt-5.4:low"))
USAGE = Usage(input_tokens=2000, cached_tokens=500, cache_write_tokens=100, output_tokens=80, reasoning_tokens=20)

SETTINGS = (
    '[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = ["B904", "F541"]\n'
)
BAD = """\
def load(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""
GOOD = BAD.replace("ValueError(path)", "ValueError(path) from error")
SILENCED = BAD.replace("ValueError(path)", "ValueError(path)  # noqa: B904")


def reply(text=GOOD, **more):
    return ScriptedAnswer(answer={"replacement": text, "extra_import": None, "cannot_fix": None}, usage=USAGE, **more)


CANNOT = ScriptedAnswer(answer={"replacement": None, "extra_import": None, "cannot_fix": "Who knows?"}, usage=USAGE)


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def double(server):
    """The server with nothing scripted; `server.requests` of this test are those after `seen`."""
    for model in (HAIKU, SONNET, GPT):
        server.script(model, [])
    server.seen = len(server.requests)
    return server


@pytest.fixture
def keys(double, monkeypatch):
    """Set the key of one provider; the function that is returned sets others."""
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", double.anthropic_base_url)
    monkeypatch.setenv("SUFFICE_OPENAI_BASE_URL", double.openai_base_url)

    def set_keys(*providers):
        for provider in providers:
            monkeypatch.setenv(f"{provider.upper()}_API_KEY", f"sk-{provider}-test-4711")

    set_keys("anthropic")
    return set_keys


@pytest.fixture
def fix(project, suffice, keys):
    """Run `suffice fix --json --yes` on files."""

    def run(*arguments, files=None, consent=("--yes",)):
        project.write({"pyproject.toml": SETTINGS, **(files or {"mod.py": BAD})})
        return suffice("fix", "--json", *consent, *arguments)

    return run


def asked(double):
    """Return the requests of this test, each as (model, effort, prompt)."""
    return [(request.model, json.dumps(request.body)) for request in double.requests[double.seen :]]


def models(double):
    return [model for model, _ in asked(double)]


def tried(item):
    return [(attempt["lane"], attempt["ended"], attempt["failed_checks"]) for attempt in item["attempts"]]


def rows():
    path = Path(os.environ["SUFFICE_STATE_DIR"]) / "suffice.sqlite3"
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT lane, ended, cost_usd, failed_checks FROM attempts ORDER BY id").fetchall()
    connection.close()
    return found


def price(lane, usage=USAGE):
    """Return the price of *usage*, worked out here from the numbers of lanes.toml."""
    p = LANES[lane].prices[0]
    plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    write = p.input if p.cache_write is None else p.cache_write
    total = plain * p.input + usage.cached_tokens * p.cached + usage.cache_write_tokens * write
    return pytest.approx((total + usage.output_tokens * p.output) / 1e6, rel=1e-3)


def test_the_cheap_lane_suffices_and_costs_what_the_catalogue_says(double, fix):
    double.script(HAIKU, [reply()])

    ran = fix()

    item = ran.only_item
    assert (ran.code, ran.report["status"], item["outcome"], item["lane"]) == (0, "proposed", "proposed", "haiku")
    assert tried(item) == [("haiku", "answered", [])]
    assert item["attempts"][0]["cost_usd"] == price("haiku")
    assert ran.report["totals"]["cost_usd"] == price("haiku")
    assert ran.report["totals"]["by_lane"] == {"haiku": {"attempts": 1, "sufficed": 1, "cost_usd": price("haiku")}}
    assert "+        raise ValueError(path) from error\n" in ran.report["patch"]
    assert item["attempts"][0]["input_tokens"] == USAGE.input_tokens
    assert models(double) == [HAIKU]
    assert [(row[0], row[2]) for row in rows()] == [("haiku", price("haiku"))]


def test_a_suppression_is_caught_told_tried_again_and_climbed(double, fix):
    double.script(HAIKU, [reply(SILENCED), reply(SILENCED)])
    double.script(SONNET, [reply()])

    ran = fix()

    item = ran.only_item
    assert tried(item) == [
        ("haiku", "answered", ["suppression"]),
        ("haiku", "answered", ["suppression"]),
        ("sonnet", "answered", []),
    ]
    assert item["lane"] == "sonnet"
    assert models(double) == [HAIKU, HAIKU, SONNET]
    first, second, third = (prompt for _, prompt in asked(double))
    assert "adds a suppression" not in first
    assert "adds a suppression: # noqa: B904" in second
    assert third.count("adds a suppression") == 2
    assert [(row[0], row[3]) for row in rows()] == [("haiku", "suppression"), ("haiku", "suppression"), ("sonnet", "")]
    assert ran.report["totals"]["by_lane"]["haiku"]["sufficed"] == 0
    assert ran.report["totals"]["cost_usd"] == pytest.approx(sum(row[2] for row in rows()))


def test_with_nothing_that_passes_a_human_gets_every_attempt(double, fix):
    double.script(HAIKU, [reply(SILENCED)], repeat_last=True)
    double.script(SONNET, [reply(SILENCED)], repeat_last=True)

    ran = fix()

    item = ran.only_item
    assert (ran.code, ran.report["status"], item["outcome"], item["reason"]) == (
        1,
        "needs-human",
        "needs-human",
        "checks-failed",
    )
    assert [lane for lane, *_ in tried(item)] == ["haiku", "haiku", "sonnet", "sonnet"]
    assert ran.report["patch"] == ""
    assert not item["in_patch"]
    assert item["edits"] == []
    assert len(rows()) == 4
    assert all(row[2] > 0 for row in rows())


def test_a_busy_provider_is_left_for_its_peer(double, fix, keys):
    keys("openai")
    double.script(HAIKU, [ScriptedError(status=429, retry_after="300")], repeat_last=True)
    double.script(GPT, [reply()])

    item = fix().only_item

    assert tried(item) == [("haiku", "unavailable", []), ("gpt-5.4:low", "answered", [])]
    assert item["lane"] == "gpt-5.4:low"
    assert item["attempts"][1]["cost_usd"] == price("gpt-5.4:low")
    assert models(double) == [HAIKU, GPT]
    assert "rejected" not in asked(double)[1][1].split("# The window")[1]


def test_who_waits_for_a_turn_at_a_busy_provider_goes_to_its_peer_without_asking(double, fix, keys):
    keys("openai")
    double.script(HAIKU, [ScriptedError(status=429, retry_after="300", delay_s=0.2)], repeat_last=True)
    double.script(GPT, [reply()], repeat_last=True)

    ran = fix("--jobs", "2", files={f"mod{number}.py": BAD for number in range(8)})

    assert [item["lane"] for item in ran.report["items"]] == ["gpt-5.4:low"] * 8
    assert models(double).count(HAIKU) <= 2
    assert models(double).count(GPT) == 8


@pytest.mark.parametrize(
    ("provider", "lanes"),
    [("anthropic", ["haiku", "haiku", "sonnet", "sonnet"]), ("openai", ["gpt-5.4:low"] * 2 + ["gpt-5.4:medium"] * 2)],
)
def test_with_one_key_only_its_lanes_are_used(double, fix, keys, monkeypatch, provider, lanes):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    keys(provider)
    for model in (HAIKU, SONNET, GPT):
        double.script(model, [reply(SILENCED)], repeat_last=True)

    assert [lane for lane, *_ in tried(fix().only_item)] == lanes


def test_an_outage_of_all_providers_is_said_so(double, fix, keys):
    keys("openai")
    for model in (HAIKU, SONNET, GPT):
        double.script(model, [ScriptedError(status=503, retry_after_ms=20)], repeat_last=True)

    ran = fix()

    item = ran.only_item
    assert (ran.code, ran.report["status"], ran.report["reason"]) == (1, "degraded", "provider-outage")
    assert (item["outcome"], item["reason"]) == ("skipped", "provider-outage")
    assert {ended for _, ended, _ in tried(item)} == {"unavailable"}
    assert 2 <= len(models(double)) <= 6
    assert ran.report["totals"]["cost_usd"] == 0


def test_after_a_long_rest_of_the_only_cheap_model_the_next_rung_is_asked(double, fix):
    double.script(HAIKU, [ScriptedError(status=429, retry_after="300")], repeat_last=True)
    double.script(SONNET, [reply()])

    item = fix().only_item

    assert tried(item) == [("haiku", "unavailable", []), ("sonnet", "answered", [])]
    assert any("is unavailable" in reason for reason in item["why"])


def test_a_long_rest_of_all_models_is_an_outage_at_once(double, fix):
    for model in (HAIKU, SONNET):
        double.script(model, [ScriptedError(status=429, retry_after="300")], repeat_last=True)

    ran = fix()

    assert (ran.code, ran.report["reason"]) == (1, "provider-outage")
    assert models(double) == [HAIKU, SONNET]


def test_a_short_rest_of_the_cheap_model_is_waited_for(double, fix):
    double.script(HAIKU, [ScriptedError(status=529, retry_after="0.1"), reply()])

    assert tried(fix().only_item) == [("haiku", "unavailable", []), ("haiku", "answered", [])]


USELESS = {
    "truncated": (ScriptedTruncation(usage=USAGE), "truncated", "no-usable-reply"),
    "malformed": (ScriptedText(text="Sure! Here it is.", usage=USAGE), "malformed", "no-usable-reply"),
    "another shape": (ScriptedText(text='{"replacement": 3}', usage=USAGE), "malformed", "no-usable-reply"),
    "empty": (reply(""), "answered", "no-usable-reply"),
    "the same again": (reply(BAD), "answered", "checks-failed"),
    "destroyed": (reply("pass\n"), "answered", "checks-failed"),
}


@pytest.mark.parametrize(("useless", "ended", "reason"), USELESS.values(), ids=USELESS)
def test_a_useless_reply_is_paid_recorded_and_climbed(double, fix, useless, ended, reason):
    double.script(HAIKU, [useless], repeat_last=True)
    double.script(SONNET, [useless], repeat_last=True)

    ran = fix()

    item = ran.only_item
    assert [(lane, how) for lane, how, _ in tried(item)] == [("haiku", ended)] * 2 + [("sonnet", ended)] * 2
    assert (item["outcome"], item["reason"]) == ("needs-human", reason)
    assert [(row[0], row[1]) for row in rows()] == [(lane, how) for lane, how, _ in tried(item)]
    assert [row[2] for row in rows()] == [price("haiku")] * 2 + [price("sonnet")] * 2


NEXT_STEPS = {
    "a transport failure goes to the peer": (
        [ScriptedError(status=503, retry_after="300")],
        [("haiku", "transport"), ("gpt-5.4:low", None)],
    ),
    "a refusal goes to the peer": ([ScriptedRefusal(usage=USAGE)], [("haiku", "refused"), ("gpt-5.4:low", None)]),
    "what cannot be read goes back": (
        [ScriptedText(text="Sure! Here it is.", usage=USAGE)],
        [("haiku", "malformed"), ("haiku", None)],
    ),
    "what fails a check goes back": ([reply(SILENCED)], [("haiku", "check-failed"), ("haiku", None)]),
    "what fails twice climbs, to the other provider": (
        [reply(SILENCED), reply(SILENCED.replace("noqa: B904", "noqa"))],
        [("haiku", "check-failed"), ("haiku", "check-failed"), ("gpt-5.4:medium", None)],
    ),
    "the same patch again has stalled": (
        [reply(SILENCED), reply(SILENCED)],
        [("haiku", "check-failed"), ("haiku", "stalled"), ("gpt-5.4:medium", None)],
    ),
    "what cannot be fixed climbs at once": ([CANNOT], [("haiku", "cannot-fix"), ("gpt-5.4:medium", None)]),
}


@pytest.mark.parametrize(("replies", "steps"), NEXT_STEPS.values(), ids=NEXT_STEPS)
def test_each_failure_has_its_own_next_step(double, fix, keys, replies, steps):
    keys("openai")
    double.script(HAIKU, [*replies, reply()])
    double.script(GPT, [reply()])

    item = fix().only_item

    assert (item["outcome"], item["lane"]) == ("proposed", steps[-1][0])
    assert failures() == steps
    for (lane, failure), attempt in zip(steps, item["attempts"], strict=True):
        assert attempt["lane"] == lane
        assert (attempt["cost_usd"] > 0) is (failure != "transport")


def failures():
    with closing(sqlite3.connect(Path(os.environ["SUFFICE_STATE_DIR"]) / FILE_NAME)) as connection:
        return connection.execute("SELECT lane, failure FROM attempts ORDER BY id").fetchall()


def test_refused_by_all_is_refused(double, fix, keys):
    keys("openai")
    for model in (HAIKU, SONNET, GPT):
        double.script(model, [ScriptedRefusal(usage=USAGE)], repeat_last=True)

    ran = fix()

    assert (ran.code, ran.report["status"]) == (1, "needs-human")
    assert (ran.only_item["outcome"], ran.only_item["reason"]) == ("refused", "refused")
    assert [lane for lane, *_ in tried(ran.only_item)] == ["haiku", "gpt-5.4:low", "sonnet", "gpt-5.4:medium"]


def test_a_response_with_status_failed_goes_to_the_peer(double, fix, keys):
    keys("openai")
    double.script(GPT, [ScriptedFailure(usage=USAGE)], repeat_last=True)
    double.script(HAIKU, [reply()])

    item = fix("--lane", "gpt-5.4:low").only_item

    assert tried(item) == [("gpt-5.4:low", "unavailable", []), ("haiku", "answered", [])]


def test_cannot_fix_climbs_and_is_handed_over_in_the_models_words(double, fix):
    double.script(HAIKU, [CANNOT])
    double.script(SONNET, [CANNOT])

    item = fix().only_item

    assert [lane for lane, *_ in tried(item)] == ["haiku", "sonnet"]
    assert (item["outcome"], item["reason"]) == ("needs-human", "cannot-fix")
    assert "Who knows?" in item["detail"]


def test_a_change_of_the_public_surface_is_for_a_human(double, fix):
    renamed = GOOD.replace("path", "name")
    double.script(HAIKU, [reply(renamed)], repeat_last=True)
    double.script(SONNET, [reply(renamed)], repeat_last=True)

    item = fix().only_item

    assert (item["outcome"], item["reason"]) == ("needs-human", "changes-public-api")


def test_the_cap_leaves_the_rest_and_keeps_what_was_finished(double, fix):
    double.script(HAIKU, [reply()], repeat_last=True)
    files = {"a.py": BAD, "b.py": 'title = f"hello"\n'}

    ran = fix("--max-cost-usd", "0.0001", files=files)

    outcomes = {item["path"]: (item["outcome"], item["reason"]) for item in ran.report["items"]}
    assert outcomes == {"a.py": ("out-of-budget", "cap-reached"), "b.py": ("proposed", "sufficed")}
    assert (ran.code, ran.report["status"], ran.report["reason"]) == (1, "degraded", "cap-reached")
    assert "b.py" in ran.report["patch"]
    assert ran.report["totals"]["cap_usd"] == 0.0001
    assert models(double) == []


def test_a_run_never_costs_more_than_its_cap(double, fix):
    double.script(HAIKU, [reply()], repeat_last=True)
    files = {f"m{n}.py": BAD for n in range(12)}

    ran = fix("--max-cost-usd", "0.004", files=files)

    assert ran.report["totals"]["cost_usd"] <= 0.004
    assert {item["outcome"] for item in ran.report["items"]} == {"proposed", "out-of-budget"}


def test_with_a_bad_key_the_linters_fixes_are_still_delivered(double, fix):
    double.script(HAIKU, [ScriptedError(status=401, delay_s=0.7)], repeat_last=True)

    ran = fix(files={"a.py": BAD, "b.py": 'title = f"hello"\n'})

    assert (ran.code, ran.report["status"], ran.report["reason"]) == (2, "failed", "bad-key")
    assert '+title = "hello"\n' in ran.report["patch"]
    assert "ANTHROPIC_API_KEY" in ran.report["detail"]
    assert "4711" not in ran.stdout.decode() + ran.stderr
    (sentence,) = ran.sentences
    assert sentence.startswith("suffice: anthropic rejected the key")


def test_after_an_outage_a_key_that_is_rejected_does_not_stand_in_the_way_of_the_right_one(double, fix):
    rejected = ScriptedError(status=401)
    double.script(HAIKU, [ScriptedError(status=503, retry_after_ms=20), rejected, rejected, reply()])

    ran = [fix(), fix(), fix()]

    assert [(one.code, one.report["reason"]) for one in ran] == [(2, "bad-key"), (2, "bad-key"), (0, "patch-proposed")]
    assert tried(ran[-1].only_item) == [("haiku", "answered", [])]


def test_after_an_outage_a_bad_address_costs_nothing_and_does_not_stand_in_the_way_of_the_right_one(
    double, fix, monkeypatch
):
    storage = Storage(Path(os.environ["SUFFICE_STATE_DIR"]) / FILE_NAME)
    storage.health.failed("anthropic", HAIKU, 0.0)
    storage.close()
    double.script(HAIKU, [reply()])
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", "nowhere")
    wrong = [fix(), fix()]
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", double.anthropic_base_url)

    item = fix().only_item

    assert [(one.code, one.report["reason"]) for one in wrong] == [(2, "configuration")] * 2
    assert tried(item) == [("haiku", "answered", [])]
    assert [(lane, ended) for lane, ended, *_ in rows()] == [("haiku", "answered")]


def test_with_a_bad_key_all_of_the_linters_fixes_are_delivered_however_long_they_take(double, fix):
    double.script(HAIKU, [ScriptedError(status=401)], repeat_last=True)
    fix()  # the SDK is loaded now, and the answer is here before the linter has looked at all

    ran = fix(files={"mod.py": BAD, **{f"m{n}.py": 'title = f"hello"\n' for n in range(80)}})

    assert sum(item["outcome"] == "proposed" for item in ran.report["items"]) == 80


def test_a_run_that_is_stopped_reports_all_that_it_paid(double, fix):
    double.script(HAIKU, [reply(SILENCED)], repeat_last=True)
    double.script(SONNET, [ScriptedError(status=401)])

    ran = fix()

    assert [row[0] for row in rows()] == ["haiku", "haiku"]
    assert ran.report["totals"]["cost_usd"] == pytest.approx(sum(row[2] for row in rows()))


@pytest.mark.parametrize("option", ["--offline", "--dry-run"])
def test_nobody_is_called_when_nobody_is_to_be(double, fix, option):
    ran = fix(option)

    item = ran.only_item
    assert models(double) == []
    assert (ran.code, item["outcome"], item["reason"]) == (0, "skipped", option[2:])
    assert item["next_lane"]["lane"] == "haiku"
    assert item["next_lane"]["estimated_cost_usd"] > 0


def test_without_consent_nothing_is_sent(double, fix):
    ran = fix(consent=())

    assert models(double) == []
    assert (ran.code, ran.only_item["outcome"], ran.only_item["reason"]) == (0, "skipped", "no-consent")


def test_a_key_in_ci_is_consent(double, fix, monkeypatch):
    monkeypatch.setenv("CI", "true")
    double.script(HAIKU, [reply()])

    ran = fix(consent=())

    assert (ran.only_item["outcome"], ran.report["mode"]) == ("proposed", "bulk")


def test_without_a_key_it_is_said_what_would_be_asked(fix, monkeypatch, double):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    ran = fix()

    assert (ran.code, ran.only_item["reason"], ran.only_item["next_lane"]["lane"]) == (0, "no-key", "haiku")
    assert models(double) == []


SECRETS = ["sk-ant-api03-abcdefghijklmnop", "AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwxyz0123"]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_never_leaves_and_comes_back_into_the_patch(double, fix, secret):
    source = BAD.replace("ValueError(path)", f'ValueError(path, "{secret}")')

    def moved(body):
        (name,) = {
            word for word in json.dumps(body).replace('\\"', " ").split() if word.startswith("SUFFICE_REDACTED_")
        }
        return {
            "replacement": GOOD.replace("ValueError(path)", f'ValueError(path, "{name}")'),
            "extra_import": None,
            "cannot_fix": None,
        }

    double.script(HAIKU, [moved])

    ran = fix(files={"mod.py": source})

    assert secret not in asked(double)[0][1]
    assert f'+        raise ValueError(path, "{secret}") from error\n' in ran.report["patch"]


def test_a_secret_does_not_come_back_in_a_models_words(double, fix):
    source = BAD.replace("ValueError(path)", f'ValueError(path, "{SECRETS[0]}")')

    def quoting(body):
        (name,) = {
            word for word in json.dumps(body).replace('\\"', " ").split() if word.startswith("SUFFICE_REDACTED_")
        }
        return {"replacement": None, "extra_import": None, "cannot_fix": f"Ask about {name} first."}

    double.script(HAIKU, [quoting])
    double.script(SONNET, [quoting])

    ran = fix(files={"mod.py": source})

    assert ran.only_item["reason"] == "cannot-fix"
    assert SECRETS[0] not in ran.stdout.decode() + ran.stderr


def test_the_key_is_in_no_request_body_and_no_report(double, fix):
    double.script(HAIKU, [reply()])

    ran = fix()

    assert "4711" not in asked(double)[0][1] + ran.stdout.decode() + ran.stderr


def test_an_ignored_file_is_never_sent(double, fix):
    double.script(HAIKU, [reply()], repeat_last=True)
    files = {"open.py": BAD, "secret/inner.py": BAD.replace("load", "hidden"), ".sufficeignore": "secret/\n"}

    ran = fix(files=files)

    assert [item["path"] for item in ran.report["items"]] == ["open.py"]
    assert [left["path"] for left in ran.report["not_looked_at"]] == ["secret/inner.py"]
    assert ["hidden" in prompt for _, prompt in asked(double)] == [False]


def test_items_of_one_file_are_merged_into_one_patch(double, fix, project):
    two = BAD + "\n\n" + BAD.replace("load", "save")
    double.script(HAIKU, [ScriptedWhen(substring="def save", reply=reply(GOOD.replace("load", "save"))), reply()])

    ran = fix(files={"mod.py": two})

    assert [item["outcome"] for item in ran.report["items"]] == ["proposed", "proposed"]
    project.git("init", "--quiet")
    project.git("apply", "-", stdin=ran.report["patch"].encode())
    assert project.read("mod.py").decode() == GOOD + "\n\n" + GOOD.replace("load", "save")


@pytest.mark.slow
def test_an_interrupted_run_prints_what_was_finished(double, project, command, keys):
    project.write(
        {"pyproject.toml": SETTINGS, "a.py": BAD, "b.py": 'title = f"hello"\n', "c.py": BAD.replace("load", "slow")}
    )
    double.script(HAIKU, [ScriptedWhen(substring="def slow", reply=ScriptedHang(hang_s=20)), reply()])
    started = subprocess.Popen(
        [command, "fix", "--json", "--yes"], cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    end = time.monotonic() + 15
    while len(models(double)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.4)
    started.send_signal(signal.SIGINT)
    stdout, stderr = started.communicate(timeout=10)

    assert started.returncode == 130, stderr
    report = json.loads(stdout)
    outcomes = {item["path"]: (item["outcome"], item["reason"]) for item in report["items"]}
    assert outcomes == {
        "a.py": ("proposed", "sufficed"),
        "b.py": ("proposed", "sufficed"),
        "c.py": ("skipped", "interrupted"),
    }
    assert (report["status"], report["reason"], report["interrupted"]) == ("degraded", "interrupted", True)
    assert '+title = "hello"' in report["patch"]
    assert "from error" in report["patch"]
    assert "Traceback" not in stderr


def test_explicit_only_lanes_are_asked_only_when_allowed(double, fix, keys):
    keys("openai")
    refused = fix("--lane", "gpt-5.4:xhigh")
    assert refused.code == 2
    assert refused.sentences == ["suffice: gpt-5.4:xhigh is explicit only: add --allow gpt-5.4:xhigh."]
    assert asked(double) == []

    double.script(GPT, [reply()])
    ran = fix("--lane", "gpt-5.4:xhigh", "--allow", "gpt-5.4:xhigh")
    assert [lane for lane, *_ in tried(ran.only_item)] == ["gpt-5.4:xhigh"]
    assert '"effort": "xhigh"' in asked(double)[-1][1]


def test_a_lane_that_no_lint_fix_may_go_to_is_refused_before_anything_is_paid(double, fix):
    refused = fix("--lane", "opus")

    assert (refused.code, refused.report["reason"]) == (2, "usage")
    (sentence,) = refused.sentences
    assert sentence.startswith("suffice: opus may not be used: opus is not for lint fixes")
    assert asked(double) == []


@pytest.mark.parametrize(
    ("lane", "why"),
    [
        ("gpt-5.4:low", "no key for openai"),
        ("local", "local is not set up, set SUFFICE_LOCAL_BASE_URL"),
    ],
)
def test_a_lane_that_was_asked_for_and_is_not_used_is_said_in_the_report_and_to_the_human(
    double, fix, suffice, lane, why
):
    double.script(HAIKU, [reply()])
    said = f"{lane} was asked for and is not used: {why}"

    item = fix("--lane", lane).only_item
    shown = suffice("fix", "--lane", lane)

    assert (item["lane"], item["why"].count(said)) == ("haiku", 1)
    assert shown.sentences.count(said) == 1


def test_a_second_identical_run_costs_nothing_and_calls_nobody(double, fix):
    double.script(HAIKU, [reply(SILENCED), reply(SILENCED)])
    double.script(SONNET, [reply()])
    first = fix()
    asked_before = len(models(double))

    second = fix()

    assert second.report["patch"] == first.report["patch"]
    assert len(models(double)) == asked_before == 3
    assert second.report["totals"]["cost_usd"] == 0
    assert second.report["totals"]["cache"] == {"hits": 3, "saved_usd": first.report["totals"]["cost_usd"]}
    assert [attempt["from_cache"] for attempt in second.only_item["attempts"]] == [True] * 3
    assert second.report["totals"]["counterfactual"] == first.report["totals"]["counterfactual"]
    assert len(rows()) == 3


def test_what_is_cached_needs_no_model_that_answers(double, fix, keys):
    keys("anthropic", "openai")
    double.script(HAIKU, [reply()])
    fix()
    storage = Storage(Path(os.environ["SUFFICE_STATE_DIR"]) / FILE_NAME)
    storage.health.failed("anthropic", HAIKU, 60.0)
    storage.close()

    second = fix("--time-budget-s", "0.001")

    assert (second.only_item["outcome"], second.only_item["lane"]) == ("proposed", "haiku")
    assert (models(double), second.report["totals"]["cost_usd"]) == ([HAIKU], 0)


def test_what_a_peer_answered_in_an_outage_is_not_paid_again_when_it_is_over(double, fix, keys):
    keys("anthropic", "openai")
    double.script(HAIKU, [ScriptedError(status=429, retry_after_ms=300), reply()])
    double.script(GPT, [reply()])
    first = fix()
    time.sleep(0.3)

    second = fix()

    assert second.report["patch"] == first.report["patch"] != ""
    assert (models(double), second.report["totals"]["cost_usd"]) == ([HAIKU, GPT], 0)


def test_on_the_way_of_an_earlier_run_no_more_is_known_than_was_met_on_it():
    unwanted = ("haiku", "sonnet")
    way = Way(remembered=Remembered({}, ("gpt-5.4:low", *unwanted), unwanted, unwanted), lanes=LANES)
    known = [way.known.failed_here]

    for lane in unwanted:
        way.add(Attempt(lane, "anthropic", LANES[lane].model, Ended.ANSWERED, from_cache=True))
        known.append(way.known.failed_here)

    assert known == [(), ("gpt-5.4:low", "haiku"), ("gpt-5.4:low", *unwanted)]
    assert (way.is_earlier, way.attempts) == (False, ())
    assert [(told.lane, told.evidence) for told in way.before] == [("haiku", REJECTED), ("sonnet", REJECTED)]


def test_what_was_paid_on_the_way_stays_on_it_though_a_rejected_fix_of_the_linter_is_met_again():
    way = Way(remembered=Remembered({}, ("linter",), ("linter",), ("linter",)), lanes=LANES)
    way.leave_the_earlier()

    for lane in ("sonnet", "linter"):
        way.add(Attempt(lane, "anthropic", "a model", Ended.ANSWERED, cost_usd=0.01 * (lane == "sonnet")))

    assert [(attempt.lane, attempt.cost_usd) for attempt in way.attempts] == [("sonnet", 0.01), ("linter", 0.0)]


def test_a_lane_that_is_asked_for_is_asked_although_anothers_result_is_cached(double, fix):
    double.script(HAIKU, [reply()])
    double.script(SONNET, [reply()])
    fix()

    item = fix("--lane", "sonnet").only_item

    assert ([attempt["lane"] for attempt in item["attempts"]], models(double)) == (["sonnet"], [HAIKU, SONNET])


@pytest.mark.parametrize(
    ("settings", "path"),
    [("", "/"), (f'[lanes.haiku]\nmodel = "{SONNET}"\n', ""), ('[lanes.haiku]\neffort = "high"\n', "")],
    ids=["address", "model", "effort"],
)
def test_what_another_said_is_no_answer_to_the_same_question(double, fix, monkeypatch, tmp_path, settings, path):
    double.script(HAIKU, [reply(), reply()])
    double.script(SONNET, [reply()])
    fix()
    (tmp_path / "config.toml").write_text(settings)
    monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", f"{double.anthropic_base_url}{path}")

    again = fix()

    assert (again.only_item["lane"], len(models(double))) == ("haiku", 2)
    assert again.report["totals"]["cache"]["hits"] == 0


def test_what_was_handed_over_is_not_paid_again(double, fix):
    for model in (HAIKU, SONNET):
        double.script(model, [reply(SILENCED), ScriptedText(text="no JSON", usage=USAGE)])
    first = fix()

    second = fix()

    assert len(models(double)) == 4
    assert (first.only_item["reason"], second.only_item["reason"]) == ("no-usable-reply", "no-usable-reply")
    assert second.report["totals"]["cost_usd"] == 0


def test_after_one_line_was_changed_only_what_it_touches_is_asked_again(double, fix):
    others = "".join(f"\n\n{BAD.replace('load', f'load_{name}')}" for name in ("b", "c"))
    double.script(HAIKU, [repaired], repeat_last=True)
    fix(files={"mod.py": BAD + others})
    asked_before = len(models(double))

    ran = fix(files={"mod.py": (BAD + others).replace("open(path)", "open(path, 'rb')", 1)})

    assert asked_before == 3
    assert len(models(double)) == 4
    assert ran.report["totals"]["by_outcome"] == {"proposed": 3}
    assert "'rb'" in asked(double)[-1][1]


def repaired(body):
    """Return a right answer for the window that a request shows."""
    shown = body["messages"][0]["content"]
    prompt = shown if isinstance(shown, str) else "".join(part["text"] for part in shown)
    window = prompt.split("# The window")[1].split("```python\n")[1].split("\n```")[0]
    text = window.replace("raise ValueError(path)", "raise ValueError(path) from error")
    return {"replacement": text, "extra_import": None, "cannot_fix": None}


def test_what_is_not_sure_enough_climbs_and_is_handed_over_with_every_attempt(double, fix):
    double.script(HAIKU, [reply()])
    double.script(SONNET, [reply()])

    ran = fix("--min-confidence", "0.999")

    item = ran.only_item
    assert (ran.code, item["outcome"], item["reason"]) == (1, "needs-human", "low-confidence")
    assert [(lane, failed) for lane, _, failed in tried(item)] == [("haiku", []), ("sonnet", [])]
    assert "below 1.00" in item["detail"]
    assert item["verdict"]["calibrated"] is False


def test_an_answer_that_was_cut_off_is_asked_for_once_more_with_twice_the_room(double, fix):
    double.script(HAIKU, [ScriptedTruncation(usage=USAGE), reply()])

    item = fix().only_item

    assert tried(item) == [("haiku", "truncated", []), ("haiku", "answered", [])]
    first, second = (request.body["max_tokens"] for request in double.requests[double.seen :])
    assert second == 2 * first


def test_a_lane_of_small_context_that_is_cut_off_climbs(double, fix, monkeypatch):
    monkeypatch.setenv("SUFFICE_LOCAL_BASE_URL", double.local_base_url)
    double.script("qwen", [ScriptedTruncation(usage=USAGE)], repeat_last=True)
    double.script(HAIKU, [reply()], repeat_last=True)

    item = fix().only_item

    assert tried(item) == [("local", "truncated", []), ("local", "truncated", []), ("haiku", "answered", [])]


def test_the_time_of_a_run_is_a_budget_too(double, fix):
    ran = fix("--time-budget-s", "0")

    assert (ran.code, ran.report["status"]) == (1, "degraded")
    assert (ran.only_item["outcome"], ran.only_item["reason"]) == ("out-of-budget", "time-budget")
    assert models(double) == []


@pytest.mark.parametrize(
    ("setting", "which"), [("max_task_usd", "task"), ("max_day_usd", "day"), ("max_repository_month_usd", "month")]
)
def test_a_cap_of_the_settings_holds_and_is_named(double, fix, monkeypatch, tmp_path, setting, which):
    config = tmp_path / "config.toml"
    config.write_text(f"{setting} = 0.0001\n")
    monkeypatch.setenv("SUFFICE_CONFIG", str(config))

    item = fix().only_item

    assert (item["outcome"], item["reason"]) == ("out-of-budget", "cap-reached")
    assert which in item["detail"]
    assert models(double) == []


def test_a_lane_of_the_users_own_is_asked(double, fix, monkeypatch, tmp_path):
    policy = tmp_path / "own.toml"
    policy.write_text('[kinds.lint-fix]\nladder = ["linter", "mine", "human"]\n')
    config = tmp_path / "config.toml"
    config.write_text(
        f'policy = "{policy}"\n[lanes.mine]\nprovider = "anthropic"\nmodel = "{SONNET}"\n'
        "context_tokens = 200000\nprices = [{ input = 1.0, cached = 0.1, output = 2.0 }]\n"
    )
    monkeypatch.setenv("SUFFICE_CONFIG", str(config))
    double.script(SONNET, [reply()])

    item = fix().only_item

    assert (item["lane"], item["attempts"][0]["cost_usd"]) == ("mine", pytest.approx(0.00171))


FUNCTIONS = ("load", "save", "send")


def several(*names):
    return "\n\n".join(BAD.replace("load", name) for name in names)


def answering_items(**wrong):
    """Answer each item of a group, and a request that goes alone; *wrong* names functions and what replaces them."""

    def answer(body):
        items = (body.get("input") or body["messages"][0]["content"]).split("# Item ")[1:]
        answers = [
            {"number": number, **repaired({"messages": [{"content": item}]})}
            for number, item in enumerate(items, start=1)
        ]
        for each in answers:
            text = each["replacement"]
            each["replacement"] = next((new for name, new in wrong.items() if f"def {name}(" in text), text)
        return ScriptedAnswer(answer={"answers": answers} if items else repaired(body), usage=USAGE)

    return answer


@pytest.fixture
def bulk(fix, monkeypatch):
    """Run `suffice fix` as in CI, where nobody waits."""
    monkeypatch.setenv("CI", "true")
    return fix


def test_in_bulk_the_diagnostics_of_one_file_go_in_one_request_and_share_its_price(double, bulk):
    double.script(HAIKU, [answering_items()])

    ran = bulk(files={"mod.py": several(*FUNCTIONS)})

    attempts = [item["attempts"][0] for item in ran.report["items"]]
    assert models(double) == [HAIKU]
    assert ran.report["totals"]["by_outcome"] == {"proposed": 3}
    assert ran.report["patch"].count("+        raise ValueError(path) from error") == 3
    assert sum(attempt["input_tokens"] for attempt in attempts) == USAGE.input_tokens
    assert sum(attempt["output_tokens"] for attempt in attempts) == USAGE.output_tokens
    assert ran.report["totals"]["cost_usd"] == price("haiku")
    assert sum(row[2] for row in rows()) == price("haiku")
    assert len({attempt["request_id"] for attempt in attempts}) == 1


def test_gpt_takes_a_group_too(double, bulk, keys, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    keys("openai")
    double.script(GPT, [answering_items()])

    ran = bulk(files={"mod.py": several(*FUNCTIONS)})

    assert ran.report["totals"]["by_outcome"] == {"proposed": 3}
    assert models(double) == [GPT]


def test_a_bad_answer_of_a_group_climbs_alone(double, bulk):
    silenced = SILENCED.replace("load", "save")
    right = ScriptedAnswer(answer={"doubts": [], "verdict": "right"}, usage=USAGE)
    double.script(HAIKU, [answering_items(save=silenced), reply(silenced), right])
    double.script(SONNET, [reply(GOOD.replace("load", "save"))])

    ran = bulk(files={"mod.py": several(*FUNCTIONS)})

    assert [[lane for lane, *_ in tried(item)] for item in ran.report["items"]] == [
        ["haiku"],
        ["haiku", "haiku", "sonnet"],
        ["haiku"],
    ]
    assert ran.report["totals"]["by_outcome"] == {"proposed": 3}
    assert models(double) == [HAIKU, HAIKU, SONNET, HAIKU]  # the last one judges what sonnet wrote
    assert all("# Item" not in prompt for _, prompt in asked(double)[1:])


def test_a_model_that_answers_no_group_is_asked_one_by_one_and_all_is_booked(double, bulk):
    double.script(HAIKU, [lambda body: ScriptedAnswer(answer=repaired(body), usage=USAGE)], repeat_last=True)

    ran = bulk(files={"mod.py": several(*FUNCTIONS)})

    assert models(double) == [HAIKU] * 4
    assert ran.report["totals"]["by_outcome"] == {"proposed": 3}
    assert [len(item["attempts"]) for item in ran.report["items"]] == [1, 1, 1]
    assert ran.report["totals"]["cost_usd"] == pytest.approx(4 * price("haiku").expected, rel=1e-3)
    assert bulk(files={"mod.py": several(*FUNCTIONS)}).report["totals"]["cost_usd"] == 0
    assert models(double) == [HAIKU] * 4


def test_who_waits_gets_each_diagnostic_asked_on_its_own(double, fix):
    double.script(HAIKU, [answering_items()], repeat_last=True)

    ran = fix(files={"mod.py": several(*FUNCTIONS)})

    assert models(double) == [HAIKU] * 3
    assert all("# Item" not in prompt for _, prompt in asked(double))
    assert ran.report["totals"]["by_outcome"] == {"proposed": 3}


def test_the_diagnostics_of_two_files_never_go_together(double, bulk):
    double.script(HAIKU, [answering_items()], repeat_last=True)

    ran = bulk(files={"a.py": several("one", "two"), "b.py": several("three", "four")})

    sent = [{name for name in ("one", "two", "three", "four") if f"def {name}(" in text} for _, text in asked(double)]
    assert sorted(sent, key=sorted) == [{"three", "four"}, {"one", "two"}]
    assert ran.report["totals"]["by_outcome"] == {"proposed": 4}


def test_a_second_identical_bulk_run_calls_nobody(double, bulk):
    double.script(HAIKU, [answering_items()])
    first = bulk(files={"mod.py": several(*FUNCTIONS)})

    second = bulk(files={"mod.py": several(*FUNCTIONS)})

    assert second.report["patch"] == first.report["patch"]
    assert models(double) == [HAIKU]
    assert second.report["totals"]["cache"] == {
        "hits": 3,
        "saved_usd": pytest.approx(price("haiku").expected, rel=1e-3),
    }


def test_lines_inserted_above_change_no_question(double, fix):
    double.script(HAIKU, [reply()])
    fix()

    ran = fix(files={"mod.py": f'"""A module."""\n\nVERSION = 1\n\n\n{BAD}'})

    assert ran.only_item["attempts"][0]["from_cache"] is True
    assert models(double) == [HAIKU]


def test_a_bulk_run_never_costs_more_than_its_cap(double, bulk):
    def endless(body):
        return ScriptedTruncation(usage=Usage(input_tokens=900, output_tokens=body["max_tokens"]))

    double.script(HAIKU, [endless], repeat_last=True)
    double.script(SONNET, [endless], repeat_last=True)

    ran = bulk("--max-cost-usd", "0.02", files={"mod.py": several(*FUNCTIONS)})

    assert 0 < ran.report["totals"]["cost_usd"] <= 0.02


@pytest.mark.slow
def test_a_lane_that_cannot_be_reached_is_left_for_the_next_rung(double, fix, monkeypatch):
    monkeypatch.setenv("SUFFICE_LOCAL_BASE_URL", "http://127.0.0.1:9/v1")
    double.script(HAIKU, [reply()])

    item = fix().only_item

    assert item["lane"] == "haiku"
    assert {(lane, ended) for lane, ended, _ in tried(item)[:-1]} == {("local", "unavailable")}


@pytest.mark.slow
def test_a_call_that_was_cut_off_is_in_the_ledger_and_in_the_report(double, project, command, keys):
    double.script(HAIKU, [ScriptedHang(hang_s=30)])
    project.write({"pyproject.toml": SETTINGS, "mod.py": BAD})
    running = subprocess.Popen(
        [command, "fix", "--yes", "--json"], cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    while not models(double) and running.poll() is None:
        time.sleep(0.05)

    running.send_signal(signal.SIGINT)
    report = json.loads(running.communicate(timeout=20)[0])

    assert [(row[0], row[1], row[2] > 0) for row in rows()] == [("haiku", "cancelled", True)]
    assert [attempt["ended"] for attempt in report["items"][0]["attempts"]] == ["cancelled"]
    assert report["totals"]["cost_usd"] == pytest.approx(rows()[0][2], abs=1e-7)


@pytest.mark.slow
def test_calls_that_wait_for_their_turn_are_not_sent_when_the_time_is_up(double, fix):
    double.script(HAIKU, [reply(delay_s=0.4)], repeat_last=True)

    ran = fix("--jobs", "1", "--time-budget-s", "4", files={f"mod{number}.py": BAD for number in range(30)})

    assert 1 <= len(models(double)) < 30
    assert "out-of-budget" in ran.report["totals"]["by_outcome"]


def test_a_bad_key_is_not_shown_again_and_again(double, fix):
    double.script(HAIKU, [ScriptedError(status=401, delay_s=0.1)], repeat_last=True)

    fix("--jobs", "1", files={f"mod{number}.py": BAD for number in range(6)})

    assert len(models(double)) == 1
