"""Settings: whose word counts, lanes of one's own, and errors with file, line and key."""

import json
import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from suffice.config import DEFAULT_CAP_USD, REPOSITORY_SETTINGS, SETTINGS, Config, load_config, tightened
from suffice.errors import ConfigError
from suffice.lanes import PROVIDERS, Price, Usage, catalogue
from suffice.shipped import shipped_text
from suffice.snapshot import Snapshot

SCHEMA = json.loads(shipped_text("config.schema.json"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
PAGE = Path(__file__).parents[2] / "docs" / "config.md"
NEW = '[lanes.mine]\nprovider = "openai"\nmodel = "m"\ncontext_tokens = 9000\n'
PRICES = "prices = [{ input = 1, cached = 0.1, output = 2 }]\n"


@pytest.fixture
def load(tmp_path):
    """Load what the user's file and the repository's files say."""

    def load(text="", **repository):
        file = tmp_path / "own.toml"
        file.write_text(text)
        files = {name.replace("_", "."): content for name, content in repository.items()}
        snapshot = Snapshot.of_texts(files) if files else None
        return load_config(snapshot, {"SUFFICE_CONFIG": str(file)})

    return load


@pytest.fixture
def failed(load, tmp_path):
    """Return the sentence with which loading fails, the folder of the user's file aside."""

    def failed(text="", **repository):
        with pytest.raises(ConfigError) as error:
            load(text, **repository).catalogue()
        return str(error.value).removeprefix(f"{tmp_path}/")

    return failed


# --- whose word counts


def test_without_any_file_everything_is_as_it_comes(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert load_config(None, {})._replace(own=None) == Config()


def test_a_repository_makes_caps_lower_and_never_higher(load):
    user = "max_cost_usd = 1\nmax_task_usd = 0.1\n"

    config = load(user, suffice_toml="max_cost_usd = 0.5\nmax_task_usd = 0.2\nmax_day_usd = 3\ntime_budget_s = 60\n")

    assert (config.run_cap_usd(), config.max_task_usd, config.max_day_usd, config.time_budget_s) == (0.5, 0.1, 3, 60)
    assert config.max_repository_month_usd is None


def test_a_cap_of_nothing_is_a_cap(load):
    assert load("max_cost_usd = 0\n").max_cost_usd == 0
    assert load("", suffice_toml="max_cost_usd = 0\n").run_cap_usd() == 0


def test_a_repository_never_lifts_the_default_cap_of_a_run(load):
    generous = load("", suffice_toml="max_cost_usd = 100\n")

    assert generous.run_cap_usd() == DEFAULT_CAP_USD
    assert generous.run_cap_usd(5.0) == 5.0
    assert load("", suffice_toml="max_cost_usd = 1\n").run_cap_usd(5.0) == 1.0


def test_a_repository_takes_no_exclusion_back(failed):
    sentence = failed("", suffice_toml='exclude = ["!private/"]\n')

    assert sentence.startswith("suffice.toml, line 1: exclude holds '!private/'")


def test_a_repository_asks_for_more_confidence_and_never_for_less(load):
    assert load("min_confidence = 0.9\n", suffice_toml="min_confidence = 0.5\n").min_confidence == 0.9
    assert load("min_confidence = 0.5\n", suffice_toml="min_confidence = 0.9\n").min_confidence == 0.9


def test_lists_of_both_are_joined(load):
    user = 'exclude = ["a"]\ndeny_lanes = ["opus"]\ndisabled_rules = ["B904"]\n'

    config = load(user, suffice_toml='exclude = ["b"]\ndeny_lanes = ["codex"]\ndisabled_rules = ["F541"]\n')

    assert config.exclude == ("a", "b")
    assert (config.deny_lanes, config.disabled_rules) == ({"opus", "codex"}, {"B904", "F541"})


def test_tightening_by_nothing_changes_nothing():
    config = Config(max_cost_usd=1.0, min_confidence=0.5, exclude=("a",), jobs=3, policy="coding")

    assert tightened(config, Config()) == config


def test_both_files_of_a_repository_tighten_and_neither_hides_the_other(load):
    pyproject = '[tool.suffice]\nmax_cost_usd = 0.1\nexclude = ["a"]\n'

    assert load("", pyproject_toml=pyproject).run_cap_usd() == 0.1
    for cap_usd in (0.3, 0.05):
        suffice_toml = f'max_cost_usd = {cap_usd}\nexclude = ["b"]\n'
        config = load("", pyproject_toml=pyproject, suffice_toml=suffice_toml)
        assert config.run_cap_usd() == min(0.1, cap_usd)
        assert set(config.exclude) == {"a", "b"}


@pytest.mark.parametrize("name", ["team.toml", "./team.toml", "~/team.toml"])
def test_a_policy_of_the_users_file_is_not_looked_for_in_the_folder_we_are_in(load, tmp_path, monkeypatch, name):
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "team.toml").write_text("hostile")
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert load(f'policy = "{name}"\n').policy == str(tmp_path / "team.toml")


def test_a_flag_beats_the_cap_of_the_users_own_file_and_not_that_of_a_repository(load):
    assert load("max_cost_usd = 0.3\n").run_cap_usd(5.0) == 5.0
    assert load("max_cost_usd = 0.3\n").run_cap_usd(0.0) == 0.0
    assert load("max_cost_usd = 0.3\n", suffice_toml="max_cost_usd = 1\n").run_cap_usd(5.0) == 1.0


def test_what_a_repository_may_not_say_is_named_with_its_line_also_as_a_dotted_key(failed):
    pyproject = '[project]\nname = "x"\n\n[tool.suffice]\n\nlanes.haiku.model = "x"\n'

    sentence = failed("", pyproject_toml=pyproject)

    assert sentence.startswith("pyproject.toml, line 6: the setting lanes may only stand in your own settings file")


@pytest.mark.parametrize("key", ["policy", "jobs", "lanes"])
def test_a_repository_may_not_choose(failed, key):
    values = {"policy": '"x.toml"', "jobs": "99", "lanes": "{}"}

    sentence = failed("", suffice_toml=f"\n{key} = {values[key]}\n")

    assert sentence.startswith(f"suffice.toml, line 2: the setting {key} may only stand in your own settings file; ")


# --- lanes of one's own


def test_a_lane_is_changed_in_what_is_said_and_nothing_else(load):
    lanes = load('[lanes.opus]\nmodel = "another"\nlatency_s = 3\n').catalogue().lanes

    opus = catalogue().lanes["opus"]
    assert lanes == {**catalogue().lanes, "opus": opus._replace(model="another", latency_s=3)}


def test_a_new_lane_needs_four_keys_and_has_defaults_for_the_rest(load):
    lane = load(NEW + PRICES).catalogue().lanes["mine"]

    assert (lane.name, lane.provider, lane.model, lane.context_tokens) == ("mine", "openai", "m", 9000)
    assert (lane.effort, lane.efforts, lane.rank, lane.latency_s, lane.output_ratio) == ("", (), 3, 5.0, 1.0)
    assert lane.cost_usd(Usage(input_tokens=1_000_000, output_tokens=1_000_000)) == 3
    assert lane.read_on == datetime.now(UTC).date()


def test_prices_that_are_stated_are_of_today_unless_they_say_when(load):
    today = datetime.now(UTC).date()

    own = load(f"[lanes.opus]\n{PRICES}").catalogue().lanes["opus"]
    assert (own.read_on, own.source) == (today, "your settings")
    assert load(f"[lanes.opus]\n{PRICES}read_on = 2026-01-02\n").catalogue().lanes["opus"].read_on == date(2026, 1, 2)
    assert load('[lanes.opus]\nmodel = "m"\n').catalogue().lanes["opus"].read_on == catalogue().read_on


def test_the_catalogue_is_as_old_as_the_oldest_of_its_prices(load):
    old = date(2026, 1, 2)

    assert load(f"[lanes.opus]\n{PRICES}read_on = {old}\n").catalogue().read_on == old
    assert load(f"[lanes.opus]\n{PRICES}").catalogue().read_on == catalogue().read_on
    assert load(f"[lanes.local]\nread_on = {old}\n").catalogue().read_on == catalogue().read_on  # it is free


def test_a_model_that_takes_no_effort_has_none(load):
    lane = load('[lanes.haiku]\nmodel = "m"\nefforts = []\n').catalogue().lanes["haiku"]

    assert (lane.effort, lane.efforts) == ("", ())


def test_prices_have_steps(load):
    small = "{ up_to_prompt_tokens = 10, input = 1, cached = 0, output = 1 }"

    lane = (
        load(f"[lanes.opus]\nprices = [{small}, {{ input = 9, cached = 0, output = 9 }}]\n").catalogue().lanes["opus"]
    )

    assert lane.prices == (Price(1, 0, 1, up_to_prompt_tokens=10), Price(9, 0, 9))
    assert lane.cost_usd(Usage(input_tokens=11)) == 11 * 9 / 1_000_000


def test_a_lane_of_ones_own_can_be_denied(load):
    assert load(f'deny_lanes = ["mine"]\n{NEW}{PRICES}').deny_lanes == {"mine"}
    assert load(f"{NEW}{PRICES}", suffice_toml='deny_lanes = ["mine"]\n').deny_lanes == {"mine"}


def test_the_shipped_catalogue_stays_as_it_is(load):
    load('[lanes.opus]\nmodel = "another"\n').catalogue()

    assert catalogue().lanes["opus"].model != "another"


# --- errors

BAD = {
    "no TOML": ("jobs", "own.toml is no valid TOML: "),
    "a dotted key": (
        "jobs = 2\n\nlanes.haiku.context_tokens = -1\n",
        "own.toml, line 3: lanes.haiku.context_tokens: -1 is no amount; expected a number, ",
    ),
    "an unknown setting": ("\nbudget = 1\n", "own.toml, line 2: the setting budget does not exist; known here: "),
    "a list that is none": ('exclude = "a"\n', "own.toml, line 1: exclude is 'a'; expected a list of strings."),
    "a list of numbers": ("deny_lanes = [1]\n", "own.toml, line 1: deny_lanes is [1]; expected a list of strings."),
    "a home that nobody has": (
        'trusted = ["~nobody-of-that-name/code"]\n',
        "own.toml, line 1: trusted is ['~nobody-of-that-name/code']; expected folders, each absolute or from ~/ on.",
    ),
    "no jobs": ("jobs = 0\n", "own.toml, line 1: jobs is 0; expected a whole number from 1."),
    "jobs as a truth": ("jobs = true\n", "own.toml, line 1: jobs is True; expected a whole number from 1."),
    "half a job": ("jobs = 1.5\n", "own.toml, line 1: jobs is 1.5; expected a whole number from 1."),
    "a policy of no name": ("policy = 3\n", "own.toml, line 1: policy is 3; expected a name or a path."),
    "a cap below 0": ("max_day_usd = -1\n", "own.toml, line 1: max_day_usd is -1; expected a number from 0 to 1e+12."),
    "a cap as text": (
        'max_cost_usd = "1"\n',
        "own.toml, line 1: max_cost_usd is '1'; expected a number from 0 to 1e+12.",
    ),
    "a cap as a truth": ("max_task_usd = true\n", "own.toml, line 1: max_task_usd is True; expected a number"),
    "a cap beyond sense": (
        "max_cost_usd = 1e13\n",
        "own.toml, line 1: max_cost_usd is 10000000000000.0; expected a number from 0 to 1e+12.",
    ),
    "a cap without end": ("max_day_usd = inf\n", "own.toml, line 1: max_day_usd is inf; expected a number from 0"),
    "a cap that is none": ("max_day_usd = nan\n", "own.toml, line 1: max_day_usd is nan; expected a number from 0"),
    "a huge number": (f"jobs = 1\nmax_cost_usd = 1{'0' * 400}\n", "own.toml, line 2: max_cost_usd is a number of more"),
    "a huge number in base 16": (
        f"jobs = 0x{'f' * 5000}\n",
        "own.toml, line 1: jobs is a number of more than 64 bits;",
    ),
    "a number of thousands of digits": (f"jobs = {'1' * 5000}\n", "own.toml is no valid TOML: Exceeds the limit"),
    "a list in a list in a list": (f"exclude = {'[' * 3000}\n", "own.toml is nested deeper than 100 tables and lists;"),
    "a key in a key in a key": (f"lanes{'.a' * 3000} = 1\n", "own.toml is nested deeper than 100 tables and lists; "),
    "no pattern": ('jobs = 1\nexclude = ["a", "!"]\n', "own.toml, line 2: exclude holds the pattern '!', which cannot"),
    "a pattern of no range": (
        'exclude = ["[z-a]"]\n',
        "own.toml, line 1: exclude holds the pattern '[z-a]', which cann",
    ),
    "a text that looks like a table": (
        'policy = """\n[a = {} #]\n[b = {c = 1, d = 2} #]\n"""\nbudget = 1\n',
        "own.toml, line ",
    ),
    "too sure": ("min_confidence = 1.01\n", "own.toml, line 1: min_confidence is 1.01; expected a number from 0 to 1."),
    "an unknown lane": ('jobs = 1\ndeny_lanes = ["o"]\n', "own.toml, line 2: deny_lanes names 'o', which is no lane; "),
    "lanes that are no table": ("lanes = 3\n", "own.toml, line 1: lanes is to hold tables such as [lanes.local]."),
    "a lane that is no table": ("[lanes]\nopus = 3\n", "own.toml, line 2: lanes.opus is no lane that can be set; "),
    "the linter as a lane": (
        '[lanes.linter]\nmodel = "m"\n',
        "own.toml, line 1: lanes.linter is no lane that can be set",
    ),
    "a human as a lane": ("jobs = 1\n[lanes.human]\n", "own.toml, line 2: lanes.human is no lane that can be set; "),
    "a new lane without prices": (
        NEW,
        "own.toml, line 1: lanes.mine is a new lane and lacks prices; it needs provider, ",
    ),
    "an unknown key of a lane": (
        '[lanes.opus]\nmodle = "m"\n',
        "own.toml, line 2: lanes.opus.modle: this is no setting",
    ),
    "a lane whose name has a colon": (
        '[lanes."gpt-5.4:low"]\nrank = "1"\n',
        "own.toml, line 2: lanes.gpt-5.4:low.rank: '1'",
    ),
    "a repository by a relative path": (
        '[[repositories]]\nroot = "shop"\ntests = "pytest"\n',
        "own.toml, line 2: repositories.root is to name the repository's folder",
    ),
    "a repository without a folder": (
        '[[repositories]]\ntests = "pytest"\n',
        "own.toml, line 1: repositories.root is to name the repository's folder",
    ),
    "a repository without a command": (
        '[[repositories]]\nroot = "/code/shop"\n',
        "own.toml, line 1: repositories names no command",
    ),
    "an empty command": (
        '[[repositories]]\nroot = "/code/shop"\ntests = " "\n',
        "own.toml, line 3: repositories.tests is ' '; expected text",
    ),
    "an unknown command": (
        '[[repositories]]\nroot = "/code/shop"\nlint = "ruff"\n',
        "own.toml, line 3: repositories.lint: this is no setting of a repository",
    ),
    "one table for all repositories": (
        '[repositories]\nroot = "/code/shop"\n',
        "own.toml, line 1: repositories is to be tables, each under its own [[repositories]].",
    ),
    "an unknown provider": (
        '[lanes.opus]\nprovider = "x"\n',
        "own.toml, line 2: lanes.opus.provider: 'x' is no provider",
    ),
    "a number below 0 in a lane": (
        "[lanes.opus]\nlatency_s = -1\n",
        "own.toml, line 2: lanes.opus.latency_s: -1 is no amount",
    ),
    "a truth in a lane": (
        "[lanes.opus]\nrank = true\n",
        "own.toml, line 2: lanes.opus.rank: True is of the wrong type; ",
    ),
    "a day as text": (
        '[lanes.opus]\nread_on = "soon"\n',
        "own.toml, line 2: lanes.opus.read_on: 'soon' is of the wrong",
    ),
    "no prices": ("[lanes.opus]\nprices = []\n", "own.toml, line 2: lanes.opus.prices: expected a list such as"),
    "half a price": (
        "[lanes.opus]\nprices = [{ input = 1 }]\n",
        "own.toml, line 2: lanes.opus.prices: expected a list",
    ),
    "a price below 0": (
        "[lanes.opus]\nprices = [{ input = 1, cached = -1, output = 1 }]\n",
        "own.toml, line 2: lanes.opus.prices: expected a list such as",
    ),
    "an unknown part of a price": (
        "[lanes.opus]\nprices = [{ input = 1, cached = 1, output = 1, tax = 1 }]\n",
        "own.toml, line 2: lanes.opus.prices: expected a list such as",
    ),
    "an effort that the model does not take": (
        '[lanes.haiku]\neffort = "max"\n',
        "own.toml, line 2: lanes.haiku.effort is 'max', which is none that the model accepts; expected low,",
    ),
    "an effort of a model that takes none": (
        '[lanes.local]\neffort = "high"\n',
        "own.toml, line 2: lanes.local.effort is 'high', which is none that the model accepts; expected none, or",
    ),
    "a model without a name": ('[lanes.opus]\nmodel = ""\n', "own.toml, line 2: lanes.opus.model: '' is no model's id"),
    "a context of nothing": (
        "[lanes.opus]\ncontext_tokens = 0\n",
        "own.toml, line 2: lanes.opus.context_tokens: 0 is no amount; expected a number, 1 or more.",
    ),
    "a price that is a truth": (
        "[lanes.opus]\nprices = [{ input = true, cached = 0, output = 1 }]\n",
        "own.toml, line 2: lanes.opus.prices: expected a list",
    ),
    "a price for no prompts": (
        "[lanes.opus]\nprices = [{ input = 1, cached = 0, output = 1, up_to_prompt_tokens = 0 }]\n",
        "own.toml, line 2: lanes.opus.prices: expected a list",
    ),
    "a price in a table of its own": (
        "[lanes.opus]\njobs = 1\n[[lanes.opus.prices]]\ninput = -1\ncached = 0\noutput = 1\n",
        "own.toml, line 3: lanes.opus.prices: expected a list",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), BAD.values(), ids=BAD)
def test_an_error_names_file_line_and_key(failed, text, sentence):
    told = failed(text)

    assert told.startswith(sentence)
    assert told.endswith(".")


def test_an_error_in_pyproject_names_it_and_its_line(failed):
    pyproject = '[project]\nname = "p"\n\n[tool.suffice]\nmax_cost_usd = -1\n'

    assert failed("", pyproject_toml=pyproject).startswith("pyproject.toml, line 5: tool.suffice.max_cost_usd is -1; ")


def test_a_file_that_the_environment_names_must_be_there(tmp_path):
    with pytest.raises(
        ConfigError, match=r"^SUFFICE_CONFIG names .*none\.toml, which is not there; create or unset it\.$"
    ):
        load_config(None, {"SUFFICE_CONFIG": str(tmp_path / "none.toml")})


# --- the schema

BEYOND_A_SCHEMA = {
    "no TOML",
    "an unknown lane",
    "a new lane without prices",
    "an effort that the model does not take",
    "an effort of a model that takes none",
    "a cap beyond sense",
    "a cap without end",
    "a cap that is none",
    "a huge number",
    "a huge number in base 16",
    "a number of thousands of digits",
    "a list in a list in a list",
    "a key in a key in a key",
    "no pattern",
    "a pattern of no range",
}


def as_json(text):
    """Return the data of *text* with days as a schema sees them."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


@pytest.mark.parametrize("name", sorted(BAD.keys() - BEYOND_A_SCHEMA))
def test_the_schema_rejects_the_same(name):
    text, _ = BAD[name]

    assert not VALIDATOR.is_valid(as_json(text))


GOOD = {
    "nothing": "",
    "everything": (
        'exclude = ["a"]\nmax_cost_usd = 1\nmax_task_usd = 0.5\nmax_day_usd = 5\nmax_repository_month_usd = 50\n'
        'time_budget_s = 60\ndeny_lanes = ["opus"]\nmin_confidence = 0.9\ndisabled_rules = ["B904"]\n'
        'policy = "guide"\njobs = 4\n'
    ),
    "commands of repositories": (
        '[[repositories]]\nroot = "/code/shop"\ntests = "pytest -q"\ntypes = "mypy"\n'
        '[[repositories]]\nroot = "~/code/till"\ntypes = "pyright"\n'
    ),
    "a lane": f"[lanes.opus]\nread_on = 2026-01-02\nretires_on = 2027-01-02\n{PRICES}",
    "a new lane": NEW + PRICES,
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_schema_and_parser_take_the_same(load, text):
    VALIDATOR.validate(as_json(text))
    load(text).catalogue()


def test_the_schema_knows_the_settings_that_the_parser_knows(failed):
    lane, price = SCHEMA["$defs"]["lane"]["properties"], SCHEMA["$defs"]["price"]["properties"]
    listed = re.search(r"known are (.*)\.$", failed("[lanes.opus]\nx = 1\n"))[1]

    assert set(SCHEMA["properties"]) == set(SETTINGS)
    assert set(SCHEMA["$defs"]["repository"]["properties"]) == REPOSITORY_SETTINGS
    assert set(lane) == set(listed.split(", "))
    assert set(price) == set(Price._fields)
    assert lane["provider"]["enum"] == list(PROVIDERS)


def test_the_schema_says_of_each_setting_what_the_docs_say():
    assert {key: entry["description"] for key, entry in SCHEMA["properties"].items()} == SETTINGS
    tables = [SCHEMA["$defs"]["lane"], SCHEMA["$defs"]["price"]]
    assert [key for table in tables for key, entry in table["properties"].items() if not entry.get("description")] == []


@pytest.mark.skipif(not PAGE.is_file(), reason="the docs are not beside an installed wheel")
def test_the_example_of_the_docs_can_be_read(load):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

    lanes = load(example).catalogue().lanes

    assert lanes.keys() - catalogue().lanes.keys() == {"haiku:high"}
    VALIDATOR.validate(as_json(example))
