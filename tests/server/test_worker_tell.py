"""Answers in words, shown in an editor that renders Markdown: what is sent of a file, and what never comes through."""

import re

import pytest
from driven_worker import workers

from suffice.lanes import Usage as Tokens
from suffice.lanes import catalogue
from suffice.state.ledger import Call, Feedback
from suffice.testing import ScriptedAnswer, provider_double
from suffice_server.messages import NeedsConsent, Remember, Tell, Usage
from suffice_server.values import Work
from suffice_server.worker.markdown import harmless

HAIKU = catalogue().lanes["haiku"].model
LONG = "".join(f"line_{number} = {number}\n" for number in range(1, 1001))


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def double(server):
    server._requests.clear()
    answer = {"answer": "It adds **two** numbers.", "quotes": ["line_500 = 500"]}
    server.script(HAIKU, [ScriptedAnswer(answer=answer, usage=Tokens(10_000, 0, 500, 0))], repeat_last=True)
    return server


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "sample"
    folder.mkdir()
    return folder


@pytest.fixture
async def start(double, tmp_path):
    async with workers(double, tmp_path) as start_one:
        yield start_one


def explain(root, first=None, last=None, **more):
    fields = {"path": "a.py", "buffers": {"a.py": LONG}, **more}
    return Tell(id=1, root=str(root), first=first, last=last, **fields)


async def test_selected_lines_are_explained_from_what_is_near_them(start, root, double):
    told = await start(CI="1").ask(explain(root, 500, 501))

    (request,) = double.requests
    prompt = str(request.body["messages"])
    assert told.markdown == (
        "It adds **two** numbers.\n\n---\n\n"
        f"haiku sufficed, unchecked, 1 quote stands in the text, ${told.cost_usd:.4f}\n"
    )
    assert "Explain this part of a.py" in prompt
    assert "line_650 = 650" in prompt
    assert "line_10 = 10\\n" not in prompt
    assert "line_900" not in prompt


async def test_of_a_key_that_begins_above_what_is_near_the_lines_nothing_is_sent(start, root, double):
    body = "".join(f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{number}\n" for number in range(400))
    text = f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n{LONG}"
    double.script(HAIKU, [ScriptedAnswer(answer={"answer": "It is a key.", "quotes": ["line_2 = 2"]})])

    await start(CI="1").ask(explain(root, 400, 404, buffers={"a.py": text}))

    prompt = str(double.requests[0].body["messages"])
    assert "MIIE" not in prompt
    assert "line_2 = 2" in prompt


async def test_a_whole_file_is_explained_as_the_editor_shows_it(start, root, double):
    (root / "a.py").write_text("on_disk = 1\n", "utf-8")

    told = await start(CI="1").ask(explain(root, question="What is this?"))

    prompt = str(double.requests[0].body["messages"])
    assert (told.ending, told.lane) == ("proposed", "haiku")
    assert "on_disk" not in prompt
    assert "What is this?" in prompt


async def test_nothing_is_sent_before_the_user_agreed(start, root, double):
    assert isinstance(await start().ask(explain(root)), NeedsConsent)
    assert double.requests == ()


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"path": ".env", "buffers": {".env": "A=1\n"}}, ".env is a file that holds secrets"),
        ({"path": "../x.py", "buffers": {}}, "name a file inside the folder"),
        ({"path": "gone.py", "buffers": {}}, "gone.py cannot be read"),
        ({"first": 1001, "last": 1002}, "a.py has 1000 lines"),
        ({"first": 3, "last": 2}, "a.py has 1000 lines"),
        ({"question": "\ud800"}, "half a surrogate pair"),
    ],
    ids=["secret", "outside", "missing", "below", "backwards", "surrogate"],
)
async def test_what_cannot_be_asked_is_a_sentence_and_nothing_is_sent(start, root, double, request_, says):
    failed = await start(CI="1").ask(explain(root, **request_))

    assert says in failed.message
    assert double.requests == ()


