"""Which lane comes next: one table a rule, and a property over everything that may be wished and tried."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.decide import Facts, Failure, Tried, decide
from suffice.errors import ConfigError
from suffice.lanes import catalogue
from suffice.policy import Policy
from suffice.policy_file import parse_policy
from suffice.task import Applicability, Diagnostic, Kind, LinterFix, Mode, Span, SpanEdit, Task

GUIDE = Policy.load("guide")
EVERYTHING = parse_policy(
    b"""
[kinds.lint-fix]
ladder = ["linter", "haiku | gpt-5.4:low", "sonnet | codex", "opus | gpt-5.4:high", "gpt-5.4:xhigh", "human"]

[kinds.edit]
ladder = ["sonnet | codex", "opus", "gpt-5.4:xhigh"]

[[deny]]
lanes = ["opus"]
kinds = ["lint-fix"]
because = "too dear"
""",
    name="everything",
)

SPAN = Span(1, 1, 1, 5)
FIX = LinterFix(edits=(SpanEdit(SPAN, "x"),), applicability=Applicability.SAFE)
DIAGNOSTIC = Diagnostic(rule="B904", message="m", path="a.py", span=SPAN)
UNFIXED = Task(kind=Kind.LINT_FIX, paths=("a.py",), diagnostics=(DIAGNOSTIC,))
FIXED_BY_RUFF = UNFIXED._replace(diagnostics=(DIAGNOSTIC._replace(fix=FIX),))
BOTH = frozenset({"anthropic", "openai"})
MODEL_RUNGS = ["haiku", "gpt-5.4:low", "sonnet", "gpt-5.4:medium", "human"]


AWAY = {lane.model: "away" for lane in catalogue().lanes.values()}
ANTHROPIC_AWAY = {lane.model: "away" for lane in catalogue().lanes.values() if lane.provider == "anthropic"}


def order(task=UNFIXED, *, policy=GUIDE, tried=(), **facts):
    history = tuple(Tried(lane, Failure(failure)) for lane, failure in tried)
    facts = {"with_key": BOTH} | facts
    return list(decide(task, policy=policy, state=Facts(tried=history, **facts)).order)


def test_the_ladder_of_the_guide_is_climbed_from_the_linter_to_a_human():
    assert order(FIXED_BY_RUFF) == ["linter", *MODEL_RUNGS]


def test_without_a_linter_fix_the_cheap_lane_is_first():
    assert order() == MODEL_RUNGS


def test_the_linter_is_tried_once():
    assert order(FIXED_BY_RUFF, tried=[("linter", "check-failed")]) == MODEL_RUNGS


HISTORIES = [
    ("a failed check is tried once more on the same lane", [("haiku", "check-failed")], "haiku"),
    ("a malformed answer is tried once more on the same lane", [("haiku", "malformed")], "haiku"),
    ("the second failure climbs, to the other provider", [("haiku", "check-failed")] * 2, "gpt-5.4:medium"),
    ("two different failures climb", [("haiku", "malformed"), ("haiku", "check-failed")], "gpt-5.4:medium"),
    ("cannot-fix climbs at once", [("haiku", "cannot-fix")], "gpt-5.4:medium"),
    ("low confidence climbs at once", [("haiku", "low-confidence")], "gpt-5.4:medium"),
    ("a refusal goes to the peer", [("haiku", "refused")], "gpt-5.4:low"),
    ("both refuse", [("haiku", "refused"), ("gpt-5.4:low", "refused")], "sonnet"),
    ("a refusal after a failed check climbs", [("haiku", "check-failed"), ("haiku", "refused")], "gpt-5.4:medium"),
    ("the same patch again goes to the peer", [("haiku", "stalled")], "gpt-5.4:low"),
    ("a failed check and the same patch again climb", [("haiku", "check-failed"), ("haiku", "stalled")], "gpt-5.4:medium"),
    ("what the other provider failed at goes back", [("gpt-5.4:low", "check-failed")] * 2, "sonnet"),
    ("the next rung has its own two tries", [*[("haiku", "check-failed")] * 2, ("sonnet", "check-failed")], "sonnet"),
    ("the top hands over", [*[("haiku", "check-failed")] * 2, *[("sonnet", "check-failed")] * 2], "human"),
    ("cannot-fix at the top hands over", [("haiku", "cannot-fix"), ("sonnet", "cannot-fix")], "human"),
    ("a transport failure does not count", [("haiku", "transport")] * 9, "haiku"),
    ("nor beside a failed check", [("haiku", "transport"), ("haiku", "check-failed")], "haiku"),
    ("nor does the peer's", [("haiku", "check-failed"), ("gpt-5.4:low", "transport")], "haiku"),
]  # fmt: skip


@pytest.mark.parametrize(("tried", "first"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES])
def test_what_was_tried_says_what_comes_next(tried, first):
    assert order(tried=tried)[0] == first


def test_while_a_provider_is_away_its_peer_is_asked():
    assert order(tried=[("haiku", "transport")], unavailable=ANTHROPIC_AWAY) == [
        "gpt-5.4:low",
        "gpt-5.4:medium",
        "human",
    ]


def test_a_failed_check_is_not_forgotten_while_its_provider_is_away():
    tried = [("haiku", "check-failed"), ("haiku", "check-failed"), ("sonnet", "transport")]

    assert order(tried=tried, unavailable=ANTHROPIC_AWAY)[0] == "gpt-5.4:medium"


def test_with_both_away_only_a_human_is_left():
    assert order(unavailable=AWAY) == ["human"]


@pytest.mark.parametrize(
    ("key", "lanes"),
    [("anthropic", ["haiku", "sonnet", "human"]), ("openai", ["gpt-5.4:low", "gpt-5.4:medium", "human"])],
)
def test_one_key_leaves_out_the_other_provider(key, lanes):
    decision = decide(UNFIXED, policy=GUIDE, state=Facts(with_key=frozenset({key})))

    assert list(decision.order) == lanes
    assert {constraint for _, constraint in decision.excluded if "key" in constraint} == {
        f"no key for {next(iter(BOTH - {key}))}"
    }


def test_without_any_key_the_plan_is_made_as_if_there_were_all():
    assert order(with_key=frozenset()) == MODEL_RUNGS


MAX_LANES = [
    ("haiku", ["haiku", "gpt-5.4:low", "human"]),
    ("gpt-5.4:low", ["haiku", "gpt-5.4:low", "human"]),
    ("sonnet", MODEL_RUNGS),
    ("opus", MODEL_RUNGS),
    ("linter", ["human"]),
]


@pytest.mark.parametrize(("limit", "lanes"), MAX_LANES, ids=[limit for limit, _ in MAX_LANES])
def test_no_lane_above_max_lane_is_used(limit, lanes):
    assert order(max_lane=limit) == lanes


FIRSTS = [
    ("sonnet", {}, ["sonnet", "haiku", "gpt-5.4:low", "gpt-5.4:medium", "human"]),
    ("gpt-5.4:low", {}, ["gpt-5.4:low", "haiku", "sonnet", "gpt-5.4:medium", "human"]),
    ("codex", {}, ["codex", *MODEL_RUNGS]),
    ("opus", {}, MODEL_RUNGS),
    ("opus", {"allow": frozenset({"opus"})}, MODEL_RUNGS),
    ("gpt-5.4:xhigh", {}, MODEL_RUNGS),
    ("gpt-5.4:xhigh", {"allow": frozenset({"gpt-5.4:xhigh"})}, ["gpt-5.4:xhigh", *MODEL_RUNGS]),
    ("sonnet", {"max_lane": "haiku"}, ["haiku", "gpt-5.4:low", "human"]),
    ("sonnet", {"deny": frozenset({"sonnet"})}, ["haiku", "gpt-5.4:low", "gpt-5.4:medium", "human"]),
]


@pytest.mark.parametrize(
    ("lane", "facts", "lanes"), FIRSTS, ids=[f"{lane}-{'-'.join(facts) or 'alone'}" for lane, facts, _ in FIRSTS]
)
def test_a_named_lane_is_first_unless_it_is_denied(lane, facts, lanes):
    assert order(lane=lane, **facts) == lanes


XHIGH = "gpt-5.4:xhigh"


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("allowed", [False, True])
def test_xhigh_is_used_only_when_somebody_waits_and_has_asked_for_it(mode, allowed):
    task = UNFIXED._replace(mode=mode)
    allow = frozenset({XHIGH}) if allowed else frozenset()

    decision = decide(task, policy=EVERYTHING, state=Facts(with_key=BOTH, allow=allow, lane=XHIGH))

    assert (XHIGH in decision.order) == (allowed and mode is Mode.INTERACTIVE)
    assert (XHIGH in dict(decision.excluded)) == (XHIGH not in decision.order)


@pytest.mark.parametrize("mode", list(Mode))
def test_what_the_policy_denies_nobody_lifts(mode):
    task = UNFIXED._replace(mode=mode)
    facts = Facts(with_key=BOTH, allow=frozenset({"opus"}), lane="opus")

    decision = decide(task, policy=EVERYTHING, state=facts)

    assert "opus" not in decision.order
    assert dict(decision.excluded)["opus"] == "too dear"


def test_what_is_over_budget_is_left_out():
    assert order(budget_left_usd=0.001) == ["haiku", "human"]


def test_the_next_rung_is_named_with_its_price():
    decision = decide(UNFIXED, policy=GUIDE, state=Facts(with_key=BOTH))

    assert (decision.first, decision.next_lane) == ("haiku", "sonnet")
    assert 0 < decision.estimated_cost_usd < decision.next_cost_usd


def test_a_kind_without_a_ladder_is_an_error_that_names_those_with_one():
    with pytest.raises(ConfigError, match="no ladder for debug; it has: edit, lint-fix"):
        decide(Task(kind=Kind.DEBUG), policy=EVERYTHING)


lanes = st.sampled_from(sorted(catalogue().lanes))
some_lanes = st.frozensets(lanes, max_size=9)
histories = st.lists(
    st.builds(Tried, lane=st.sampled_from(["linter", *catalogue().lanes]), failure=st.sampled_from(Failure)), max_size=8
)
facts = st.builds(
    Facts,
    with_key=st.frozensets(st.sampled_from(sorted(BOTH))),
    unavailable=st.dictionaries(st.sampled_from(sorted(AWAY)), st.just("away"), max_size=4),
    tried=histories.map(tuple),
    allow=some_lanes,
    deny=some_lanes,
    lane=st.none() | lanes,
    max_lane=st.none() | lanes,
    budget_left_usd=st.none() | st.floats(min_value=0, max_value=1),
)


@settings(max_examples=150, deadline=None)
@given(
    policy=st.sampled_from([GUIDE, EVERYTHING]),
    mode=st.sampled_from(Mode),
    task=st.sampled_from([UNFIXED, FIXED_BY_RUFF]),
    facts=facts,
)
def test_no_denied_lane_is_ever_in_the_order(policy, mode, task, facts):
    decision = decide(task._replace(mode=mode), policy=policy, state=facts)

    used = [catalogue().lanes[lane] for lane in decision.order if lane not in {"linter", "human"}]
    for lane in used:
        assert lane.effort != "xhigh" or (mode is Mode.INTERACTIVE and lane.name in facts.allow)
        assert not any(deny.concerns(lane) and deny.applies(Kind.LINT_FIX, mode, task.stakes) for deny in policy.denies)
        assert lane.name not in facts.deny
        assert not facts.with_key or lane.provider in facts.with_key
        assert lane.model not in facts.unavailable
    assert not set(dict(decision.excluded)) & set(decision.order)
    assert decision.first == decision.order[0]
    assert decision.order[-1] == "human"
    assert len(set(decision.order)) == len(decision.order)


@settings(max_examples=150, deadline=None)
@given(facts=facts, failures=st.lists(st.sampled_from(sorted(set(Failure) - {Failure.TRANSPORT})), min_size=24))
def test_every_climb_ends_with_a_human(facts, failures):
    tried = []
    for failure in failures:
        state = Facts(with_key=facts.with_key, deny=facts.deny, lane=facts.lane, tried=tuple(tried))
        first = decide(FIXED_BY_RUFF, policy=EVERYTHING, state=state).first
        if first == "human":
            return
        tried.append(Tried(first, failure))

    raise AssertionError(f"still climbing after {tried}")
