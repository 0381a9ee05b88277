"""`suffice review` over real HTTP, the real SDKs and real git: what is found, tested, left out, counted and paid."""

import json
import signal
import subprocess
import time

import pytest

from suffice.lanes import Usage, catalogue
from suffice.report import REASONS
from suffice.testing import ScriptedAnswer, ScriptedError, ScriptedHang, ScriptedRefusal, ScriptedText

LANES = catalogue().lanes
HAIKU, SONNET, OPUS = (LANES[name].model for name in ("haiku", "sonnet", "opus"))
GPT = LANES["gpt-5.4:low"].model
USAGE = Usage(input_tokens=2000, output_tokens=120)

BEFORE = '''\
"""The cart."""


def pages(items, size):
    return -(-len(items) // size)


def total(prices):
    return sum(prices)
'''
AFTER = BEFORE.replace("-(-len(items) // size)", "len(items) // size").replace("sum(prices)", "sum(prices, 0)")
CLAIM = {
    "hunk": "h1",
    "category": "correctness",
    "severity": "high",
    "title": "The last page is never counted.",
    "trigger": "a list that does not fill its last page",
    "consequence": "the items of the last page are lost",
    "first_line": "    return len(items) // size",
    "last_line": "    return len(items) // size",
    "replacement": "    return -(-len(items) // size)",
    "score": 0.9,
}


def said(answer):
    return ScriptedAnswer(answer=answer, usage=USAGE)


def script(double, *, findings, label="risky", verdict="holds", other=()):
    """Let haiku sort, sonnet find, and whoever is asked test the claims."""

    def cheap(body):
        text = json.dumps(body)
        if "What stands where" in text or '"verdict"' in text:
            return said({"verdict": verdict, "because": "it divides down", "quote": "    return len(items) // size"})
        count = text.count("# Item ")
        return said({"items": [{"number": n, "label": label, "why": "arithmetic"} for n in range(1, count + 1)]})

    def dear(body):
        found = other if body["model"] == GPT else findings
        text = json.dumps(body)
        if "# The claim" in text:
            return cheap(body)
        label = "h1" if text.find("len(items)") < text.find("# Hunk h2") else "h2"  # the second reader's order differs
        return said({"findings": [{**one, "hunk": label} for one in found]})

    double.script(HAIKU, [cheap], repeat_last=True)
    for model in (SONNET, GPT, OPUS):
        double.script(model, [dear], repeat_last=True)


@pytest.fixture
def double(connected):
    """The server, which each test scripts for itself."""
    return connected


@pytest.fixture
def shop(repository):
    repository.write({"shop/cart.py": BEFORE, "shop/__init__.py": ""}).commit()
    repository.write({"shop/cart.py": AFTER})
    return repository


@pytest.fixture
def review(shop, suffice, double):
    def run(*arguments, consent=("--yes",), **more):
        return suffice("review", *consent, *arguments, **more)

    return run


def prompts(double):
    return [json.dumps(request.body) for request in double.requests[double.seen :]]


def test_a_finding_is_told_with_its_place_its_lines_and_who_says_so(review, double):
    script(double, findings=[CLAIM])

    ran = review()

    assert ran.code == 0
    shown = ran.stdout.decode()
    assert "shop/cart.py:5: high correctness: The last page is never counted." in shown
    assert "> return len(items) // size" in shown
    assert "a list that does not fill its last page" in shown
    assert "seen by sonnet" in shown
    assert "Suggestion (checked)" in shown
    assert "looked at" in ran.stderr
    assert "Cost $" in ran.stderr


def test_the_report_keeps_its_schema_and_counts_what_was_paid(review, double):
    script(double, findings=[CLAIM], other=[CLAIM])

    report = review("--json").report

    (item,) = report["items"]
    assert (report["status"], report["reason"], report["command"]) == ("proposed", "findings", "review")
    assert (item["path"], item["start_line"], item["end_line"]) == ("shop/cart.py", 5, 5)
    assert item["finding"]["seen_by"] == ["sonnet", "gpt-5.4:low"]
    assert item["edits"][0]["new_text"] == "    return -(-len(items) // size)\n"
    assert report["totals"]["cost_usd"] > 0
    assert set(report["totals"]["by_lane"]) >= {"haiku", "sonnet", "gpt-5.4:low"}
    calls = report["review"]["calls"]
    assert sum(call["cost_usd"] for call in calls) == pytest.approx(report["totals"]["cost_usd"])


