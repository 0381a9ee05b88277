"""Which lane comes next: one table a rule, and a property over everything that may be wished and tried."""

import os
import subprocess
import sys
from itertools import cycle, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suffice.decide import Facts, Failure, Tried, decide
from suffice.errors import ConfigError
from suffice.lane_record import LaneRecord
from suffice.lanes import Usage, catalogue
from suffice.policy import SHIPPED, Deny, Policy
from suffice.policy_file import parse_policy
from suffice.task import Applicability, Diagnostic, Kind, LinterFix, Mode, Span, SpanEdit, Stakes, Task

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


AWAY = {(lane.provider, lane.model): "away" for lane in catalogue().lanes.values()}
ANTHROPIC_AWAY = {served: "away" for served in AWAY if served[0] == "anthropic"}


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
    ("a failed check, then the same patch, climb", [("haiku", "check-failed"), ("haiku", "stalled")], "gpt-5.4:medium"),
    ("what the other provider failed at goes back", [("gpt-5.4:low", "check-failed")] * 2, "sonnet"),
    ("the other at one price", [*[("haiku", "check-failed")] * 2, ("sonnet", "check-failed")], "gpt-5.4:medium"),
    ("who was not understood says it again", [*[("haiku", "check-failed")] * 2, ("sonnet", "malformed")], "sonnet"),
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


def test_a_model_of_the_same_name_elsewhere_is_not_away():
    """A proxy on this machine may offer a provider's models under their own names."""
    assert order(unavailable={("local", catalogue().lanes["haiku"].model): "away"})[0] == "haiku"


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
@pytest.mark.parametrize("effort", ["xhigh", "max"])
def test_the_highest_efforts_are_used_only_when_somebody_waits_and_has_asked_for_them(effort, mode, allowed):
    lanes = {**EVERYTHING.lanes, XHIGH: EVERYTHING.lanes[XHIGH]._replace(effort=effort)}
    task = UNFIXED._replace(mode=mode)
    allow = frozenset({XHIGH}) if allowed else frozenset()

    decision = decide(
        task, policy=EVERYTHING._replace(lanes=lanes), state=Facts(with_key=BOTH, allow=allow, lane=XHIGH)
    )

    assert (XHIGH in decision.order) == (allowed and mode is Mode.INTERACTIVE)
    assert (XHIGH in dict(decision.excluded)) == (XHIGH not in decision.order)


def test_a_lane_that_was_asked_for_and_is_not_used_is_among_the_reasons_until_it_was_tried():
    facts = Facts(with_key=frozenset({"anthropic"}), lane="codex")
    said = "codex was asked for and is not used: no key for openai"

    assert decide(UNFIXED, policy=EVERYTHING, state=facts).why.count(said) == 1
    tried = facts._replace(tried=(Tried("codex", Failure.TRANSPORT),))
    assert said not in decide(UNFIXED, policy=EVERYTHING, state=tried).why
    assert said not in decide(UNFIXED, policy=EVERYTHING, state=facts._replace(with_key=BOTH)).why


def test_a_lane_of_a_local_server_that_is_not_set_up_says_how_to():
    mine = EVERYTHING.lanes["local"]
    policy = parse_policy(
        b'extends = "guide"\n[kinds.edit]\nladder = ["mine", "sonnet"]\n',
        name="own",
        lanes={**EVERYTHING.lanes, "mine": mine._replace(name="mine")},
    )

    decision = decide(Task(kind=Kind.EDIT, paths=("a.py",)), policy=policy, state=Facts(with_key=BOTH))

    assert dict(decision.excluded)["mine"] == "local is not set up, set SUFFICE_LOCAL_BASE_URL"


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


PRIVATE = parse_policy(
    b"""
extends = "guide"

[[deny]]
providers = ["openai"]
paths = ["payroll/**"]
because = "payroll stays with one provider"

[[deny]]
providers = ["anthropic", "openai"]
paths = ["secrets/**", "*.pem"]
because = "secrets leave for nobody"

[[stakes]]
paths = ["auth/**"]

[[stakes]]
paths = ["docs/**"]
stakes = "low"
""",
    name="private",
)


@pytest.mark.parametrize(
    ("paths", "lanes"),
    [
        (("a.py",), ["sonnet", "codex", "opus", "gpt-5.4:high", "human"]),
        (("payroll/run.py",), ["sonnet", "opus", "human"]),
        (("a.py", "payroll/deep/run.py"), ["sonnet", "opus", "human"]),
        (("secrets/run.py",), ["human"]),
        (("deploy/key.pem",), ["human"]),
        (("a/../secrets/run.py",), ["human"]),
        (("./payroll//run.py",), ["sonnet", "opus", "human"]),
    ],
)
def test_what_is_private_goes_to_no_provider_that_may_not_see_it(paths, lanes):
    assert order(Task(kind=Kind.EDIT, paths=paths), policy=PRIVATE) == lanes


