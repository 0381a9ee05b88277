import asyncio
import sys
import sysconfig
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from suffice.task import Applicability, Span
from suffice_server.messages import (
    Attempted,
    Cancel,
    Consent,
    Failed,
    Finished,
    Fix,
    Found,
    Lint,
    Linted,
    Replacement,
    from_line,
    to_line,
)
from suffice_server.worker_link import WorkerEnded, WorkerLink, console_script

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
        estimate_usd=0.0,
        confidence=0.9,
        edits=(Replacement(start=1, end=2, new_text="y"),),
    ),
    Failed(id=7, message="why"),
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
            await link.lint(Lint(id=link.next_id(), root="/", path="a.py", text=""))

    assert len(told) == 1
    assert told[0].startswith("suffice's worker cannot be started")
    assert link.keeps_dying


async def test_noise_and_a_sudden_end_of_the_worker_reach_nobody_but_the_one_who_waits():
    told = []
    program = "import sys; print('noise'); sys.stdin.readline()"
    link = WorkerLink(command=[sys.executable, "-P", "-c", program], on_end=told.append)

    with pytest.raises(WorkerEnded):
        await link.lint(Lint(id=link.next_id(), root="/", path="a.py", text=""))

    assert told == ["suffice's worker ended unexpectedly; it starts again at the next need."]


async def test_the_worker_lints_what_it_is_given_and_ends_with_its_input(tmp_path):
    worker = await asyncio.create_subprocess_exec(*console_script(), stdin=PIPE, stdout=PIPE)
    worker.stdin.write(to_line(Lint(id=1, root=str(tmp_path), path="a.py", text="import os\n")))

    answer = from_line(await worker.stdout.readline())
    worker.stdin.close()
    rest, _ = await worker.communicate()

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
    from suffice_server.worker import Worker

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