HOSTILE = {
    "link": "[run](command:workbench.action.terminal)",
    "picture": "![x](https://evil.example/?q=1)",
    "reference": "[a]: command:evil",
    "html": "<img src=x onerror=alert(1)>",
    "address": "see https://evil.example or www.evil.example",
    "autolink": "<https://evil.example>",
    "in a list": "- [run](command:evil)",
    "after code": "`x` [run](command:evil)",
    "with a loose backtick": "`x [run](command:evil) <b>",
    "after an indented fence": "    ```\n[run](command:evil)\n<b>",
    "in a quote": "> ```\n> [run](command:evil)",
    "after a fence that is not the end": "~~~\ncode\n```\n~~~\n[run](command:evil)",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_link_picture_or_html_of_a_model_comes_through(text):
    outside, fence = [], None
    for line in harmless(text).split("\n"):
        mark = re.match(r"(`{3,})", line)
        if fence is None and mark:
            fence = mark[1]
        elif fence is not None and line == fence:
            fence = None
        elif fence is None:
            outside.append(re.sub(r"(?<!\\)`[^`]*(?<!\\)`", "", line))
    assert fence is None
    assert not re.search(r"(?<!\\)[\[\]]|<|>|://\w|www\.\w", "\n".join(outside))


@pytest.mark.parametrize(
    "text",
    ["# Head\n\n- a *b* **c** `x[0] < y`\n1. d", "```python\nx = [1] < y\n```", "a_b and c"],
)
def test_code_lists_and_emphasis_stay_as_they_are(text):
    assert harmless(text) == text


def test_a_fence_that_never_ends_is_ended():
    assert harmless("a\n```py\nx = 1") == "a\n```py\nx = 1\n```"


def test_what_steers_a_readers_eye_is_shown_as_what_it_is():
    assert harmless("a\u202eb") == "a\\\\u202eb"


async def test_usage_says_what_was_spent_what_sufficed_and_what_is_left(start, root):
    (root / "suffice.toml").write_text("max_day_usd = 2\n", "utf-8")
    worker = start(CI="1")
    told = await worker.ask(explain(root))

    used = await worker.ask(Usage(2, str(root)))

    lines = used.markdown.splitlines()
    assert (used.ending, lines[0]) == ("proposed", "# What suffice spent")
    assert f"- Today (UTC): ${told.cost_usd:.4f} of $2.00, ${2 - told.cost_usd:.4f} left, 1 call" in lines
    assert any(line.startswith("| explain-code | haiku | 1 of 1 |") for line in lines)


async def test_usage_says_what_calls_without_an_answer_may_cost_and_leaves_room_for_them(start, root):
    (root / "suffice.toml").write_text("max_day_usd = 2\n", "utf-8")
    worker = start()
    call = Call("haiku", "anthropic", "m", "", "1", "cancelled", None, None, 0.0, Tokens(), 0.0)
    worker.ledger.record_sent(Work("lint-fix", "F401", "repository", "0" * 32), call, at_most_usd=0.25)

    used = await worker.ask(Usage(1, str(root)))

    lines = used.markdown.splitlines()
    assert "- Today (UTC): $0 of $2.00, $1.7500 left, 1 call" in lines
    assert "- Calls of this month without an answer, in flight or cut off, may cost up to $0.2500 on top" in lines


async def test_usage_before_anything_was_spent_is_short(start, root):
    used = await start().ask(Usage(1, str(root)))

    assert "- Today (UTC): $0, 0 calls" in used.markdown
    assert "sufficed" not in used.markdown


async def test_what_became_of_a_result_is_remembered(start):
    worker = start()
    work = Work("lint-fix", "F401", "repository", "0" * 32)

    worker.say(Remember(work, "haiku", "undone"))
    worker.say(Remember(work, "haiku", "no word of ours"))

    (row,) = worker.ledger.feedback_since(0)
    assert (row.fingerprint, row.lane, row.word) == ("0" * 32, "haiku", Feedback.UNDONE)