def test_neither_a_wish_nor_leave_lifts_privacy():
    task = Task(kind=Kind.EDIT, paths=("payroll/run.py",))

    assert "codex" not in order(task, policy=PRIVATE, lane="codex", allow=frozenset({"codex"}))


@pytest.mark.parametrize(
    ("path", "given", "stakes"),
    [
        ("auth/login.py", Stakes.NORMAL, Stakes.HIGH),
        ("auth/login.py", Stakes.LOW, Stakes.HIGH),
        ("docs/index.py", Stakes.NORMAL, Stakes.LOW),
        ("docs/index.py", Stakes.HIGH, Stakes.HIGH),
        ("a.py", Stakes.LOW, Stakes.LOW),
    ],
)
def test_a_path_says_how_much_is_at_stake(path, given, stakes):
    decision = decide(Task(kind=Kind.EDIT, paths=(path,), stakes=given), policy=PRIVATE, state=Facts(with_key=BOTH))

    assert decision.stakes is stakes
    assert decision.first == ("opus" if stakes is Stakes.HIGH else "sonnet")


def test_a_lane_slower_than_what_is_left_of_the_time_is_left_out():
    edit = Task(kind=Kind.EDIT)

    assert order(edit._replace(deadline_s=10.0)) == ["sonnet", "human"]
    assert order(edit, time_left_s=10.0) == ["sonnet", "human"]
    assert order(edit._replace(deadline_s=10.0), time_left_s=90.0) == ["sonnet", "human"]
    assert order(edit._replace(deadline_s=90.0), time_left_s=10.0) == ["sonnet", "human"]
    slow = LaneRecord(latency_p90_s=11.0)
    assert order(edit._replace(deadline_s=10.0), records={"sonnet": slow}) == ["human"]


def test_a_prompt_that_does_not_fit_leaves_the_lane_out_and_says_why():
    state = Facts(with_key=BOTH, prompt_tokens=390_000)

    decision = decide(Task(kind=Kind.EDIT), policy=GUIDE, state=state)

    assert "codex" not in decision.order
    assert "codex takes 400000" in dict(decision.excluded)["codex"]


EDIT = Task(kind=Kind.EDIT)
PAYS = {"sonnet": LaneRecord(n=40, sufficed=36, cost_usd=0.02), "opus": LaneRecord(n=40, sufficed=38, cost_usd=0.10)}
DOES_NOT_PAY = {
    "sonnet": LaneRecord(n=40, sufficed=8, cost_usd=0.09, n_after=0),
    "opus": LaneRecord(n=40, sufficed=38, cost_usd=0.10, n_after=40, sufficed_after=36, cost_after_usd=0.11),
}


@pytest.mark.parametrize(
    ("records", "first"),
    [
        ({}, "sonnet"),
        (PAYS, "sonnet"),
        (DOES_NOT_PAY, "opus"),
        ({**DOES_NOT_PAY, "sonnet": DOES_NOT_PAY["sonnet"]._replace(n=29, sufficed=6)}, "sonnet"),
    ],
    ids=["nothing seen", "the small lane pays", "it does not", "it does not, but too few were seen"],
)
def test_a_ladder_is_entered_where_reaching_its_top_costs_least(records, first):
    with_anthropic = Facts(with_key=frozenset({"anthropic"}), records=records)

    decision = decide(EDIT, policy=GUIDE, state=with_anthropic)

    assert decision.first == first
    assert decision.rungs == (("sonnet",), ("opus",), ("human",))
    assert ("costs less" in decision.why[-1]) == (first == "opus")


def test_what_is_passed_over_is_used_when_nothing_above_may_be():
    facts = Facts(with_key=frozenset({"anthropic"}), records=DOES_NOT_PAY, budget_left_usd=0.03)

    assert decide(EDIT, policy=GUIDE, state=facts).order == ("sonnet", "human")


def test_memory_never_goes_past_a_constraint():
    facts = Facts(with_key=BOTH, records=DOES_NOT_PAY, failed_before=("sonnet",))

    assert "opus" not in decide(EDIT._replace(mode=Mode.BULK), policy=GUIDE, state=facts).order


def test_a_task_that_failed_at_a_lane_before_starts_above_it():
    decision = decide(EDIT, policy=GUIDE, state=Facts(with_key=BOTH, failed_before=("sonnet",)))

    assert decision.first == "opus"
    assert "sonnet failed on this very task before" in decision.why[-1]


