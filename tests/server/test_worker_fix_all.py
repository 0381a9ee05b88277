"""Many diagnostics of one text, mended as one change; and the caps that a session of the editor has."""

import asyncio

import pytest
from driven_worker import PATIENCE_S, models, ruled, workers

from suffice.lanes import Usage, catalogue
from suffice.testing import ScriptedAnswer, ScriptedHang, ScriptedWhen, provider_double
from suffice_server.messages import Attempted, Cancel, Consent, Finished, FixAll, NeedsConsent, RaiseCap, Spent

LANES = catalogue().lanes
HAIKU, SONNET = LANES["haiku"].model, LANES["sonnet"].model
USAGE = Usage(input_tokens=2000, output_tokens=80)

LOAD = """\
def {name}(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""
MENDED = LOAD.replace("ValueError(path)", "ValueError(path) from error")
TEXT = "import os\n\n\n" + "\n\n".join(LOAD.format(name=name) for name in ("load", "read"))
DONE = "\n\n".join(MENDED.format(name=name) for name in ("load", "read"))


def says(text):
    return ScriptedAnswer(answer={"replacement": text, "extra_import": None, "cannot_fix": None}, usage=USAGE)


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def double(server):
    """The provider, at which haiku mends both functions."""
    server._requests.clear()
    mended = [ScriptedWhen(substring=f"def {n}(", reply=says(MENDED.format(name=n))) for n in ("load", "read")]
    server.script(HAIKU, mended)
    return server


@pytest.fixture
def root(tmp_path):
    return ruled(tmp_path, "B904", "F401", "C408")


@pytest.fixture
async def start(double, tmp_path):
    async with workers(double, tmp_path) as start_one:
        yield start_one


def made(text, finished):
    (changed,) = finished.changes
    for edit in sorted(changed.edits, reverse=True):
        text = text[: edit.start] + edit.new_text + text[edit.end :]
    return text


async def test_all_of_a_text_is_mended_by_one_change(start, root):
    worker = start(CI="1", OPENAI_API_KEY="")

    done = await worker.ask(FixAll(1, str(root), "a.py", TEXT))

    assert (done.ending, done.mended, done.left, done.lane) == ("proposed", 3, (), "haiku")
    assert made(TEXT, done).lstrip("\n") == DONE
    assert sorted(told.about for told in worker.told(Attempted)) == ["B904", "B904", "F401"]
    assert done.cost_usd == pytest.approx(sum(told.cost_usd for told in worker.told(Attempted)))


async def test_one_rule_of_a_text_leaves_the_others_alone(start, root, double):
    done = await start(CI="1").ask(FixAll(1, str(root), "a.py", TEXT, "F401"))

    assert (done.mended, done.left, done.lane, done.cost_usd) == (1, (), "linter", 0.0)
    assert made(TEXT, done) == TEXT.removeprefix("import os\n")
    assert double.requests == ()


async def test_unsafe_fixes_alone_are_left_out_and_it_says_so(start, root):
    (root / "ruff.toml").write_text('lint.select = ["B006"]\n', "utf-8")
    text = "def f(a=[], b=[]):\n    return a, b\n"

    done = await start(CI="1").ask(FixAll(1, str(root), "a.py", text))

    assert (done.ending, done.changes, len(done.left)) == ("needs-human", (), 2)
    assert done.detail == "the linter's fix is unsafe; choose it alone"


async def test_every_diagnostic_of_it_is_recorded_on_its_own(start, root):
    worker = start(CI="1", OPENAI_API_KEY="")

    done = await worker.ask(FixAll(1, str(root), "a.py", TEXT))

    recorded = [(row.rule, row.outcome, row.lane) for row in worker.ledger.outcomes_since(0)]
    assert sorted(recorded) == [
        ("B904", "proposed", "haiku"),
        ("B904", "proposed", "haiku"),
        ("F401", "proposed", "linter"),
    ]
    told = {(part.work.fingerprint, part.lane) for part in done.parts}
    assert told == {(row.fingerprint, row.lane) for row in worker.ledger.outcomes_since(0)}


async def test_nothing_is_sent_before_the_user_agreed_to_the_price_of_all(start, root, double):
    worker = start()

    needed = await worker.ask(FixAll(1, str(root), "a.py", TEXT))
    one = await worker.ask(FixAll(2, str(root), "a.py", LOAD.format(name="load")))

    assert isinstance(needed, NeedsConsent)
    assert (needed.provider, needed.lane, one.lane) == ("anthropic", "haiku", "haiku")
    assert needed.estimate_usd == pytest.approx(2 * one.estimate_usd)
    assert double.requests == ()


async def test_free_fixes_alone_need_no_consent(start, root, double):
    done = await start().ask(FixAll(1, str(root), "a.py", TEXT, free=True))

    assert (done.ending, done.mended, len(done.left)) == ("proposed", 1, 2)
    assert double.requests == ()


async def test_what_only_a_provider_without_consent_could_mend_is_left(start, root, double):
    double.script(HAIKU, [says(LOAD.format(name="load"))], repeat_last=True)
    double.script(SONNET, [says(LOAD.format(name="load"))], repeat_last=True)
    worker = start()
    worker.say(Consent("anthropic"))

    done = await worker.ask(FixAll(1, str(root), "a.py", TEXT))

    assert (done.mended, len(done.left)) == (1, 2)
    assert set(models(double)) <= {HAIKU, SONNET}


async def test_an_unsafe_fix_of_the_linter_is_not_among_them(start, root):
    text = "x = dict(a=1)\n"

    done = await start(CI="1").ask(FixAll(1, str(root), "a.py", text))

    assert (done.changes, done.mended) == ((), 0)
    assert done.left == ("C408 in line 1: the linter's fix is unsafe; choose it alone",)


async def test_a_free_fix_that_is_not_sure_enough_is_not_handed_to_a_model_without_consent(start, root, double):
    (root / "suffice.toml").write_text("min_confidence = 1.0\n", "utf-8")

    done = await start().ask(FixAll(1, str(root), "a.py", "import os\n\nprint(eval('os'))\n"))

    assert (done.reason, done.mended) == ("no-consent", 0)
    assert done.left == (
        "F401 in line 1: nobody has agreed to send code to a model; choose the action again and allow it",
    )
    assert double.requests == ()


async def test_cancelling_records_what_was_done_and_answers_nothing(start, root, double):
    double.script(HAIKU, [ScriptedHang(hang_s=PATIENCE_S)], repeat_last=True)
    worker = start(CI="1", OPENAI_API_KEY="")
    worker.say(FixAll(1, str(root), "a.py", TEXT))
    async with asyncio.timeout(PATIENCE_S):
        # both calls hang, and the free fix is checked
        while len(double.requests) < 2 or not worker.told(Attempted):  # noqa: ASYNC110 - these are other threads
            await asyncio.sleep(0.01)

    worker.say(Cancel(1))
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*worker.worker._tasks.values(), return_exceptions=True)

    assert worker.told(Finished) == []
    assert [row.ended for row in worker.ledger.attempts_since(0)] == ["cancelled", "cancelled"]
    assert {(row.rule, row.reason) for row in worker.ledger.outcomes_since(0)} == {
        ("F401", "sufficed"),
        ("B904", "interrupted"),
    }


async def test_a_text_without_diagnostics_is_told_so(start, root):
    done = await start(CI="1").ask(FixAll(1, str(root), "a.py", "x = 1\n"))

    assert (done.ending, done.reason, done.mended) == ("unchanged", "already-gone", 0)


async def test_at_the_cap_of_the_session_it_says_so_and_raising_it_goes_on(start, root):
    (root / "suffice.toml").write_text("max_cost_usd = 0.0015\n", "utf-8")
    worker = start(CI="1", OPENAI_API_KEY="")
    text = LOAD.format(name="load")

    full = await worker.ask(FixAll(1, str(root), "a.py", text))
    before = worker.told(Spent)
    worker.say(RaiseCap(str(root)))
    done = await worker.ask(FixAll(2, str(root), "a.py", text))

    assert (full.ending, full.cap) == ("out-of-budget", "session")
    assert full.detail.startswith("the cap of $0.001500 for this session leaves no room")
    assert 0.0015 in [spent.cap_usd for spent in before]
    assert {spent.raise_usd for spent in before if spent.cap_usd == 0.0015} == {0.0015}
    assert (done.ending, done.cap) == ("proposed", "")


CAPS = {
    "max_task_usd": "task",
    "max_day_usd": "day",
    "max_repository_month_usd": "month",
    "max_cost_usd": "session",
}


@pytest.mark.parametrize(("setting", "cap"), CAPS.items())
async def test_which_cap_was_reached_is_told_and_raising_the_sessions_lifts_no_other(start, root, double, setting, cap):
    (root / "suffice.toml").write_text(f"{setting} = 0.0005\n", "utf-8")
    worker = start(CI="1", OPENAI_API_KEY="")
    worker.say(RaiseCap(str(root)))

    done = await worker.ask(FixAll(1, str(root), "a.py", LOAD.format(name="load")))

    assert isinstance(done, Finished)
    assert (done.ending, done.reason, done.cap) == ("out-of-budget", "cap-reached", cap)
    assert double.requests == ()


async def test_a_cap_on_a_day_is_not_kept_by_forgetting(start, root, tmp_path):
    (root / "suffice.toml").write_text("max_day_usd = 1\n", "utf-8")
    (tmp_path / "file").write_text("", "utf-8")
    worker = start(CI="1", SUFFICE_STATE_DIR=str(tmp_path / "file" / "state"))

    failed = await worker.ask(FixAll(1, str(root), "a.py", TEXT))

    assert failed.message.startswith("Without the state folder a cap on a day or a month cannot be kept")
