"""Nothing is lost, torn or overspent when processes are killed and when eight of them write at once.

Run as a program, this file is the one that forks them: `kill PATH`, `fix PATH` and `crowd PATH`.
"""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import lost_cause
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.lanes import Usage, catalogue
from suffice.state.budget import Budget, OverCap
from suffice.state.cache import Cache, Cached
from suffice.state.health import Health
from suffice.state.ledger import Call, Feedback, Ledger, Work
from suffice.state.store import FILE_NAME, Store
from suffice.testing import ScriptedAnswer, provider_double

KILLS = 200
LONGEST_LIFE_S = 0.05
KILLED_RUNS = 30
FILES_OF_A_RUN = 10
SHORTEST_RUN_S, LONGEST_RUN_S = 0.2, 1.0
PROCESSES = 8
ROUNDS = 80
PROBES = 30
DAY_CAP_USD = 1.0
WORST_USD = 0.05
NOON = 1_795_262_400.0

WORK = Work(kind="lint-fix", rule="B904", repository="r1", fingerprint="f")
CALL = Call(
    lane="haiku",
    provider="anthropic",
    model="small-1",
    effort="low",
    prompt_version="lint-1",
    ended="answered",
    cause=None,
    request_id=None,
    cost_usd=0.0,
    usage=Usage(input_tokens=2000, output_tokens=80),
    latency_ms=1500.0,
)


def clock():
    return NOON


