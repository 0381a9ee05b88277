"""`suffice replay`: what it prints for recorded outcomes."""

import json

import pytest

from suffice.errors import InputError
from suffice_ci.replay_command import run_replay

HEADER = "instance_id,repo,model,resolved,cost_usd"
ROWS = [
    f"i{place},o/r,{model},{int(place < solved)},{cost}"
    for model, solved, cost in (("small", 6, 0.1), ("large", 8, 1.0))
    for place in range(10)
]
LOW_HIGH = ("haiku=small", "opus=large")


@pytest.fixture
def replayed(tmp_path, capsys):
    """Run the command on ten tasks and return what it prints."""
    file = tmp_path / "outcomes.csv"
    file.write_text("\n".join([HEADER, *ROWS, ""]), "utf-8")

    def run(**options):
        defaults = {"policy": None, "kind": "edit", "far": 0.0, "frr": 0.0, "seed": 0, "as_json": False}
        lists = {"records": (str(file),), "mapping": (), "where": (), "costs": ()}
        assert run_replay({**defaults, **lists, **options}) == 0
        return capsys.readouterr()

    return run


def test_without_a_mapping_the_models_are_listed(replayed):
    printed = replayed()

    assert printed.out == (
        "model  tasks  solved  $ a task\nlarge     10   80.0%    1.0000\nsmall     10   60.0%    0.1000\n"
    )
    assert printed.err == "Say which model stands behind which lane: --map LANE=MODEL, once for each lane\n"


def test_without_a_mapping_json_holds_the_models(replayed):
    small = {"model": "small", "n": 10, "solved": 0.6, "cost_usd": 0.1, "without_cost": 0, "repeated": 0}

    printed = json.loads(replayed(as_json=True).out)

    assert printed == {
        "schema": "suffice.replay/1",
        "models": [{**small, "model": "large", "solved": 0.8, "cost_usd": 1.0}, small],
    }


def test_the_table_has_a_row_for_each_strategy(replayed):
    lines = replayed(mapping=LOW_HIGH).out.splitlines()

    assert lines[:2] == [
        "10 tasks, repositories: 1, policy guide, kind edit: haiku=small > opus=large",
        "checker accepts 0% of wrong and rejects 0% of right results",
    ]
    assert [line.split("  ")[0] for line in lines[4:12]] == [
        "only haiku",
        "only opus",
        "random mix",
        "ladder",
        "policy",
        "policy with memory",
        "oracle ladder",
        "oracle router",
    ]
    assert "policy with memory starts at: haiku 100.0%" in lines
    assert "2000 paired resamples" in lines[-1]
    assert "mean of 10 halvings; seed 0;" in lines[-1]


def test_json_is_one_document(replayed):
    printed = json.loads(replayed(mapping=LOW_HIGH, as_json=True, far=0.1, frr=0.05).out)

    assert (printed["tasks"], printed["top"], printed["far"], printed["frr"]) == (10, "opus", 0.1, 0.05)
    assert printed["rungs"] == [["haiku"], ["opus"]]
    single = {strategy["name"]: strategy for strategy in printed["strategies"]}["only haiku"]
    assert (single["solved"]["value"], single["wrong"]["value"]) == (0.57, 0.04)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mapping": ("haiku",)}, "'haiku' was given for --map LANE=MODEL"),
        ({"mapping": ("haiku=small", "haiku=large")}, "haiku is mapped to small and to large"),
        ({"where": ("repo",)}, "'repo' was given for --where COLUMN=VALUE"),
        ({"costs": ("small=1",)}, "'small=1' was given for --cost MODEL=SOLVED_USD,FAILED_USD"),
        ({"costs": ("small=-1,2",)}, "'small=-1,2' was given for --cost MODEL=SOLVED_USD,FAILED_USD"),
        ({"mapping": LOW_HIGH, "kind": "sing"}, "sing is no kind of task"),
    ],
)
def test_a_mistake_is_named(replayed, options, said):
    with pytest.raises(InputError, match=said):
        replayed(**options)
