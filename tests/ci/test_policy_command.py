"""`suffice policy show|check|diff` and `suffice schema`: what a policy says, and where two differ."""

import json
from itertools import product

import jsonschema_rs
import pytest

from suffice import Kind, Mode, Policy, Task, decide
from suffice.policy import SHIPPED, policy_text

OWN = 'extends = "guide"\n\n[kinds.edit]\nladder = ["sonnet", "opus"]\npropose = 0.9\n'


MISSING = (
    "There is no policy none.toml; shipped are: guide, opus-first, anthropic, openai, coding. "
    "Name one or the path of a policy file."
)


def schema_of(suffice, name):
    ran = suffice("schema", name)
    assert ran.code == 0
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_is_shown_as_it_is_written(project, suffice, name):
    ran = suffice("policy", "show", name)

    assert (ran.code, ran.stdout.decode()) == (0, policy_text(name))


def test_without_a_name_the_one_in_use_is_shown(project, suffice, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text('policy = "own.toml"\n')
    (tmp_path / "own.toml").write_text(OWN)
    monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "config.toml"))

    assert suffice("policy", "show").stdout.decode() == OWN


def test_shown_as_json_it_says_all_with_what_it_extends(project, suffice):
    project.write({"own.toml": OWN})

    shown = json.loads(suffice("policy", "show", "own.toml", "--json").stdout)

    assert (shown["name"], len(shown["sha256"]), len(shown["kinds"])) == ("own", 64, 21)
    assert shown["kinds"]["edit"] == {
        "ladder": ["sonnet", "opus", "human"],
        "explicit_only": [],
        "high_stakes_from": "opus",
        "prefilter": False,
        "judge": ["haiku", "gpt-5.4:low"],
        "propose": 0.9,
        "apply": 0.5,
        "rise_per_rung": 0.02,
        "max_output_tokens": 16384,
        "timeout_s": 180,
        "context_budget_tokens": 16000,
        "typical_input_tokens": 6000,
        "typical_output_tokens": 1500,
        "value_usd": 1.0,
        "wrong_usd": 5.0,
        "human_usd": 4.0,
        "wrong_accepted": 0.1,
    }
    assert shown["kinds"]["triage"]["ladder"][0] == "local?"
    assert shown["deny"][0] == {"lanes": ["opus"], "modes": ["bulk"], "because": "opus is not for bulk automation"}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shown_as_json_keeps_the_schema_of_a_file(project, suffice, name):
    shown = json.loads(suffice("policy", "show", name, "--json").stdout)
    as_a_file = {key: shown[key] for key in ("kinds", "deny", "stakes")}

    jsonschema_rs.validator_for(schema_of(suffice, "policy")).validate(as_a_file)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_leaves_no_doubt(project, suffice, name):
    ran = suffice("policy", "check", name)

    assert (ran.code, ran.stdout.decode()) == (0, f"{name}: ok\n")


def test_each_file_is_checked_and_one_bad_one_is_enough(project, suffice):
    project.write({"good.toml": OWN, "bad.toml": '[kinds.edit]\nladder = ["sonnet"]\npropose = 2\n'})

    ran = suffice("policy", "check", "good.toml", "bad.toml", "none.toml")

    assert ran.code == 2
    assert ran.stdout.decode().splitlines() == [
        "good.toml: ok",
        "bad.toml, line 3: kinds.edit.propose is 2; expected a number from 0 to 1.",
        MISSING,
    ]


TOO = '[[deny]]\nlanes = ["codex"]\nkinds = ["edit"]\n'
NO_CODEX = f'extends = "guide"\n{TOO}'


def never(kind, lane, why):
    return f"{kind} can never use {lane}, denied in every mode ({why}); take it off the ladder, or narrow the deny."


DOUBTS = {
    "a deny that always holds": (
        f'{NO_CODEX}because = "no"\n',
        [never("edit", "codex", "'no'")],
    ),
    "two denies that hold together": (
        f'{NO_CODEX}because = "a"\nmodes = ["interactive"]\n{TOO}because = "b"\nmodes = ["background", "bulk"]\n',
        [never("edit", "codex", "'a', 'b'")],
    ),
    "a deny of one mode": ('extends = "guide"\n[[deny]]\nlanes = ["codex"]\nmodes = ["bulk"]\nbecause = "a"\n', []),
    "a deny of some files": ('extends = "guide"\n[[deny]]\nlanes = ["codex"]\npaths = ["a"]\nbecause = "a"\n', []),
    "a kind without a model": (
        'extends = "guide"\n[kinds.lint-fix]\nladder = ["linter", "human"]\n',
        ["lint-fix has no model lane that may be used, so a person gets it all; add a lane to its ladder."],
    ),
    "a provider that is always denied": (
        (
            'extends = "anthropic"\ndrop_denies = true\n'
            '[[deny]]\nproviders = ["anthropic"]\nkinds = ["review"]\nbecause = "no"\n'
        ),
        [
            never("review", "sonnet", "'no'"),
            never("review", "opus", "'no'"),
            "review has no model lane that may be used, so a person gets it all; add a lane to its ladder.",
        ],
    ),
    "numbers for nothing": (
        'extends = "guide"\n[defaults]\npropose = 0.9\n',
        ["[defaults] is for kinds that the file itself names, and it names none; add a table such as [kinds.edit]."],
    ),
}


