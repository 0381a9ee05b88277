"""A policy on recorded outcomes, where the right figures can be worked out by hand."""

import gzip
import json
from itertools import product

import pytest

from suffice.errors import InputError
from suffice.lane_record import LaneRecord
from suffice.policy import Policy
from suffice.replay.cases import Case, Costs, Run, cases_of, with_costs
from suffice.replay.climbing import Checker, climbed, mapped
from suffice.replay.records import ModelSummary, Record, read_records, summaries
from suffice.replay.replay import POLICY, TRAINED, replay
from suffice.replay.training import Training
from suffice.state.memory import FULL_RECORD_TASKS
from suffice.task import Kind
from suffice.worth import Outlooks, on_this_task

GUIDE = Policy.load("guide")
LOW_HIGH = {"haiku": "small", "opus": "large"}


def records_of(table, repo="r"):
    """Return the rows of (resolved, cost) by model, of as many tasks as there are pairs."""
    return [
        Record(f"{repo}-{place:03}", model, bool(resolved), cost_usd, repo)
        for model, runs in table.items()
        for place, (resolved, cost_usd) in enumerate(runs)
    ]


# The small model solves six of ten tasks at $0.10, the large one the same and two more at $1.
TEN = records_of(
    {
        "small": [(1, 0.1)] * 6 + [(0, 0.1)] * 4,
        "large": [(1, 1.0)] * 6 + [(1, 1.0)] * 2 + [(0, 1.0)] * 2,
    }
)
# Ever so often that a half of them is enough to learn from.
MANY = records_of(
    {
        "small": ([(1, 0.1)] * 6 + [(0, 0.1)] * 4) * 10,
        "large": ([(1, 1.0)] * 8 + [(0, 1.0)] * 2) * 10,
    }
)
# The small model costs nearly as much as the large one and rarely solves anything.
DOMINATED = records_of(
    {
        "small": ([(1, 0.9)] * 2 + [(0, 0.9)] * 8) * 10,
        "large": ([(1, 1.0)] * 9 + [(0, 1.0)]) * 10,
    }
)
# What the small model cannot solve, the large one never solves either, for five dollars.
HOPELESS = records_of(
    {
        "small": ([(1, 0.1)] * 5 + [(0, 0.1)] * 5) * 16,
        "large": ([(1, 0.5)] * 5 + [(0, 5.0)] * 5) * 16,
    }
)


def figures(result, name):
    """Return the shares solved, wrong and handed over, and the dollars a task and a solved one."""
    own = result.of(name)
    values = (own.solved, own.wrong, own.human, own.cost_usd, own.cost_per_solved_usd)
    return [pytest.approx(estimate.value) for estimate in values]


def replayed(records, mapping=LOW_HIGH, **options):
    return replay(records, mapping=mapping, policy=GUIDE, **options)


# --- the figures of each strategy


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("only haiku", [0.6, 0, 0.4, 0.1, 0.1 / 0.6]),
        ("only opus", [0.8, 0, 0.2, 1.0, 1.0 / 0.8]),
        ("ladder", [0.8, 0, 0.2, 0.1 + 0.4 * 1.0, 0.5 / 0.8]),
        (POLICY, [0.8, 0, 0.2, 0.5, 0.5 / 0.8]),
        ("oracle ladder", [0.8, 0, 0.2, 0.5, 0.5 / 0.8]),
        ("oracle router", [0.8, 0, 0.2, 0.6 * 0.1 + 0.2 * 1.0 + 0.2 * 0.1, 0.28 / 0.8]),
    ],
)
def test_with_a_perfect_checker(name, expected):
    assert figures(replayed(TEN), name) == expected


# Rejected by a checker that accepts 10 % of the wrong and rejects 5 % of the right results: 5 % of the six, 90 % of the
# four. The large model then sees 0.05 of the six, and 0.9 of the two it can solve and of the two it cannot.
@pytest.mark.parametrize(
    ("name", "solved", "wrong", "cost_usd"),
    [
        ("only haiku", 0.6 * 0.95, 0.4 * 0.1, 0.1),
        ("only opus", 0.8 * 0.95, 0.2 * 0.1, 1.0),
        (
            "ladder",
            0.6 * (0.95 + 0.05 * 0.95) + 0.2 * 0.9 * 0.95,
            0.4 * 0.1 + 0.2 * 0.9 * 0.1,
            0.1 + (0.6 * 0.05 + 0.4 * 0.9) * 1.0,
        ),
        ("oracle ladder", 0.8, 0, 0.5),
    ],
)
def test_with_a_checker_that_errs_the_expectation_is_exact(name, solved, wrong, cost_usd):
    expected = [solved, wrong, 1 - solved - wrong, cost_usd, cost_usd / solved]

    assert figures(replayed(TEN, far=0.1, frr=0.05), name) == expected


