"""In which order lanes are tried and where a task starts: one case for each thing that may turn it around."""

import pytest

from suffice.constraints import Facts, Failure, Tried
from suffice.decide import decide
from suffice.lane_record import LaneRecord
from suffice.lanes import catalogue
from suffice.policy import Policy
from suffice.policy_file import parse_policy
from suffice.priors import priors
from suffice.task import Applicability, Diagnostic, Kind, LinterFix, Span, Stakes, Task
from suffice.worth import Outlooks

GUIDE = Policy.load("guide")
OWN = parse_policy(
    b"""
[kinds.refactor]
ladder = ["haiku", "sonnet", "opus", "human"]
high_stakes_from = "opus"

[kinds.lint-fix]
ladder = ["gpt-5.4:low | haiku", "sonnet", "human"]

[kinds.edit]
ladder = ["sonnet", "opus", "human"]
wrong_accepted = 1.0
wrong_usd = 100.0
""",
    name="own",
)
THREE = GUIDE._replace(kinds={**GUIDE.kinds, Kind.EDIT: OWN.of(Kind.REFACTOR)})
BOTH, ANTHROPIC = frozenset({"anthropic", "openai"}), frozenset({"anthropic"})
EDIT, REFACTOR = Task(kind=Kind.EDIT), Task(kind=Kind.REFACTOR)
FIX = LinterFix(edits=(), applicability=Applicability.SAFE)
LINT = Task(kind=Kind.LINT_FIX, diagnostics=(Diagnostic("B904", "m", "a.py", Span(1, 1, 1, 5), fix=FIX),))
AWAY = {(lane.provider, lane.model): "away" for lane in catalogue().lanes.values()}


def decided(task=EDIT, *, policy=GUIDE, tried=(), **facts):
    history = tuple(Tried(lane, Failure(failure)) for lane, failure in tried)
    return decide(task, policy=policy, state=Facts(**{"with_key": BOTH, "tried": history, **facts}))


def seen(n, sufficed, cost_usd):
    return LaneRecord(n=n, sufficed=sufficed, cost_usd=cost_usd)


def rescued(n, sufficed, cost_usd):
    return LaneRecord(n_after=n, sufficed_after=sufficed, cost_after_usd=cost_usd)


def twice(lane):
    return [(lane, "check-failed")] * 2


CHEAP = {"sonnet": rescued(40, 16, 0.15), "opus": rescued(40, 36, 0.11)}

