"""How sure the checker is: what is known of the maker, what speaks against the patch, and what is kept of both."""

import sqlite3
from itertools import chain
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice import Kind, Policy, Snapshot, check
from suffice.checker.applier_step import DISTANCE
from suffice.checker.confidence import LEAST, MOST_UNPROVEN, PROOF, log_odds, probability, weighed
from suffice.checker.executed.execute import EXECUTED
from suffice.checker.pipeline import CHECKS
from suffice.checker.subject import Subject
from suffice.checker.verdict import Check, Signals, State
from suffice.checker.weights import shipped_weights
from suffice.edits.applied import Step
from suffice.edits.edit import FileChange
from suffice.judges import NAME as JUDGE
from suffice.lane_record import Prior
from suffice.lanes import Usage
from suffice.refit import Outcome
from suffice.state.ledger import Call, Feedback, Ledger, Work
from suffice.state.memory import Memory
from suffice.state.schema import STEPS
from suffice.state.store import FILE_NAME, Store
from suffice.tune_confidence import known_outcomes

SHIPPED = shipped_weights()


def subject(kind=Kind.LINT_FIX, **more):
    return Subject(kind=kind, changes=(), snapshot=Snapshot.of_texts({}), **more)


def found(name, amount=0.0, state=State.FAILED, *, blocking=False):
    return Check(name, state, blocking, "", amount=amount)


GATES = [found(name, state=State.PASSED, blocking=True) for name in ("target-gone", "loss", "syntax")]


def confidence(*checks, kind=Kind.LINT_FIX, proof=None, **more):
    return weighed(subject(kind, **more), [*GATES, *checks], proof)


def sure(*checks, **more):
    return confidence(*checks, **more).value


# --- the formula


def test_a_lint_fix_of_a_model_on_ones_own_machine_is_proposed_but_not_applied_until_it_is_known_there():
    rules = Policy.load("guide").of(Kind.LINT_FIX)

    unknown, known = (sure(provider="local", prior=prior) for prior in (None, Prior(0.9, 30)))

    assert rules.propose <= unknown < rules.apply <= known
    assert sure(provider="anthropic") == sure() >= rules.apply


def test_a_small_lint_fix_of_an_unknown_lane_that_passed_all_gates_is_proposed_and_not_as_sure_as_a_proof():
    rules = Policy.load("guide").of(Kind.LINT_FIX)

    odds = 0.65 / 0.35 * exp(0.2 + 1.8)
    assert sure(found("size", 2, State.PASSED)) == pytest.approx(odds / (1 + odds), abs=0.001)
    assert rules.propose <= sure(found("size", 2, State.PASSED)) < PROOF


def test_what_the_gates_could_not_look_at_is_no_evidence():
    blind = [found("target-gone", state=State.PASSED, blocking=True), found("loss", state=State.SKIPPED, blocking=True)]

    seen = weighed(subject(), blind, None)

    assert seen.value < sure() - 0.1


SPEAKS_AGAINST = {
    "size": 60,
    "files": 1,
    "soft-diagnostics": 1,
    "placeholders": 1,
    "debug-output": 1,
    "imports-resolve": 1,
    "applier-step": 1.5,
    "retries": 2,
    "judge": 0.5,
    "agreement": 1,
    "unparsed": 1,
    "other": 1,
}


def test_each_check_that_is_weighed_is_in_the_table():
    assert SPEAKS_AGAINST.keys() == SHIPPED.weights.keys()


def test_what_is_weighed_is_what_checks_are_called():
    known = {module.NAME for module in (*CHECKS, *EXECUTED)} | {JUDGE}

    assert SHIPPED.weights.keys() - known == {"agreement", "unparsed", "other"}
    assert SHIPPED.passed.keys() <= known


@pytest.mark.parametrize("kind", [Kind.LINT_FIX, Kind.EDIT])
@pytest.mark.parametrize(("name", "amount"), SPEAKS_AGAINST.items())
def test_what_does_not_block_lowers(name, amount, kind):
    assert LEAST < sure(found(name, amount), kind=kind) < sure(kind=kind)


def test_what_nobody_weighed_lowers_by_what_others_do_and_by_one_if_it_says_no_amount():
    assert sure(found("brand-new", 7)) == sure(found("brand-new")) == sure(found("other", 1)) < sure()


@pytest.mark.parametrize(
    "harmless",
    [
        found("soft-diagnostics", 0, State.PASSED),
        found("soft-diagnostics", 3, State.SKIPPED),
        found("soft-diagnostics", 3, blocking=True),
        found("retries", 1),
        found("applier-step", 0, State.PASSED),
    ],
    ids=["none found", "not looked", "blocks", "the first retry", "exact"],
)
def test_what_says_nothing_against_a_patch_leaves_it_alone(harmless):
    assert sure(harmless) == sure()


