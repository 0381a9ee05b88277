"""What sufficed and what it cost: counted from the ledger, beside a counterfactual that has a name."""

from datetime import UTC, date, datetime

import pytest

from suffice.counterfactual import Counterfactual, top_lane
from suffice.lanes import OLD_PRICES_DAYS, Usage, catalogue
from suffice.policy import Policy
from suffice.state.ledger import Call, Feedback, Ledger, Work
from suffice.state.store import Store
from suffice.stats import LaneStats, stats
from suffice.task import Kind

LANES = catalogue().lanes
GUIDE = Policy.load("guide")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, DAY = 60.0, 86_400.0
USAGE = Usage(input_tokens=2000, cached_tokens=500, output_tokens=100, reasoning_tokens=20)


class Clock:
    def __init__(self):
        self.now = NOON.timestamp() - DAY

    def __call__(self):
        return self.now


class Recorder:
    """Writes to a ledger, a second later each time."""

    def __init__(self):
        self.clock = Clock()
        self.ledger = Ledger(Store(), clock=self.clock)

    def call(self, lane, name="f1", *, failure=None, kind="lint-fix", rule="B904", latency_ms=1000.0, **more):
        self.clock.now += 1
        usage, is_checked = more.get("usage", USAGE), more.get("settled", True)
        made = Call(
            lane=lane,
            provider=LANES[lane].provider,
            model=LANES[lane].model,
            effort=LANES[lane].effort,
            prompt_version="v1",
            ended="timed-out" if failure == "transport" else "answered",
            cause=None,
            request_id=None,
            cost_usd=more.get("cost_usd", LANES[lane].cost_usd(usage)),
            usage=usage,
            latency_ms=latency_ms,
        )
        row = self.ledger.record_call(Work(kind, rule, "r1", name), made)
        if is_checked:
            confidence, unchecked = None if failure else 0.9, more.get("unchecked", False)
            self.ledger.record_check(row, failure=failure, failed_checks=(), confidence=confidence, unchecked=unchecked)

    def linter(self, name, *, rule="F541", outcome="proposed", reason="sufficed"):
        work = Work("lint-fix", rule, "r1", name)
        self.ledger.record_outcome(work, outcome=outcome, reason=reason, lane="linter", cost_usd=0.0)

    def word(self, lane, word, name="f1", *, rule="B904"):
        self.ledger.record_feedback(Work("lint-fix", rule, "r1", name), lane=lane, word=word)

    def stats(self, **more):
        return stats(self.ledger, policy=GUIDE, prices_read_on=date(2026, 11, 21), now=NOON, **more)


@pytest.fixture
def recorder():
    return Recorder()


def test_a_lane_is_counted_by_task_with_all_that_its_calls_took(recorder):
    recorder.call("haiku", failure="check-failed", latency_ms=3000.0)
    recorder.call("haiku", failure="check-failed", latency_ms=1000.0)
    recorder.call("sonnet")
    recorder.call("haiku", "f2", latency_ms=2000.0)
    recorder.word("haiku", Feedback.REJECTED, "f2")
    recorder.word("haiku", Feedback.KEPT, "f2")

    haiku, sonnet = recorder.stats().rules

    each_usd = LANES["haiku"].cost_usd(USAGE)
    assert haiku == LaneStats(
        kind="lint-fix",
        rule="B904",
        lane="haiku",
        tasks=2,
        sufficed=1,
        unchecked=0,
        calls=3,
        cost_usd=pytest.approx(3 * each_usd),
        cost_per_sufficing_usd=pytest.approx(3 * each_usd),
        input_tokens=6000,
        cached_tokens=1500,
        output_tokens=300,
        latency_median_ms=2000.0,
        latency_p90_ms=3000.0,
        kept=1,
        undone=0,
        dismissed=0,
        rejected=0,
        rewritten=0,
    )
    assert (sonnet.tasks, sonnet.sufficed, sonnet.calls, sonnet.kept) == (1, 1, 1, 0)


