"""`suffice review` over real HTTP, the real SDKs and real git: what is found, tested, left out, counted and paid."""

import json

import pytest

from suffice.lanes import Usage, catalogue
from suffice.testing import ScriptedAnswer, ScriptedError

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
def double(server, monkeypatch):
    server.seen = len(server.requests)
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", server.anthropic_base_url)
    monkeypatch.setenv("SUFFICE_OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-test-4711")
    return server


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