def forked(work, *arguments):
    """Run *work* in a child, with a pipe as its last argument; return the child and the pipe's other end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            work(*arguments, writing)
        except BaseException:  # noqa: BLE001 - a fork must never run on into its parent's code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    return child, reading


def everything(reading):
    with os.fdopen(reading) as pipe:
        return pipe.read()


def write_until_killed(path, seed, pipe):
    store = Store(path)
    ledger = Ledger(store)
    for number in range(1_000_000):
        name = f"{seed}-{number}"
        row = ledger.record_sent(WORK._replace(fingerprint=name), CALL, at_most_usd=WORST_USD)
        os.write(pipe, f"{row} {name} sent\n".encode())
        ledger.record_call(WORK._replace(fingerprint=name), CALL, row=row)
        os.write(pipe, f"{row} {name} answered\n".encode())
        with store.transaction():  # both or neither
            ledger.record_feedback(WORK._replace(fingerprint=name), lane="haiku", word=Feedback.KEPT)
            ledger.record_feedback(WORK._replace(fingerprint=name), lane="sonnet", word=Feedback.UNDONE)


def kill_writers(path):
    """Kill one writer after the other, each at a random moment, and print what they said they had written."""
    dice = random.Random(4711)
    for seed in range(KILLS):
        child, reading = forked(write_until_killed, path, seed)
        time.sleep(dice.uniform(0, LONGEST_LIFE_S))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            sys.exit(f"writer {seed} ended by itself")
        sys.stdout.write(everything(reading))


def kill_runs(root):
    """Kill one `suffice fix` after the other, each at a random moment, and print how many rows there are after it."""
    import anthropic  # noqa: F401 - so that no child has to

    from suffice_ci.main import run

    def fix():
        os.chdir(root)
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        run(["fix", "--yes", "--json", "--max-cost-usd", "9"])

    dice = random.Random(4711)
    for seed in range(KILLED_RUNS):
        for number in range(FILES_OF_A_RUN):
            text = lost_cause.BAD.replace("ValueError(path)", f'ValueError("run {seed}")')
            (root / f"m{number}.py").write_text(text)
        child, _ = forked(lambda _pipe: fix())
        time.sleep(dice.uniform(SHORTEST_RUN_S, LONGEST_RUN_S))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(seed, *rows_known())


def rows_known():
    """Return how many calls the ledger has, and of them those without an answer."""
    with closing(Store(Path(os.environ["SUFFICE_STATE_DIR"], FILE_NAME))) as store:
        return tuple(store.rows("SELECT COUNT(*), COUNT(at_most_usd) FROM attempts")[0])


def take_part(path, number, start, pipe):
    """Write to all parts of the store as one of a crowd, and say what was granted and paid."""
    store = Store(path)
    ledger, cache, health = Ledger(store, clock=clock), Cache(store, clock=clock), Health(store)
    budget = Budget(100.0, day_cap_usd=DAY_CAP_USD, store=store, clock=clock)
    dice = random.Random(number)
    granted, paid = [], []
    time.sleep(max(0.0, start - time.time()))
    for turn in range(ROUNDS):
        name = f"{number}-{turn}"
        row = ledger.record_call(WORK._replace(fingerprint=name), CALL)
        ledger.record_check(row, failure="malformed", failed_checks=(name,), confidence=None)
        cache.put(name, Cached(json.dumps(name), 0.01, sufficed=True), kind="edit", lane="haiku", model="small-1")
        health.failed("own", name, 1000.0)
        health.failed("shared", "all", 1000.0)
        granted += [probe for probe in range(PROBES) if health.may_ask("probed", str(probe))]
        if (cost_usd := asyncio.run(pay(budget, ledger, dice.uniform(0, WORST_USD)))) is not None:
            paid.append(cost_usd)
    store.close()
    os.write(pipe, json.dumps({"granted": granted, "paid": paid}).encode())


async def pay(budget, ledger, cost_usd):
    """Pay *cost_usd* for a call; None if a cap leaves no room for its worst case."""
    reservation = await budget.reserve(WORST_USD)
    if isinstance(reservation, OverCap):
        return None
    await asyncio.sleep(0.002)
    with ledger.store.transaction():
        ledger.record_call(WORK._replace(fingerprint="paid"), CALL._replace(cost_usd=cost_usd))
        budget.settle(reservation, cost_usd)
    return cost_usd


def crowd(path):
    """Let all take part at once and print what each said, one a line."""
    start = time.time() + 0.3
    children = [forked(take_part, path, number, start) for number in range(PROCESSES)]
    for child, reading in children:
        print(everything(reading))
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit("one of the crowd failed")


def told_by(command, path):
    program, own = [sys.executable, __file__, command, str(path)], {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(program, capture_output=True, text=True, timeout=100, check=False, env=os.environ | own)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.slow
def test_no_row_that_was_written_is_lost_when_its_writer_is_killed(tmp_path):
    path = tmp_path / FILE_NAME

    told = [line.split() for line in told_by("kill", path)]

    store = Store(path)
    assert [row[0] for row in store.rows("PRAGMA integrity_check")] == ["ok"]
    rows = {row.id: row for row in Ledger(store).attempts_since(0)}
    assert [name for row, name, _ in told if rows[int(row)].fingerprint != name] == []
    assert [name for row, name, what in told if what == "answered" and rows[int(row)].at_most_usd is not None] == []
    assert len({name.split("-")[0] for _, name, _ in told}) > KILLS / 4
    said = Counter(row.fingerprint for row in Ledger(store).feedback_since(0))
    assert set(said.values()) == {2}
    store.close()


@pytest.mark.slow
def test_a_run_that_is_killed_has_a_row_for_each_call_that_its_provider_was_asked(project, monkeypatch):
    lanes, dice = catalogue().lanes, random.Random(4711)
    project.write({"pyproject.toml": lost_cause.SETTINGS})

    def answer(_body):
        return ScriptedAnswer(answer=lost_cause.rewritten(lost_cause.SILENCED), delay_s=dice.uniform(0, 0.2))

    with provider_double() as double:
        for lane in ("haiku", "sonnet"):
            double.script(lanes[lane].model, [answer], repeat_last=True)
        monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", double.anthropic_base_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
        told = [[int(number) for number in line.split()] for line in told_by("fix", project.root)]
        whole = [json.dumps(one.body) for one in double.requests if one.body]  # one that was cut is not paid
        requests = Counter(int(re.search(r"run (\d+)", body)[1]) for body in whole)

    rows = {seed: after - before for (_, before, _), (seed, after, _) in pairwise([[-1, 0, 0], *told])}
    assert [seed for seed in rows if rows[seed] < requests[seed]] == []
    _, known, unanswered = told[-1]
    assert 0 < unanswered < known <= sum(requests.values()) + unanswered


@pytest.mark.slow
def test_eight_processes_that_write_at_once_lose_nothing_and_keep_the_cap(tmp_path):
    path = tmp_path / FILE_NAME
    store = Store(path)
    health = Health(store)
    for probe in range(PROBES):
        health.failed("probed", str(probe), 0.0)

    told = [json.loads(line) for line in told_by("crowd", path)]

    names = {f"{number}-{turn}" for number in range(PROCESSES) for turn in range(ROUNDS)}
    attempts = Ledger(store).attempts_since(0)
    assert {row.failed_checks for row in attempts if row.settled} == {(name,) for name in names}
    cache = Cache(store, clock=clock)
    assert {name for name in names if cache.get(name) == Cached(json.dumps(name), 0.01, sufficed=True)} == names
    assert {model for _, model in health.unavailable()} == {*names, "all", *map(str, range(PROBES))}
    assert sorted(probe for each in told for probe in each["granted"]) == list(range(PROBES))
    paid = sorted(usd for each in told for usd in each["paid"])
    assert paid == sorted(row.cost_usd for row in attempts if row.fingerprint == "paid")
    assert DAY_CAP_USD - WORST_USD < sum(paid) <= DAY_CAP_USD
    assert store.rows("SELECT id FROM reservations") == []
    store.close()


USD = st.floats(min_value=0.0, max_value=1.0, allow_nan=False)
CALLS = st.lists(st.tuples(USD, st.floats(0.0, 1.0) | st.just(2.0), st.integers(0, 5)), max_size=12)


@given(cap_usd=USD, calls=CALLS)
def test_concurrent_tasks_never_pass_a_cap_by_more_than_one_settled_call(cap_usd, calls):
    """Nor, where calls cost more than was reserved for them, by more than that."""
    budget = Budget(cap_usd)
    settled, unforeseen = [], []

    async def call(worst_usd, part, turns):
        reservation = await budget.reserve(worst_usd)
        if isinstance(reservation, OverCap):
            return
        for _ in range(turns):
            await asyncio.sleep(0)
        budget.settle(reservation, worst_usd * part)
        settled.append(worst_usd * part)
        unforeseen.append(max(0.0, worst_usd * (part - 1)))
        assert budget.spent_usd <= cap_usd + max(settled) + sum(unforeseen)

    async def run():
        async with asyncio.timeout(10):
            await asyncio.gather(*(call(*each) for each in calls))

    asyncio.run(run())

    assert budget.spent_usd <= cap_usd + sum(unforeseen) + 1e-9
    assert budget._open == {}


if __name__ == "__main__":
    {"kill": kill_writers, "fix": kill_runs, "crowd": crowd}[sys.argv[1]](Path(sys.argv[2]))