def test_the_steps_of_the_applier_are_weighed_as_far_as_they_went():
    steps = (Step.EXACT, Step.INDENT, Step.ELISION)
    by_step = [sure(found("applier-step", DISTANCE[step], State.PASSED)) for step in steps]

    assert by_step == sorted(by_step, reverse=True)
    assert len(set(by_step)) == 3


def test_a_patch_of_the_usual_size_is_as_good_as_its_lane_and_a_smaller_one_better():
    usual = sure(found("size", 22, State.PASSED), kind=Kind.EDIT)

    assert usual == sure(kind=Kind.EDIT) == 0.65
    assert sure(found("size", 1, State.PASSED), kind=Kind.EDIT) > usual > sure(found("size", 90), kind=Kind.EDIT)


def test_where_no_tree_could_be_made_it_is_less_sure():
    change = FileChange(path="a.py", before="x = (\n", after="x = ((\n")
    blind = Subject(kind=Kind.EDIT, changes=(change,), snapshot=Snapshot.of_texts({"a.py": "x = (\n"}))

    assert weighed(blind, (), None).signals.amounts == {"unparsed": 1.0}
    assert weighed(blind, (), None).value < sure(kind=Kind.EDIT)


def test_a_proof_stands_whatever_speaks_against_it():
    against = [found(name, amount) for name, amount in SPEAKS_AGAINST.items()]

    assert sure(*against, proof="equal syntax trees") == PROOF
    assert sure(*against) == LEAST