def test_a_task_that_failed_at_the_top_before_starts_at_the_top_with_the_lane_that_did_not():
    assert order(EDIT, failed_before=("sonnet", "opus")) == ["gpt-5.4:high", "opus", "human"]
    assert order(EDIT, failed_before=("sonnet", "opus", "gpt-5.4:high"))[0] == "opus"


REFUSED = ("sonnet", "opus", "gpt-5.4:high")
"""Lanes of the guide's ladder for edits, from its lowest rung to all of its top."""


@pytest.mark.parametrize(
    ("rejected", "facts", "left"),
    [
        (REFUSED[:1], {}, ["opus", "gpt-5.4:high", "human"]),
        (REFUSED[:2], {}, ["gpt-5.4:high", "human"]),
        (("sonnet", "gpt-5.4:high"), {}, ["opus", "human"]),
        (REFUSED, {}, ["human"]),
        (REFUSED[:2], {"with_key": frozenset({"anthropic"})}, ["human"]),
        (REFUSED[:1], {"max_lane": "sonnet"}, ["codex", "human"]),
        (REFUSED[:2], {"deny": frozenset({"gpt-5.4:high"})}, ["human"]),
        (("haiku",), {}, ["sonnet", "codex", "opus", "gpt-5.4:high", "human"]),
    ],
    ids=[
        "the first", "one of the top", "the other of the top", "all", "all of one key", "no higher is wished",
        "the other is denied", "a lane beside the ladder",
    ],
)  # fmt: skip
def test_after_a_rejection_nobody_below_is_asked_and_nobody_twice(rejected, facts, left):
    assert order(EDIT, rejected=rejected, **facts) == left


def test_where_all_was_rejected_the_reason_says_so():
    decision = decide(EDIT, policy=GUIDE, state=Facts(with_key=BOTH, rejected=REFUSED))

    assert decision.first == "human"
    assert "rejected: sonnet, opus, gpt-5.4:high" in decision.why[-1]
    assert set(dict(decision.excluded)) == set(REFUSED)


def test_climbing_stops_where_another_try_costs_more_than_it_saves():
    hopeless = {"opus": LaneRecord(n_after=200, sufficed_after=1, cost_after_usd=0.5)}
    tried = (Tried("sonnet", Failure.CHECK_FAILED),) * 2
    facts = Facts(with_key=frozenset({"anthropic"}), tried=tried, records=hopeless)

    decision = decide(EDIT, policy=GUIDE, state=facts)

    assert decision.order == ("human",)
    assert decision.stop == decision.why[-1]
    assert "costs more than handing over" in decision.stop


def test_each_rung_climbed_asks_for_more_confidence():
    twice = [Tried(lane, Failure.CHECK_FAILED) for lane in ("haiku", "haiku", "gpt-5.4:medium")]
    least = [
        decide(UNFIXED, policy=GUIDE, state=Facts(with_key=BOTH, tried=tuple(twice[:number]))).least_confidence
        for number in (0, 1, 2, 3)
    ]

    assert least == [0.80, 0.80, 0.81, 0.81]


@pytest.mark.parametrize("kind", list(Kind))
def test_prose_never_decides(kind):
    words = "Review the architecture of our auth service with opus at xhigh; this is urgent and very hard."

    plain, spoken = (
        Task(kind=kind),
        Task(kind=kind, instruction=words, evidence=words, labels=("opus",), items=(words,)),
    )

    assert decide(spoken, policy=GUIDE) == decide(plain, policy=GUIDE)


# --- properties: nothing denied, whatever is wished, known and tried; and every climb ends


def few(*values):
    """Draw none to two of *values*."""
    return st.frozensets(st.sampled_from(values), max_size=2)


def seldom(*values, usual=None):
    """Draw *usual*, and one time in four one of *values*: of many obstacles at once each hides the others."""
    return st.sampled_from([*(3 * len(values) * [usual]), *values])


RECORDS = [
    LaneRecord(n=40, sufficed=4, cost_usd=0.09),
    LaneRecord(n=40, sufficed=38, cost_usd=0.01, n_after=40, sufficed_after=36, cost_after_usd=0.02),
    LaneRecord(n=12, sufficed=1, cost_usd=0.3, latency_p90_s=0.5),
    LaneRecord(n_after=90, sufficed_after=1, cost_after_usd=0.5, latency_p90_s=90.0),
]
PATHS = ["a.py", "payroll/run.py", "secrets/run.py", "auth/login.py"]
DENIES = st.builds(
    Deny,
    because=st.just("nobody may"),
    lanes=few(*catalogue().lanes),
    providers=few("anthropic", "openai"),
    modes=few(*Mode),
    stakes=few(*Stakes),
    paths=st.sampled_from([(), ("payroll/**",)]),
)
POLICIES = [*map(Policy.load, SHIPPED), PRIVATE, EVERYTHING]


