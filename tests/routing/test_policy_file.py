"""What a policy file may say: errors with file, line and key, and a JSON Schema that says the same."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from suffice.config import Config
from suffice.errors import ConfigError
from suffice.lanes import Usage, catalogue
from suffice.policy import SHIPPED, Deny, KindPolicy, PathStakes, Policy, policy_text
from suffice.policy_file import parse_policy
from suffice.shipped import shipped_text
from suffice.task import Kind, Mode, Stakes

SCHEMA = json.loads(shipped_text("policy.schema.json"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
EDIT = '[kinds.edit]\nladder = ["sonnet", "opus"]\n'
REVIEW = '[kinds.review]\nladder = ["sonnet"]\n'
PAGE = Path(__file__).parents[2] / "docs" / "policies.md"


def parsed(text, **more):
    return parse_policy(text.encode(), name="own", file="own.toml", **more)


# --- what a file says


def test_a_ladder_has_peers_optional_lanes_and_a_human_at_its_end():
    rules = parsed('[kinds.edit]\nladder = ["local?", "sonnet|codex", " opus "]\n').of(Kind.EDIT)

    assert rules.rungs == (("local",), ("sonnet", "codex"), ("opus",), ("human",))
    assert rules.optional == {"local"}


def test_a_number_stands_for_the_kind_before_the_file_before_what_is_extended():
    policy = parsed('extends = "guide"\n[defaults]\napply = 0.5\npropose = 0.5\n[kinds.edit]\npropose = 0.6\n')

    guide = Policy.load("guide")
    assert (policy.of(Kind.EDIT).propose, policy.of(Kind.EDIT).apply) == (0.6, 0.5)
    assert policy.of(Kind.EDIT).rungs == guide.of(Kind.EDIT).rungs
    assert policy.of(Kind.REVIEW) == guide.of(Kind.REVIEW)


def test_denies_and_stakes_come_on_top_of_those_of_the_extended_policy():
    text = 'extends = "guide"\n[[deny]]\nproviders = ["openai"]\npaths = ["a/**"]\nbecause = "no"\n'

    policy = parsed(text + '[[stakes]]\npaths = ["b/**"]\n[[stakes]]\npaths = ["docs/**"]\nstakes = "low"\n')

    own = Deny(because="no", providers=frozenset({"openai"}), paths=("a/**",))
    assert policy.denies == (*Policy.load("guide").denies, own)
    assert parsed(f"drop_denies = true\n{text}").denies == (own,)
    assert policy.path_stakes == (PathStakes(("b/**",), Stakes.HIGH), PathStakes(("docs/**",), Stakes.LOW))


def test_without_denies_of_its_own_a_file_keeps_those_it_extends():
    assert parsed('extends = "guide"\n').denies == Policy.load("guide").denies


def test_the_hash_of_a_policy_tells_what_it_extends():
    assert parsed('extends = "guide"\n').sha256 != parsed('extends = "coding"\n').sha256
    assert parsed(EDIT).sha256 == parsed(EDIT).sha256


def test_a_lane_of_ones_own_may_stand_on_a_ladder():
    lanes = {**catalogue().lanes, "mine": catalogue().lanes["opus"]._replace(name="mine")}

    assert parsed('[kinds.edit]\nladder = ["mine"]\n', lanes=lanes).of(Kind.EDIT).rungs[0] == ("mine",)


# --- errors

BAD = {
    "no TOML": ("[kinds", "own.toml is no valid TOML: "),
    "an unknown key": (f"{EDIT}[budget]\n", "own.toml, line 3: budget is no setting of a policy"),
    "an unknown key of a kind": (f"{EDIT}laddder = []\n", "own.toml, line 3: kinds.edit.laddder is no setting"),
    "an unknown default": (f"{EDIT}[defaults]\nx = 1\n", "own.toml, line 4: defaults.x is no setting"),
    "an unknown policy": ('\nextends = "guides"\n', "own.toml, line 2: extends is 'guides'; a policy extends one of"),
    "an unknown kind": ('[kinds.edits]\nladder = ["opus"]\n', "own.toml, line 1: kinds.edits: edits is no kind"),
    "an unknown lane": (
        '[kinds.edit]\n# one\nladder = ["gpt-9"]\n',
        "own.toml, line 3: kinds.edit.ladder names 'gpt-9'",
    ),
    "no ladder": ("[kinds.edit]\npropose = 0.5\n", "own.toml, line 1: kinds.edit has no ladder; give one"),
    "an empty ladder": ("[kinds.edit]\nladder = []\n", "own.toml, line 2: kinds.edit.ladder is to be a list"),
    "a ladder of numbers": ("[kinds.edit]\nladder = [1]\n", "own.toml, line 2: kinds.edit.ladder is to be a list"),
    "a ladder as text": ('[kinds.edit]\nladder = "opus"\n', "own.toml, line 2: kinds.edit.ladder is to be a list"),
    "a lane twice": (
        '[kinds.edit]\nladder = ["opus", "sonnet | opus"]\n',
        "own.toml, line 2: kinds.edit.ladder: each lane stands once",
    ),
    "a human in between": (
        '[kinds.edit]\nladder = ["human", "opus"]\n',
        "own.toml, line 2: kinds.edit.ladder: each lane stands once",
    ),
    "a share above 1": (
        f"{EDIT}propose = 1.5\n",
        "own.toml, line 3: kinds.edit.propose is 1.5; expected a number from 0",
    ),
    "a number below 0": (
        f"{EDIT}value_usd = -1\n",
        "own.toml, line 3: kinds.edit.value_usd is -1; expected a number from 0",
    ),
    "a broken number": (
        f"{EDIT}max_output_tokens = 1.5\n",
        "own.toml, line 3: kinds.edit.max_output_tokens is 1.5; exp",
    ),
    "a number as text": (
        f'{EDIT}timeout_s = "9"\n',
        "own.toml, line 3: kinds.edit.timeout_s is '9'; expected a number",
    ),
    "a number as a truth": (f"{EDIT}apply = true\n", "own.toml, line 3: kinds.edit.apply is True; expected a number"),
    "a default as text": (
        f'{EDIT}[defaults]\napply = "1"\n',
        "own.toml, line 4: defaults.apply is '1'; expected a number",
    ),
    "a truth as text": (f'{EDIT}prefilter = "no"\n', "own.toml, line 3: kinds.edit.prefilter is to be true or false"),
    "a judge that is no model": (
        f'{EDIT}judge = ["haiku", "human"]\n',
        "own.toml, line 3: kinds.edit.judge names 'human', which is no model's lane",
    ),
    "a judge that is a number": (f"{EDIT}judge = 3\n", "own.toml, line 3: kinds.edit.judge names 3, which is no"),
    "a second reader that is no model": (
        f'{REVIEW}second = ["human"]\n',
        "own.toml, line 3: kinds.review.second names 'human', which is no model's lane",
    ),
    "refuters as text": (
        f'{REVIEW}refute = "haiku"\n',
        "own.toml, line 3: kinds.review.refute is to be a list such as",
    ),
    "a refuter that is unknown": (
        f'{REVIEW}refute = ["haiku | gpt-9"]\n',
        "own.toml, line 3: kinds.review.refute names 'gpt-9', which is no model's lane",
    ),
    "a settling rung without a lane": (
        f'{REVIEW}settle = [""]\n',
        "own.toml, line 3: kinds.review.settle names '', which is no model's lane",
    ),
    "a stage of reviews for edits": (
        f'{EDIT}second = ["haiku"]\n',
        "own.toml, line 3: kinds.edit.second is a stage of reviews; write it under",
    ),
    "high stakes off the ladder": (
        f'{EDIT}high_stakes_from = "haiku"\n',
        "own.toml, line 3: kinds.edit.high_stakes_from is haiku, which is not on the ladder",
    ),
    "high stakes at a number": (
        f"{EDIT}high_stakes_from = 3\n",
        "own.toml, line 3: kinds.edit.high_stakes_from names 3",
    ),
    "a kind that is no table": ("[kinds]\nedit = 3\n", "own.toml, line 2: kinds.edit is to be a table"),
    "kinds that are no table": ("kinds = 3\n", "own.toml, line 1: kinds is to hold tables"),
    "defaults that are no table": ("defaults = 3\n", "own.toml, line 1: defaults is to hold tables"),
    "a deny that is no list": ("[deny]\nlanes = []\n", "own.toml, line 1: deny is to be written as [[deny]]"),
    "a deny without a reason": (
        f'{EDIT}[[deny]]\nlanes = ["opus"]\n',
        "own.toml, line 3: deny needs `because` and at least one of",
    ),
    "a deny of nothing": (
        f'{EDIT}[[deny]]\nbecause = "no"\n',
        "own.toml, line 3: deny needs `because` and at least one",
    ),
    "a deny of no lanes": (
        f'{EDIT}[[deny]]\nlanes = []\nbecause = "no"\n',
        "own.toml, line 3: deny needs `because` and at least one of",
    ),
    "the second deny": (
        '[[deny]]\nlanes = ["opus"]\nbecause = "a"\n\n[[deny]]\nlanes = ["opus"]\nbecause = "b"\nmodes = ["never"]\n',
        "own.toml, line 8: deny.modes names 'never'; known are: background, bulk, interactive.",
    ),
    "a deny with an unknown key": (
        '[[deny]]\nlanes = ["opus"]\nbecause = "a"\nlane = "opus"\n',
        "own.toml, line 4: deny.lane is no setting; known are: because, lanes",
    ),
    "a deny of an unknown kind": (
        '[[deny]]\nlanes = ["opus"]\nbecause = "a"\nkinds = ["edits"]\n',
        "own.toml, line 4: deny.kinds names 'edits'; known are:",
    ),
    "a deny with text for a list": (
        '[[deny]]\nlanes = "opus"\nbecause = "a"\n',
        "own.toml, line 2: deny.lanes is 'opus'; expected a list of strings.",
    ),
    "stakes without paths": ('[[stakes]]\nstakes = "low"\n', "own.toml, line 1: stakes is to hold paths"),
    "stakes with an unknown key": ('[[stakes]]\npaths = ["a"]\nx = 1\n', "own.toml, line 1: stakes is to hold paths"),
    "stakes of no pattern": (
        '[[stakes]]\nstakes = "low"\npaths = ["!"]\n',
        "own.toml, line 3: stakes.paths holds the pattern '!', which cannot be read; expected gitignore's syntax.",
    ),
    "a deny of no pattern": (
        '[[deny]]\nlanes = ["opus"]\nbecause = "a"\npaths = ["a", "b\\\\"]\n',
        "own.toml, line 4: deny.paths holds the pattern 'b\\\\', which cannot be read",
    ),
    "a deny of no file": (
        '[[deny]]\nlanes = ["opus"]\nbecause = "a"\npaths = ["a", ""]\n',
        "own.toml, line 4: deny.paths holds '', which names no file; write one like auth/**.",
    ),
    "stakes of a comment": (
        '[[stakes]]\npaths = ["#auth"]\n',
        "own.toml, line 2: stakes.paths holds '#auth', which names no file",
    ),
    "a huge number": (
        f"{EDIT}timeout_s = 0x{'f' * 5000}\n",
        "own.toml, line 3: kinds.edit.timeout_s is a number of more",
    ),
    "unknown stakes": ('[[stakes]]\npaths = ["a"]\nstakes = "dire"\n', "own.toml, line 3: stakes.stakes names 'dire'"),
}


@pytest.mark.parametrize(("text", "sentence"), BAD.values(), ids=BAD)
def test_an_error_names_file_line_and_key(text, sentence):
    with pytest.raises(ConfigError) as error:
        parsed(text)

    assert str(error.value).startswith(sentence)
    assert str(error.value).endswith(".")


BEYOND_A_SCHEMA = {
    "no TOML",
    "an unknown lane",
    "a lane twice",
    "a human in between",
    "a judge that is no model",
    "a second reader that is no model",
    "a refuter that is unknown",
    "a stage of reviews for edits",
    "high stakes off the ladder",
    "stakes of no pattern",
    "a deny of no pattern",
    "a deny of no file",
    "stakes of a comment",
    "a huge number",
}


@pytest.mark.parametrize("name", sorted(BAD.keys() - BEYOND_A_SCHEMA))
def test_the_schema_rejects_the_same(name):
    text, _ = BAD[name]

    assert not VALIDATOR.is_valid(tomllib.loads(text))


# --- the schema


@pytest.mark.parametrize("name", SHIPPED)
def test_the_schema_takes_what_ships(name):
    VALIDATOR.validate(tomllib.loads(policy_text(name)))


GOOD = {
    "nothing but what it extends": 'extends = "guide"\n',
    "a kind without a ladder of its own": 'extends = "guide"\n[kinds.edit]\nvalue_usd = 2\n',
    "lanes that must be allowed": f'{EDIT}explicit_only = ["opus"]\nprefilter = true\njudge = "haiku"\n',
    "all of a deny": (
        '[[deny]]\nlanes = ["opus"]\nproviders = ["openai"]\nkinds = ["edit"]\nmodes = ["bulk"]\nstakes = ["low"]\n'
        'paths = ["a/**"]\nbecause = "no"\n'
    ),
    "a deny of a provider alone": '[[deny]]\nproviders = ["openai"]\nbecause = "no"\n',
    "stakes that are not said": '[[stakes]]\npaths = ["a"]\n',
    "nothing": "",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_schema_and_parser_take_the_same(text):
    VALIDATOR.validate(tomllib.loads(text))
    parsed(text)


def test_the_schema_knows_the_keys_that_the_parser_knows():
    known = keys_that_the_parser_lists

    assert set(SCHEMA["properties"]) == known("x = 1\n")
    assert set(SCHEMA["$defs"]["kind"]["properties"]) == known(f"{EDIT}x = 1\n")
    assert set(SCHEMA["properties"]["defaults"]["properties"]) == known("[defaults]\nx = 1\n")
    assert set(SCHEMA["$defs"]["deny"]["properties"]) == known("[[deny]]\nx = 1\n") == set(Deny._fields)
    assert set(SCHEMA["$defs"]["stakes"]["properties"]) == set(PathStakes._fields)


def keys_that_the_parser_lists(text):
    with pytest.raises(ConfigError) as error:
        parsed(text)
    return set(re.search(r"known are: (.*)\.$", str(error.value))[1].split(", "))


def test_the_schema_knows_all_kinds_modes_stakes_and_policies():
    deny = SCHEMA["$defs"]["deny"]["properties"]

    assert SCHEMA["properties"]["extends"]["enum"] == list(SHIPPED)
    assert SCHEMA["properties"]["kinds"]["propertyNames"]["enum"] == deny["kinds"]["items"]["enum"] == list(Kind)
    assert deny["modes"]["items"]["enum"] == list(Mode)
    assert deny["stakes"]["items"]["enum"] == list(Stakes)


def test_the_schema_names_the_defaults_that_hold():
    stated = {
        key: entry["default"] for key, entry in SCHEMA["$defs"]["kind"]["properties"].items() if "default" in entry
    }
    numbers = {key: value for key, value in KindPolicy._field_defaults.items() if isinstance(value, float | int)}

    lists = {key: [] for key in ("explicit_only", "judge", "second", "refute", "settle")}
    assert stated == {**numbers, **lists}


def test_every_key_of_the_schema_says_what_it_means():
    tables = [SCHEMA, *SCHEMA["$defs"].values()]

    assert [key for table in tables for key, entry in table["properties"].items() if not entry.get("description")] == []


@pytest.mark.skipif(not PAGE.is_file(), reason="the docs are not beside an installed wheel")
def test_the_example_of_the_docs_can_be_read():
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

    assert parsed(example).of(Kind.EDIT).high_stakes_from == "opus"


@pytest.mark.parametrize("name", SHIPPED)
def test_the_usual_cap_pays_for_one_call_of_any_lane_at_worst(name):
    policy, cap_usd = Policy.load(name), Config().run_cap_usd(None)

    for kind, rules in policy.kinds.items():
        tokens = max(rules.typical_input_tokens, rules.context_budget_tokens)
        worst = Usage(input_tokens=tokens, output_tokens=rules.max_output_tokens)
        for lane in (lane for rung in rules.rungs for lane in rung if lane in policy.lanes):
            assert policy.lanes[lane].cost_usd(worst) < cap_usd, (kind, lane)