def test_what_a_check_blocks_has_no_confidence_at_all():
    broken = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = (\n"

    assert check(broken, snapshot=Snapshot.of_texts({"a.py": "x = 1\n"})).confidence == 0.0


amounts = st.dictionaries(st.sampled_from([*SPEAKS_AGAINST, "brand-new"]), st.floats(0, 1e6), max_size=6)
priors = st.none() | st.builds(Prior, st.floats(0, 1), st.floats(0.1, 1e6))


@given(
    amounts, priors, st.sampled_from([Kind.LINT_FIX, Kind.EDIT]), st.sampled_from([*SPEAKS_AGAINST]), st.floats(0, 99)
)
def test_more_of_anything_never_makes_it_surer_and_nothing_but_a_proof_reaches_a_proof(seen, prior, kind, name, more):
    before = sure(*(found(n, a, State.PASSED) for n, a in seen.items()), kind=kind, prior=prior)
    seen = {**seen, name: seen.get(name, 0.0) + more}
    after = sure(*(found(n, a, State.PASSED) for n, a in seen.items()), kind=kind, prior=prior)

    assert LEAST <= after <= MOST_UNPROVEN < PROOF
    assert after <= before or "size" not in seen or name == "size"


@given(st.floats(-700, 700))
def test_log_odds_and_probabilities_are_each_others_inverse(odds):
    assert 0 <= probability(odds) <= 1
    assert log_odds(probability(odds)) == pytest.approx(max(min(odds, log(199)), -log(199)), abs=1e-6)


# --- the lane's record


@pytest.mark.parametrize(
    ("rate", "n", "believed"), [(1.0, 0.001, 0.65), (1.0, 20, 0.825), (0.0, 20, 0.325), (0.9, 1e5, 0.9)]
)
def test_a_lanes_record_counts_against_twenty_tasks_of_the_usual(rate, n, believed):
    assert sure(kind=Kind.EDIT, prior=Prior(rate, n)) == pytest.approx(believed, abs=0.002)


@pytest.mark.parametrize(("n", "calibrated"), [(None, False), (29.9, False), (30.0, True), (60.0, True)])
def test_it_is_called_calibrated_from_thirty_outcomes_on(n, calibrated):
    known = confidence(prior=None if n is None else Prior(0.9, n))

    assert (known.calibrated, known.n) == (calibrated, int(n or 0))


WORK = Work(kind="lint-fix", rule="B904", repository="r1", fingerprint="f1")
CALL = Call("haiku", "anthropic", "small-1", "low", "lint-1", "answered", None, None, 0.001, Usage(), 900.0)


class Past:
    """A ledger in which an hour passes before each attempt and word."""

    def __init__(self, store):
        self.now = 1_795_262_400.0
        self.ledger = Ledger(store, clock=self.tick)

    def tick(self):
        self.now += 3600
        return self.now

    def attempt(self, name, failure=None, *, signals=None, confidence=0.9, word=None, work=WORK, **call):
        work = work._replace(fingerprint=name)
        row = self.ledger.record_call(work, CALL._replace(**call))
        self.ledger.record_check(row, failure=failure, failed_checks=(), confidence=confidence, signals=signals)
        if word:
            self.ledger.record_feedback(work, lane="haiku", word=word)

    def prior(self, **more):
        memory = Memory(self.ledger.store, clock=lambda: self.now)
        return memory.prior(WORK, **{"lane": "haiku", "model": "small-1"} | more)


@pytest.fixture
def past():
    return Past(Store())


def test_of_a_lane_that_made_no_patch_nothing_is_known(past):
    past.attempt("f1", "cannot-fix", confidence=None)
    past.attempt("f2", "refused", confidence=None)
    past.attempt("f3", "transport", confidence=None)

    assert past.prior() is None
    assert past.prior(lane="sonnet") is None


def test_a_record_counts_patches_by_what_the_checks_said_not_by_how_sure_they_were(past):
    past.attempt("f1")
    past.attempt("f2", "low-confidence", confidence=0.7)
    past.attempt("f3", "check-failed", confidence=0.0)
    past.attempt("f4", "cannot-fix", confidence=None)

    known = past.prior()

    assert known.n == pytest.approx(3, abs=0.05)
    assert known.rate == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize(("word", "rate"), [(Feedback.KEPT, 1.0), (Feedback.UNDONE, 0.25), (Feedback.REJECTED, 0.25)])
def test_the_developers_word_weighs_three_patches(past, word, rate):
    past.attempt("f1")
    past.attempt("f2", word=word)

    known = past.prior()

    assert known.n == pytest.approx(4, abs=0.05)
    assert known.rate == pytest.approx(rate, abs=0.01)


def test_patches_after_another_lane_failed_count_too_and_those_of_another_model_do_not(past):
    past.attempt("f1", position=1)
    past.attempt("f2", "check-failed", model="small-2", confidence=0.0)

    assert past.prior().rate == 1.0
    assert past.prior(model="small-2").rate == 0.0
    assert past.prior(prompt_version="lint-2") is None


# --- what the ledger keeps


SIGNALS = Signals(2.5, {"size": 3.0, "retries": 1.0})


def test_what_a_confidence_was_made_of_is_kept(past):
    past.attempt("f1", signals=SIGNALS)
    past.attempt("f2")

    assert [row.signals for row in past.ledger.attempts_since(0)] == [SIGNALS, None]


def test_a_file_from_before_signals_were_kept_keeps_its_rows_and_takes_new_ones(tmp_path):
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as db:
        for statement in chain(*STEPS[:2]):
            db.execute(statement)
        db.execute(
            "INSERT INTO attempts VALUES (NULL, 5, 'edit', NULL, 'r1', 'f1', 'haiku', 'anthropic', 'small-1', 'low',"
            " 'v1', 'answered', NULL, NULL, 0.25, 1, 2, 3, 4, 5.0, '', 0.9, NULL, 1, 0)"
        )
        db.execute("PRAGMA user_version = 2")
    db.close()

    store = Store(path)
    Past(store).attempt("f2", signals=SIGNALS)

    assert [row.signals for row in Ledger(store).attempts_since(0)] == [None, SIGNALS]
    assert store.rows("PRAGMA user_version")[0][0] > 2
    store.close()


def test_an_outcome_is_the_last_word_on_what_passed_without_a_proof(past):
    past.attempt("kept", signals=SIGNALS, word=Feedback.KEPT)
    past.attempt("undone", signals=SIGNALS, word=Feedback.UNDONE)
    past.attempt("rejected", signals=SIGNALS, word=Feedback.REJECTED)
    past.attempt("dismissed", signals=SIGNALS, word=Feedback.DISMISSED)
    past.attempt("rewritten", signals=SIGNALS, word=Feedback.REWRITTEN)
    past.attempt("nobody said", signals=SIGNALS)
    past.attempt("proven", signals=SIGNALS, confidence=PROOF, word=Feedback.KEPT)
    past.attempt("failed", "check-failed", signals=SIGNALS, confidence=0.0, word=Feedback.REJECTED)
    past.attempt("before signals", word=Feedback.KEPT)
    past.attempt("made anew", signals=SIGNALS, word=Feedback.KEPT)
    past.attempt("made anew", signals=SIGNALS._replace(start=0.1))
    past.attempt("changed mind", signals=SIGNALS, word=Feedback.KEPT)
    past.ledger.record_feedback(WORK._replace(fingerprint="changed mind"), lane="haiku", word=Feedback.UNDONE)

    known = known_outcomes(past.ledger, now=past.now)

    assert known == [
        Outcome(Kind.LINT_FIX, SIGNALS, right, f"r1 {name}")
        for name, right in [
            ("kept", True),
            ("undone", False),
            ("rejected", False),
            ("made anew", True),
            ("changed mind", False),
        ]
    ]
