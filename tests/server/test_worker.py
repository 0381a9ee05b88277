import asyncio
import sys
import sysconfig
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from suffice.lanes import Usage as Tokens
from suffice.task import Applicability, Span
from suffice.testing import ScriptedAnswer, ScriptedHang, provider_double
from suffice_server.front.worker_link import WorkerEnded, WorkerLink, console_script
from suffice_server.messages import (
    Attempted,
    Cancel,
    Change,
    Configure,
    Consent,
    Described,
    Failed,
    Finished,
    Fix,
    FixAll,
    IgnoreRule,
    Lint,
    Linted,
    NeedsConsent,
    RaiseCap,
    Remember,
    Spent,
    Tell,
    Told,
    Usage,
)
from suffice_server.pipe import from_line, to_line
from suffice_server.values import Changed, Found, Offer, Replacement, Settings, Work
from suffice_server.worker.worker import Worker

SPAN = Span(start_line=1, start_column=2, end_line=3, end_column=4)
MESSAGES = [
    Lint(id=1, root="/r", path="a.py", text="x\u2028🙂\ud800\n"),
    Fix(id=2, root="/r", path="a.py", text="", rule="B904", message="m", span=SPAN, free=True),
    Cancel(id=3),
    Consent(provider="anthropic"),
    Linted(id=4, found=(Found(rule="F401", message="m", span=SPAN, fix=Applicability.SAFE),)),
    Attempted(id=5, lane="haiku", failure="target-gone", cost_usd=0.1),
    Finished(
        id=6,
        ending="proposed",
        reason="sufficed",
        detail="d",
        lane="haiku",
        cost_usd=0.1,
        confidence=0.9,
        changes=(Changed("a.py", edits=(Replacement(start=1, end=2, new_text="y"),)),),
    ),
    Failed(id=7, message="why"),
    FixAll(id=8, root="/r", path="a.py", text="x", rule="F401", free=True),
    Change(9, "/r", "a.py", 1, 2, "Do it.", "refactor", {"a.py": "x"}, "haiku"),
    Tell(10, "/r", "a.py", None, None, "Why?", {"a.py": "x"}),
    IgnoreRule(11, "/r", "F401", {"suffice.toml": ""}),
    Usage(12, "/r"),
    RaiseCap("/r"),
    Remember(Work("lint-fix", None, "r", "f"), "haiku", "kept"),
    Configure("", Settings(exclude=("*.py",), max_cost_usd=0.1)),
    Described(13, {"edit": Offer("sonnet", 0.02, why=("so",), next_lane="opus", next_usd=0.04)}),
    Told(14, "proposed", "sufficed", "d", "# Text", "haiku", 0.1, "day"),
    NeedsConsent(15, "anthropic", "haiku", 0.1),
    Spent(0.1, 2, 3, 0.1, 0.5, 1.0),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_pipe_on_one_line(message):
    line = to_line(message)

    assert line.count(b"\n") == 1
    assert from_line(line) == message


def test_the_worker_is_our_own_console_script():
    assert console_script() == [str(Path(sysconfig.get_path("scripts"), "suffice")), "worker"]


async def test_a_worker_that_cannot_start_is_told_once():
    told = []
    link = WorkerLink(command=["/no/such/program"], on_end=told.append)

    for _ in range(3):
        with pytest.raises(WorkerEnded):
            await link.ask(Lint(id=link.next_id(), root="/", path="a.py", text=""))

    assert len(told) == 1
    assert told[0].startswith("suffice's worker cannot be started")
    assert link.keeps_dying


async def test_noise_and_a_sudden_end_of_the_worker_reach_nobody_but_the_one_who_waits():
    told = []
    program = "import sys; print('noise'); sys.stdin.readline()"
    link = WorkerLink(command=[sys.executable, "-P", "-c", program], on_end=told.append)

    with pytest.raises(WorkerEnded):
        await link.ask(Lint(id=link.next_id(), root="/", path="a.py", text=""))

    assert told == [
        "suffice's worker ended unexpectedly and starts again when needed; choose again what was under way."
    ]


async def test_the_worker_lints_what_it_is_given_and_ends_with_its_input(tmp_path):
    worker = await asyncio.create_subprocess_exec(*console_script(), stdin=PIPE, stdout=PIPE)
    worker.stdin.write(to_line(Lint(id=1, root=str(tmp_path), path="a.py", text="import os\n")))

    spent, answer = [from_line(await worker.stdout.readline()) for _ in range(2)]
    worker.stdin.close()
    rest, _ = await worker.communicate()

    assert isinstance(spent, Spent)
    assert [found.rule for found in answer.found] == ["F401"]
    assert (rest, worker.returncode) == (b"", 0)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (".sufficeignore", "a.py\n"),
        ("suffice.toml", 'exclude = ["a.py"]\n'),
        ("suffice.toml", 'disabled_rules = ["F401"]\n'),
    ],
)
async def test_what_the_project_leaves_out_is_not_looked_at(tmp_path, file, content):
    (tmp_path / file).write_text(content, "utf-8")
    sent = []
    worker = Worker(send=sent.append, environment={"SUFFICE_STATE_DIR": str(tmp_path / "state")})
    lint = Lint(id=1, root=str(tmp_path), path="a.py", text="import os\n")
    fix = Fix(
        id=2,
        root=str(tmp_path),
        path="a.py",
        text="import os\n",
        rule="F401",
        message="",
        span=SPAN,
        free=False,
    )

    worker.take(to_line(lint))
    worker.take(to_line(fix))
    await asyncio.gather(*worker._tasks.values())
    await worker.close()

    assert {type(message).__name__: getattr(message, "reason", None) for message in sent} == {
        "Linted": None,
        "Finished": "already-gone",
    }
    assert next(message for message in sent if isinstance(message, Linted)).found == ()