def test_the_expectation_is_that_of_all_draws():
    case = Case("i", "", {"a": Run(False, 1.0), "b": Run(True, 2.0), "c": Run(True, 4.0)})
    checker = Checker(far=0.3, frr=0.2)
    solved = wrong = cost_usd = 0.0
    for draws in product((True, False), repeat=3):
        chance = 1.0
        for accepted, run in zip(draws, case.runs.values(), strict=True):
            chance *= checker.accepts(run) if accepted else 1 - checker.accepts(run)
        asked = list(case.runs.values())[: draws.index(True) + 1 if True in draws else 3]
        cost_usd += chance * sum(run.cost_usd for run in asked)
        solved += chance * (any(draws) and asked[-1].resolved)
        wrong += chance * (any(draws) and not asked[-1].resolved)

    assert climbed(case, "abc", checker) == pytest.approx((solved, wrong, cost_usd))


def test_the_random_mix_costs_what_the_policy_costs():
    result = replayed(TEN)
    share = (0.5 - 0.1) / (1.0 - 0.1)

    assert figures(result, "random mix")[0] == 0.6 + share * 0.2
    assert figures(result, "random mix")[3] == result.of(TRAINED).cost_usd.value
    assert result.of("random mix").starts == {"haiku": pytest.approx(1 - share), "opus": pytest.approx(share)}


def test_differences_are_to_the_top_lane_alone_and_paired():
    result = replayed(TEN)

    ladder, top = result.of("ladder"), result.of("only opus")

    assert ladder.solved_vs_top == (0.0, 0.0, 0.0)  # both solve the very same tasks, so nothing varies
    assert ladder.cost_vs_top.value == pytest.approx(-0.5)
    assert ladder.cost_vs_top.low < -0.5 < ladder.cost_vs_top.high
    assert top.cost_vs_top == (0.0, 0.0, 0.0)


def test_an_interval_holds_all_but_a_fortieth_at_each_end():
    own = replayed(MANY).of("only haiku").solved

    # 60 % of 100 tasks: 1.96 standard errors of 4.9 points
    assert (own.value, own.low, own.high) == (0.6, pytest.approx(0.504, abs=0.015), pytest.approx(0.696, abs=0.015))


def test_where_nothing_is_solved_there_is_no_cost_of_a_solved_task():
    result = replayed(records_of({"small": [(0, 1.0)] * 4, "large": [(0, 2.0)] * 4}))

    assert result.of("ladder").cost_per_solved_usd == (None, None, None)


def test_free_lanes_have_no_relative_cost():
    result = replayed(records_of({"small": [(1, 0.0)] * 4, "large": [(0, 0.0)] * 4}))

    assert result.of("ladder").cost_vs_top == (None, None, None)


# --- what memory changes


def test_memory_starts_higher_where_the_small_lane_does_not_pay():
    result = replayed(DOMINATED)

    assert result.of(POLICY).starts == {"haiku": 1.0}
    assert result.of(TRAINED).starts == {"opus": 1.0}
    assert figures(result, TRAINED) == figures(result, "only opus")


def test_memory_keeps_to_the_small_lane_where_it_pays():
    result = replayed(MANY)

    assert result.of(TRAINED).starts == {"haiku": 1.0}
    assert figures(result, TRAINED) == [0.8, 0, 0.2, 0.5, 0.5 / 0.8]


def test_memory_hands_over_what_the_large_lane_never_rescues():
    result = replayed(HOPELESS)

    assert figures(result, POLICY) == [0.5, 0, 0.5, 0.1 + 0.5 * 5.0, 2.6 / 0.5]
    assert figures(result, TRAINED) == [0.5, 0, 0.5, 0.1, 0.1 / 0.5]


def test_a_half_is_judged_by_the_other_half_alone():
    forty = DOMINATED[:40] + DOMINATED[100:140]

    assert replayed(forty).of(TRAINED).starts == {"haiku": 1.0}  # a half of them is too few to learn from
    assert replayed(DOMINATED[:70] + DOMINATED[100:170]).of(TRAINED).starts == {"opus": 1.0}


