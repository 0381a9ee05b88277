"""`suffice tune --confidence`: enough own outcomes make own numbers; it prints them and writes nothing."""

import json
import os
import random
from contextlib import closing
from pathlib import Path

import pytest
from lost_cause import BAD, GOOD, SETTINGS, SILENCED, rewritten

from suffice import families
from suffice.checker.confidence import probability
from suffice.checker.verdict import Signals
from suffice.fingerprint import repository_name
from suffice.lanes import Usage, catalogue
from suffice.state.ledger import Call, Feedback, Work
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME
from suffice.task import Kind
from suffice.testing import ScriptedAnswer

HAIKU = catalogue().lanes["haiku"].model
CALL = Call("haiku", "anthropic", HAIKU, "low", "lint-1", "answered", None, None, 0.001, Usage(), 900.0)


def storage():
    return closing(Storage(Path(os.environ["SUFFICE_STATE_DIR"]) / FILE_NAME))


def seed(outcomes, *, kept_at=1.0):
    """Record *outcomes*: of what is not small, only `kept_at` of what the shipped numbers promise was kept."""
    chance = random.Random(7)
    with storage() as opened, opened.store.transaction():
        for number in range(outcomes):
            lines = chance.randint(1, 40)
            signals = Signals(2.5, {"size": float(lines)})
            work = Work("lint-fix", "B904", "r1", f"{number:032x}")
            row = opened.ledger.record_call(work, CALL)
            opened.ledger.record_check(row, failure=None, failed_checks=(), confidence=0.9, signals=signals)
            right = chance.random() < probability(2.5) * (kept_at if lines > 5 else 1.0)
            opened.ledger.record_feedback(work, lane="haiku", word=Feedback.KEPT if right else Feedback.UNDONE)


def reply(text):
    return ScriptedAnswer(answer=rewritten(text), usage=Usage(input_tokens=2000, output_tokens=80))


@pytest.fixture
def haiku(server, project, monkeypatch):
    """Script the cheap lane's replies to the project's one diagnostic."""
    project.write({"pyproject.toml": SETTINGS, "mod.py": BAD})
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", server.anthropic_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
    return lambda *texts: server.script(HAIKU, [reply(text) for text in texts])


@pytest.fixture
def own_settings(tmp_path, monkeypatch):
    """A folder with the user's settings."""
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "config.toml").write_text("", "utf-8")
    monkeypatch.setenv("SUFFICE_CONFIG", str(folder / "config.toml"))
    return folder


@pytest.mark.parametrize(
    ("outcomes", "known"), [(0, ""), (1, ", 0 of them of a kind that has enough of its own"), (57, "")]
)
def test_below_two_hundred_outcomes_it_says_how_many_there_are(own_settings, suffice, outcomes, known):
    seed(outcomes)

    ran = suffice("tune", "--confidence")

    assert (ran.code, ran.stdout) == (0, b"")
    assert ran.sentences == [
        f"Known are {outcomes} results that were kept, undone or rejected{known}; a fit needs 200: nothing changes."
    ]


def test_what_it_prints_is_a_file_that_is_used_where_it_belongs(own_settings, suffice, haiku):
    seed(300, kept_at=0.3)
    haiku(GOOD)

    ran = suffice("tune", "--confidence")

    path = own_settings / "confidence.toml"
    assert ran.code == 0
    assert ran.sentences == [f"Nothing was written; to use these numbers, save them as {path}."]
    assert [file.name for file in own_settings.iterdir()] == ["config.toml"]
    assert "# 300 outcomes" in ran.stdout.decode()
    path.write_bytes(ran.stdout)
    verdict = suffice("fix", "--json", "--yes", "--min-confidence", "0.1").only_item["verdict"]
    assert (verdict["state"], verdict["calibrated"], verdict["n"]) == ("passed", True, 300)


def test_the_signals_of_each_attempt_are_kept(suffice, haiku):
    haiku(SILENCED, GOOD)

    item = suffice("fix", "--json", "--yes").only_item

    with storage() as opened:
        failed, passed = opened.ledger.attempts_since(0)
    assert item["outcome"] == "proposed"
    assert (failed.failure, failed.signals) == ("check-failed", None)
    assert passed.confidence == item["verdict"]["confidence"]
    assert passed.signals.amounts["size"] == 1
    assert passed.signals.amounts["retries"] == 1
    assert (item["verdict"]["calibrated"], item["verdict"]["n"]) == (False, 0)


def test_a_lane_that_did_well_on_such_tasks_is_believed_more(suffice, haiku, project):
    version = families.of(Kind.LINT_FIX).prompt_version(Kind.LINT_FIX)
    haiku(GOOD)
    unknown = suffice("fix", "--json", "--yes").only_item["verdict"]
    with storage() as opened, opened.store.transaction():
        for number in range(50):
            work = Work("lint-fix", "B904", repository_name(project.root), f"{number:032x}")
            row = opened.ledger.record_call(work, CALL._replace(prompt_version=version))
            opened.ledger.record_check(row, failure=None, failed_checks=(), confidence=0.9)

    known = suffice("fix", "--json", "--yes").only_item["verdict"]

    assert known["confidence"] > unknown["confidence"]
    assert (unknown["calibrated"], unknown["n"]) == (False, 0)
    assert known["calibrated"]
    assert 49 <= known["n"] <= 51


def test_numbers_that_are_no_better_are_not_printed(own_settings, suffice):
    seed(300, kept_at=0.3)
    (own_settings / "confidence.toml").write_bytes(suffice("tune", "--confidence").stdout)

    again = suffice("tune", "--confidence")

    assert (again.code, again.stdout) == (0, b"")
    assert again.sentences[-1] == "The numbers in use do as well on what a fit has not seen: nothing changes."


def test_it_is_one_document(own_settings, suffice):
    few = json.loads(suffice("tune", "--confidence", "--json").stdout)
    seed(300, kept_at=0.3)
    made = json.loads(suffice("tune", "--confidence", "--json").stdout)

    assert few == {"outcomes": 0, "needed": 200, "before": None, "after": None, "file": None}
    assert made["outcomes"] == 300
    assert made["after"]["brier"] < made["before"]["brier"]
    assert made["after"]["calibration_error"] < made["before"]["calibration_error"]
    assert sum(band["n"] for band in made["after"]["bands"]) == 300
    assert made["file"]["path"] == str(own_settings / "confidence.toml")
    assert "[kinds]\nlint-fix = { n = 300" in made["file"]["text"]


def test_a_file_of_own_numbers_that_cannot_be_meant_ends_a_run_with_its_line(own_settings, project, suffice):
    project.write({"pyproject.toml": SETTINGS, "mod.py": BAD})
    (own_settings / "confidence.toml").write_text("slope = 1\n\n[weights]\nsize = true\n", "utf-8")

    ran = suffice("fix", "--offline")

    assert ran.code == 2
    assert ran.sentences == [
        f"suffice: {own_settings / 'confidence.toml'}, line 4: weights.size is True; expected a number from -10 to 10."
    ]


@pytest.mark.parametrize("option", [("--kind", "edit"), ("--policy", "guide")])
def test_the_confidence_has_no_kind_or_policy_to_choose(suffice, option):
    ran = suffice("tune", "--confidence", *option)

    assert ran.code == 2
    assert "leave out --policy and --kind" in ran.stderr
