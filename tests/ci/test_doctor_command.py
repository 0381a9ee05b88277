"""`suffice doctor`: what is missing or about to break, asked of a real server on this machine."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from suffice.lanes import OLD_PRICES_DAYS, catalogue
from suffice.providers.connect import BASE_URL_VARIABLES, KEY_VARIABLES
from suffice.testing import ScriptedError, ScriptedHtml, ScriptedJson, provider_double

KEY = "sk-a-secret-of-this-test"
HAIKU, GPT = catalogue().lanes["haiku"].model, catalogue().lanes["gpt-5.4:low"].model
GPT_LANES = "gpt-5.4:low, gpt-5.4:medium, gpt-5.4:high, gpt-5.4:xhigh"
MEND = "name another model under [lanes.haiku] in your settings"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def double():
    with provider_double() as running:
        yield running


@pytest.fixture
def with_keys(double, monkeypatch):
    """Give both hosted providers a key, at the double."""
    for variable in KEY_VARIABLES.values():
        monkeypatch.setenv(variable, KEY)
    monkeypatch.setenv(BASE_URL_VARIABLES["anthropic"], double.anthropic_base_url)
    monkeypatch.setenv(BASE_URL_VARIABLES["openai"], double.openai_base_url)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Write the user's own settings."""

    def write(text):
        (tmp_path / "config.toml").write_text(text)
        monkeypatch.setenv("SUFFICE_CONFIG", str(tmp_path / "config.toml"))

    return write


@pytest.fixture
def examined(project, suffice):
    """Run the doctor and return its exit code and what it says of each thing."""

    def run(*arguments):
        ran = suffice("doctor", "--json", *arguments)
        assert KEY not in ran.stdout.decode() + ran.stderr
        return ran.code, {found["name"]: (found["ok"], found["detail"]) for found in json.loads(ran.stdout)}

    return run


def test_without_a_key_nothing_is_broken_and_nobody_is_asked(examined):
    code, found = examined()

    assert code == 0
    assert list(found) == [
        *("suffice", "ruff", "git", "anthropic", "openai"),
        *("state folder", "settings", "ruff of the project", "grammars", "lanes", "policy", "prices"),
    ]
    assert found["anthropic"] == (False, "ANTHROPIC_API_KEY is not set; its lanes are not used")
    assert found["policy"] == (True, "guide, with ladders for 21 kinds")
    assert found["lanes"] == (True, str(len(catalogue().lanes)))


def test_in_words_it_is_one_line_each(project, suffice):
    lines = suffice("doctor", "--offline").stdout.decode().splitlines()

    assert len(lines) == 12
    assert all(line.startswith(("ok  ", "NO  ")) for line in lines)


def test_each_provider_with_a_key_is_asked_for_its_models(examined, with_keys):
    code, found = examined()

    assert code == 0
    assert found["anthropic"] == (True, "ANTHROPIC_API_KEY is set")
    assert found["model of haiku"] == (True, f"{HAIKU}: no end announced")
    assert found[f"model of {GPT_LANES}"] == (True, f"{GPT}: no end announced")
    assert sum(name.startswith("model of") for name in found) == 5


def test_looking_for_models_calls_none_of_them(examined, with_keys, double):
    examined()

    assert double.requests == ()


def test_offline_nobody_is_asked(examined, with_keys, double):
    double.model(HAIKU, known=False)

    code, found = examined("--offline")

    assert code == 0
    assert not any(name.startswith("model of") for name in found)


def test_a_model_that_is_unknown_is_broken_and_says_where_to_change_it(examined, with_keys, double):
    double.model(HAIKU, known=False)
    double.model(GPT, known=False)

    code, found = examined()

    tables = ", ".join(f'[lanes."{lane}"]' for lane in GPT_LANES.split(", "))
    assert code == 1
    told = f"{HAIKU} cannot be used: anthropic knows no such model; {MEND}"
    assert found["model of haiku"] == (False, told)
    assert found[f"model of {GPT_LANES}"][1].endswith(f"name another model under {tables} in your settings")


ENDS = {
    "far": (61, True, "{model} retires on {day}", 0),
    "near": (
        60,
        False,
        "{model} is about to retire, on {day}; {mend}",
        0,
    ),
    "today": (
        0,
        False,
        "{model} is about to retire, on {day}; {mend}",
        0,
    ),
    "overdue": (-1, False, "{model} was to retire on {day}; {mend}", 0),
}


@pytest.mark.parametrize(("days", "ok", "detail", "code"), ENDS.values(), ids=ENDS)
def test_the_end_of_a_model_is_told_in_time(examined, with_keys, double, days, ok, detail, code):
    day = TODAY + timedelta(days=days)
    double.model(HAIKU, retires_on=day)

    ended, found = examined()

    assert (ended, found["model of haiku"]) == (code, (ok, detail.format(model=HAIKU, day=day, mend=MEND)))


def test_a_model_whose_provider_names_a_day_and_no_more_is_gone_after_it(examined, with_keys, double):
    day = TODAY - timedelta(days=1)
    double.model(GPT, retires_on=day)

    code, found = examined()

    ok, detail = found[f"model of {GPT_LANES}"]
    assert (code, ok) == (1, False)
    assert detail.startswith(f"{GPT} retired on {day}; name another model under")