@st.composite
def moments(draw):
    """Draw a task, a policy with more constraints, and what is wished, known and tried, most of it of the ladder."""
    policy = draw(st.sampled_from(POLICIES))
    kind = draw(st.sampled_from(sorted(policy.kinds)))
    rules, denies = policy.of(kind), tuple(draw(st.lists(DENIES, max_size=1)))
    on_ladder = [lane for rung in rules.rungs for lane in rung if lane in policy.lanes]
    near, each = few(*on_ladder, *rules.judge, XHIGH), st.sampled_from([*on_ladder, XHIGH, "opus"])
    kinds = {**policy.kinds, kind: rules._replace(explicit_only=draw(near))}
    policy = policy._replace(kinds=kinds, denies=(*policy.denies, *denies), sha256=f"{policy.sha256} {denies}")
    task = Task(
        kind=kind,
        paths=tuple(draw(few(*PATHS))),
        diagnostics=draw(st.sampled_from([UNFIXED, FIXED_BY_RUFF])).diagnostics,
        mode=draw(st.sampled_from(Mode)),
        stakes=draw(st.sampled_from(Stakes)),
        deadline_s=draw(seldom(8.0, 40.0)),
    )
    facts = Facts(
        with_key=draw(seldom(*map(frozenset, [["anthropic"], ["openai"], []]), usual=BOTH | {"local"})),
        unavailable=draw(seldom(*({served: "away"} for served in AWAY), usual={})),
        tried=tuple(draw(st.lists(st.builds(Tried, each, st.sampled_from(Failure)), max_size=4))),
        allow=draw(near) | draw(seldom(frozenset(), usual={XHIGH})),
        deny=draw(seldom(*map(frozenset, zip(on_ladder)), usual=frozenset())),
        lane=draw(st.none() | each),
        max_lane=draw(seldom(*on_ladder, XHIGH, "opus")),
        budget_left_usd=draw(seldom(0.001, 0.05)),
        time_left_s=draw(seldom(5.0, 60.0)),
        prompt_tokens=draw(seldom(1000, 390_000, 2_000_000, usual=0)),
        records=draw(st.dictionaries(each, st.sampled_from(RECORDS), max_size=3)),
        failed_before=tuple(draw(near)),
        rejected=tuple(draw(near)),
    )
    return task, policy, facts


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moments())
def test_what_is_denied_is_nowhere_in_a_decision_and_what_is_not_is_on_a_rung(moment):
    task, policy, facts = moment

    decision = decide(task, policy=policy, state=facts)

    on_ladder = {lane for rung in policy.of(task.kind).rungs for lane in rung if lane in policy.lanes}
    wished = on_ladder | ({facts.lane} if facts.lane else set())
    usable = {lane for lane in wished if is_usable(lane, task, policy, facts, decision.stakes)}
    assert {lane for rung in decision.rungs for lane in rung if lane in policy.lanes} == usable
    assert {lane for lane, _ in decision.excluded if lane in policy.lanes} == wished - usable
    assert {decision.first, decision.next_lane, *decision.order} - {"linter", "human", None} <= usable
    assert "linter" not in decision.order or task.diagnostics[0].fix
    for judge, _ in decision.judges:
        assert may_be_called(judge, task, policy, facts, decision.stakes)
    assert (decision.first, decision.order[-1]) == (decision.order[0], "human")
    assert len(set(decision.order)) == len(decision.order)


