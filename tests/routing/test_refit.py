"""Own outcomes make own numbers, believed as far as they say; and how far any number can be believed is told."""

import random
from datetime import date
from pathlib import Path

import pytest

from suffice import Kind, Snapshot
from suffice.checker.confidence import probability, total, weighed
from suffice.checker.subject import Subject
from suffice.checker.verdict import Signals
from suffice.checker.weights import Fitted, own_weights, shipped_weights
from suffice.config import load_config
from suffice.errors import ConfigError
from suffice.logistic import Belief, Row, fit
from suffice.refit import Outcome, cross_validated, judged_by, refitted
from suffice.reliability import Band, Judged, bands, brier, calibration_error
from suffice.toml_source import parse_toml
from suffice.tune_confidence import Refit, TooFew, figures, file_text, tune_confidence

SHIPPED = shipped_weights()

# --- fitting


def drawn(n, *, slope=1.0, shift=0.0, seed=1, kind=Kind.LINT_FIX, **weights):
    """Return outcomes as they would be if the numbers were these."""
    chance = random.Random(seed)
    true = SHIPPED._replace(slope=slope, weights={**SHIPPED.weights, **weights}, fitted={kind: Fitted(n, shift)})
    made = []
    for number in range(n):
        seen = {"size": float(chance.randint(1, 30)), "soft-diagnostics": float(chance.choice([0, 0, 0, 1, 2]))}
        signals = Signals(chance.uniform(1.0, 3.5), seen)
        made.append(Outcome(kind, signals, chance.random() < probability(total(true, kind, signals)), f"t{number}"))
    return made


def test_a_fit_finds_the_numbers_that_the_outcomes_were_drawn_from():
    own = refitted(drawn(4000, slope=0.6, shift=-0.5, size=-1.2, **{"soft-diagnostics": -0.3}))

    assert own.slope == pytest.approx(0.6, abs=0.15)
    assert own.fitted["lint-fix"].n == 4000
    assert own.fitted["lint-fix"].shift == pytest.approx(-0.5, abs=0.3)
    assert own.weights["size"] == pytest.approx(-1.2, abs=0.15)
    assert own.weights["soft-diagnostics"] == pytest.approx(-0.3, abs=0.15)
    assert own.weights["files"] == SHIPPED.weights["files"]


def test_few_outcomes_move_the_numbers_little():
    few, many = (refitted(drawn(n, size=-1.5)).weights["size"] - SHIPPED.weights["size"] for n in (5, 1000))

    assert abs(few) < abs(many) / 2


def test_what_lowers_never_comes_out_as_raising():
    own = refitted(drawn(1000, size=+0.8))

    assert own.weights["size"] == 0.0
    assert own.slope >= 0


def confidence(kind, weights):
    return weighed(Subject(kind=kind, changes=(), snapshot=Snapshot.of_texts({}), weights=weights), (), None)


def test_a_kind_without_outcomes_keeps_the_shipped_numbers():
    own = refitted(drawn(500, shift=-2.0))

    assert confidence(Kind.LINT_FIX, own).value < confidence(Kind.LINT_FIX, SHIPPED).value
    assert confidence(Kind.EDIT, own) == confidence(Kind.EDIT, SHIPPED)
    assert confidence(Kind.LINT_FIX, own)[1:3] == (True, 500)
    assert confidence(Kind.EDIT, own)[1:3] == (False, 0)


def test_outcomes_that_contradict_the_numbers_make_better_ones_told_on_tasks_that_no_fit_has_seen():
    outcomes = drawn(400, slope=0.3, shift=-0.5)

    made = tune_confidence(outcomes, now=None)

    assert isinstance(made, Refit)
    assert made.is_better
    assert made.before.brier == brier(judged_by(SHIPPED, outcomes))
    assert made.after.brier == brier(cross_validated(outcomes))
    assert made.after.calibration_error < made.before.calibration_error


def test_outcomes_as_the_numbers_promise_change_next_to_nothing():
    made = tune_confidence(drawn(2000), now=None)

    assert abs(made.after.brier - made.before.brier) < 0.003


@pytest.mark.parametrize(
    ("outcomes", "few"),
    [
        ([], TooFew(0, 0)),
        (drawn(199), TooFew(199, 199)),
        (drawn(190) + drawn(29, kind=Kind.EDIT), TooFew(219, 190)),
    ],
    ids=["none", "one short", "29 of a kind do not count"],
)
def test_below_two_hundred_outcomes_nothing_is_fitted(outcomes, few):
    assert tune_confidence(outcomes, now=None) == few