def test_a_claim_that_is_refuted_or_quotes_nothing_is_counted_and_not_shown(review, double):
    script(
        double,
        findings=[CLAIM, {**CLAIM, "first_line": "    return 0", "last_line": "    return 0"}],
        verdict="refuted",
    )

    ran = review()

    assert ran.stdout == b""
    assert "refuted" in ran.stderr
    assert "quote" in ran.stderr


def test_nothing_changed_asks_nobody(review, double, shop):
    shop.git("checkout", "--", ".")

    ran = review()

    assert (ran.code, ran.stdout) == (0, b"")
    assert prompts(double) == []
    assert "nothing" in ran.stderr


def test_the_changes_since_a_base_are_read_with_their_title(review, double, shop):
    script(double, findings=[])
    shop.git("checkout", "--quiet", "-b", "faster")
    shop.commit("Count pages faster")

    ran = review("--base", "main")

    assert ran.code == 0
    assert any("Count pages faster" in prompt for prompt in prompts(double))


def test_a_new_file_that_git_does_not_know_is_read_and_an_ignored_one_is_not(review, double, shop):
    script(double, findings=[])
    shop.write({"shop/new.py": "def fresh():\n    return eval(input())\n", ".env": "KEY=1\n", ".gitignore": "out/\n"})
    shop.write({"out/made.py": "def made():\n    return 1\n"})

    ran = review("--json")

    sent = " ".join(prompts(double))
    assert "def fresh" in sent
    assert "KEY=1" not in sent
    assert "def made" not in sent
    assert any(left["path"] == ".env" for left in ran.report["not_looked_at"])


def test_findings_can_end_the_command_with_one(review, double):
    script(double, findings=[CLAIM])

    assert review("--fail-on", "findings").code == 1


def test_a_dismissed_finding_is_not_told_again(review, double, suffice, tmp_path):
    script(double, findings=[CLAIM])
    file = tmp_path / "report.json"
    review("--output", file)

    suffice("feedback", f"{file}#i1", "dismissed")
    ran = review()

    assert ran.stdout == b""
    assert "dismissed" in ran.stderr


def test_with_the_cap_used_up_every_hunk_that_was_not_read_is_named(review, double):
    script(double, findings=[CLAIM])

    report = review("--max-cost-usd", "0.0000001", "--json").report

    assert report["status"] == "degraded"
    assert [left["path"] for left in report["not_looked_at"]] == ["shop/cart.py", "shop/cart.py"]