def test_a_task_that_cost_the_small_lane_far_more_than_usual_is_handed_over():
    known = {"haiku": LaneRecord(60, 36, 0.1), "opus": LaneRecord(60, 48, 1.0, 60, 18, 1.0)}
    under = mapped(GUIDE, Kind.EDIT, LOW_HIGH)
    usual, dear = (Case("i", "r", {"haiku": Run(False, usd), "opus": Run(True, 1.0)}) for usd in (0.1, 1.6))

    assert under.chain(usual, known) == ("haiku", "opus")
    assert under.chain(dear, known) == ("haiku",)


def trained(table_by_repo, checker=None):
    records = [record for repo, table in table_by_repo.items() for record in records_of(table, repo)]
    cases, _ = cases_of(records, LOW_HIGH)
    return Training(cases, rungs=[("haiku",), ("opus",)], checker=checker or Checker())


def counts(record):
    return pytest.approx((record.n, record.sufficed, record.cost_usd))


def test_a_repository_is_filled_up_with_the_others():
    own = {"small": [(1, 1.0)] * 10, "large": [(1, 3.0)] * 10}
    others = {"small": [(0, 2.0)] * 90, "large": [(1, 6.0)] * 90}

    records = trained({"own": own, "others": others}).records("own")

    n = FULL_RECORD_TASKS  # ten of its own, the rest of others
    assert counts(records["haiku"]) == (n, 10, (10 * 1.0 + (n - 10) * 2.0) / n)
    assert counts(records["opus"]) == (n, n, (10 * 3.0 + (n - 10) * 6.0) / n)
    after = records["opus"]
    assert (after.n_after, after.sufficed_after, after.cost_after_usd) == pytest.approx((n, n, 6.0))


def test_an_unknown_repository_stands_for_the_others():
    records = trained({"others": {"small": [(1, 2.0)] * 80, "large": [(1, 6.0)] * 80}}).records("new")

    assert counts(records["haiku"]) == (FULL_RECORD_TASKS, FULL_RECORD_TASKS, 2.0)


def test_what_the_checker_accepts_counts_as_sufficed():
    table = {"small": [(1, 1.0)] * 5 + [(0, 1.0)] * 5, "large": [(1, 2.0)] * 10}

    records = trained({"r": table}, Checker(far=0.2, frr=0.1)).records("r")

    after = 5 * 0.1 + 5 * 0.8  # came to the large lane
    assert records["haiku"].sufficed == pytest.approx(5 * 0.9 + 5 * 0.2)
    assert records["opus"].n_after == pytest.approx(after)
    assert records["opus"].sufficed_after == pytest.approx(after * 0.9)


def test_a_lane_that_cost_more_than_usual_makes_the_next_one_dearer():
    records = {"haiku": LaneRecord(n=20, cost_usd=1.0), "opus": LaneRecord(n_after=20, cost_after_usd=3.0)}

    assert on_this_task(records, {"haiku": 4.0})["opus"].cost_after_usd == pytest.approx(6.0)
    assert on_this_task(records, {"haiku": 0.25})["opus"].cost_after_usd == pytest.approx(1.5)


@pytest.mark.parametrize(
    "spent_usd",
    [{}, {"haiku": 0.0}, {"local": 3.0}, {"opus": 3.0}],
    ids=["nothing", "cached", "unknown", "little known"],
)
def test_what_says_nothing_changes_no_record(spent_usd):
    records = {"haiku": LaneRecord(n=20, cost_usd=1.0), "opus": LaneRecord(n_after=20, cost_after_usd=3.0)}

    assert on_this_task(records, spent_usd) == records


def test_thirty_tasks_are_thirty_though_the_last_digit_is_lost():
    records = {"haiku": LaneRecord(n=29.999999999999996, sufficed=10, cost_usd=1.0)}

    assert Outlooks(records, {"haiku": 1.0}).of("haiku", after=False).n == 30


# --- the ladder


@pytest.mark.parametrize(
    ("lanes", "rungs"),
    [
        (["opus", "sonnet"], (("sonnet",), ("opus",))),
        (["opus", "haiku"], (("haiku",), ("opus",))),
        (["codex", "sonnet", "gpt-5.4:high", "opus"], (("sonnet", "codex"), ("opus", "gpt-5.4:high"))),
        (["gpt-5.4:medium", "sonnet", "opus"], (("sonnet",), ("gpt-5.4:medium",), ("opus",))),
        (["gpt-5.4:xhigh", "local", "opus"], (("local",), ("opus",), ("gpt-5.4:xhigh",))),
        (["haiku"], (("haiku",),)),
    ],
)
def test_mapped_lanes_stand_where_the_policy_or_their_rank_puts_them(lanes, rungs):
    assert mapped(GUIDE, Kind.EDIT, lanes).rungs() == rungs