def test_outcomes_of_one_task_are_never_on_both_sides():
    """Copies of one outcome would look learnt by heart: with them in one group the fit cannot see them."""
    (one,) = drawn(1)
    lone = one._replace(signals=Signals(2.0, {"debug-output": 1.0}), right=False, group="lone")
    together = drawn(60) + [lone] * 60

    held_out = cross_validated(together)[-1].confidence

    assert held_out > judged_by(refitted(together), [lone])[0].confidence + 0.2


def test_the_printed_file_gives_back_the_fitted_numbers_and_says_how_good_they_are():
    made = tune_confidence(drawn(400, slope=0.3), now=None)

    text = file_text(made, path=Path("own.toml"), today=date(2026, 11, 22))
    read = own_weights(parse_toml(text, name="own.toml"))

    assert read.slope == pytest.approx(made.weights.slope, abs=0.001)
    assert read.fitted["lint-fix"].n == 400
    assert read.weights == pytest.approx(dict(made.weights.weights), abs=0.001)
    assert all(f"# {line}".rstrip() in text.splitlines() for line in figures(made))


def test_a_fit_without_rows_is_what_was_believed():
    assert fit([], {"a": Belief(2.0, 0.5), "b": Belief(-1.0, 1.0)}) == pytest.approx({"a": 2.0, "b": -1.0})


def test_a_fit_to_what_is_always_right_stays_finite():
    values = fit([Row({"a": 1e6}, right=True), Row({"a": -1e6}, right=False)], {"a": Belief(0.0, 1.0)})

    assert 0 < values["a"] < 1


# --- believing it


def test_scores_are_those_of_the_textbook():
    judged = [Judged(0.9, right=True), Judged(0.9, right=False), Judged(0.2, right=False, weight=2.0)]

    assert brier(judged) == pytest.approx((0.01 + 0.81 + 2 * 0.04) / 4)
    assert calibration_error(judged) == pytest.approx((abs(1.8 - 1) + 0.4) / 4)
    assert bands(judged) == [
        Band(0.0, 0.3, 1, pytest.approx(0.2), 0.0),
        Band(0.9, 0.95, 2, pytest.approx(0.9), 0.5),
    ]


def test_a_full_confidence_falls_into_the_last_band():
    assert [(band.low, band.n) for band in bands([Judged(1.0, right=True), Judged(0.95, right=True)])] == [(0.95, 2)]


# --- the user's file


@pytest.fixture
def settings(tmp_path):
    """Return the config for a file of own weights beside the settings."""

    def load(weights):
        (tmp_path / "own.toml").write_text("", "utf-8")
        (tmp_path / "confidence.toml").write_text(weights, "utf-8")
        return load_config(None, {"SUFFICE_CONFIG": str(tmp_path / "own.toml")})

    return load


def test_own_weights_stand_beside_the_settings(settings):
    own = settings("slope = 0.5\n[kinds]\nlint-fix = { n = 240, shift = 0.1 }\n[weights]\nsize = -0.2\n").own_weights

    assert own == SHIPPED._replace(
        slope=0.5, fitted={"lint-fix": Fitted(240, 0.1)}, weights={**SHIPPED.weights, "size": -0.2}
    )


def test_without_such_a_file_the_shipped_numbers_hold(tmp_path):
    (tmp_path / "own.toml").write_text("", "utf-8")

    assert load_config(None, {"SUFFICE_CONFIG": str(tmp_path / "own.toml")}).own_weights is None


WRONG = {
    "no toml": ("slope =\n", "is no valid TOML"),
    "an unknown key": ("\nspeed = 1\n", "line 2: speed is not known"),
    "an unknown kind": ("[kinds]\ncooking = { n = 3 }\n", "line 2: kinds.cooking is not known"),
    "an unknown check": ("[weights]\nsize = 0\nsizes = 1\n", "line 3: weights.sizes is not known"),
    "no number": ('[weights]\nsize = "much"\n', "line 2: weights.size is 'much'; expected a number from -10 to 10"),
    "too much": ("[weights]\nsize = -11\n", "line 2: weights.size is -11; expected a number from -10 to 10"),
    "not a number": ("slope = nan\n", "line 1: slope is nan; expected a number from 0 to 10"),
    "turned around": ("slope = -1\n", "line 1: slope is -1; expected a number from 0 to 10"),
    "no outcomes": ("[kinds]\nlint-fix = { n = 0 }\n", "line 2: kinds.lint-fix is {'n': 0}; expected a table such as"),
    "no table": ("kinds = 3\n", "line 1: kinds is 3; expected a table"),
    "true": (
        "[kinds]\nlint-fix = { n = 9, shift = true }\n",
        "line 2: kinds.lint-fix.shift is True; expected a number",
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_file_that_cannot_be_meant_is_refused_with_its_line(settings, text, said):
    with pytest.raises(ConfigError) as refused:
        settings(text)

    assert said in str(refused.value)
    assert "confidence.toml" in str(refused.value)