FIRST = {
    "a peer that is far dearer comes last": (LINT._replace(diagnostics=()), {"policy": OWN}, "haiku"),
    "of two known peers the one that costs less in the end": (
        EDIT,
        {"records": {"sonnet": seen(40, 8, 0.03), "codex": seen(40, 36, 0.05)}},
        "codex",
    ),
    "of two known peers at the top a failure costs a person's time": (
        EDIT._replace(stakes=Stakes.HIGH),
        {"records": {"opus": seen(40, 8, 0.05), "gpt-5.4:high": seen(40, 38, 0.10)}},
        "gpt-5.4:high",
    ),
    "a peer that is not known yet goes before no other": (
        EDIT,
        {"records": {"sonnet": seen(40, 20, 0.03)}, "max_lane": "sonnet"},
        "sonnet",
    ),
    "after a failure a rung that rescues nothing is passed over": (
        REFACTOR,
        {
            "policy": OWN,
            "tried": twice("haiku"),
            "records": {"sonnet": rescued(40, 2, 0.10), "opus": rescued(40, 36, 0.11)},
        },
        "opus",
    ),
    "not after too few tasks": (
        REFACTOR,
        {
            "policy": OWN,
            "tried": twice("haiku"),
            "records": {"sonnet": rescued(29, 2, 0.10), "opus": rescued(40, 36, 0.11)},
        },
        "sonnet",
    ),
    "a rung seen at too few tasks is not passed over, though the one below is": (
        REFACTOR,
        {
            "policy": OWN,
            "records": {"haiku": seen(40, 1, 0.2), "sonnet": seen(20, 1, 0.2), "opus": seen(40, 38, 0.1)},
        },
        "sonnet",
    ),
    "no rung is passed over for one that suffices less often": (
        EDIT,
        {"with_key": ANTHROPIC, "records": {"sonnet": seen(40, 30, 0.5), "opus": seen(40, 10, 0.01)}},
        "sonnet",
    ),
    "what was passed over is asked after the top": (
        REFACTOR,
        {"policy": OWN, "tried": [*twice("haiku"), *twice("opus")], "records": CHEAP},
        "sonnet",
    ),
    "not what is below the start": (
        EDIT,
        {
            "with_key": ANTHROPIC,
            "tried": twice("opus"),
            "records": {"sonnet": seen(40, 20, 0.09), "opus": seen(40, 39, 0.05)},
        },
        "human",
    ),
    "it is asked once": (
        REFACTOR,
        {"policy": OWN, "tried": [*twice("haiku"), *twice("opus"), ("sonnet", "check-failed")], "records": CHEAP},
        "human",
    ),
    "not where it costs more than it saves": (
        REFACTOR,
        {
            "policy": OWN,
            "tried": [*twice("haiku"), *twice("opus")],
            "records": {lane: r._replace(cost_after_usd=9.0 * r.cost_after_usd) for lane, r in CHEAP.items()},
        },
        "human",
    ),
    "nor what failed on this very task before": (
        EDIT,
        {"with_key": ANTHROPIC, "tried": twice("opus"), "failed_before": ("sonnet",), "records": CHEAP},
        "human",
    ),
    "a lane that was never measured is asked though the others cost more here than usual": (
        EDIT,
        {"with_key": ANTHROPIC, "tried": twice("sonnet"), "records": {"sonnet": seen(40, 30, 2.0)}},
        "opus",
    ),
    "thirty tasks of yesterday are enough": (
        EDIT,
        {"with_key": ANTHROPIC, "records": {"sonnet": seen(29.8, 1, 0.09), "opus": seen(29.8, 29, 0.05)}},
        "opus",
    ),
    "what goes on from a failure may pass over the next rung": (
        REFACTOR,
        {
            "policy": OWN,
            "records": {
                "haiku": seen(40, 20, 0.05),
                "sonnet": rescued(40, 2, 1.0),
                "opus": LaneRecord(40, 39, 0.12, 40, 39, 0.1),
            },
        },
        "haiku",
    ),
    "tasks that come after a failure are no easier than the others": (
        EDIT,
        {"with_key": ANTHROPIC, "records": {"sonnet": seen(900, 873, 0.9), "opus": rescued(900, 899, 0.02)}},
        "opus",
    ),
    "the linter's fix is free wherever the task starts": (LINT, {"failed_before": ("haiku",)}, "linter"),
    "above the linter the task starts where it is to": (
        LINT,
        {"failed_before": ("haiku",), "tried": [("linter", "check-failed")]},
        "sonnet",
    ),
    "a linter on the ladder hides no memory": (
        LINT,
        {
            "with_key": ANTHROPIC,
            "tried": [("linter", "check-failed")],
            "records": {"haiku": seen(40, 1, 0.02), "sonnet": seen(40, 39, 0.01)},
        },
        "sonnet",
    ),
    "a lane that is asked for is first whatever memory says": (
        EDIT,
        {"lane": "sonnet", "records": {"sonnet": seen(40, 2, 0.2), "opus": seen(40, 38, 0.1)}},
        "sonnet",
    ),
    "memory takes nobody below the start of high stakes": (
        REFACTOR._replace(stakes=Stakes.HIGH),
        {
            "policy": OWN,
            "records": {"haiku": seen(40, 1, 0.2), "sonnet": seen(40, 39, 0.01), "opus": seen(40, 39, 0.2)},
        },
        "opus",
    ),
}


@pytest.mark.parametrize(("task", "facts", "first"), FIRST.values(), ids=FIRST)
def test_who_is_first(task, facts, first):
    assert decided(task, **facts).first == first