def test_a_deprecated_model_without_a_day_is_told_and_breaks_nothing(examined, with_keys, double):
    double.model(HAIKU, reply=ScriptedJson(body={"id": HAIKU, "lifecycle": "deprecated", "retires_at": None}))

    code, found = examined()

    told = f"{HAIKU} is to be retired, on no day that is announced; {MEND}"
    assert (code, found["model of haiku"]) == (0, (False, told))


def test_a_provider_that_cannot_tell_breaks_nothing(examined, with_keys, double):
    double.model(HAIKU, reply=ScriptedHtml())

    code, found = examined()

    ok, detail = found["model of haiku"]
    assert (code, ok) == (0, False)
    assert detail.startswith(f"anthropic could not be asked about {HAIKU}: ")
    assert detail.endswith("; try again later")


def test_a_key_that_is_rejected_is_broken(examined, with_keys, double):
    double.model(HAIKU, reply=ScriptedError(status=401))

    code, found = examined()

    assert code == 1
    assert "rejected the key (status 401): check ANTHROPIC_API_KEY" in found["model of haiku"][1]


def test_a_key_that_no_header_can_hold_is_broken_and_not_printed(examined, with_keys, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLES["anthropic"], f"{KEY}ü")

    code, found = examined()

    assert code == 1
    assert found["model of haiku"][1].endswith("check ANTHROPIC_API_KEY.")


def test_an_address_that_nobody_answers_is_told(examined, with_keys, monkeypatch):
    monkeypatch.setenv(BASE_URL_VARIABLES["anthropic"], "http://127.0.0.1:9")

    code, found = examined()

    assert code == 0
    assert "could not be asked about" in found["model of haiku"][1]
    assert found["model of codex"][0]


def test_a_server_of_ones_own_is_asked_too(examined, double, settings, monkeypatch):
    monkeypatch.setenv(BASE_URL_VARIABLES["local"], double.local_base_url)
    double.model("qwen3:4b")
    settings('[lanes.local]\nmodel = "qwen3:4b"\n')

    code, found = examined()

    assert code == 0
    assert found["local"] == (True, "SUFFICE_LOCAL_BASE_URL is set")
    assert found["lanes"] == (True, "9, of which yours: local")
    assert found["model of local"] == (True, "qwen3:4b: the server offers qwen3:4b")


def test_a_lane_that_the_settings_deny_is_not_asked_for(examined, with_keys, settings):
    settings('deny_lanes = ["haiku"]\n')

    _, found = examined()

    assert "model of haiku" not in found


def test_settings_that_cannot_be_read_are_broken(examined, settings, tmp_path):
    settings("jobs = 0\n")

    code, found = examined()

    assert code == 1
    assert found["settings"] == (
        False,
        f"{tmp_path / 'config.toml'}, line 1: jobs is 0; expected a whole number from 1.",
    )


def test_settings_say_which_they_are_and_not_what_stands_in_them(examined, settings, tmp_path):
    settings('jobs = 3\nexclude = ["own/"]\n[lanes.opus]\nrank = 4\n')

    assert examined()[1]["settings"] == (True, f"exclude, jobs, lanes; your own file is {tmp_path / 'config.toml'}")


def test_a_policy_that_cannot_be_read_is_broken(examined, settings, tmp_path):
    settings('policy = "own.toml"\n')
    (tmp_path / "own.toml").write_text('[kinds.edit]\nladder = ["nobody"]\n')

    code, found = examined()

    assert code == 1
    assert found["policy"][1].startswith(f"{tmp_path / 'own.toml'}, line 2: kinds.edit.ladder names 'nobody'")


@pytest.mark.parametrize(("days", "ok"), [(OLD_PRICES_DAYS, True), (OLD_PRICES_DAYS + 1, False)], ids=["still", "old"])
def test_old_prices_are_told_with_the_lane_that_has_them(examined, settings, days, ok):
    day: date = TODAY - timedelta(days=days)
    settings(f"[lanes.opus]\nread_on = {day}\n")

    found = examined()[1]["prices"]

    old = f"opus: read on {day}, {days} days ago; read them anew and set read_on of opus in your settings"
    assert found == ((True, f"read on {day}, not long ago") if ok else (False, old))


@pytest.mark.parametrize(("days", "told"), [(OLD_PRICES_DAYS, False), (OLD_PRICES_DAYS + 1, True)])
def test_stats_says_too_that_prices_are_old(project, suffice, settings, days, told):
    day: date = TODAY - timedelta(days=days)
    settings(f"[lanes.opus]\nread_on = {day}\n")

    first = suffice("stats").stdout.decode().splitlines()[0]

    old = f"The prices were read on {day}, {days} days ago; suffice doctor says what to do."
    assert first.endswith(old) is told


@pytest.mark.parametrize("lane", ["codex", "local"], ids=["on no ladder", "free"])
def test_prices_that_nobody_pays_do_not_grow_old(examined, settings, lane):
    settings(f'policy = "anthropic"\n[lanes.{lane}]\nread_on = 2020-01-01\n')

    assert examined()[1]["prices"][0]


def test_a_day_with_a_time_of_day_is_a_day(examined, settings):
    settings("[lanes.opus]\nread_on = 2020-01-01T12:00:00\n")

    assert examined()[1]["prices"][1].startswith("opus: read on 2020-01-01, ")


def test_a_model_that_is_retired_by_the_settings_is_said_without_asking_anybody(examined, settings):
    settings("[lanes.haiku]\nretires_on = 2020-01-01\n")

    found = examined()[1]["retirement of haiku"]

    assert found == (False, f"{HAIKU} retired on 2020-01-01; {MEND}")