def test_without_a_key_nothing_is_sent_and_all_is_named(review, double, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")

    ran = review()

    assert ran.code == 0
    assert prompts(double) == []
    assert "not looked at: shop/cart.py" in ran.stderr
    assert "Set ANTHROPIC_API_KEY" in ran.stderr


def test_a_summary_says_in_words_what_the_change_does(review, double):
    script(double, findings=[])
    answer = said({"answer": "It counts full pages only.", "quotes": ["len(items) // size"]})
    double.script(
        SONNET,
        [lambda body: answer if "Tell a maintainer" in json.dumps(body) else said({"findings": []})],
        repeat_last=True,
    )

    report = review("--summary", "--json").report

    assert "It counts full pages only." in report["summary"]


def test_an_outage_is_said_and_is_no_clean_review(review, double):
    for model in (HAIKU, SONNET, OPUS, GPT):
        double.script(model, [ScriptedError(status=529)], repeat_last=True)

    ran = review("--time-budget-s", "2", "--json")

    assert ran.code == 1
    assert ran.report["status"] == "degraded"


def test_outside_of_a_repository_it_says_so(project, suffice):
    ran = suffice("review")

    assert ran.code == 2
    assert "git" in ran.sentences[-1]


def test_a_run_that_calls_nobody_says_whom_it_would_ask_and_for_about_how_much(review, double):
    ran = review("--dry-run")
    report = review("--dry-run", "--json").report

    assert prompts(double) == []
    assert (ran.code, report["reason"]) == (0, "dry-run")
    assert "Would ask, at most: haiku 1 to sort, " in ran.stderr
    asked = [(entry["doing"], entry["lane"], entry["calls"]) for entry in report["review"]["expected"]]
    assert asked == [("sort", "haiku", 1), ("read", "sonnet", 1), ("read again", "gpt-5.4:low", 1)]
    assert all(0 < entry["estimated_cost_usd"] < 0.05 for entry in report["review"]["expected"])


def test_a_dry_run_counts_on_the_keys_that_there_are(review, double, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    expected = review("--dry-run", "--json").report["review"]["expected"]

    assert [entry["lane"] for entry in expected] == ["gpt-5.4:low", "gpt-5.4:high"]


def test_what_was_read_and_paid_would_not_be_asked_again(review, double):
    script(double, findings=[])
    review()

    assert review("--offline", "--json").report["review"]["expected"] == []


NOBODY_READS_IT = {
    "no lane": ("no-lane", ("--max-lane", "haiku"), None),
    "no usable reply": ("no-usable-reply", (), ScriptedText(text="Looks good to me!")),
    "refused": ("refused", (), ScriptedRefusal()),
}


@pytest.mark.parametrize(("reason", "options", "reply"), NOBODY_READS_IT.values(), ids=NOBODY_READS_IT)
def test_a_change_that_nobody_could_read_is_not_called_clean(review, double, reason, options, reply):
    script(double, findings=[])
    if reply:
        for model in (SONNET, OPUS, GPT):
            double.script(model, [reply], repeat_last=True)

    ran = review(*options, "--json")

    assert (ran.code, ran.report["status"]) == (1, "needs-human")
    assert {left["reason"] for left in ran.report["not_looked_at"]} == {REASONS[reason]}
    told = review(*options).stderr
    assert "nothing found" not in told
    assert f"not looked at: shop/cart.py:5: {REASONS[reason]}\n" in told
    assert f"looked at 0 of 2 hunks (2: {reason.replace('-', ' ')})\n" in told


def test_edits_of_suggestions_name_the_version_of_their_file(review, double, shop):
    script(double, findings=[CLAIM])

    report = review("--json").report

    (file,) = report["files"]
    blob_sha = shop.git("hash-object", "shop/cart.py").strip()
    assert file == {"path": "shop/cart.py", "blob_sha": blob_sha, "eol": "\n", "final_newline": True}
    assert [edit["path"] for edit in report["items"][0]["edits"]] == ["shop/cart.py"]


def test_two_suggestions_for_the_same_lines_name_each_other(review, double):
    other = {
        **CLAIM,
        "category": "security",
        "title": "An attacker reads the key.",
        "trigger": "a negative size from outside",
        "consequence": "secrets leak",
        "replacement": "    return len(items) // abs(size)",
    }
    script(double, findings=[CLAIM, other])

    items = review("--json").report["items"]

    assert {item["id"]: item["conflicts_with"] for item in items} == {"i1": ["i2"], "i2": ["i1"]}


def test_a_line_that_is_gone_is_told_as_one_before_the_change(review, double, shop):
    shop.write({"shop/cart.py": AFTER.replace("    return len(items) // size\n", "    pass\n")})
    quote = "    return -(-len(items) // size)"
    script(double, findings=[{**CLAIM, "first_line": quote, "last_line": quote, "replacement": None}])

    assert "shop/cart.py:5 (before the change): high" in review().stdout.decode()


def test_what_is_less_sure_is_told_in_a_line_each(review, double, shop):
    other = {
        **CLAIM,
        "category": "other",
        "severity": "low",
        "title": "Nobody asked for it.",
        "trigger": "any order",
        "consequence": "customers wonder",
        "replacement": None,
    }
    script(double, findings=[CLAIM, other])

    shown = review().stdout.decode()

    assert shown.count("    > return len(items) // size") == 1
    assert "Less sure, or less severe:\n    shop/cart.py:5: low other: Nobody asked for it.\n" in shown


def test_lines_that_are_best_taken_away_are_a_suggestion_too(review, double, shop):
    shop.write({"shop/cart.py": AFTER.replace("    return len", "    items.clear()\n    return len")})
    quote = "    items.clear()"
    script(double, findings=[{**CLAIM, "first_line": quote, "last_line": quote, "replacement": ""}])

    ran = review()

    assert "Suggestion (checked): take these lines away." in ran.stdout.decode()


def test_what_is_left_out_from_now_on_is_not_sent_before_it_is_committed(review, double, shop):
    script(double, findings=[])
    shop.write({".sufficeignore": "secret/\n", "suffice.toml": 'exclude = ["own/"]\n'})
    shop.write({"secret/key.py": "def key():\n    return 4711\n", "own/algorithm.py": "def best():\n    return 42\n"})

    ran = review("--json")

    sent = " ".join(prompts(double))
    assert "def key" not in sent
    assert "def best" not in sent
    unseen = [left["path"] for left in ran.report["not_looked_at"] if left["reason"].startswith("ignored by")]
    assert unseen == ["own/algorithm.py", "secret/key.py"]


def test_a_proposed_change_does_not_decide_what_is_left_out(review, double, shop):
    script(double, findings=[])
    shop.git("checkout", "--quiet", "--", ".")
    shop.write({"suffice.toml": 'exclude = ["own/"]\n', "own/a.py": "A = 1\n"}).commit()
    shop.git("checkout", "--quiet", "-b", "sly")
    hidden = {"suffice.toml": "exclude = []\n", ".sufficeignore": "shop/\n", "own/a.py": "A = 'not to be sent'\n"}
    shop.write({"shop/cart.py": AFTER, **hidden}).commit()

    ran = review("--base", "main", "--json")

    assert "not to be sent" not in " ".join(prompts(double))
    assert [left["path"] for left in ran.report["not_looked_at"]] == ["own/a.py"]


def test_what_is_not_committed_has_no_title(review, double):
    script(double, findings=[])

    review("--base", "HEAD")

    assert not any("What the change says of itself" in prompt for prompt in prompts(double))


def test_a_file_name_takes_one_line_and_steers_nothing(review, double, shop):
    script(double, findings=[])
    shop.write({"shop/a\nnot looked at: all.py": "A = 1\n", "shop/\x1b[2J.min.js": "a=1\n"})

    said = review().sentences

    assert not any(line.startswith("not looked at: all.py") for line in said)
    assert any(r"shop/\x1b[2J.min.js" in line for line in said)


def test_a_rejected_finding_is_not_told_again_and_nobody_tries_harder(review, double, suffice, tmp_path):
    script(double, findings=[CLAIM])
    file = tmp_path / "report.json"
    review("--output", file)

    said = suffice("feedback", f"{file}#i1", "rejected")
    ran = review()

    assert said.stdout.decode() == "Noted: what sonnet made of correctness in shop/cart.py was rejected.\n"
    assert ran.stdout == b""
    assert "dismissed" in ran.stderr


def test_what_was_said_of_findings_is_counted_by_category(review, double, suffice, tmp_path):
    script(double, findings=[CLAIM])
    file = tmp_path / "report.json"
    review("--output", file)
    suffice("feedback", f"{file}#i1", "kept")

    rules = json.loads(suffice("stats", "--json").stdout)["rules"]

    assert [(row["rule"], row["lane"]) for row in rules if row["kept"]] == [("correctness", "sonnet")]


def test_a_finding_is_explained_by_its_quote_and_by_who_tested_it(review, double, suffice, tmp_path):
    script(double, findings=[CLAIM])
    file = tmp_path / "report.json"
    review("--output", file)

    told = suffice("explain", f"{file}#i1").stdout.decode()

    assert told.startswith("shop/cart.py:5:1: correctness The last page is never counted.\nproposed by sonnet: ")
    assert "  When a list that does not fill its last page: the items of the last page are lost\n" in told
    assert "  > return len(items) // size\n" in told
    assert "asked in this review:\n  haiku (" in told
    assert "nobody was asked" not in told
    assert "next: a person" in told


# --- the architecture


def test_the_architecture_is_told_as_markdown_from_facts(repository, suffice, double):
    files = {
        f"shop/{name}.py": f"from shop import {other}\n\n\ndef {name}():\n    return {other}\n"
        for name, other in ("ab", "bc", "ca")
    }
    repository.write({"shop/__init__.py": "", **files}).commit()

    def answer(body):
        assert "import" in json.dumps(body)
        return said({"no_change_needed": True, "why": "The package is small.", "findings": []})

    double.script(OPUS, [answer])

    ran = suffice("review", "--architecture", "--yes")

    assert ran.code == 0
    shown = ran.stdout.decode()
    assert "# Architecture review" in shown
    assert "No structural change is needed" in shown
    assert "opus sufficed" in ran.stderr


def test_the_architecture_as_data(repository, suffice, double):
    repository.write({"shop/a.py": "X = 1\n"}).commit()
    double.script(OPUS, [said({"no_change_needed": True, "why": "It is small.", "findings": []})])

    report = suffice("review", "--architecture", "--yes", "--json").report

    assert report["architecture"]["no_change_needed"] is True
    assert report["items"][0]["kind"] == "architecture-review"


def test_a_structure_that_needs_no_change_is_clean_and_no_finding(repository, suffice, double):
    repository.write({"shop/a.py": "X = 1\n"}).commit()
    double.script(OPUS, [said({"no_change_needed": True, "why": "It is small.", "findings": []})])

    ran = suffice("review", "--architecture", "--yes", "--json", "--fail-on", "findings")

    (item,) = ran.report["items"]
    assert (ran.code, ran.report["status"]) == (0, "clean")
    assert (item["outcome"], item["detail"]) == ("unchanged", "no structural change is needed")
    assert ran.report["totals"]["by_lane"]["opus"]["sufficed"] == 1


def test_of_an_empty_folder_no_architecture_is_asked_for(project, suffice, double):
    ran = suffice("review", "--architecture", "--yes", "--json")

    assert (ran.code, ran.report["status"]) == (0, "clean")
    assert prompts(double) == []


def test_before_an_architecture_is_asked_for_its_price_is_told(repository, suffice, double):
    repository.write({"shop/a.py": "X = 1\n"}).commit()

    ran = suffice("review", "--architecture", "--dry-run", "--json")

    assert prompts(double) == []
    assert ran.report["items"][0]["next_lane"]["lane"] == "opus"
    assert ran.report["items"][0]["next_lane"]["estimated_cost_usd"] > 0


def test_the_architecture_of_a_change_names_its_commits(repository, suffice, double):
    repository.write({"shop/a.py": "X = 1\n"}).commit()
    repository.git("checkout", "--quiet", "-b", "more")
    repository.write({"shop/b.py": "from shop import a\n"}).commit()

    report = suffice("review", "--architecture", "--base", "main", "--dry-run", "--json").report

    assert len(report["base_sha"]) == len(report["head_sha"]) == 40
    assert any(fact["kind"] == "new-import" for fact in report["architecture"]["facts"])


def test_a_summary_is_of_a_change_and_not_of_an_architecture(repository, suffice):
    assert suffice("review", "--architecture", "--summary").code == 2


@pytest.mark.slow
def test_an_interrupted_architecture_review_still_tells_its_facts(repository, double, command):
    repository.write({"shop/a.py": "X = 1\n"}).commit()
    double.script(OPUS, [ScriptedHang(hang_s=20)])
    arguments = [command, "review", "--architecture", "--json", "--yes"]
    started = subprocess.Popen(arguments, cwd=repository.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    end = time.monotonic() + 20
    while not prompts(double) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    stdout, _ = started.communicate(timeout=10)

    report = json.loads(stdout)
    assert (started.returncode, report["status"], report["reason"]) == (130, "degraded", "interrupted")
    assert report["interrupted"] is True
    assert report["architecture"]["facts"]


def test_what_was_said_of_an_architecture_can_be_rejected(repository, suffice, double, tmp_path):
    repository.write({"shop/a.py": "X = 1\n"}).commit()
    double.script(OPUS, [said({"no_change_needed": True, "why": "It is small.", "findings": []})])
    file = tmp_path / "report.json"
    suffice("review", "--architecture", "--yes", "--output", file)

    item = json.loads(file.read_text())["items"][0]

    assert len(item["fingerprint"]) == 32


def test_an_architecture_that_nobody_may_be_asked_about_says_the_price(repository, suffice, double, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")
    repository.write({"shop/a.py": "X = 1\n"}).commit()

    ran = suffice("review", "--architecture")

    assert "it would go to opus, about $" in ran.stderr
    assert "Set ANTHROPIC_API_KEY" in ran.stderr