HOPELESS = {lane: rescued(200, 1, 0.5) for lane in ("haiku", "sonnet", "opus")}
STOPS = {
    "a next rung that hardly rescues": (EDIT, {"tried": twice("sonnet")}, True),
    "not if it is allowed by name": (EDIT, {"tried": twice("sonnet"), "allow": frozenset({"opus"})}, False),
    "not before any model failed": (LINT, {"tried": [("linter", "check-failed")]}, False),
    "not before the second try of the same lane": (EDIT, {"tried": twice("sonnet")[:1]}, False),
    "a wrong patch that would pass costs too much": (
        EDIT,
        {"tried": twice("sonnet"), "policy": OWN, "records": {}},
        True,
    ),
}


@pytest.mark.parametrize(("task", "facts", "stops"), STOPS.values(), ids=STOPS)
def test_when_climbing_stops(task, facts, stops):
    decision = decided(task, **{"with_key": ANTHROPIC, "records": HOPELESS, **facts})

    assert ((decision.stop is not None), (decision.first == "human")) == (stops, stops)


REASONS = {
    "high stakes": ({"failed_before": ("sonnet",)}, Stakes.HIGH, "high stakes start at opus"),
    "a fallback": (
        {"failed_before": ("sonnet",), "max_lane": "sonnet"},
        Stakes.NORMAL,
        "nothing above may be used now; sonnet",
    ),
    "why it began so high, at the end too": (
        {"failed_before": ("sonnet",), "tried": twice("opus")},
        Stakes.NORMAL,
        "tried opus: its result failed the checks; sonnet failed on this very task before",
    ),
    "the same rung": (
        {"tried": twice("sonnet")[:1]},
        Stakes.NORMAL,
        "the same rung once more, with what was wrong; sonnet",
    ),
    "the next rung": ({"tried": twice("sonnet")}, Stakes.NORMAL, "the next rung; opus"),
    "what was passed over": (
        {"with_key": BOTH, "tried": [("haiku", "cannot-fix")], "policy": THREE, "records": CHEAP},
        Stakes.NORMAL,
        "tried haiku: it said that it cannot; sonnet passed over, since going on at opus costs less; opus",
    ),
    "what is asked at the end": (
        {"tried": twice("opus"), "policy": THREE, "records": CHEAP},
        Stakes.NORMAL,
        "passed over before, and better than nobody; sonnet",
    ),
    "an outage": (
        {"unavailable": {("anthropic", catalogue().lanes["sonnet"].model): "it rests"}},
        Stakes.NORMAL,
        "it rests",
    ),
}


@pytest.mark.parametrize(("facts", "stakes", "said"), REASONS.values(), ids=REASONS)
def test_the_reason_that_counted_is_said(facts, stakes, said):
    facts = {"with_key": ANTHROPIC, **facts}

    decision = decided(EDIT._replace(stakes=stakes), **facts)

    assert said in "; ".join(decision.why)


def test_the_linters_try_asks_no_model_for_more_confidence():
    tried = decided(LINT, tried=[("linter", "check-failed")])

    assert tried.least_confidence == decided(LINT._replace(diagnostics=())).least_confidence


def test_in_an_outage_those_above_a_rejected_lane_are_named_first_and_it_is_not():
    away = decided(unavailable=AWAY, rejected=("sonnet",)).denied_now

    assert [denied.lane for denied in away] == ["opus", "gpt-5.4:high", "codex"]


def test_what_is_not_measured_is_estimated_from_what_is():
    prices = {"haiku": 1.0, "sonnet": 3.0, "opus": 5.0}
    outlooks = Outlooks({"haiku": seen(20, 10, 2.0), "opus": rescued(20, 10, 9.0)}, prices)

    assert outlooks.of("sonnet", after=False).cost_usd == 6.0
    assert outlooks.of("opus", after=False).cost_usd == pytest.approx(9.0 / priors().after_costs)