def test_a_lane_that_the_policy_denies_is_named():
    result = replayed(TEN, {"haiku": "small", "opus": "large"}, kind=Kind.LINT_FIX)

    assert result.top == "haiku"
    assert result.notes == ("opus is not used: opus is not for lint fixes, which are routine coding",)


def test_one_lane_is_its_own_top():
    result = replayed(TEN, {"opus": "large"})

    assert figures(result, TRAINED) == figures(result, "only opus") == figures(result, "random mix")


def test_the_same_seed_gives_the_same_replay():
    first, again, other = (replayed(MANY, far=0.1, frr=0.1, seed=seed) for seed in (7, 7, 8))

    assert first == again
    assert first.of("ladder").cost_usd.value == other.of("ladder").cost_usd.value
    assert first.of("ladder").cost_usd.low != other.of("ladder").cost_usd.low


def test_replay_says_what_it_ran_on():
    result = replayed(TEN)

    assert (result.tasks, result.repositories, result.rungs) == (10, 1, (("haiku",), ("opus",)))
    assert (result.policy, result.policy_sha256, result.kind) == ("guide", GUIDE.sha256, "edit")


# --- records

HEADER = "instance_id,repo,model,resolved,cost_usd"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz"])
def test_every_form_reads_alike(tmp_path, name):
    if "csv" in name:
        text = f"{HEADER}\ni1,o/r,m,1,0.5\ni2,o/r,m,False,\ni3,o/r,m,,0.1\n"
    else:
        rows = [
            {"instance": "i1", "repo": "o/r", "model": "m", "resolved": True, "cost": 0.5},
            {"instance": "i2", "repo": "o/r", "model": "m", "resolved": 0, "cost": None},
            {"instance": "i3", "repo": "o/r", "model": "m", "resolved": None, "cost": 0.1},
        ]
        text = "\n".join(map(json.dumps, rows)) + "\n\n"
    content = text.encode()
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)

    read = [record._replace(columns={}) for record in read_records([file])]

    assert read == [Record("i1", "m", True, 0.5, "o/r"), Record("i2", "m", False, None, "o/r")]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_only_a_line_feed_ends_a_row(tmp_path, name):
    instance = "one\u2028two\x85three\x0cfour"
    row = {"instance": instance, "model": "m", "resolved": 1}
    json_row = json.dumps(row, ensure_ascii=False)
    text = json_row if name == "a.jsonl" else f"instance,model,resolved\r\n{instance},m,1\r\n"
    (tmp_path / name).write_bytes(text.encode())

    assert [record.instance for record in read_records([tmp_path / name])] == [instance]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEADER}\ni,r,m,perhaps,1\n", "line 2: resolved is 'perhaps'; expected 0, 1, true or false."),
        (f"{HEADER}\ni,r,m,1,cheap\n", "line 2: the cost is 'cheap'; expected US dollars, 0 or more."),
        (f"{HEADER}\ni,r,m,1,-1\n", "line 2: the cost is '-1'; expected US dollars, 0 or more."),
        (f"{HEADER}\ni,r,m,1,nan\n", "line 2: the cost is 'nan'; expected US dollars, 0 or more."),
        (f"{HEADER}\ni,r,,1,1\n", "line 2 names no model; each row needs both."),
        (
            "task,model,resolved\ni,m,1\n",
            "there is no column instance_id or instance among task, model, resolved; name the columns instance_id, ",
        ),
        ("instance,model\ni,m\n", "there is no column resolved among instance, model; name the columns "),
        (f"{HEADER}\n", "No row is left to replay"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, said):
    file = tmp_path / "a.csv"
    file.write_text(text, "utf-8")

    with pytest.raises(InputError) as error:
        read_records([file])

    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", None, "There is no file"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"a" * 100, mtime=0)[:-9], "cannot be read"),
        ("a.csv.gz", gzip.compress(b"abc", mtime=0)[:10] + b"\xff" * 20, "cannot be read"),
        ("a.csv", b"\xff\xfe", "cannot be read"),
        ("a.jsonl", b'{"a": ' + b"[" * 100_000, "line 1: maximum recursion depth exceeded"),
        ("a.xml", b"<a/>", "is of no known form"),
        ("a.jsonl", b"{\n", "line 1"),
        ("a.jsonl", b"[1]\n", "line 1 is no JSON object"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=said):
        read_records([tmp_path / name])