def test_the_lanes_of_a_kind_are_summed_over_its_rules(recorder):
    recorder.call("haiku", "f1", rule="B904")
    recorder.call("haiku", "f2", rule="E711", failure="cannot-fix")
    recorder.call("haiku", "f3", kind="summary", rule=None)

    found = recorder.stats()

    assert [(s.kind, s.rule, s.lane, s.tasks, s.sufficed) for s in found.lanes] == [
        ("lint-fix", None, "haiku", 2, 1),
        ("summary", None, "haiku", 1, 1),
    ]
    assert [(s.kind, s.rule, s.tasks) for s in found.rules] == [("lint-fix", "B904", 1), ("lint-fix", "E711", 1)]


def test_what_the_linter_settled_is_counted_once_and_was_free(recorder):
    for _ in range(3):
        recorder.linter("f1")
    recorder.linter("f2")
    recorder.linter("f3", outcome="needs-human")

    found = recorder.stats()

    (linter,) = found.lanes
    assert (linter.lane, linter.tasks, linter.sufficed, linter.cost_usd) == ("linter", None, 2, 0)
    assert (found.totals.tasks, found.totals.by_linter, found.totals.by_models) == (2, 2, 0)


def test_a_fix_of_the_linter_that_was_left_out_is_not_settled_until_it_is_taken(recorder):
    recorder.linter("f1")
    recorder.linter("f2", reason="left-out")

    totals, others = recorder.stats().totals, recorder.stats().counterfactuals
    recorder.linter("f2")
    taken = recorder.stats().totals

    assert (totals.tasks, totals.by_linter, totals.left, totals.linter_left_out) == (2, 1, 1, 1)
    assert "1 that the linter settled" in others[0].how
    assert (taken.tasks, taken.by_linter, taken.left, taken.linter_left_out) == (2, 2, 0, 0)


def test_an_outage_and_a_call_that_was_cut_off_cost_money_and_say_nothing_of_the_lane(recorder):
    recorder.call("haiku", "f1", failure="transport", cost_usd=0.5)
    recorder.call("haiku", "f2", settled=False, cost_usd=0.25)
    recorder.call("haiku", "f3")

    found = recorder.stats()

    (haiku,) = found.lanes
    assert (haiku.tasks, haiku.sufficed, haiku.calls) == (1, 1, 3)
    assert (found.totals.tasks, found.totals.left) == (1, 0)
    assert found.totals.cost_usd == pytest.approx(0.75 + LANES["haiku"].cost_usd(USAGE))


def test_a_call_without_an_answer_is_in_no_figure_but_its_own(recorder):
    recorder.call("haiku", "f1")
    before = recorder.stats()
    made = Call("haiku", "anthropic", LANES["haiku"].model, "low", "v1", "cancelled", None, None, 0.0, Usage(), 0.0)

    recorder.ledger.record_sent(Work("lint-fix", "B904", "r1", "f2"), made, at_most_usd=0.04)

    found = recorder.stats()
    assert found.totals == before.totals._replace(unanswered=1, unanswered_usd=0.04)
    assert found._replace(totals=before.totals) == before
    assert recorder.stats(kind="edit").totals.unanswered == 0


def test_what_sufficed_unchecked_is_told_apart(recorder):
    recorder.call("haiku", "f1", unchecked=True)
    recorder.call("haiku", "f2")
    recorder.call("haiku", "f3", failure="check-failed", unchecked=True)

    found = recorder.stats()

    (haiku,) = found.lanes
    assert (haiku.tasks, haiku.sufficed, haiku.unchecked) == (3, 2, 1)
    assert (found.totals.by_models, found.totals.unchecked, found.totals.left) == (2, 1, 1)


def test_the_same_place_some_time_later_is_another_task(recorder):
    recorder.call("haiku", failure="check-failed")
    recorder.clock.now += 11 * MINUTE
    recorder.call("haiku", failure="check-failed")

    totals = recorder.stats().totals

    assert (totals.tasks, totals.left, totals.cost_per_sufficing_usd) == (2, 2, None)


