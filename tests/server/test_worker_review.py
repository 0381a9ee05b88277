"""Reviews as the worker makes them: real git, the real SDKs over HTTP, texts that are not saved."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from suffice.fingerprint import repository_name
from suffice.lanes import Usage, catalogue
from suffice.review.claims.memory import said_in
from suffice.state.ledger import Feedback, Work
from suffice.testing import ScriptedAnswer, ScriptedError, ScriptedHang, provider_double
from suffice_server.messages import Attempted, Cancel, Consent, Failed, NeedsConsent, Noted, Review, Reviewed
from suffice_server.pipe import from_line, to_line
from suffice_server.worker.worker import Worker

LANES = catalogue().lanes
HAIKU, SONNET, OPUS = (LANES[name].model for name in ("haiku", "sonnet", "opus"))
GPT, CODEX = (LANES[name].model for name in ("gpt-5.4:low", "codex"))
USAGE = Usage(input_tokens=2000, output_tokens=120)
PATIENCE_S = 20

BEFORE = '''\
"""The cart."""


def pages(items, size):
    return -(-len(items) // size)


def total(prices):
    return sum(prices)
'''
AFTER = BEFORE.replace("-(-len(items) // size)", "len(items) // size")
QUOTE = "    return len(items) // size"
MENDED = "    return -(-len(items) // size)"
CLAIM = {
    "hunk": "h1",
    "category": "correctness",
    "severity": "high",
    "title": "The last page is never counted.",
    "trigger": "a list that does not fill its last page",
    "consequence": "the items of the last page are lost",
    "first_line": QUOTE,
    "last_line": QUOTE,
    "replacement": MENDED,
    "score": 0.9,
}


def said(answer):
    return ScriptedAnswer(answer=answer, usage=USAGE)


def script(double, *findings, verdict="holds", label="risky"):
    """Let a cheap lane sort, a better one find, and whoever is asked test the claims."""

    def answer(body):
        text = json.dumps(body)
        if "# The claim" in text:
            return said({"verdict": verdict, "because": "it divides down", "quote": QUOTE})
        if body["model"] != HAIKU:
            return said({"findings": list(findings)})
        numbers = range(1, text.count("# Item ") + 1)
        return said({"items": [{"number": number, "label": label, "why": "arithmetic"} for number in numbers]})

    for model in (HAIKU, SONNET, GPT, CODEX, OPUS):
        double.script(model, [answer], repeat_last=True)


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def double(server):
    """The server, of which a test sees its own requests."""
    server.seen = len(server.requests)
    return server


def prompts(double):
    return [json.dumps(request.body, ensure_ascii=False) for request in double.requests[double.seen :]]


class Running:
    """A worker and what it sent."""

    def __init__(self, root, environment):
        self.root = root
        self.sent = []
        self.worker = Worker(send=self._send, environment=environment)

    def _send(self, message):
        self.sent.append(from_line(to_line(message)))

    def begin(self, buffers=None, **more):
        request = {"id": 1, "root": str(self.root), "buffers": buffers or {}, **more}
        self.worker.take(to_line(Review(**request)))

    async def review(self, buffers=None, **more):
        """Return the answer to a review of the folder with these texts open."""
        self.begin(buffers, **more)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self.worker._tasks.values(), return_exceptions=True)
        return next(m for m in self.sent[::-1] if not isinstance(m, Attempted | Noted))

    def told(self, kind):
        return [message for message in self.sent if isinstance(message, kind)]


@pytest.fixture
def environment(double, tmp_path):
    return {
        "CI": "1",
        "ANTHROPIC_API_KEY": "sk-ant-test-4711",
        "OPENAI_API_KEY": "sk-openai-test-4711",
        "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
        "SUFFICE_OPENAI_BASE_URL": double.openai_base_url,
        "SUFFICE_STATE_DIR": str(tmp_path / "state"),
    }


@pytest.fixture
async def start(environment):
    running = []

    def start_one(root, **variables):
        running.append(Running(root, {**environment, **variables}))
        return running[-1]

    yield start_one
    for one in running:
        await one.worker.close()


@pytest.fixture
def shop(repository):
    repository.write({"shop/cart.py": BEFORE, "shop/__init__.py": ""}).commit()
    return repository


def applied(claim, text):
    """Return *text* with the suggestion of *claim* in it."""
    for edit in sorted(claim.edits)[::-1]:
        text = text[: edit.start] + edit.new_text + text[edit.end :]
    return text


async def test_a_true_claim_on_a_text_that_is_not_saved_has_its_lines_and_says_why(start, shop, double):
    script(double, CLAIM)

    told = await start(shop.root).review({"shop/cart.py": AFTER})

    (claim,) = told.claims
    assert (told.ending, told.reason) == ("proposed", "findings")
    assert (claim.path, claim.start_line, claim.end_line) == ("shop/cart.py", 5, 5)
    assert (claim.first_line, claim.last_line) == (QUOTE, QUOTE)
    assert claim.lanes == ("sonnet", "gpt-5.4:low")
    assert "seen by sonnet and gpt-5.4:low" in claim.why
    assert "the hunk is risky: arithmetic" in claim.why
    assert claim.why[-1] == f"the whole review cost ${told.cost_usd:.4f}"
    assert claim.body == "When a list that does not fill its last page: the items of the last page are lost"
    assert told.cost_usd > 0
    assert shop.read("shop/cart.py").decode() == BEFORE


async def test_the_suggestion_of_a_claim_applies_to_the_text_that_was_sent(start, shop, double):
    script(double, CLAIM)

    marked = "\ufeff" + AFTER
    (claim,) = (await start(shop.root).review({"shop/cart.py": marked})).claims

    assert applied(claim, marked) == "\ufeff" + BEFORE
    assert claim.before is None


async def test_the_suggestion_for_a_file_that_is_not_open_brings_its_text_along(start, shop, double):
    script(double, CLAIM)
    shop.write({"shop/cart.py": AFTER})

    (claim,) = (await start(shop.root).review()).claims

    assert claim.before == AFTER
    assert applied(claim, claim.before) == BEFORE


async def test_a_refuted_claim_is_gone_and_counted(start, shop, double):
    script(double, CLAIM, verdict="refuted")

    told = await start(shop.root).review({"shop/cart.py": AFTER})

    assert (told.ending, told.claims) == ("unchanged", ())
    assert "1 refuted" in told.markdown


async def test_how_far_it_is_and_what_each_call_cost_is_told_on_the_way(start, shop, double):
    script(double, CLAIM)
    running = start(shop.root)

    told = await running.review({"shop/cart.py": AFTER})

    assert [noted.text for noted in running.told(Noted)] == ["looking at 1 changed file", "reading hunk 1 of 1"]
    assert [(one.about, one.lane) for one in running.told(Attempted)][:2] == [("triage", "haiku"), ("find", "sonnet")]
    assert sum(one.cost_usd for one in running.told(Attempted)) == pytest.approx(told.cost_usd)


async def test_the_report_is_markdown_of_ours_whatever_a_model_writes(start, shop, double):
    sly = "A <img src=x> [link](http://evil.example) ![](http://evil.example/x.png) `code`\n# @everyone"
    script(double, {**CLAIM, "title": sly, "trigger": sly, "consequence": sly, "replacement": f"    {sly}"})

    markdown = (await start(shop.root).review({"shop/cart.py": AFTER})).markdown

    parsed = [child for token in MarkdownIt().parse(markdown) for child in (token, *(token.children or ()))]
    assert {token.type for token in parsed}.isdisjoint({"html_block", "html_inline", "link_open", "image"})
    assert [token.tag for token in parsed if token.type == "heading_open"] == ["h1", "h2", "h2", "h2"]


async def test_the_report_tells_place_evidence_and_price(start, shop, double):
    script(double, CLAIM)

    markdown = (await start(shop.root).review({"shop/cart.py": AFTER})).markdown

    assert "1 finding" in markdown
    assert "`shop/cart.py` line 5, high correctness" in markdown
    assert "**Suggestion (checked):**" in markdown
    assert re.search(r"- `sonnet` \d calls?, \$0\.\d{4}", markdown)
    assert "looked at 1 of 1 hunk" in markdown


UNCHANGED = {
    "nothing": ({}, {}),
    "saved and committed": ({}, {"shop/cart.py": BEFORE}),
    "undone but not saved": ({"shop/cart.py": AFTER}, {"shop/cart.py": BEFORE}),
}


@pytest.mark.parametrize(("saved", "buffers"), UNCHANGED.values(), ids=UNCHANGED)
async def test_where_nothing_changed_nobody_is_asked(start, shop, double, saved, buffers):
    shop.write(saved)

    told = await start(shop.root).review(buffers)

    assert (told.ending, told.reason) == ("unchanged", "nothing-to-do")
    assert prompts(double) == []


async def test_outside_of_a_repository_it_says_so(start, project, double):
    told = await start(project.root).review({"a.py": "A = 1\n"})

    assert isinstance(told, Failed)
    assert "no git repository" in told.message
    assert "--" not in told.message


async def test_before_the_first_commit_it_says_so(start, repository, double):
    told = await start(repository.root).review({"a.py": "A = 1\n"})

    assert told == Failed(1, "There is no commit yet to compare with; commit something first.")


NOT_LOOKED_AT = {
    "ignored by git": {"out/made.py": "def made():\n    return eval(input())\n"},
    "ignored by the user": {"own/best.py": "def made():\n    return 42\n"},
    "secret": {".env": "def made(): 1\n"},
    "outside": {"../away.py": "def made():\n    return 1\n"},
    "behind a link": {"linked/a.py": "def made():\n    return 1\n"},
}


@pytest.mark.parametrize("buffers", NOT_LOOKED_AT.values(), ids=NOT_LOOKED_AT)
async def test_what_is_ignored_is_not_sent_because_it_is_open(start, shop, double, tmp_path, buffers):
    script(double)
    (tmp_path / "elsewhere").mkdir()
    (shop.root / "linked").symlink_to(tmp_path / "elsewhere")
    shop.write({".gitignore": "out/\nlinked\n", ".sufficeignore": "own/\n"}).commit()

    told = await start(shop.root).review({"shop/cart.py": AFTER, **buffers})

    assert told.ending == "unchanged"
    assert "len(items)" in " ".join(prompts(double))
    assert "made" not in " ".join(prompts(double))


async def test_a_new_file_that_is_not_saved_is_read(start, shop, double):
    script(double)

    told = await start(shop.root).review({"shop/new.py": "def fresh():\n    return eval(input())\n"})

    assert told.ending == "unchanged"
    assert any("def fresh" in prompt for prompt in prompts(double))


async def test_what_the_linter_says_is_not_said_again(start, shop, double):
    shop.write({"ruff.toml": 'lint.select = ["F821"]\n'}).commit()
    line = "    return missing(items)"
    claim = {
        **CLAIM,
        "title": "Undefined name `missing`",
        "consequence": "Undefined name `missing` F821",
        "first_line": line,
        "last_line": line,
        "replacement": None,
    }
    script(double, claim)

    told = await start(shop.root).review({"shop/cart.py": BEFORE.replace(MENDED, line)})

    assert told.claims == ()
    assert "settled by a diagnostic" in told.markdown


async def test_only_what_lies_in_the_folder_of_the_editor_is_looked_at(start, shop, double):
    script(double, CLAIM)
    shop.write({"other/far.py": "def far():\n    return eval(input())\n"})

    told = await start(shop.root / "shop").review({"cart.py": AFTER})

    (claim,) = told.claims
    assert (claim.path, claim.start_line) == ("cart.py", 5)
    assert applied(claim, AFTER) == BEFORE
    assert not any("def far" in prompt for prompt in prompts(double))


async def test_the_settings_of_a_folder_inside_of_the_repository_hold_for_its_files(start, shop, double):
    script(double)
    shop.write({"shop/.sufficeignore": "own.py\n", "shop/own.py": "def best():\n    return 42\n"})

    told = await start(shop.root / "shop").review({"cart.py": AFTER})

    assert not any("def best" in prompt for prompt in prompts(double))
    assert "`shop/own.py`: ignored" in told.markdown


async def test_a_claim_on_a_line_that_is_gone_is_told_where_it_was(start, shop, double):
    script(double, {**CLAIM, "first_line": MENDED, "last_line": MENDED, "replacement": None})
    gone = BEFORE.replace(MENDED + "\n", "    pass\n")

    (claim,) = (await start(shop.root).review({"shop/cart.py": gone})).claims

    assert (claim.start_line, claim.first_line) == (4, "def pages(items, size):")
    assert claim.why[0] == "it is about line 5 before the change"


async def test_a_claim_on_a_file_that_is_gone_is_about_no_line(start, shop, double):
    script(double, {**CLAIM, "first_line": MENDED, "last_line": MENDED, "replacement": None})
    (shop.root / "shop/cart.py").unlink()

    (claim,) = (await start(shop.root).review()).claims

    assert (claim.path, claim.start_line, claim.first_line) == ("shop/cart.py", 0, "")


async def test_what_was_dismissed_is_known_by_its_work_and_not_told_again(start, shop, double):
    script(double, CLAIM)
    running = start(shop.root)
    (claim,) = (await running.review({"shop/cart.py": AFTER})).claims
    ledger = running.worker._session.storage.ledger

    ledger.record_feedback(Work(*claim.work), lane=claim.lanes[0], word=Feedback.DISMISSED)

    assert len(said_in(ledger.feedback_since(0.0), repository=repository_name(shop.root))) == 1
    assert (await running.review({"shop/cart.py": AFTER})).claims == ()


async def test_with_the_cap_reached_what_was_not_read_is_named(start, shop, double):
    script(double, CLAIM)
    shop.write({"suffice.toml": "max_cost_usd = 0.0000001\n"}).commit()

    told = await start(shop.root).review({"shop/cart.py": AFTER})

    assert (told.ending, told.reason, told.cap) == ("out-of-budget", "cap-reached", "session")
    assert "looked at 0 of 1 hunk (1: budget)" in told.detail
    assert "- `shop/cart.py` line 5: a cap on what may be spent leaves no room for the next call" in told.markdown


async def test_what_was_found_before_the_cap_was_reached_is_delivered(start, shop, double):
    script(double, CLAIM)
    dear = Usage(input_tokens=2000, output_tokens=40_000)
    double.script(SONNET, [ScriptedAnswer(answer={"findings": [CLAIM]}, usage=dear)], repeat_last=True)

    told = await start(shop.root).review({"shop/cart.py": AFTER})

    assert (told.ending, told.reason, told.cap) == ("out-of-budget", "cap-reached", "session")
    assert [claim.title for claim in told.claims] == [CLAIM["title"]]
    assert "second reader skipped: the cap of" in told.markdown


async def test_a_key_that_is_rejected_is_an_error_that_says_what_to_do(start, shop, double):
    for model in (HAIKU, SONNET, OPUS, GPT):
        double.script(model, [ScriptedError(status=401)], repeat_last=True)

    told = await start(shop.root).review({"shop/cart.py": AFTER})

    assert (told.ending, told.reason, told.claims) == ("error", "bad-key", ())
    assert "key" in told.detail


async def test_the_settings_that_are_committed_hold_though_they_are_taken_back_on_disk(start, shop, double):
    script(double, CLAIM)
    shop.write({"suffice.toml": 'deny_lanes = ["gpt-5.4:low"]\nexclude = ["own.py"]\n'}).commit()
    shop.write({"suffice.toml": "", "own.py": "def best():\n    return 42\n"})
    running = start(shop.root)

    told = await running.review({"shop/cart.py": AFTER})

    assert len(told.claims) == 1
    assert "gpt-5.4:low" not in {one.lane for one in running.told(Attempted)}
    assert not any("def best" in prompt for prompt in prompts(double))


async def test_before_anything_is_sent_each_provider_is_agreed_to_at_a_price(start, shop, double):
    script(double, CLAIM)
    running = start(shop.root, CI="")

    asked = []
    while isinstance(told := await running.review({"shop/cart.py": AFTER}), NeedsConsent):
        assert prompts(double) == []
        asked.append((told.provider, told.lane))
        assert 0 < told.estimate_usd < 0.1
        running.worker.take(to_line(Consent(told.provider)))

    assert asked == [("anthropic", "haiku"), ("openai", "gpt-5.4:low")]
    assert len(told.claims) == 1


@pytest.mark.parametrize("architecture", [False, True])
async def test_consent_is_asked_before_a_cap_that_can_be_raised(start, shop, double, architecture):
    shop.write({"shop/cart.py": AFTER, "suffice.toml": "max_cost_usd = 0.0001\n", **CYCLE})

    needed = await start(shop.root, CI="").review(architecture=architecture)

    assert isinstance(needed, NeedsConsent)
    assert needed.estimate_usd > 0
    assert prompts(double) == []


async def test_without_a_key_nothing_is_sent_and_it_says_so(start, shop, double):
    told = await start(shop.root, ANTHROPIC_API_KEY="", OPENAI_API_KEY="").review({"shop/cart.py": AFTER})

    assert (told.ending, told.reason) == ("skipped", "no-key")
    assert prompts(double) == []


@pytest.mark.parametrize("architecture", [False, True])
async def test_a_cancelled_review_ends_at_once_and_what_it_cost_is_known(start, shop, double, architecture):
    for model in (HAIKU, SONNET, OPUS, GPT):
        double.script(model, [ScriptedHang(hang_s=PATIENCE_S)], repeat_last=True)
    running = start(shop.root)

    running.begin({"shop/cart.py": AFTER}, architecture=architecture)
    async with asyncio.timeout(PATIENCE_S / 2):
        while not prompts(double):  # noqa: ASYNC110 - what is waited for is another thread
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        running.worker.take(to_line(Cancel(1)))
        await asyncio.gather(*running.worker._tasks.values(), return_exceptions=True)

    assert running.worker._session.storage.ledger.spent_since(0.0) > 0
    assert running.told(Reviewed) == []


async def test_cancelling_closes_the_connection_to_the_provider(start, shop):
    asked, closed = asyncio.Event(), asyncio.Event()

    async def never_answer(reader, writer):
        while await reader.read(65_536):
            asked.set()
        closed.set()
        writer.close()

    async with await asyncio.start_server(never_answer, "127.0.0.1") as silent:
        _, port = silent.sockets[0].getsockname()
        running = start(shop.root, SUFFICE_ANTHROPIC_BASE_URL=f"http://127.0.0.1:{port}", OPENAI_API_KEY="")
        running.begin({"shop/cart.py": AFTER})
        async with asyncio.timeout(PATIENCE_S):
            await asked.wait()
            assert not closed.is_set()
            running.worker.take(to_line(Cancel(1)))
            await closed.wait()


def programs():
    """Return what this process has started and what still runs of it, as (number, name)."""
    children = [number for file in Path("/proc/self/task").glob("*/children") for number in file.read_text().split()]
    return {(number, Path(f"/proc/{number}/comm").read_text().strip()) for number in children}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux says what a process has started")
async def test_no_git_stays_behind(start, shop, double):
    script(double, CLAIM)
    shop.write({"shop/cart.py": AFTER})
    before = programs()

    assert len((await start(shop.root).review()).claims) == 1
    assert "git" not in {name for _, name in programs() - before}


@pytest.mark.parametrize("where", [".", "inner"])
async def test_no_program_that_the_repository_names_is_run(start, shop, double, tmp_path, where):
    script(double, CLAIM)
    shop.write({".gitattributes": "* filter=own\n"}).commit()
    inner = tmp_path / "inner"
    shop.git("clone", "--quiet", str(shop.root), str(inner))
    shop.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "inner")
    shop.commit()
    evil = f"touch {tmp_path / 'ran'}; cat"
    for key in ("clean", "process"):
        shop.git("-C", where, "config", f"filter.own.{key}", evil)
    shop.write({"shop/cart.py": AFTER, "inner/shop/cart.py": BEFORE.replace("sum", "max")})

    told = await start(shop.root).review()

    assert len(told.claims) == 1
    assert not (tmp_path / "ran").exists()


HOSTILE = ("shop/a\nb.py", "shop/\x1b[2Jb.py", "shop/`x` <img>.py", "shop/\u202eb.py")


async def test_hostile_file_names_steer_nothing(start, shop, double):
    script(double, CLAIM)
    shop.write(dict.fromkeys(HOSTILE, "def fresh():\n    return 1\n"))
    (shop.root / os.fsdecode(b"shop/\xff.py")).write_text("A = 1\n", "utf-8")

    told = await start(shop.root).review({"shop/cart.py": AFTER, **dict.fromkeys(HOSTILE, "B = 2\n")})

    assert all(line.isprintable() for line in told.markdown.split("\n"))
    assert "<img>.py" not in re.sub(r"``.*?``", "", told.markdown)


# --- the architecture

CYCLE = {
    f"shop/{name}.py": f"from shop import {other}\n\n\ndef {name}():\n    return {other}\n"
    for name, other in ("ab", "bc")
}
NEW_LINE = "from shop import a\n\n\ndef c():\n    return a\n"


def structural(fact):
    return {
        "title": "Cut the cycle.",
        "observation": "The files import each other.",
        "cost_if_left": "None can be used alone.",
        "options": [{"what": "Move a name.", "trade_off": "One more file."}],
        "first_step": "Move a name.",
        "order": 1,
        "facts": [fact],
        "quotes": ["from shop import a"],
    }


async def test_a_claim_on_the_architecture_quotes_a_line_of_a_text_that_is_not_saved(start, repository, double):
    repository.write({"shop/__init__.py": "", **CYCLE, "shop/c.py": "C = 1\n"}).commit()

    def answer(body):
        fact = re.search(r"(F\d+)[^\n]*cycle", json.dumps(body))
        return said({"no_change_needed": False, "why": "", "findings": [structural(fact[1] if fact else "F1")]})

    double.script(OPUS, [answer], repeat_last=True)

    told = await start(repository.root).review({"shop/c.py": NEW_LINE}, architecture=True)

    (claim,) = told.claims
    assert (told.ending, told.lane) == ("proposed", "opus")
    assert (claim.path, claim.start_line, claim.first_line) == ("shop/c.py", 1, "from shop import a")
    assert claim.category == "architecture"
    assert told.markdown.startswith("# Architecture review")
    assert "Cut the cycle." in told.markdown


async def test_an_architecture_that_needs_no_change_has_no_claims(start, repository, double):
    repository.write({"shop/a.py": "X = 1\n"}).commit()
    double.script(OPUS, [said({"no_change_needed": True, "why": "It is small.", "findings": []})], repeat_last=True)

    told = await start(repository.root).review(architecture=True)

    assert (told.ending, told.claims) == ("unchanged", ())
    assert told.detail == "no structural change is needed"
    assert told.cost_usd > 0


async def test_an_architecture_is_asked_about_with_consent_alone(start, repository, double):
    repository.write({"shop/a.py": "X = 1\n"}).commit()

    told = await start(repository.root, CI="").review(architecture=True)

    assert (told.provider, told.lane) == ("anthropic", "opus")
    assert 0.001 < told.estimate_usd < 1
    assert prompts(double) == []


async def test_of_an_empty_folder_no_architecture_is_asked_for(start, project, double):
    told = await start(project.root).review(architecture=True)

    assert (told.ending, told.reason) == ("unchanged", "nothing-to-do")
    assert prompts(double) == []