@pytest.fixture
def two_files(tmp_path):
    (tmp_path / "a.csv").write_text("instance,model,agent,resolved\ni,m,x,1\ni,m,y,0\nj,m,y,0\n", "utf-8")
    (tmp_path / "b.csv").write_text("instance,model,resolved\ni,n,1\n", "utf-8")
    return [tmp_path / "a.csv", tmp_path / "b.csv"]


def test_where_filters_the_files_that_have_the_column(two_files):
    found = read_records(two_files, where=[("agent", "y")])

    assert [(record.instance, record.model) for record in found] == [("i", "m"), ("j", "m"), ("i", "n")]


def test_where_needs_a_column_that_is_there(two_files):
    with pytest.raises(InputError, match="No file has a column agnt; columns are: agent, instance, model, resolved"):
        read_records(two_files, where=[("agnt", "y")])


def test_summaries_say_what_is_missing_and_repeated(two_files):
    assert summaries(read_records(two_files)) == (
        ModelSummary("m", 3, 1 / 3, None, 3, 1),
        ModelSummary("n", 1, 1.0, None, 1, 0),
    )


def test_two_rows_for_a_task_name_what_tells_them_apart(two_files):
    with pytest.raises(InputError) as error:
        cases_of(read_records(two_files), {"opus": "m"})

    assert str(error.value) == ("m has two rows for i, which differ in agent (x, y); choose with --where 'agent=x'.")


def without_costs(n):
    """Return twenty tasks, solved and failed in turn, with no cost of the small model for the first *n*."""
    rows = records_of({"small": [(1, 0.2), (0, 0.4)] * 10, "large": [(1, 1.0)] * 20})
    return [row._replace(cost_usd=None) if place < n else row for place, row in enumerate(rows)]


def test_a_cost_that_is_missing_stands_at_the_mean_of_its_kind():
    cases, notes = cases_of(without_costs(1), LOW_HIGH)

    assert cases[0].runs["haiku"].cost_usd == pytest.approx(0.2)
    assert notes == ("1 of 20 rows of small have no cost and stand at the mean of its others",)


def test_many_missing_costs_have_to_be_said():
    rows = without_costs(4)

    with pytest.raises(InputError, match=r"4 of 20 rows of small .* --cost 'small=SOLVED_USD,FAILED_USD'"):
        cases_of(rows, LOW_HIGH)
    filled, _ = cases_of(with_costs(rows, {"small": Costs(7.0, 9.0)}), LOW_HIGH)
    assert [case.runs["haiku"].cost_usd for case in filled[:5]] == [7.0, 9.0, 7.0, 9.0, 0.2]


def test_tasks_that_one_model_was_not_tried_on_are_left_out():
    cases, notes = cases_of(TEN[:-1], LOW_HIGH)

    assert len(cases) == 9
    assert notes == ("1 of 10 tasks are left out: not every mapped model has a row for them",)


@pytest.mark.parametrize(
    ("mapping", "options", "said"),
    [
        ({}, {}, "No lane is mapped"),
        ({"haiku": "smal"}, {}, "No row is of a model smal; map one of: small."),
        ({"mouse": "small"}, {}, "There is no lane mouse; map one of: local, haiku"),
        ({"opus": "large"}, {"kind": Kind.LINT_FIX}, "No mapped lane may be used for lint-fix"),
        ({"haiku": "small"}, {"far": 1.5}, "error rates are 1.5 and 0.0; expected numbers from 0 to 1"),
    ],
)
def test_what_cannot_be_replayed_is_said(mapping, options, said):
    with pytest.raises(InputError, match=said):
        replayed(TEN, mapping, **options)


def test_too_few_tasks_are_refused():
    with pytest.raises(InputError, match="3 tasks have a row for each mapped model, at least 4 are needed"):
        replayed(TEN[:3], {"haiku": "small"})


def test_more_tasks_than_can_be_resampled_in_minutes_are_refused():
    many = [Record(f"i{n}", model, True, 1.0) for n in range(10_001) for model in ("small", "large")]

    with pytest.raises(InputError, match=r"10001 tasks are more than the 10000 .* choose some of them with --where"):
        replayed(many)
