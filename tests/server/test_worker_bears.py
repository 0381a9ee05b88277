"""What a worker bears: lines that are no messages, a store that is in use, programs that hang or are not there."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from suffice.config import Config
from suffice.errors import StorageError
from suffice.state.store import FILE_NAME, Store
from suffice_server.front.worker_link import console_script
from suffice_server.messages import Change, Configure, Consent, Failed, Lint, Linted, Review
from suffice_server.pipe import from_line, to_line
from suffice_server.values import Settings
from suffice_server.worker.money import Money
from suffice_server.worker.worker import Worker


@pytest.fixture
async def worker(tmp_path):
    """A worker without a key, and what it sent."""
    (tmp_path / "sample").mkdir()
    sent = []
    running = Worker(send=sent.append, environment={"SUFFICE_STATE_DIR": str(tmp_path / "state")})
    yield running, sent
    await running.close()


GARBAGE = {
    "deep": b"[" * 100_000,
    "consent to a list": b'["Consent", ["x"]]',
    "a cap of a number": b'["RaiseCap", 5]',
    "words about a list": b'["Remember", ["a", "b", "c", ["d"]], "x", "kept"]',
    "texts as a list": b'["Tell", 1, "/", "a", 1, 2, "x", [["a", "b"]]]',
    "a number that is none": b'["Lint", [1], "/", "a", "x"]',
    "half a character": "é".encode()[:1],
    "a huge cap": to_line(Configure("", Settings(max_cost_usd=10**400))),
}


@pytest.mark.parametrize("line", GARBAGE.values(), ids=GARBAGE)
async def test_whatever_the_front_writes_the_next_request_is_answered(worker, tmp_path, line):
    running, sent = worker

    running.take(line)
    running.take(to_line(Lint(id=7, root=str(tmp_path / "sample"), path="a.py", text="x = 1\n")))
    await asyncio.gather(*running._tasks.values())

    assert [message for message in sent if isinstance(message, Linted)] == [Linted(id=7, found=())]


async def test_a_number_that_is_in_use_is_not_given_to_another_request(worker, tmp_path):
    running, sent = worker
    lint = Lint(id=7, root=str(tmp_path / "sample"), path="a.py", text="x = 1\n")

    running.take(to_line(lint))
    running.take(to_line(lint))
    await asyncio.gather(*running._tasks.values())

    assert [message.id for message in sent if isinstance(message, Linted)] == [7]


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is in use cannot be locked there")
async def test_a_worker_that_waits_for_the_store_ends_with_its_input(tmp_path):
    environment = {"PATH": os.environ["PATH"], "SUFFICE_STATE_DIR": str(tmp_path)}
    worker = await asyncio.create_subprocess_exec(*console_script(), stdin=PIPE, stdout=PIPE, env=environment)
    await worker.stdout.readline()
    store = Store(tmp_path / FILE_NAME)

    with store.transaction():  # a write waits for twenty seconds
        worker.stdin.write(to_line(Consent("anthropic")))
        worker.stdin.close()
        async with asyncio.timeout(10):
            await worker.wait()

    assert worker.returncode == 0


PROGRAMS = {
    "ruff": (Lint(1, "{root}", "a.py", "x = 1\n"), '[ "$1" = --version ] && echo ruff 0.99.1 && exit 0\n'),
    "git": (Change(1, "{root}", "a.py", 1, 1, "Do it.", "edit", {"b.py": "x = 1\n"}), ""),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no shell there")
@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_that_hangs_ends_with_the_worker(tmp_path, name):
    request, head = PROGRAMS[name]
    (tmp_path / "root" / ".git").mkdir(parents=True)
    (tmp_path / "root" / "a.py").write_text("x = 1\n", "utf-8")
    program = tmp_path / name
    program.write_text(
        f"#!/bin/sh\n{head}echo $$ > {tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 300\n"
    )
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SUFFICE_STATE_DIR": str(tmp_path / "state")}
    worker = await asyncio.create_subprocess_exec(*console_script(), stdin=PIPE, stdout=PIPE, env=environment)
    worker.stdin.write(to_line(request._replace(root=str(tmp_path / "root"))))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
        worker.stdin.close()
        await worker.wait()
        while _is_running(int((tmp_path / "pid").read_text("ascii"))):  # noqa: ASYNC110 - nobody tells of its end
            await asyncio.sleep(0.01)

    assert worker.returncode == 0


def _is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_what_ruff_says_beside_json_is_a_sentence(tmp_path):
    (tmp_path / "root").mkdir()
    program = tmp_path / "ruff"
    program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo ruff 0.99.1 || echo "[{]"\n', "utf-8")
    program.chmod(0o755)
    sent = []
    worker = Worker(send=sent.append, environment={"PATH": str(tmp_path), "SUFFICE_STATE_DIR": str(tmp_path / "state")})

    worker.take(to_line(Lint(1, str(tmp_path / "root"), "a.py", "x = 1\n")))
    await asyncio.gather(*worker._tasks.values())
    await worker.close()

    assert sent == [Failed(1, "ruff says what is no JSON; run ruff check by hand to see more.")]


async def test_a_review_without_git_says_so(tmp_path):
    environment = {"PATH": str(tmp_path), "SUFFICE_STATE_DIR": str(tmp_path / "state")}
    worker = await asyncio.create_subprocess_exec(*console_script(), stdin=PIPE, stdout=PIPE, env=environment)
    worker.stdin.write(to_line(Review(1, str(tmp_path))))

    _, answer = [from_line(await worker.stdout.readline()) for _ in range(2)]
    worker.stdin.close()
    await worker.wait()

    assert answer == Failed(1, "git cannot be started; install it, or put it on PATH.")


async def test_what_was_paid_counts_for_the_session_though_the_store_cannot_be_written(tmp_path):
    store, money = Store(tmp_path / FILE_NAME), Money(lambda: None)
    budget = money.budget(Config(max_day_usd=1.0), tmp_path, store)
    reserved = await budget.reserve(0.2)
    store.execute("DROP TABLE reservations")

    with pytest.raises(StorageError):
        budget.settle(reserved, 0.1)

    assert (money.together.spent_usd, budget.left_usd) == (0.1, 0.4)
