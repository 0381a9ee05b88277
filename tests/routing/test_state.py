"""What outlives a task: one private file, and in it the ledger, the cache, the health, the caps and the memory."""

import asyncio
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path

import pytest

from suffice import __version__
from suffice.errors import StorageError
from suffice.lane_record import LaneRecord
from suffice.lanes import Usage, catalogue
from suffice.providers.reply import Request
from suffice.state import cache as caching
from suffice.state.budget import Budget, OverCap, Reservation
from suffice.state.cache import Cache, Cached, CacheParts, CacheStats, cache_key
from suffice.state.health import PROBE_LEASE_S, PROBE_POLL_S, Health
from suffice.state.ledger import Call, Feedback, FeedbackRow, Ledger, OutcomeRow, Work
from suffice.state.memory import Memory, Remembered
from suffice.state.schema import STEPS, VERSION
from suffice.state.shared_caps import RESERVATION_LEASE_S
from suffice.state.store import FILE_NAME, Store, state_folder

NOON = 1_795_262_400.0
"""2026-11-21, 12:00 UTC."""

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
WORK = Work(kind="lint-fix", rule="B904", repository="r1", fingerprint="f1")
USAGE = Usage(input_tokens=2000, cached_tokens=500, output_tokens=80, reasoning_tokens=20)
CALL = Call(
    lane="haiku",
    provider="anthropic",
    model="small-1",
    effort="low",
    prompt_version="lint-1",
    ended="answered",
    cause=None,
    request_id="req_1",
    cost_usd=0.001,
    usage=USAGE,
    latency_ms=1500.0,
)
MODELS = {"haiku": "small-1", "sonnet": "middle-1"}


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / FILE_NAME


@pytest.fixture
def store(path):
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store, clock):
    return Ledger(store, clock=clock)


# the store


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_and_all_files_in_it_are_private_whatever_the_umask(tmp_path):
    path = tmp_path / "state" / FILE_NAME
    before = os.umask(0)
    try:
        store = Store(path)
        Ledger(store).record_call(WORK, CALL)
    finally:
        os.umask(before)

    modes = {file.name: mode(file) for file in path.parent.iterdir()}

    assert modes == {FILE_NAME: 0o600, f"{FILE_NAME}-wal": 0o600, f"{FILE_NAME}-shm": 0o600}
    assert mode(path.parent) == 0o700
    store.close()


def test_a_file_that_others_could_read_is_closed_to_them(store, path):
    Ledger(store).record_call(WORK, CALL)
    for file in (path.parent, *path.parent.iterdir()):
        file.chmod(0o755)

    Store(path).close()

    assert {mode(file) for file in path.parent.iterdir()} == {0o600}
    assert mode(path.parent) == 0o700


def test_opening_a_file_twice_in_one_process_leaves_the_first_usable(store, path):
    with store.transaction():
        store.execute("INSERT INTO consents (provider, at) VALUES ('a', 0)")
        Store(path).close()

    assert Ledger(store).consented() == {"a"}


@pytest.mark.parametrize("kind", ["a file", "a folder in its place", "no database"])
def test_a_place_that_cannot_be_used_is_a_storage_error_that_says_what_to_do(path, kind):
    match kind:
        case "a file":
            path.parent.write_text("")
        case "a folder in its place":
            path.mkdir(parents=True)
        case _:
            path.parent.mkdir()
            path.write_bytes(b"no database at all" * 100)

    with pytest.raises(StorageError) as caught:
        Store(path)

    if kind == "no database":
        assert str(caught.value).startswith(f"The state file {path} cannot be read (")
        assert "move it away" in str(caught.value)
        return
    assert str(caught.value).startswith(f"The state folder {path.parent} cannot be written (")
    assert str(caught.value).endswith("; set SUFFICE_STATE_DIR to one that can.")


def test_a_full_disk_is_a_storage_error_and_nothing_is_half_written(store):
    (pages,) = store.rows("PRAGMA page_count")[0]
    store.execute(f"PRAGMA max_page_count = {pages + 2}")
    cached = Cached(body="x" * 100_000, cost_usd=0.1, sufficed=True)

    with pytest.raises(StorageError, match="disk is full"):
        Cache(store).put("key", cached, kind="edit", lane="sonnet", model="middle-1")

    assert Cache(store).stats().entries == 0
    Ledger(store).record_consent("anthropic")


def test_a_file_that_somebody_keeps_locked_is_a_storage_error(store, path):
    store.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageError, match="database is locked"):
        Ledger(store).record_call(WORK, CALL)
    with pytest.raises(StorageError, match="database is locked"), store.transaction():
        pytest.fail("the transaction has begun")

    other.execute("ROLLBACK")
    other.close()
    assert Ledger(store).record_call(WORK, CALL) == 1


def test_a_transaction_writes_all_or_nothing_and_one_inside_belongs_to_it(store):
    ledger = Ledger(store)

    with suppress(KeyError), store.transaction():
        ledger.record_consent("anthropic")
        with store.transaction():
            ledger.record_consent("openai")
        raise KeyError
    assert ledger.consented() == frozenset()

    with store.transaction(), store.transaction():
        ledger.record_consent("openai")
    assert ledger.consented() == {"openai"}


def test_a_write_of_another_thread_is_no_part_of_a_transaction(store):
    ledger = Ledger(store)
    other = threading.Thread(target=ledger.record_consent, args=("openai",))

    with suppress(KeyError), store.transaction():
        ledger.record_consent("anthropic")
        other.start()
        other.join(0.05)
        raise KeyError
    other.join()

    assert ledger.consented() == {"openai"}


def test_what_is_kept_in_memory_alone_is_forgotten():
    store = Store()
    Ledger(store).record_consent("anthropic")
    store.close()

    assert Ledger(Store()).consented() == frozenset()


def test_the_state_folder_is_named_by_the_environment_else_the_platforms():
    assert state_folder({"SUFFICE_STATE_DIR": "/x/y"}) == Path("/x/y")
    assert state_folder({}).name == "suffice"