BAD = """\
def load(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""
ANSWER = {
    "replacement": BAD.replace("(path)\n", "(path) from error\n").replace("open(path) from error", "open(path)"),
    "extra_import": None,
    "cannot_fix": None,
}
PLACE = Span(start_line=5, start_column=9, end_line=5, end_column=31)


@pytest.fixture
def scripted(haiku):
    """A provider at which haiku gives the right answer, at a price that is seen."""
    with provider_double() as running:
        usage = Tokens(input_tokens=2000, output_tokens=80)
        running.script(haiku, [ScriptedAnswer(answer=ANSWER, usage=usage)], repeat_last=True)
        yield running


@pytest.fixture
async def worker(scripted, tmp_path):
    """A worker in a job of a CI service, with a key, and what it sent."""
    environment = {
        "CI": "1",
        "ANTHROPIC_API_KEY": "sk-ant-test-4711",
        "SUFFICE_ANTHROPIC_BASE_URL": scripted.anthropic_base_url,
        "SUFFICE_STATE_DIR": str(tmp_path / "state"),
        "SUFFICE_CONFIG": str(tmp_path / "own.toml"),
    }
    (tmp_path / "own.toml").write_text("jobs = 1\n", "utf-8")
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "ruff.toml").write_text('lint.select = ["B904"]\n', "utf-8")
    sent = []
    running = Worker(send=sent.append, environment=environment)
    yield running, sent
    await running.close()


def asked(root, name="path", number=1):
    """Return the request to fix a text in which the variable has that *name* of four letters."""
    text = BAD.replace("path", name)
    return to_line(
        Fix(id=number, root=str(root), path="a.py", text=text, rule="B904", message="", span=PLACE, free=False)
    )


@pytest.fixture
def fixed(worker, tmp_path):
    """Fix one text of a project with these settings and return how that ended."""
    running, sent = worker

    async def fix(settings, name="path"):
        (tmp_path / "sample" / "suffice.toml").write_text(settings, "utf-8")
        running.take(asked(tmp_path / "sample", name))
        await asyncio.gather(*running._tasks.values())
        return sent[-1]

    return fix


async def test_in_a_job_of_a_ci_service_the_key_is_consent_enough(fixed):
    one = await fixed("")

    assert (one.reason, one.lane) == ("sufficed", "haiku")


CAPS = {
    "max_cost_usd": "cap-reached",
    "max_task_usd": "cap-reached",
    "max_day_usd": "cap-reached",
    "max_repository_month_usd": "cap-reached",
    "time_budget_s": "time-budget",
}


@pytest.mark.parametrize(("cap", "reason"), CAPS.items())
async def test_no_cap_of_the_settings_is_passed_by_a_fix_in_an_editor(fixed, scripted, cap, reason):
    one = await fixed(f"{cap} = 0\n")

    assert (one.ending, one.reason) == ("out-of-budget", reason)
    assert scripted.requests == ()


@pytest.mark.parametrize("cap", ["max_cost_usd", "max_day_usd", "max_repository_month_usd"])
async def test_what_earlier_fixes_cost_counts_for_the_caps_of_the_next(fixed, cap):
    first = await fixed("")

    second = await fixed(f"{cap} = {first.cost_usd + 0.00001:.6f}\n", "name")

    assert (first.reason, second.reason) == ("sufficed", "cap-reached")


async def test_no_more_calls_are_in_flight_than_the_settings_say(worker, scripted, haiku, tmp_path):
    running, _ = worker
    scripted.script(haiku, [ScriptedHang(hang_s=5.0)], repeat_last=True)

    for number, name in enumerate(("path", "name")):
        running.take(asked(tmp_path / "sample", name, number))
    async with asyncio.timeout(5):
        while not scripted.requests:  # noqa: ASYNC110 - what is waited for is another thread
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)

    assert len(scripted.requests) == 1