def test_the_counterfactual_is_named_and_counts_each_task_once_with_its_first_reply(recorder):
    recorder.call("haiku", failure="check-failed")
    recorder.call("haiku", failure="check-failed", usage=Usage(input_tokens=9000, output_tokens=900))
    recorder.call("sonnet", usage=Usage(input_tokens=9000, output_tokens=900))
    recorder.linter("f2")

    found = recorder.stats()

    rules = GUIDE.of(Kind.LINT_FIX)
    first_usd = LANES["sonnet"].cost_usd(USAGE._replace(cached_tokens=0))
    typical = Usage(input_tokens=rules.typical_input_tokens, output_tokens=rules.typical_output_tokens)
    other_usd = first_usd + LANES["sonnet"].cost_usd(typical)
    assert found.counterfactuals == (
        Counterfactual(
            kind="lint-fix",
            lane="sonnet",
            cost_usd=pytest.approx(other_usd),
            how="sonnet asked once about each of 2 tasks at today's prices: 1 with the tokens of their first reply,"
            " 1 that the linter settled with the policy's typical tokens",
        ),
    )
    assert found.totals.counterfactual_usd == pytest.approx(other_usd)
    assert found.totals.saved_usd == pytest.approx(other_usd - found.totals.cost_usd)
    assert found.totals.saved_usd < 0


def test_nine_of_ten_answers_came_within_the_ninetieth_percentile(recorder):
    for number in range(1, 21):
        recorder.call("haiku", f"f{number}", latency_ms=1000.0 * number)

    (haiku,) = recorder.stats().lanes

    assert (haiku.latency_median_ms, haiku.latency_p90_ms) == (10_500.0, 18_000.0)


def test_only_what_is_compared_is_saved(recorder):
    recorder.call("haiku")
    alone = recorder.stats().totals.saved_usd

    recorder.call("opus", kind="poetry", rule=None)

    assert recorder.stats().totals.saved_usd == alone


def test_a_kind_that_the_policy_does_not_know_is_counted_without_a_counterfactual(recorder):
    recorder.call("haiku", kind="poetry", rule=None)

    found = recorder.stats()

    assert [row.kind for row in found.lanes] == ["poetry"]
    assert (found.counterfactuals, found.totals.counterfactual_usd, found.totals.saved_usd) == ((), None, None)


def test_only_the_period_and_the_kind_count(recorder):
    recorder.clock.now = NOON.timestamp() - 31 * DAY
    recorder.call("haiku", "f1")
    recorder.clock.now = NOON.timestamp() - 29 * DAY
    recorder.call("haiku", "f2")
    recorder.call("haiku", "f3", kind="summary", rule=None)

    assert recorder.stats().totals.tasks == 2
    assert recorder.stats(days=40).totals.tasks == 3
    assert recorder.stats(kind="summary").totals.tasks == 1
    assert recorder.stats(days=1).lanes == ()


@pytest.mark.parametrize(("age_days", "old"), [(OLD_PRICES_DAYS, False), (OLD_PRICES_DAYS + 1, True)])
def test_prices_grow_old(recorder, age_days, old):
    read_on = date.fromordinal(NOON.toordinal() - age_days)

    found = stats(recorder.ledger, policy=GUIDE, prices_read_on=read_on, now=NOON)

    assert (found.prices_age_days, found.prices_are_old) == (age_days, old)


TOP = {Kind.LINT_FIX: "sonnet", Kind.EDIT: "opus", Kind.DEBUG: "gpt-5.4:high", Kind.FINAL_PASS: "opus"}


@pytest.mark.parametrize("kind", TOP)
def test_the_top_lane_is_one_that_is_used_without_being_asked_for(kind):
    assert top_lane(GUIDE.of(kind), GUIDE) == TOP[kind]


def test_the_top_lane_is_the_largest_wherever_it_stands():
    turned_round = GUIDE.of(Kind.LINT_FIX)._replace(rungs=(("sonnet",), ("haiku",), ("human",)))

    assert top_lane(turned_round, GUIDE) == "sonnet"