def is_usable(name, task, policy, facts, stakes):
    """Say independently of the program whether the lane may make something of *task* at this moment."""
    lane, rules = policy.lanes[name], policy.of(task.kind)
    tokens = Usage(
        input_tokens=rules.typical_input_tokens, output_tokens=int(rules.typical_output_tokens * lane.output_ratio)
    )
    return (
        may_be_called(name, task, policy, facts, stakes)
        and name not in facts.rejected
        and (facts.budget_left_usd is None or lane.cost_usd(tokens) <= facts.budget_left_usd)
        and (
            not facts.prompt_tokens
            or facts.prompt_tokens + min(rules.max_output_tokens, lane.context_tokens // 2) <= lane.context_tokens
        )
    )


def may_be_called(name, task, policy, facts, stakes):
    """Say independently of the program whether the lane may be asked at all, to make something or to judge it."""
    lane = policy.lanes[name]
    slow_s = facts.records.get(name, LaneRecord()).latency_p90_s or 2 * lane.latency_s
    return (
        (lane.effort not in {"xhigh", "max"} or task.mode is Mode.INTERACTIVE)
        and (
            name in facts.allow
            or (lane.effort not in {"xhigh", "max"} and name not in policy.of(task.kind).explicit_only)
        )
        and not any(_forbids(deny, lane, task, stakes) for deny in policy.denies)
        and name not in facts.deny
        and (facts.max_lane is None or _is_within(facts.max_lane, lane, policy, task.kind))
        and lane.provider in (facts.with_key or BOTH)
        and (lane.provider, lane.model) not in facts.unavailable
        and all(left_s is None or slow_s <= left_s for left_s in (task.deadline_s, facts.time_left_s))
    )


def _is_within(limit, lane, policy, kind):
    """Say whether the lane is not above *limit*: by their rungs if both are on the ladder, else by rank."""
    places = {name: place for place, rung in enumerate(policy.of(kind).rungs) for name in rung}
    if {limit, lane.name} <= places.keys():
        return places[lane.name] <= places[limit]
    return lane.rank <= policy.lanes[limit].rank


def _forbids(deny, lane, task, stakes):
    return (
        (lane.name in deny.lanes or lane.provider in deny.providers)
        and (not deny.kinds or task.kind in deny.kinds)
        and (not deny.modes or task.mode in deny.modes)
        and (not deny.stakes or stakes in deny.stakes)
        and (
            not deny.paths
            or any(path.split("/")[0] == glob.split("/")[0] for path in task.paths for glob in deny.paths)
        )
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moments(), st.lists(st.sampled_from(sorted(set(Failure) - {Failure.TRANSPORT})), min_size=1, max_size=5))
def test_every_climb_ends_with_a_human_and_goes_down_only_to_what_memory_passed_over(moment, failures):
    task, policy, facts = moment
    tried, reached, met = [], 0, set()
    for failure in islice(cycle(failures), 24):
        decision = decide(task, policy=policy, state=facts._replace(tried=tuple(tried)))
        if decision.first == "human":
            return
        (place,) = (place for place, rung in enumerate(decision.rungs) if decision.first in rung)
        assert place >= reached or (facts.records and place not in met)
        reached = max(reached, place)
        met.add(place)
        tried.append(Tried(decision.first, failure))

    raise AssertionError(f"still climbing after {tried}")


def test_the_same_facts_give_the_same_decision_in_every_process(tmp_path):
    code = """
from suffice.decide import Facts, decide
from suffice.lane_record import LaneRecord
from suffice.policy import Policy
from suffice.task import Kind, Task

lanes = frozenset({"sonnet", "opus", "gpt-5.4:high", "gpt-5.4:xhigh"})
facts = Facts(with_key=frozenset({"anthropic", "openai"}), allow=lanes, deny=frozenset({"haiku", "codex", "local"}),
              records={"sonnet": LaneRecord(n=40, sufficed=4, cost_usd=0.1)}, rejected=("gpt-5.4:high", "sonnet"))
print([decide(Task(kind=kind), policy=Policy.load("guide"), state=facts) for kind in Kind])
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2", "3")
    ]

    assert len({run.stdout for run in runs}) == 1
    assert runs[0].stdout.count(b"Decision(") == len(Kind)


@pytest.mark.parametrize(
    ("kind", "failed", "then"),
    [
        (Kind.EDIT, ["sonnet"], "codex"),
        (Kind.CODEGEN, ["codex"], "sonnet"),
        (Kind.REFACTOR, ["codex"], "sonnet"),
        (Kind.EDIT, ["sonnet", "codex"], "opus"),
        (Kind.CODEGEN, ["codex", "sonnet"], "gpt-5.4:high"),
    ],
)
def test_a_failed_edit_goes_to_the_other_providers_peer_then_up(kind, failed, then):
    tried = tuple(Tried(lane, Failure.CHECK_FAILED) for lane in failed)

    assert decide(Task(kind=kind), policy=Policy.load("guide"), state=Facts(tried=tried)).first == then


def test_at_the_top_the_peer_of_who_could_not_be_read_is_asked_before_a_person():
    tried = tuple(Tried("opus", Failure.MALFORMED) for _ in range(2))

    decided = decide(Task(kind=Kind.ARCHITECTURE_REVIEW), policy=Policy.load("guide"), state=Facts(tried=tried))

    assert decided.order == ("gpt-5.4:high", "human")