OLD_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL,
    lane TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, effort TEXT, prompt_version TEXT,
    ended TEXT NOT NULL, cause TEXT, request_id TEXT, cost_usd REAL NOT NULL, input_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    latency_ms REAL NOT NULL, failed_checks TEXT, confidence REAL);
CREATE TABLE IF NOT EXISTS outcomes (
    at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, lane TEXT, cost_usd REAL NOT NULL);
CREATE TABLE IF NOT EXISTS consents (provider TEXT PRIMARY KEY, at REAL NOT NULL);
"""
OLD_ATTEMPTS = [
    ("answered", "", 0.9, None, True),
    ("answered", "syntax,scope", 0.0, "check-failed", True),
    ("answered", None, None, None, False),
    ("refused", None, None, "refused", True),
    ("truncated", None, None, "malformed", True),
    ("malformed", None, None, "malformed", True),
    ("timed-out", None, None, "transport", True),
    ("unavailable", None, None, "transport", True),
    ("cancelled", None, None, "transport", True),
]


@pytest.fixture
def old(path):
    """A file as it was before there was a version."""
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.executescript(OLD_SCHEMA)
        for ended, failed, confidence, _, _ in OLD_ATTEMPTS:
            db.execute(
                "INSERT INTO attempts VALUES (NULL, 5, 'lint-fix', 'B904', 'r1', 'f1', 'haiku', 'anthropic', 'small-1',"
                " 'low', 'lint-1', ?, NULL, NULL, 0.25, 1, 2, 3, 4, 5.0, ?, ?)",
                (ended, failed, confidence),
            )
        db.execute("INSERT INTO outcomes VALUES (6, 'lint-fix', 'B904', 'r1', 'f1', 'proposed', 'ok', 'haiku', 0.5)")
        db.execute("INSERT INTO consents VALUES ('anthropic', 7)")
    db.close()
    return path


def test_a_file_from_before_there_was_a_version_keeps_all_its_rows(old):
    store = Store(old)
    ledger = Ledger(store)

    rows = ledger.attempts_since(0)

    assert [(row.ended, row.failure, row.settled) for row in rows] == [
        (ended, failure, settled) for ended, _, _, failure, settled in OLD_ATTEMPTS
    ]
    assert rows[1].failed_checks == ("syntax", "scope")
    assert {row.position for row in rows} == {0}
    assert ledger.spent_since(0) == pytest.approx(0.25 * len(OLD_ATTEMPTS))
    assert ledger.outcomes_since(0) == [OutcomeRow(6.0, "lint-fix", "B904", "r1", "f1", "proposed", "ok", "haiku", 0.5)]
    assert ledger.consented() == {"anthropic"}
    assert ledger.record_call(WORK, CALL) == len(OLD_ATTEMPTS) + 1
    store.close()


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_file_of_each_older_version_is_read_and_written_as_any(path, version):
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        for statement in chain(*STEPS[:version]):
            db.execute(statement)
        db.execute(
            "INSERT INTO attempts (at, kind, fingerprint, lane, provider, model, ended, cost_usd, input_tokens,"
            " cached_tokens, output_tokens, reasoning_tokens, latency_ms)"
            " VALUES (5, 'edit', 'f1', 'haiku', 'anthropic', 'small-1', 'answered', 0.25, 1, 2, 3, 4, 5.0)"
        )
        db.execute(f"PRAGMA user_version = {version}")
    db.close()

    with closing(Store(path)) as store:
        ledger = Ledger(store)
        row = ledger.record_call(WORK, CALL, row=ledger.record_sent(WORK, CALL, at_most_usd=0.5))
        ledger.record_check(row, failure=None, failed_checks=(), confidence=0.0, unchecked=True)

        older, newer = ledger.attempts_since(0)

    assert (older.cost_usd, older.at_most_usd, older.unchecked) == (0.25, None, False)
    assert (newer.cost_usd, newer.at_most_usd, newer.unchecked) == (0.001, None, True)


def test_two_processes_that_open_an_old_file_at_once_migrate_it_once(old):
    code = (
        "import sys; from pathlib import Path; from suffice.state.store import Store; Store(Path(sys.argv[1])).close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(old)]) for _ in range(4)]

    assert [process.wait() for process in running] == [0] * 4
    store = Store(old)
    assert len(Ledger(store).attempts_since(0)) == len(OLD_ATTEMPTS)
    assert store.rows("PRAGMA user_version")[0][0] == VERSION
    store.close()


def test_a_file_of_a_newer_version_is_left_alone(store, path):
    store.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(StorageError, match="was written by a newer suffice"):
        Store(path)


# the ledger


def test_a_call_is_money_without_a_verdict_until_its_check_is_recorded(ledger):
    row = ledger.record_call(WORK, CALL._replace(position=2))

    (before,) = ledger.attempts_since(NOON)
    ledger.record_check(row, failure="check-failed", failed_checks=("syntax", "scope"), confidence=0.25)
    (after,) = ledger.attempts_since(NOON)

    assert (before.id, before.settled, before.failure, before.confidence) == (row, False, None, None)
    assert (before.cost_usd, before.position, before.failed_checks) == (0.001, 2, ())
    assert after == before._replace(
        settled=True, failure="check-failed", failed_checks=("syntax", "scope"), confidence=0.25
    )


def test_a_check_without_a_failure_means_that_it_sufficed(ledger):
    ledger.record_check(ledger.record_call(WORK, CALL), failure=None, failed_checks=(), confidence=0.9)

    (row,) = ledger.attempts_since(0)

    assert (row.settled, row.failure, row.failed_checks, row.confidence) == (True, None, (), 0.9)


def test_a_row_tells_all_of_a_call(ledger):
    ledger.record_call(WORK, CALL)

    (row,) = ledger.attempts_since(0)

    told = row._asdict()
    expected = CALL._asdict() | WORK._asdict() | USAGE._asdict() | {"at": NOON}
    del expected["usage"], expected["cache_write_tokens"], expected["request_id"]
    assert {name: told[name] for name in expected} == expected


def test_a_call_stands_in_the_ledger_before_it_leaves(ledger, clock):
    row = ledger.record_sent(WORK, CALL._replace(cost_usd=0.0, usage=Usage()), at_most_usd=0.25)
    (sent,) = ledger.attempts_since(NOON)
    clock.now += MINUTE

    again = ledger.record_call(WORK, CALL, row=row)

    (answered,) = ledger.attempts_since(NOON)
    assert (sent.at, sent.cost_usd, sent.at_most_usd, sent.settled) == (NOON, 0.0, 0.25, False)
    assert (again, answered.at, answered.cost_usd, answered.at_most_usd) == (row, clock.now, 0.001, None)
    assert answered.input_tokens == USAGE.input_tokens


def test_a_call_that_leaves_twice_may_cost_twice_as_much(ledger):
    row = ledger.record_sent(WORK, CALL, at_most_usd=0.25)

    assert ledger.record_sent(WORK, CALL, at_most_usd=0.25, row=row) == row

    assert ledger.unanswered_usd(NOON) == 0.5


def test_a_call_that_was_not_taken_leaves_no_row_and_one_that_was_answered_stays(ledger):
    taken = ledger.record_sent(WORK, CALL, at_most_usd=0.25)
    ledger.record_call(WORK, CALL, row=taken)

    for row in (taken, ledger.record_sent(WORK, CALL, at_most_usd=0.25)):
        ledger.take_back_sent(row)

    assert [row.id for row in ledger.attempts_since(0)] == [taken]


def test_what_calls_without_an_answer_may_cost_is_summed_over_all_or_one_repository(ledger, clock):
    ledger.record_sent(WORK, CALL, at_most_usd=0.5)
    clock.now += HOUR
    ledger.record_sent(WORK._replace(repository="r2"), CALL, at_most_usd=0.25)
    ledger.record_call(WORK, CALL)

    assert ledger.unanswered_usd(NOON) == 0.75
    assert ledger.unanswered_usd(NOON + 1) == 0.25
    assert ledger.unanswered_usd(NOON, "r1") == 0.5


def test_outcomes_and_feedback_are_read_from_a_time_on(ledger, clock):
    ledger.record_outcome(WORK, outcome="proposed", reason="sufficed", lane="haiku", cost_usd=0.1)
    clock.now += HOUR
    ledger.record_outcome(WORK, outcome="skipped", reason="offline", lane=None, cost_usd=0.0)
    ledger.record_feedback(WORK, lane="haiku", word=Feedback.UNDONE)

    assert ledger.outcomes_since(clock.now) == [OutcomeRow(clock.now, *WORK, "skipped", "offline", None, 0.0)]
    assert len(ledger.outcomes_since(NOON)) == 2
    assert ledger.feedback_since(0) == [FeedbackRow(clock.now, *WORK, "haiku", Feedback.UNDONE)]
    assert ledger.feedback_since(clock.now + 1) == []


def test_what_was_spent_is_summed_over_all_or_one_repository(ledger, clock):
    ledger.record_call(WORK, CALL._replace(cost_usd=0.5))
    clock.now += HOUR
    ledger.record_call(WORK, CALL._replace(cost_usd=0.25, ended="timed-out"))
    ledger.record_call(WORK._replace(repository="r2"), CALL._replace(cost_usd=0.125))

    assert ledger.spent_since(NOON) == 0.875
    assert ledger.spent_since(NOON + 1) == 0.375
    assert ledger.spent_since(NOON, "r1") == 0.75
    assert ledger.spent_since(NOON, "r3") == 0.0


def test_consent_is_remembered(ledger):
    ledger.record_consent("openai")
    ledger.record_consent("openai")

    assert ledger.consented() == {"openai"}


# the cache

GOOD = Cached(body='{"a":1}', cost_usd=0.01, sufficed=True)
BAD = Cached(body='{"b":2}', cost_usd=0.02, sufficed=False)


@pytest.fixture
def cache(store, clock):
    return Cache(store, clock=clock)


def put(cache, key, cached=GOOD):
    cache.put(key, cached, kind="lint-fix", lane="haiku", model="small-1")


def test_what_was_stored_is_returned_and_nothing_else(cache):
    put(cache, "k1")
    put(cache, "k2", BAD)

    assert (cache.get("k1"), cache.get("k2"), cache.get("k3")) == (GOOD, BAD, None)


def test_the_last_result_under_a_key_counts(cache):
    put(cache, "k1", BAD)
    put(cache, "k1", GOOD)

    assert cache.get("k1") == GOOD
    assert cache.stats().entries == 1


@pytest.mark.parametrize(
    ("cached", "longest_s"), [(GOOD, caching.LONGEST_AGE_S), (BAD, caching.LONGEST_NEGATIVE_AGE_S)], ids=["good", "bad"]
)
def test_a_result_is_returned_until_it_is_too_old(cache, clock, cached, longest_s):
    put(cache, "k1", cached)

    clock.now += longest_s
    assert cache.get("k1") == cached
    clock.now += 1
    assert cache.get("k1") is None
    put(cache, "k2")
    assert cache.stats().entries == 1


@pytest.mark.parametrize(
    "spoiled",
    [
        "body = substr(body, 1, 70)",
        "body = ''",
        "body = x'00ff'",
        "body = replace(body, '1', '2')",
        "body = (SELECT body FROM results WHERE key = 'k2')",
        "cost_usd = 'much'",
        "at = 'yesterday'",
        "sufficed = 0",
    ],
)
def test_a_row_that_is_not_as_it_was_written_counts_for_nothing(cache, store, spoiled):
    put(cache, "k1")
    put(cache, "k2", BAD)

    store.execute(f"UPDATE results SET {spoiled} WHERE key = 'k1'")

    assert (cache.get("k1"), cache.get("k2")) == (None, BAD)
    put(cache, "k1")
    assert cache.get("k1") == GOOD


def test_an_entry_over_a_mebibyte_is_not_stored(cache):
    put(cache, "fits", GOOD._replace(body="é" * (512 * 1024)))
    put(cache, "too long", GOOD._replace(body="é" * (512 * 1024) + "x"))

    assert cache.get("fits") is not None
    assert cache.get("too long") is None


def test_the_oldest_entries_make_room_for_new_ones(cache, clock):
    mebibyte = GOOD._replace(body="x" * 1024 * 1024)
    for number in range(64):
        clock.now += 1
        put(cache, str(number), mebibyte)
    assert cache.stats().entries == 64

    clock.now += 1
    put(cache, "new")

    assert cache.stats().bytes <= 64 * 1024 * 1024
    kept = [key for key in [*map(str, range(64)), "new"] if cache.get(key)]
    assert kept == [*map(str, range(9, 64)), "new"]


def test_the_cache_says_what_it_holds_and_can_be_cleared(cache, clock, path):
    assert cache.stats() == CacheStats(0, 0, 0, None)
    put(cache, "k1", GOOD._replace(body="secret-source-text"))
    clock.now += 1
    put(cache, "k2", BAD)

    assert cache.stats() == CacheStats(entries=2, negatives=1, bytes=25, oldest_at=NOON)
    assert cache.clear() == 2
    assert cache.stats().entries == 0
    assert cache.clear() == 0


def test_no_code_is_left_in_the_file_of_a_cache_that_was_cleared(path):
    store = Store(path)
    put(Cache(store), "k1", GOOD._replace(body="secret-source-text " * 1000))
    store.close()
    assert b"secret-source-text" in path.read_bytes()

    store = Store(path)
    Cache(store).clear()
    store.close()

    assert b"secret-source-text" not in path.read_bytes()


LANE = catalogue().lanes["haiku"]
QUESTION = Request(
    lane=LANE,
    stable="be brief",
    prompt="fix this",
    schema={"type": "object", "required": ["a"]},
    schema_name="fix",
    max_output_tokens=1000,
    timeout_s=60.0,
    cache_key="k",
)
PARTS = CacheParts.of(QUESTION, prompt_version="lint-1", address="")
OF_REQUEST = {
    "stable": "be brie",
    "prompt": "fix that",
    "schema": {"type": "object", "required": ["b"]},
    "schema_name": "fixes",
    "strict": False,
    "wants_edits": True,
    "max_output_tokens": 1001,
}
OF_LANE = {"provider": "openai", "model": "small-2", "effort": "high"}
BESIDE = {"prompt_version": "lint-2", "address": "http://127.0.0.1:8080/v1", "tool_version": __version__ + ".1"}
UNSEEN_BY_A_MODEL = {"timeout_s", "cache_key", "group"}


def test_whatever_a_model_sees_of_a_request_changes_the_key_and_nothing_else_does():
    asked = [QUESTION._replace(**{name: value}) for name, value in OF_REQUEST.items()]
    asked += [QUESTION._replace(lane=LANE._replace(**{name: value})) for name, value in OF_LANE.items()]
    parts = [CacheParts.of(each, prompt_version="lint-1", address="") for each in asked]
    parts += [PARTS._replace(**{name: value}) for name, value in BESIDE.items()]

    keys = {cache_key(PARTS), *map(cache_key, parts)}

    assert len(keys) == 1 + len(OF_REQUEST) + len(OF_LANE) + len(BESIDE)
    assert {*OF_REQUEST, *OF_LANE, *BESIDE} == set(CacheParts._fields)
    assert {*OF_REQUEST, *UNSEEN_BY_A_MODEL, "lane"} == set(Request._fields)
    later = QUESTION._replace(timeout_s=1.0, cache_key="l", group="mod.py", lane=LANE._replace(name="own", jobs=1))
    assert CacheParts.of(later, prompt_version="lint-1", address="") == PARTS


def test_text_that_moves_from_one_part_to_the_next_changes_the_key():
    moved = PARTS._replace(stable="be brieffix", prompt=" this")
    joined = PARTS._replace(stable="be brief", prompt='fix this","x')

    assert len({cache_key(PARTS), cache_key(moved), cache_key(joined)}) == 3


def test_the_same_question_has_the_same_key_whatever_text_it_holds():
    odd = PARTS._replace(prompt="caf\u00e9 \udc80 \0")

    assert cache_key(odd) == cache_key(odd._replace(schema=json.loads(json.dumps(PARTS.schema))))
    assert len(cache_key(odd)) == 64


# health


@pytest.fixture
def health(store, clock):
    return Health(store, clock=clock)


SMALL = ("anthropic", "small-1")


def test_a_model_that_never_failed_may_be_asked(health):
    assert health.may_ask(*SMALL)
    assert (health.unavailable(), health.shortest_rest_s()) == ({}, 0.0)


def test_a_model_that_failed_rests_and_its_siblings_do_not(health):
    health.failed(*SMALL, 12.0)

    assert health.unavailable() == {("anthropic", "small-1"): "anthropic small-1 is unavailable for 12 s"}
    assert health.shortest_rest_s() == 12.0
    assert not health.may_ask(*SMALL)
    assert health.may_ask("anthropic", "middle-1")


def rest_after(health, clock, failures):
    """Let the model fail as often in a row, each time when its rest is over, and return the last rest."""
    for _ in range(failures):
        clock.now += health.shortest_rest_s()
        health.failed(*SMALL, None)
    return health.shortest_rest_s()


@pytest.mark.parametrize(("failures", "rest_s"), [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (2000, 60)])
def test_a_rest_that_nobody_named_doubles_with_each_failure_in_a_row(store, clock, failures, rest_s):
    if failures == 2000:
        store.execute("INSERT INTO rests VALUES ('anthropic', 'small-1', 0, 0, 1999, NULL)")
        failures = 1

    assert rest_after(Health(store, clock=clock), clock, failures) == rest_s


def test_calls_in_flight_that_fail_during_a_rest_count_once_with_it(health, clock):
    for _ in range(8):
        health.failed(*SMALL, None)
    assert health.shortest_rest_s() == 2.0

    health.failed(*SMALL, 30.0)
    health.failed(*SMALL, 5.0)
    assert health.shortest_rest_s() == 30.0


def test_a_rest_that_was_named_is_as_long_as_named_and_at_most_a_day(health, clock):
    health.failed(*SMALL, 500.0)
    assert health.shortest_rest_s() == 500.0

    clock.now += 500
    health.failed(*SMALL, 1.0)
    assert health.shortest_rest_s() == 1.0

    clock.now += 1
    health.failed(*SMALL, 1e9)
    assert health.shortest_rest_s() == DAY


@pytest.mark.parametrize("retry_after_s", [0.0, -5.0])
def test_a_rest_of_no_time_is_half_open_at_once(health, retry_after_s):
    health.failed(*SMALL, retry_after_s)

    assert [health.may_ask(*SMALL), health.may_ask(*SMALL)] == [True, False]


def test_after_the_rest_one_caller_probes_and_the_others_wait_for_it(health, clock):
    health.failed(*SMALL, 10.0)
    clock.now += 10
    assert health.unavailable() == {}

    asked = [health.may_ask(*SMALL) for _ in range(3)]

    assert asked == [True, False, False]
    assert health.unavailable() == {
        ("anthropic", "small-1"): "anthropic small-1 is unavailable until another call to it has ended"
    }
    assert health.shortest_rest_s() == PROBE_POLL_S


def test_of_two_callers_that_saw_the_same_rest_end_one_probes(store, clock):
    first, granted = Health(store, clock=clock), []

    def clock_of_one_that_is_overtaken():
        granted.append(first.may_ask(*SMALL))
        return clock.now

    first.failed(*SMALL, 0.0)
    granted.append(Health(store, clock=clock_of_one_that_is_overtaken).may_ask(*SMALL))

    assert granted == [True, False]


def test_a_probe_that_answers_closes_the_breaker(health, clock):
    rest_after(health, clock, 3)
    clock.now += 8
    health.may_ask(*SMALL)

    health.answered(*SMALL)

    assert [health.may_ask(*SMALL), health.may_ask(*SMALL)] == [True, True]
    health.failed(*SMALL, None)
    assert health.shortest_rest_s() == 2.0


def test_a_probe_that_fails_opens_it_for_twice_as_long(health, clock):
    health.failed(*SMALL, None)
    clock.now += 2
    health.may_ask(*SMALL)

    health.failed(*SMALL, None)

    assert health.unavailable() == {("anthropic", "small-1"): "anthropic small-1 is unavailable for 4 s"}
    clock.now += 4
    assert [health.may_ask(*SMALL), health.may_ask(*SMALL)] == [True, False]


def test_a_probe_that_was_not_heard_is_given_back_and_says_nothing_of_the_model(health, clock):
    rest_after(health, clock, 2)
    clock.now += 4
    health.may_ask(*SMALL)

    health.not_heard(*SMALL)

    assert [health.may_ask(*SMALL), health.may_ask(*SMALL)] == [True, False]
    health.failed(*SMALL, None)
    assert health.shortest_rest_s() == 8.0


def test_a_call_that_was_not_heard_ends_no_rest(health):
    health.failed(*SMALL, 10.0)

    health.not_heard(*SMALL)

    assert (health.may_ask(*SMALL), health.shortest_rest_s()) == (False, 10.0)


def test_a_prober_that_was_killed_blocks_nobody_for_ever(health, clock):
    health.failed(*SMALL, 1.0)
    clock.now += 1
    assert health.may_ask(*SMALL)

    clock.now += PROBE_LEASE_S - 0.1
    assert not health.may_ask(*SMALL)
    clock.now += 0.1
    assert health.unavailable() == {}
    assert [health.may_ask(*SMALL), health.may_ask(*SMALL)] == [True, False]


def test_an_answer_to_a_call_from_before_the_rest_does_not_end_it(health):
    health.failed(*SMALL, 30.0)

    health.answered(*SMALL)

    assert health.shortest_rest_s() == 30.0


def test_a_clock_that_jumps_back_prolongs_no_rest_and_no_probe(health, clock):
    health.failed(*SMALL, 10.0)

    clock.now -= DAY
    assert health.unavailable() == {}
    assert health.may_ask(*SMALL)

    clock.now -= DAY
    assert [health.may_ask(*SMALL), health.may_ask(*SMALL)] == [True, False]
    health.failed(*SMALL, 10.0)
    assert health.shortest_rest_s() == 10.0


def test_the_first_model_that_may_be_asked_again_says_how_long_to_wait(health, clock):
    health.failed(*SMALL, 100.0)
    health.failed("openai", "other", 7.0)
    health.failed("openai", "rested", 3.0)
    clock.now += 3

    assert health.shortest_rest_s() == 4.0
    assert {model for _, model in health.unavailable()} == {"small-1", "other"}


def test_health_is_shared_by_all_who_open_the_file(health, path, clock):
    health.failed(*SMALL, 10.0)
    other = Store(path)

    assert ("anthropic", "small-1") in Health(other, clock=clock).unavailable()
    other.close()


# the budget


async def test_a_call_is_reserved_at_its_worst_and_settled_at_its_cost():
    budget = Budget(1.0)

    first = await budget.reserve(0.6)
    budget.settle(first, 0.1)
    second = await budget.reserve(0.9)

    assert (first.usd, second.usd) == (0.6, 0.9)
    assert budget.spent_usd == 0.1


async def test_a_cap_without_room_is_said_in_a_sentence():
    budget = Budget(0.5)
    budget.settle(await budget.reserve(0.481), 0.481)

    over = await budget.reserve(0.1)

    assert over == OverCap("run", 0.5, 0.481)
    assert str(over) == "the cap of $0.50 for a run leaves no room after $0.4810"


async def test_a_reservation_waits_while_a_call_in_flight_may_free_money():
    budget = Budget(1.0)
    first = await budget.reserve(0.9)
    waiting = asyncio.create_task(budget.reserve(0.5))
    await asyncio.sleep(0)
    assert not waiting.done()

    budget.settle(first, 0.2)

    assert isinstance(await waiting, Reservation)


async def test_one_that_waited_in_vain_is_over_the_cap():
    budget = Budget(1.0)
    first = await budget.reserve(0.9)
    waiting = asyncio.create_task(budget.reserve(0.5))
    await asyncio.sleep(0)

    budget.settle(first, 0.8)

    assert await waiting == OverCap("run", 1.0, 0.8)


async def test_what_rounding_leaves_of_reservations_keeps_nobody_waiting():
    budget = Budget(0.6)
    held = [await budget.reserve(usd) for usd in (0.1, 0.2, 0.29)]
    for reservation in held:
        budget.settle(reservation, 0.0)

    assert isinstance(await asyncio.wait_for(budget.reserve(0.6), 5), Reservation)


async def test_a_cap_that_is_lowered_meanwhile_holds_for_the_next_call():
    budget = Budget(1.0)
    budget.cap_usd = 0.1

    assert await budget.reserve(0.2) == OverCap("run", 0.1, 0.0)


async def test_a_task_has_its_own_cap():
    budget = Budget(1.0, task_cap_usd=0.1)

    over = await budget.reserve(0.06, spent_on_task_usd=0.05)

    assert str(over) == "the cap of $0.10 for a task leaves no room after $0.0500"
    assert isinstance(await budget.reserve(0.05, spent_on_task_usd=0.05), Reservation)


def budget_of(store, clock, **caps):
    return Budget(100.0, repository="r1", store=store, clock=clock, **caps)


async def test_the_cap_of_a_day_counts_what_all_processes_paid_since_midnight(store, ledger, clock):
    clock.now = NOON - 12 * HOUR - 1
    ledger.record_call(WORK, CALL._replace(cost_usd=5.0))
    clock.now = NOON - 12 * HOUR
    ledger.record_call(WORK._replace(repository="r2"), CALL._replace(cost_usd=0.75, ended="timed-out"))
    clock.now = NOON
    budget = budget_of(store, clock, day_cap_usd=1.0)

    assert isinstance(await budget.reserve(0.25), Reservation)
    over = await budget.reserve(0.26)

    assert str(over) == "the cap of $1.00 for a day leaves no room after $0.7500"
    clock.now += 12 * HOUR
    assert isinstance(await budget.reserve(0.5), Reservation)


async def test_the_cap_of_a_month_counts_one_repository_since_the_first(store, ledger, clock):
    clock.now = NOON - 20.5 * DAY - 1
    ledger.record_call(WORK, CALL._replace(cost_usd=5.0))
    clock.now = NOON - 20.5 * DAY
    ledger.record_call(WORK, CALL._replace(cost_usd=0.75))
    ledger.record_call(WORK._replace(repository="r2"), CALL._replace(cost_usd=9.0))
    clock.now = NOON
    budget = budget_of(store, clock, month_cap_usd=1.0)

    over = await budget.reserve(0.26)

    assert str(over) == "the cap of $1.00 for a month in this repository leaves no room after $0.7500"
    assert isinstance(await budget.reserve(0.25), Reservation)


async def test_a_call_in_flight_elsewhere_is_waited_for(store, ledger, path, clock):
    other = Store(path)
    theirs, ours = budget_of(other, clock, day_cap_usd=1.0), budget_of(store, clock, day_cap_usd=1.0)
    held = await theirs.reserve(0.9)
    waiting = asyncio.create_task(ours.reserve(0.5))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    ledger.record_call(WORK, CALL._replace(cost_usd=0.1))
    theirs.settle(held, 0.1)

    assert isinstance(await waiting, Reservation)
    assert ours.spent_usd == 0.0
    other.close()


async def test_what_was_spent_elsewhere_is_not_waited_for_and_frees_the_run(store, ledger, clock):
    ledger.record_call(WORK, CALL._replace(cost_usd=0.9))
    budget = Budget(0.5, day_cap_usd=1.0, store=store, clock=clock)

    assert await budget.reserve(0.5) == OverCap("day", 1.0, 0.9)
    assert isinstance(await budget.reserve(0.1), Reservation)


async def test_a_task_that_is_cancelled_while_it_waits_holds_nothing(store, path, clock):
    theirs, ours = budget_of(store, clock, day_cap_usd=1.0), Budget(0.5, day_cap_usd=1.0, store=store, clock=clock)
    held = await theirs.reserve(0.9)
    waiting = asyncio.create_task(ours.reserve(0.5))
    await asyncio.sleep(0.05)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    theirs.settle(held, 0.0)

    assert isinstance(await asyncio.wait_for(ours.reserve(0.5), 5), Reservation)


async def test_the_reservation_of_a_killed_process_expires(store, clock):
    await budget_of(store, clock, day_cap_usd=1.0).reserve(0.9)

    clock.now += RESERVATION_LEASE_S

    assert isinstance(await budget_of(store, clock, day_cap_usd=1.0).reserve(0.9), Reservation)
    assert len(store.rows("SELECT id FROM reservations")) == 1


@pytest.mark.parametrize("later_s", [0, 2 * RESERVATION_LEASE_S], ids=["at once", "when its reservation has expired"])
async def test_a_call_that_was_sent_and_never_answered_counts_at_its_worst(store, ledger, clock, later_s):
    killed = budget_of(store, clock, day_cap_usd=1.0)
    reserved = await killed.reserve(0.75)
    ledger.record_sent(WORK, CALL._replace(cost_usd=0.0), at_most_usd=reserved.usd)
    killed.sent(reserved)
    clock.now += later_s

    assert isinstance(await budget_of(store, clock, day_cap_usd=1.0).reserve(0.25), Reservation)
    assert budget_of(store, clock, day_cap_usd=1.0)._shared._take(0.26).over == OverCap("day", 1.0, 0.75)
    assert budget_of(store, clock, month_cap_usd=1.0)._shared._take(0.26).over == OverCap("month", 1.0, 0.75)


async def test_a_clock_that_jumps_back_keeps_no_dead_reservation_alive(store, clock):
    await budget_of(store, clock, day_cap_usd=1.0).reserve(0.9)

    clock.now -= 2 * HOUR

    assert isinstance(await budget_of(store, clock, day_cap_usd=1.0).reserve(0.9), Reservation)


def test_a_cap_of_all_processes_needs_their_store():
    with pytest.raises(ValueError, match="needs a store"):
        Budget(day_cap_usd=1.0)


# memory


class History:
    """Writes a past, a task a minute, so that each is one of its own."""

    def __init__(self, ledger, clock):
        self.ledger, self.clock = ledger, clock
        self.number = 0

    def attempt(self, failure=None, *, settled=True, work=WORK, **call):
        row = self.ledger.record_call(work, CALL._replace(**call))
        if settled:
            self.ledger.record_check(row, failure=failure, failed_checks=(), confidence=None)

    def tasks(self, count, failure=None, *, work=WORK, **call):
        for _ in range(count):
            self.number += 1
            self.attempt(failure, work=work._replace(fingerprint=f"t{self.number}"), **call)

    def remembered(self, work=WORK, **asked):
        asked = {"models": MODELS} | asked
        return Memory(self.ledger.store, clock=self.clock).of(work, **asked)

    def haiku(self, work=WORK, **asked):
        return self.remembered(work, **asked).records.get("haiku", LaneRecord())


@pytest.fixture
def history(ledger, clock):
    return History(ledger, clock)


def test_nothing_is_remembered_of_what_was_never_tried(history):
    assert history.remembered() == Remembered({}, (), ())


def test_tasks_of_a_lane_are_counted_with_their_mean_cost(history):
    history.tasks(3, cost_usd=0.1)
    history.tasks(1, "check-failed", cost_usd=0.5)

    assert history.remembered().records == {
        "haiku": LaneRecord(n=4.0, sufficed=3.0, cost_usd=pytest.approx(0.2), latency_p90_s=None)
    }


def test_tasks_that_came_after_another_lane_failed_are_counted_apart(history):
    history.tasks(2, cost_usd=0.1)
    history.tasks(3, "check-failed", cost_usd=0.4, position=1)
    history.tasks(1, cost_usd=0.8, position=2)

    record = history.haiku()

    assert (record.n, record.sufficed, record.cost_usd) == (2.0, 2.0, pytest.approx(0.1))
    assert (record.n_after, record.sufficed_after, record.cost_after_usd) == (4.0, 1.0, pytest.approx(0.5))


def test_a_second_try_on_the_same_lane_is_the_same_task_and_is_paid_too(history, clock):
    history.attempt("check-failed", cost_usd=0.1)
    clock.now += 5
    history.attempt(None, cost_usd=0.2)

    record = history.haiku()

    assert (record.n, record.sufficed) == (pytest.approx(1.0), pytest.approx(1.0))
    assert record.cost_usd == pytest.approx(0.3)


def test_another_run_on_the_same_fingerprint_is_another_task(history, clock):
    history.attempt("check-failed")
    clock.now += HOUR
    history.attempt("check-failed")

    assert history.haiku().n == pytest.approx(2.0, rel=0.01)


def test_transport_failures_and_calls_without_a_verdict_never_count(history):
    history.ledger.record_sent(WORK, CALL, at_most_usd=0.25)
    history.attempt("transport", ended="timed-out")
    history.attempt(settled=False)
    history.attempt(None)
    history.attempt("transport", ended="unavailable")

    assert history.haiku()[:3] == (1.0, 1.0, pytest.approx(0.001))


def test_another_model_behind_the_lane_is_another_lane(history):
    history.tasks(5, "check-failed")

    assert history.haiku(models={"haiku": "small-2"}) == LaneRecord()


def test_a_prompt_version_counts_alone_where_one_is_given(history):
    history.tasks(5, "check-failed", prompt_version="lint-1")
    history.tasks(2, prompt_version="lint-2")

    assert history.haiku(prompt_version="lint-2")[:2] == (2.0, 2.0)
    assert history.haiku()[:2] == (7.0, 2.0)


def test_a_task_counts_half_after_a_month(history, clock):
    history.tasks(4)
    clock.now += 30 * DAY
    history.tasks(1, "check-failed")

    assert history.haiku()[:2] == (pytest.approx(3.0), pytest.approx(2.0))


def test_a_task_from_after_the_clock_jumped_back_counts_once(history, clock):
    history.tasks(4)
    clock.now -= DAY

    assert history.haiku().n == 4.0


OTHER_RULE = WORK._replace(rule="UP032")
ELSEWHERE = WORK._replace(repository="r2")


def test_other_rules_and_repositories_fill_up_what_is_missing(history):
    history.tasks(6)
    history.tasks(4, "check-failed", work=OTHER_RULE)
    history.tasks(5, "check-failed", work=ELSEWHERE)

    assert history.haiku()[:2] == (15.0, 6.0)
    assert history.haiku(WORK._replace(rule="E711"))[:2] == (15.0, 6.0)
    assert history.haiku(WORK._replace(kind="edit")) == LaneRecord()


def test_wider_groups_never_weigh_more_than_sixty_tasks_together(history):
    history.tasks(10)
    history.tasks(10, "check-failed", work=OTHER_RULE)
    history.tasks(200, "check-failed", work=ELSEWHERE, cost_usd=0.031)

    record = history.haiku()

    assert (record.n, record.sufficed) == (pytest.approx(60.0), pytest.approx(10.0))
    assert record.cost_usd == pytest.approx((20 * 0.001 + 40 * 0.031) / 60)
    nowhere = history.haiku(WORK._replace(repository="r3"))
    assert (nowhere.n, nowhere.sufficed) == (pytest.approx(60.0), pytest.approx(60 * 10 / 220))


def test_a_rule_that_is_known_well_needs_no_other(history):
    history.tasks(70)
    history.tasks(200, "check-failed", work=OTHER_RULE)
    history.tasks(200, "check-failed", work=ELSEWHERE)

    assert history.haiku()[:2] == (70.0, 70.0)


@pytest.mark.parametrize(
    ("word", "sufficed"),
    [(Feedback.KEPT, 3.0), (Feedback.UNDONE, 0.0), (Feedback.DISMISSED, 0.0), (Feedback.REJECTED, 0.0)],
)
@pytest.mark.parametrize("failure", [None, "low-confidence"])
def test_the_developers_word_overrides_the_checkers_and_weighs_three_tasks(history, word, sufficed, failure):
    history.attempt(failure)
    history.ledger.record_feedback(WORK, lane="haiku", word=word)

    assert history.haiku()[:3] == (3.0, sufficed, pytest.approx(0.001))


def test_the_latest_word_counts_and_only_for_what_was_made_before_it(history, clock):
    history.attempt(None)
    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.KEPT)
    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.UNDONE)
    history.ledger.record_feedback(WORK, lane="sonnet", word=Feedback.KEPT)
    clock.now += 1
    history.attempt("check-failed")

    assert history.haiku()[:2] == (pytest.approx(4.0), 0.0)


def test_what_failed_its_checks_and_was_kept_all_the_same_did_not_fail_here(history):
    history.attempt("low-confidence")
    history.attempt("low-confidence")
    assert history.remembered().failed_here == ("haiku",)

    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.KEPT)

    assert history.remembered().failed_here == ()


def test_a_rejection_is_of_the_result_before_it_and_not_of_the_next(ledger, clock):
    def proposed():
        clock.now += MINUTE
        ledger.record_outcome(WORK, outcome="proposed", reason="sufficed", lane="haiku", cost_usd=0.1)

    proposed()
    ledger.record_feedback(WORK, lane="haiku", word=Feedback.REJECTED)
    assert ledger.is_rejected(WORK, lane="haiku")

    proposed()

    assert not ledger.is_rejected(WORK, lane="haiku")


def test_what_was_rewritten_counts_as_the_checker_saw_it_and_takes_an_earlier_word_back(history):
    history.attempt(None)
    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.UNDONE)
    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.REWRITTEN)

    assert history.haiku()[:2] == (1.0, 1.0)
    assert history.remembered().failed_here == ()


@pytest.mark.parametrize("word", [Feedback.UNDONE, Feedback.REJECTED])
def test_a_lane_whose_result_the_developer_did_not_want_failed_here(history, word):
    history.attempt(None)
    history.ledger.record_feedback(WORK, lane="haiku", word=word)

    remembered = history.remembered()

    assert remembered.failed_here == ("haiku",)
    assert remembered.rejected_by == (("haiku",) if word is Feedback.REJECTED else ())
    assert history.remembered(WORK._replace(fingerprint="f2")).failed_here == ()
    assert history.remembered(WORK._replace(kind="edit")).failed_here == ()


@pytest.mark.parametrize("word", [Feedback.KEPT, Feedback.DISMISSED])
def test_a_later_word_takes_a_rejection_back(history, word):
    history.attempt(None)
    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.REJECTED)
    history.ledger.record_feedback(WORK, lane="haiku", word=word)

    assert history.remembered()[1:] == ((), (), ())


def test_a_rejection_of_what_no_model_made_is_remembered_too(history):
    history.ledger.record_feedback(WORK, lane="linter", word=Feedback.REJECTED)

    assert history.remembered() == Remembered({}, ("linter",), ("linter",), ("linter",))


def test_a_rejection_is_forgotten_with_the_model_that_it_was_about(history):
    history.attempt(None)
    history.ledger.record_feedback(WORK, lane="haiku", word=Feedback.REJECTED)

    assert history.remembered(models={"haiku": "small-2"}) == Remembered({}, (), ())


@pytest.mark.parametrize(
    ("failures", "failed"),
    [
        (["check-failed"], False),
        (["check-failed", "malformed"], True),
        (["check-failed", "transport"], False),
        (["check-failed", None], False),
        (["check-failed", None, "check-failed"], False),
        (["check-failed", None, "check-failed", "refused"], True),
    ],
)
def test_a_lane_that_failed_twice_in_a_row_on_a_fingerprint_failed_here(history, clock, failures, failed):
    for failure in failures:
        history.attempt(failure)
        clock.now += HOUR

    assert history.remembered().failed_here == (("haiku",) if failed else ())
    assert history.remembered(models={"haiku": "small-2"}).failed_here == ()
    assert history.remembered(prompt_version="lint-2").failed_here == ()
    assert history.remembered().rejected_by == ()


OTHERS = {"repository": ({"repository": "r2"}, {}), "prompt": ({}, {"prompt_version": "lint-0"})}


@pytest.mark.parametrize(("work", "call"), OTHERS.values(), ids=OTHERS)
def test_tries_of_another_repository_or_prompt_are_another_task(history, work, call):
    history.attempt("check-failed", work=WORK._replace(**work), **call)
    history.attempt(None)

    assert history.haiku()[:2] == (2.0, 1.0)


def test_what_happened_to_the_same_text_in_another_repository_happened_elsewhere(history):
    theirs = WORK._replace(repository="r2")
    history.attempt("check-failed", work=theirs)
    history.attempt("check-failed", work=theirs)
    history.attempt(lane="sonnet", model="middle-1", work=theirs)
    history.attempt(lane="sonnet", model="middle-1")
    history.ledger.record_feedback(theirs, lane="sonnet", word=Feedback.REJECTED)

    assert history.remembered(theirs).failed_here == ("haiku", "sonnet")
    assert history.remembered()[1:] == ((), (), ())


def test_the_latency_is_the_ninetieth_percentile_of_ten_or_more_answers(history):
    history.tasks(9, latency_ms=1000.0)
    history.tasks(5, "transport", ended="timed-out", latency_ms=60_000.0)
    assert history.haiku().latency_p90_s is None

    history.tasks(1, latency_ms=9000.0)
    assert history.haiku().latency_p90_s == 1.0

    history.tasks(1, "check-failed", latency_ms=8000.0)
    assert history.haiku().latency_p90_s == 8.0


def test_memory_reads_nothing_again_while_nobody_has_written(history, store, path):
    history.tasks(3)
    memory, asked = Memory(store), []
    store._db.set_trace_callback(lambda sql: asked.append(sql) if "attempts" in sql else None)

    def read():
        memory.refresh()
        memory.of(WORK, models=MODELS)
        return len(asked)

    once, twice = read(), read()
    with closing(Store(path)) as other:
        Ledger(other).record_call(WORK, CALL)
    after_another_process = read()
    history.tasks(1)

    assert 0 < once == twice < after_another_process < read()


def test_memory_sees_what_is_new_after_a_refresh(history):
    memory = Memory(history.ledger.store, clock=history.clock)
    assert memory.of(WORK, models=MODELS).records == {}
    history.tasks(1)

    assert memory.of(WORK, models=MODELS).records == {}
    memory.refresh()
    assert memory.of(WORK, models=MODELS).records["haiku"].n == 1.0
