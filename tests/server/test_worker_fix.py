"""One diagnostic of a text in the editor: who is asked, what is told and recorded, and what is never sent."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager

import pytest
from driven_worker import PATIENCE_S, Driven, models, ruled, variables, workers

from suffice.lanes import Usage, catalogue
from suffice.state.ledger import Feedback, FeedbackRow
from suffice.state.ledger import Work as Recorded
from suffice.task import Span
from suffice.testing import ScriptedAnswer, ScriptedHang, provider_double
from suffice_server.front.worker_link import console_script
from suffice_server.messages import (
    Attempted,
    Cancel,
    Change,
    Consent,
    Failed,
    Finished,
    Fix,
    FixAll,
    Lint,
    NeedsConsent,
    Spent,
    Tell,
)
from suffice_server.pipe import from_line, to_line
from suffice_server.values import Replacement

LANES = catalogue().lanes
HAIKU, SONNET = LANES["haiku"].model, LANES["sonnet"].model
USAGE = Usage(input_tokens=2000, output_tokens=80)

BAD = """\
def load(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""
GOOD = BAD.replace("ValueError(path)", "ValueError(path) from error")
OTHER = BAD.replace("ValueError(path)", "ValueError(path) from None")
WRONG = BAD.replace("ValueError(path)", "ValueError(path, 1)")
PLACE = Span(start_line=5, start_column=9, end_line=5, end_column=31)


def says(text):
    return ScriptedAnswer(answer={"replacement": text, "extra_import": None, "cannot_fix": None}, usage=USAGE)


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def double(server):
    """The provider, at which haiku is wrong and all others give the right answer."""
    server._requests.clear()
    server.script(HAIKU, [says(WRONG)], repeat_last=True)
    server.script(SONNET, [says(GOOD)], repeat_last=True)
    for lane in LANES.values():
        if lane.provider == "openai":
            server.script(lane.model, [says(GOOD)], repeat_last=True)
    return server


@pytest.fixture
def root(tmp_path):
    return ruled(tmp_path, "B904", "F401")


@pytest.fixture
async def start(double, tmp_path):
    async with workers(double, tmp_path) as start_one:
        yield start_one


def fix(root, number=1, text=BAD, **more):
    fields = {"rule": "B904", "message": "", "span": PLACE, **more}
    return Fix(id=number, root=str(root), path="a.py", text=text, **fields)


def made(text, finished):
    (changed,) = finished.changes
    for edit in sorted(changed.edits, reverse=True):
        text = text[: edit.start] + edit.new_text + text[edit.end :]
    return text


async def test_a_fix_tells_each_attempt_and_what_it_came_to(start, root):
    worker = start(CI="1", OPENAI_API_KEY="")

    done = await worker.ask(fix(root))

    assert (done.ending, done.reason, done.lane, done.cap) == ("proposed", "sufficed", "sonnet", "")
    assert made(BAD, done) == GOOD
    assert [step.split(", $")[0] for step in done.attempts] == [
        "haiku failed target-gone",
        "haiku failed target-gone",
        "sonnet sufficed",
    ]
    assert [(told.lane, told.failure) for told in worker.told(Attempted)] == [
        ("haiku", "target-gone"),
        ("haiku", "target-gone"),
        ("sonnet", None),
    ]
    assert done.cost_usd == pytest.approx(sum(told.cost_usd for told in worker.told(Attempted)))


async def test_how_a_fix_ended_is_recorded_as_the_command_line_does(start, root):
    worker = start(CI="1")

    done = await worker.ask(fix(root))

    (outcome,) = worker.ledger.outcomes_since(0)
    assert Recorded(*done.work) == Recorded(outcome.kind, outcome.rule, outcome.repository, outcome.fingerprint)
    assert (outcome.outcome, outcome.reason, outcome.lane) == ("proposed", "sufficed", done.lane)
    assert outcome.cost_usd == done.cost_usd
    assert len(worker.ledger.attempts_since(0)) == len(worker.told(Attempted))


async def test_trying_harder_asks_a_stronger_lane_and_remembers_the_rejection(start, root, double):
    double.script(HAIKU, [says(OTHER)], repeat_last=True)
    worker = start(CI="1", OPENAI_API_KEY="")
    first = await worker.ask(fix(root))

    second = await worker.ask(fix(root, 2, above=first.lane))

    assert (first.lane, first.next_lane, second.lane) == ("haiku", "sonnet", "sonnet")
    assert first.next_usd > 0
    (said,) = worker.ledger.feedback_since(0)
    assert said._replace(at=0.0) == FeedbackRow(0.0, *first.work, "haiku", Feedback.REJECTED)


async def test_a_rejected_lane_is_not_offered_again_for_the_same_place(start, root, double):
    double.script(HAIKU, [says(OTHER)], repeat_last=True)
    worker = start(CI="1", OPENAI_API_KEY="")
    await worker.ask(fix(root))
    await worker.ask(fix(root, 2, above="haiku"))

    linted = await worker.ask(Lint(3, str(root), "a.py", BAD))

    assert [found.offer.lane for found in linted.found] == ["sonnet"]


async def test_where_every_result_was_rejected_no_option_of_the_terminal_is_named(start, root, double):
    double.script(HAIKU, [says(OTHER)], repeat_last=True)
    worker = start(CI="1", OPENAI_API_KEY="")
    await worker.ask(fix(root))
    second = await worker.ask(fix(root, 2, above="haiku"))

    third = await worker.ask(fix(root, 3, above="sonnet"))

    assert second.next_lane is None
    assert third.detail == (
        "every lane's result was rejected (tried haiku, sonnet); change the request, or do it by hand"
    )


async def test_a_lane_that_does_not_exist_is_never_asked_above(start, root, double):
    worker = start(CI="1")

    failed = await worker.ask(fix(root, above="no such lane"))

    assert failed.message == "There is no such lane to ask above of; choose the action again."
    assert double.requests == ()


async def test_a_result_that_is_not_sure_enough_to_be_applied_unseen_says_so(start, root, tmp_path):
    (tmp_path / "strict.toml").write_text('extends = "guide"\n[kinds.lint-fix]\napply = 1.0\n', "utf-8")
    (tmp_path / "own.toml").write_text(f'policy = "{tmp_path / "strict.toml"}"\n', "utf-8")
    worker = start(CI="1")

    done = await worker.ask(fix(root))

    assert (done.ending, done.confirm) == ("proposed", True)


async def test_nothing_is_sent_before_the_user_agreed(start, root, double):
    worker = start()

    needed = await worker.ask(fix(root))

    assert isinstance(needed, NeedsConsent)
    assert (needed.provider, needed.lane) == ("anthropic", "haiku")
    assert 0 < needed.estimate_usd < 0.01
    assert double.requests == ()


async def test_climbing_never_reaches_a_provider_that_nobody_agreed_to(start, root, double):
    double.script(SONNET, [says(WRONG), says(WRONG.replace("1", "2"))], repeat_last=True)
    worker = start()
    worker.say(Consent("anthropic"))

    done = await worker.ask(fix(root))

    assert done.ending == "needs-human"
    assert set(models(double)) == {HAIKU, SONNET}


async def test_with_both_providers_agreed_the_other_one_may_come_next(start, root, double):
    worker = start()
    worker.say(Consent("anthropic"))
    worker.say(Consent("openai"))

    await worker.ask(fix(root))

    assert {request.api for request in double.requests} == {"anthropic", "openai"}


async def test_a_free_fix_needs_neither_key_nor_consent(start, root):
    worker = start(ANTHROPIC_API_KEY="", OPENAI_API_KEY="")
    text = "import os\n"
    place = Span(start_line=1, start_column=8, end_line=1, end_column=10)

    done = await worker.ask(fix(root, text=text, rule="F401", span=place, free=True))

    assert (done.ending, done.lane, done.cost_usd, done.attempts) == (
        "proposed",
        "linter",
        0.0,
        ("ruff sufficed, free",),
    )
    assert made(text, done) == ""


async def test_a_byte_order_mark_of_the_editor_shifts_places_and_edits(start, root):
    worker, text = start(CI="1"), "\ufeffimport os\n"
    linted = await worker.ask(Lint(1, str(root), "a.py", text))
    (found,) = linted.found

    done = await worker.ask(fix(root, 2, text=text, rule="F401", span=found.span, free=True))

    assert (found.span.start_column, found.span.end_column) == (9, 11)
    assert made(text, done) == "\ufeff"


async def test_what_was_paid_is_told_before_the_answer(start, root):
    worker = start(CI="1")

    done = await worker.ask(fix(root))

    last = worker.told(Spent)[-1]
    assert last.session_usd == last.today_usd == pytest.approx(done.cost_usd)
    assert last.calls == len(done.attempts)
    assert worker.sent.index(last) < worker.sent.index(done)


async def test_what_comes_from_the_cache_is_told_too(start, root):
    worker = start(CI="1")
    await worker.ask(fix(root))

    again = await worker.ask(fix(root, 2))

    assert (again.cost_usd, again.ending) == (0.0, "proposed")
    assert {step.rpartition(", ")[2] for step in again.attempts} == {"from the cache"}
    assert worker.told(Spent)[-1].cache_hits == len(again.attempts)


@asynccontextmanager
async def hanging():
    """A provider that never answers: its address, and the events of requests that came and connections that closed."""
    asked, closed = asyncio.Queue(), asyncio.Queue()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        asked.put_nowait(True)
        while await reader.read(65536):
            pass
        closed.put_nowait(True)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked, closed


async def test_cancelling_closes_the_connection_and_records_what_was_paid(start, root):
    async with hanging() as (address, asked, closed), asyncio.timeout(PATIENCE_S):
        worker = start(CI="1", OPENAI_API_KEY="", SUFFICE_ANTHROPIC_BASE_URL=address)
        worker.say(fix(root))
        await asked.get()

        worker.say(Cancel(1))
        await closed.get()
        await asyncio.gather(*worker.worker._tasks.values(), return_exceptions=True)

    (row,) = worker.ledger.attempts_since(0)
    (outcome,) = worker.ledger.outcomes_since(0)
    assert (row.ended, outcome.reason) == ("cancelled", "interrupted")
    assert row.cost_usd == worker.told(Spent)[-1].session_usd > 0
    assert worker.told(Finished) == []


async def test_cancelling_the_first_call_after_an_outage_lets_the_next_one_ask(start, root, double):
    worker = start(CI="1", OPENAI_API_KEY="")
    worker.session.storage.health.failed("anthropic", HAIKU, 0.0)
    double.script(HAIKU, [ScriptedHang(hang_s=PATIENCE_S), says(GOOD)])
    worker.say(fix(root))
    async with asyncio.timeout(PATIENCE_S):
        while not double.requests:  # noqa: ASYNC110 - what is waited for is another thread
            await asyncio.sleep(0.01)
    worker.say(Cancel(1))
    await asyncio.gather(*worker.worker._tasks.values(), return_exceptions=True)

    done = await worker.ask(fix(root, 2))

    assert (done.ending, done.lane, models(double)) == ("proposed", "haiku", [HAIKU, HAIKU])


async def test_cancelling_one_request_leaves_the_other_alone(start, root, double):
    double.script(HAIKU, [ScriptedHang(hang_s=PATIENCE_S)], repeat_last=True)
    worker = start(CI="1", OPENAI_API_KEY="")
    worker.say(fix(root))
    async with asyncio.timeout(PATIENCE_S):
        while not double.requests:  # noqa: ASYNC110 - what is waited for is another thread
            await asyncio.sleep(0.01)
    first = worker.worker._tasks[1]
    double.script(HAIKU, [says(GOOD.replace("path", "name"))], repeat_last=True)
    worker.say(fix(root, 2, text=BAD.replace("path", "name")))
    second = worker.worker._tasks[2]
    worker.say(Cancel(1))

    await asyncio.gather(first, second, return_exceptions=True)

    assert first.cancelled()
    assert [(done.id, done.ending) for done in worker.told(Finished)] == [(2, "proposed")]


@pytest.mark.slow
async def test_a_killed_worker_loses_nothing_that_was_paid(root, double, tmp_path):
    double.script(HAIKU, [says(GOOD), ScriptedHang(hang_s=PATIENCE_S)], repeat_last=True)
    environment = variables(double, tmp_path, CI="1", OPENAI_API_KEY="")
    process = await asyncio.create_subprocess_exec(*console_script(), stdin=PIPE, stdout=PIPE, env=environment)
    process.stdin.write(to_line(fix(root)))
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(from_line(await process.stdout.readline()), Finished):
            pass
        process.stdin.write(to_line(fix(root, 2, text=BAD.replace("path", "name"))))
        while len(double.requests) < 2:  # noqa: ASYNC110 - what is waited for is another thread
            await asyncio.sleep(0.01)

    process.send_signal(signal.SIGKILL)
    await process.wait()

    rows = Driven(environment).ledger.attempts_since(0)
    assert [(row.lane, row.settled, row.at_most_usd is None) for row in rows] == [
        ("haiku", True, True),
        ("haiku", False, False),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no priorities to read there")
async def test_the_worker_stands_behind_the_editor(double, tmp_path):
    process = await asyncio.create_subprocess_exec(
        *console_script(), stdin=PIPE, stdout=PIPE, env=variables(double, tmp_path)
    )
    first = from_line(await process.stdout.readline())

    nice = os.getpriority(os.PRIO_PROCESS, process.pid) - os.getpriority(os.PRIO_PROCESS, 0)
    process.stdin.close()
    await process.wait()

    assert isinstance(first, Spent)
    assert nice == 10 or os.getpriority(os.PRIO_PROCESS, 0) > 9


async def test_a_bug_is_logged_without_any_text_of_the_user(start, root, caplog):
    worker = start()

    failed = await worker.ask(fix(root, text={"SECRET": 1}, rule="SECRET"))

    assert failed.message == "This is a bug in suffice (AttributeError); see its log."
    assert "a bug while working on a Fix: AttributeError at worker.py:" in caplog.text
    assert "SECRET" not in caplog.text


async def test_edits_are_those_of_the_text_that_was_sent(start, root):
    (root / "a.py").write_text("x = 1\n", "utf-8")
    worker, text = start(), "y = 1\nimport os\n"
    place = Span(start_line=2, start_column=8, end_line=2, end_column=10)

    done = await worker.ask(fix(root, text=text, rule="F401", span=place, free=True))

    assert done.changes[0].edits == (Replacement(6, 16, ""),)


async def test_consent_is_asked_before_a_cap_that_can_be_raised(start, root, double):
    (root / "suffice.toml").write_text("max_cost_usd = 0.0001\n", "utf-8")
    worker = start()

    needed = await worker.ask(fix(root))
    worker.say(Consent("anthropic"))
    full = await worker.ask(fix(root, 2))

    assert (type(needed), needed.lane, full.reason, full.cap) == (NeedsConsent, "haiku", "cap-reached", "session")
    assert double.requests == ()


@pytest.mark.parametrize("target", ["private.py", ".env", "../elsewhere.py"])
async def test_what_a_link_leads_to_is_never_sent_though_it_is_open(start, root, double, target):
    (root / "private.py").write_text(BAD, "utf-8")
    (root / ".sufficeignore").write_text("private.py\n", "utf-8")
    (root / "a.py").symlink_to(target)
    worker = start(CI="1")

    asked = [
        fix(root, 1),
        FixAll(2, str(root), "a.py", BAD),
        Tell(3, str(root), "a.py", 1, 2, "Why?", {"a.py": BAD}),
        Change(4, str(root), "a.py", 1, 2, "Do it.", "edit", {"a.py": BAD}),
    ]
    answers = [await worker.ask(request) for request in asked]

    assert {type(answer) for answer in answers} == {Failed}
    assert double.requests == ()