@pytest.mark.parametrize(("content", "warnings"), DOUBTS.values(), ids=DOUBTS)
def test_what_can_hardly_be_meant_is_a_warning(project, suffice, content, warnings):
    project.write({"own.toml": content})

    ran = suffice("policy", "check", "own.toml", "--json")

    (checked,) = json.loads(ran.stdout)
    assert ran.code == 0
    assert checked == {"file": "own.toml", "ok": True, "error": None, "warnings": warnings}


def test_kinds_without_a_ladder_are_a_warning(project, suffice):
    project.write({"own.toml": '[kinds.edit]\nladder = ["sonnet"]\n'})

    (ok, warning) = suffice("policy", "check", "own.toml").stdout.decode().splitlines()

    assert ok == "own.toml: ok"
    assert warning.startswith("own.toml: warning: there is no ladder for lint-fix, codegen,")
    assert warning.endswith('; give them one, or write extends = "guide".')


def test_a_lane_of_ones_own_is_known(project, suffice, tmp_path, monkeypatch):
    lane = '[lanes.mine]\nprovider = "openai"\nmodel = "m"\ncontext_tokens = 9\n'
    (tmp_path / "config.toml").write_text(f"{lane}prices = [{{ input = 1, cached = 1, output = 1 }}]\n")
    project.write({"own.toml": OWN.replace('"sonnet"', '"mine"')})

    assert suffice("policy", "check", "own.toml").code == 2
    monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "config.toml"))
    assert suffice("policy", "check", "own.toml").code == 0


def test_the_difference_of_two_policies_is_told_in_words(project, suffice):
    more = '[[deny]]\nlanes = ["opus"]\nbecause = "dear"\n[[stakes]]\npaths = ["a/**"]\n'
    project.write({"own.toml": f"drop_denies = true\n{OWN}{more}"})

    ran = suffice("policy", "diff", "guide", "own.toml")

    lines = ran.stdout.decode().splitlines()
    assert (ran.code, lines[:4]) == (
        0,
        [
            "from guide to own.toml",
            "edit",
            "  ladder: sonnet | codex, opus | gpt-5.4:high, human -> sonnet, opus, human",
            "  propose: 0.5 -> 0.9",
        ],
    )
    assert lines[4] == "only guide denies opus in modes bulk: opus is not for bulk automation"
    assert lines[-2:] == ["only own.toml denies opus: dear", "only own.toml gives a/** high stakes"]


def test_the_difference_as_json(project, suffice):
    project.write({"own.toml": OWN})

    found = json.loads(suffice("policy", "diff", "guide", "own.toml", "--json").stdout)

    assert (found["a"]["name"], found["b"]["name"]) == ("guide", "own")
    assert found["kinds"] == {
        "edit": {
            "ladder": [["sonnet | codex", "opus | gpt-5.4:high", "human"], ["sonnet", "opus", "human"]],
            "propose": [0.5, 0.9],
        }
    }
    assert found["deny"] == found["stakes"] == {"only_a": [], "only_b": []}


def test_a_kind_that_one_policy_lacks_differs_in_all(project, suffice):
    project.write({"own.toml": '[kinds.edit]\nladder = ["sonnet"]\n'})

    found = json.loads(suffice("policy", "diff", "own.toml", "guide", "--json").stdout)

    assert found["kinds"]["triage"]["ladder"][0] is None


def test_a_policy_does_not_differ_from_itself(project, suffice):
    assert suffice("policy", "diff", "coding", "coding").stdout == b"coding and coding say the same.\n"


def test_a_policy_that_is_not_there_is_an_error(project, suffice):
    for arguments in (["show", "none"], ["diff", "guide", "none"]):
        ran = suffice("policy", *arguments)
        assert (ran.code, ran.stdout) == (2, b"")
        assert ran.stderr.startswith("suffice: There is no policy none; shipped are: guide,")


@pytest.mark.parametrize("name", ["report", "config", "policy"])
def test_a_schema_is_one_that_can_be_used(project, suffice, name):
    schema = schema_of(suffice, name)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize("policy", SHIPPED)
def test_explain_shows_of_every_kind_and_mode_what_the_policy_decides(project, suffice, policy):
    for kind, mode in product(Kind, Mode):
        shown = json.loads(suffice("explain", kind, "--json", "--policy", policy, "--mode", mode).stdout)

        decided = decide(Task(kind, mode=mode), policy=Policy.load(policy))
        assert (shown["kind"], shown["policy"], shown["mode"]) == (kind, policy, mode)
        assert (shown["first"], shown["order"]) == (decided.first, [*decided.order])
        assert shown["rungs"] == [[*rung] for rung in decided.rungs]
        assert shown["excluded"] == [excluded._asdict() for excluded in decided.excluded]
