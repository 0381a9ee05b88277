"""What the ledger suggests for a policy: only from enough tasks, as one line, and only what memory bears out."""

import subprocess
import time
import tomllib

import pytest

from suffice import families
from suffice.decide import Facts, decide
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.errors import ConfigError
from suffice.evidence import Evidence, Judged, evidence
from suffice.lane_record import LaneRecord
from suffice.lanes import LINTER, Usage, catalogue
from suffice.policy import SHIPPED, Policy, policy_text
from suffice.policy_file import parse_policy
from suffice.state.ledger import Call, Feedback, Ledger, Work
from suffice.state.store import Store
from suffice.task import Kind, Task
from suffice.tune import tune

LANES = catalogue().lanes
FIX = Kind.LINT_FIX

LONG = """\
description = "ours"

[kinds.lint-fix]
# from small to large
ladder = ["linter", "haiku", "sonnet", "opus", "human"] # four of them
typical_input_tokens = 1400
typical_output_tokens = 250   # a guess
propose = 0.8
apply = 0.95
"""


def policy_of(text):
    return parse_policy(text.encode(), name="own")


def tuned(text, *, kind=FIX, **more):
    """Return what is suggested for *text* when *kind* was seen so."""
    seen = Evidence(**{"tasks": 40, **more})
    return tune(policy_of(text), text, file="own.toml", seen={kind: seen})


def settings(text, kind=FIX):
    return tomllib.loads(text)["kinds"][kind]


POOR = LaneRecord(n=40, sufficed=2, cost_usd=0.0004)
"""Dear for what it gives: with it first, nearly every task is paid twice."""

GOOD = LaneRecord(n=40, sufficed=38, cost_usd=0.004, n_after=38, sufficed_after=36, cost_after_usd=0.008)
DOMINATED = {"haiku": POOR, "sonnet": GOOD}


# --- the ladder


def test_a_dominated_rung_moves_behind_the_one_at_which_starting_costs_less():
    tuning = tuned(LONG, records=DOMINATED)

    (made,) = tuning.suggestions
    assert tuning.text == LONG.replace('"haiku", "sonnet", "opus"', '"sonnet", "haiku", "opus"')
    assert (made.kind, made.key, made.n) == ("lint-fix", "ladder", 40)
    assert made.before == '["linter", "haiku", "sonnet", "opus", "human"]'
    assert made.after == '["linter", "sonnet", "haiku", "opus", "human"]'
    assert made.why == (
        "haiku sufficed for 5% of 40 tasks at $0.0004 each;"
        " starting at sonnet (38 of 40 tasks, $0.0040 each) costs less, with haiku behind it"
    )
    assert tuning.notes == ()


FEW = {
    "nothing at the higher one": {"haiku": POOR},
    "too few at the low rung": {"haiku": POOR._replace(n=29, sufficed=1), "sonnet": GOOD},
    "it pays": {"haiku": POOR._replace(sufficed=36), "sonnet": GOOD},
    "nothing": {},
}


@pytest.mark.parametrize("records", FEW.values(), ids=FEW)
def test_a_ladder_that_the_records_do_not_speak_against_stays(records):
    tuning = tuned(LONG, records=records)

    assert (tuning.suggestions, tuning.text) == ((), LONG)
    (note,) = tuning.notes
    assert note.startswith("lint-fix: 40 tasks seen in 90 days, 0 of the results kept, undone or rejected: they speak")


TWO = LONG.replace(', "opus"', "")


@pytest.mark.parametrize("sonnet", [GOOD, GOOD._replace(n=0, sufficed=0)], ids=["seen first", "seen after haiku alone"])
def test_a_ladder_is_suggested_only_if_memory_does_not_turn_it_around_again(sonnet):
    records = {"haiku": POOR, "sonnet": sonnet._replace(cost_usd=0.004)}
    learnt = {**records, "sonnet": LaneRecord(n=60, sufficed=57, cost_usd=0.008)}

    tuning = tuned(TWO, records=records)

    facts = Facts(with_key=frozenset({"anthropic"}), records=learnt)
    turned = decide(Task(FIX), policy=policy_of(TWO.replace('"haiku", "sonnet"', '"sonnet", "haiku"')), state=facts)
    assert bool(tuning.suggestions) == (turned.order[1] == "sonnet")
    assert bool(tuning.notes) != bool(tuning.suggestions)


def test_a_lane_that_was_never_set_up_stays_where_it_is():
    text = LONG.replace('"linter", "haiku"', '"linter", "local?", "haiku | gpt-5.4:low"')

    tuning = tuned(text, records=DOMINATED)

    assert settings(tuning.text)["ladder"] == [
        "linter",
        "local?",
        "sonnet",
        "haiku | gpt-5.4:low",
        "opus",
        "human",
    ]


def test_peers_are_swapped_for_the_lower_cost_of_a_sufficing_result():
    text = LONG.replace('"linter", "haiku", "sonnet"', '"linter", "sonnet|codex"')
    records = {
        "sonnet": LaneRecord(n=40, sufficed=20, cost_usd=0.006),
        "codex": LaneRecord(n=50, sufficed=48, cost_usd=0.006),
    }

    tuning = tuned(text, records=records)

    (made,) = tuning.suggestions
    assert settings(tuning.text)["ladder"] == ["linter", "codex | sonnet", "opus", "human"]
    assert (made.n, made.why) == (
        40,
        "a sufficing result costs $0.0062 at codex (48 of 50 tasks) and $0.0120 at sonnet (20 of 40 tasks)",
    )


def test_peers_are_left_alone_while_one_of_them_was_seen_too_little():
    text = LONG.replace('"linter", "haiku", "sonnet"', '"linter", "sonnet|codex"')
    records = {
        "sonnet": LaneRecord(n=40, sufficed=20, cost_usd=0.006),
        "codex": LaneRecord(n=29, sufficed=29, cost_usd=0.006),
    }

    assert tuned(text, records=records).suggestions == ()


def test_peers_are_swapped_behind_a_first_lane_that_was_never_asked():
    text = LONG.replace('"linter", "haiku", "sonnet", "opus"', '"haiku", "sonnet | opus"')
    records = {
        "sonnet": LaneRecord(n=40, sufficed=20, cost_usd=0.006),
        "opus": LaneRecord(n=40, sufficed=38, cost_usd=0.006),
    }

    tuning = tuned(text, records=records)

    assert settings(tuning.text)["ladder"] == ["haiku", "opus | sonnet", "human"]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("worse", range(2))
def test_whatever_ladder_is_suggested_is_decided_as_it_was_meant_and_drops_no_rung(name, worse):
    policy, text = Policy.load(name), policy_text(name)
    for kind, rules in policy.kinds.items():
        hosted = [rung for rung in rules.rungs if any(lane in LANES and lane != "local" for lane in rung)]
        records = {
            lane: (DOMINATED["haiku"] if place <= worse else GOOD) for place, rung in enumerate(hosted) for lane in rung
        }
        tuning = tune(policy, text, file=name, seen={kind: Evidence(tasks=40, records=records)})

        after = parse_policy(tuning.text.encode(), name=name)
        with_key = frozenset(LANES[lane].provider for lane in records)
        orders = [
            decide(Task(kind), policy=each, state=Facts(with_key=with_key, records=records)).order
            for each in (policy, after)
        ]
        assert {frozenset(rung) for rung in after.of(kind).rungs} == {frozenset(rung) for rung in rules.rungs}
        assert len({next(lane for lane in order if lane != LINTER) for order in orders}) == 1
        assert after._replace(sha256="", kinds={}) == policy._replace(sha256="", kinds={})


# --- tokens


def test_typical_tokens_follow_the_median_where_they_are_far_off():
    tuning = tuned(LONG, input_tokens=[2345] * 31, output_tokens=[300.0] * 31)

    (made,) = tuning.suggestions
    assert tuning.text == LONG.replace("1400", "2300")
    assert (made.key, made.before, made.after, made.n) == ("typical_input_tokens", "1400", "2300", 31)
    assert made.why == "the median of 31 first replies is 2345"


OFF = {"a quarter": (1750, 30, False), "more": (1751, 30, True), "less": (1049, 30, True), "few": (9000, 29, False)}


@pytest.mark.parametrize(("tokens", "n", "suggested"), OFF.values(), ids=OFF)
def test_typical_tokens_are_left_alone_within_a_quarter_and_with_few_replies(tokens, n, suggested):
    assert bool(tuned(LONG, input_tokens=[tokens] * n).suggestions) == suggested


# --- propose


def judged(kept, of, confidence):
    return [Judged(confidence, kept=place < kept) for place in range(of)]


def test_propose_rises_to_where_enough_is_kept():
    tuning = tuned(LONG, judged=[*judged(5, 30, 0.82), *judged(29, 30, 0.9)])

    (made,) = tuning.suggestions
    assert tuning.text == LONG.replace("propose = 0.8\n", "propose = 0.83\n")
    assert (made.key, made.before, made.after, made.n) == ("propose", "0.8", "0.83", 30)
    assert made.why == "57% of 60 proposed results were kept, of the 30 from 0.83 on 97%"


def test_propose_falls_where_the_least_sure_results_are_kept_and_others_were_not_shown():
    tuning = tuned(LONG, judged=judged(30, 30, 0.81), low=[0.7, 0.79])

    (made,) = tuning.suggestions
    assert tuning.text == LONG.replace("propose = 0.8\n", "propose = 0.75\n")
    assert made.why == "100% of the 30 least sure results were kept, 2 less sure were not shown"


LEFT = {
    "29 words": {"judged": judged(0, 29, 0.81)},
    "29 words for less": {"judged": judged(29, 29, 0.81), "low": [0.7]},
    "nothing was held back": {"judged": judged(30, 30, 0.81)},
    "kept as often as it says": {"judged": judged(25, 30, 0.81), "low": [0.7]},
    "no threshold helps": {"judged": judged(5, 60, 0.9)},
}


@pytest.mark.parametrize("seen", LEFT.values(), ids=LEFT)
def test_propose_is_left_alone(seen):
    assert tuned(LONG, **seen).suggestions == ()


# --- what it says of nothing


def test_with_too_little_it_says_how_much_it_has_and_needs():
    assert tuned(LONG, tasks=1).notes == ("lint-fix: 1 task seen in 90 days, a suggestion needs 30",)
    assert tuned(LONG, tasks=12).notes == ("lint-fix: 12 tasks seen in 90 days, a suggestion needs 30",)
    assert tuned(LONG, tasks=0).notes == ("no task was recorded in 90 days; a suggestion needs 30 of a kind",)


def test_one_kind_alone_may_be_asked_for():
    seen = {FIX: Evidence(tasks=40, records=DOMINATED)}

    assert tune(policy_of(LONG), LONG, file="own.toml", seen=seen, kind=FIX).suggestions
    with pytest.raises(ConfigError, match="has no ladder for edit"):
        tune(policy_of(LONG), LONG, file="own.toml", seen=seen, kind=Kind.EDIT)


# --- the text

INHERITS = 'extends = "opus-first"\n'
SWAPPED = 'ladder = ["linter", "local?", "sonnet | gpt-5.4:medium", "haiku | gpt-5.4:low", "opus", "human"]\n'

FORMS = {
    "on several lines": (
        '[kinds.lint-fix]\nladder = [\n  "haiku", # small\n  \'sonnet\',\n  "opus",\n]\napply = 0.9\n',
        '[kinds.lint-fix]\nladder = [\n  "sonnet", # small\n  "haiku",\n  "opus",\n]\napply = 0.9\n',
    ),
    "CRLF": (LONG.replace("\n", "\r\n"), LONG.replace("\n", "\r\n").replace('"haiku", "sonnet"', '"sonnet", "haiku"')),
    "a quoted header": (
        LONG.replace("[kinds.lint-fix]", '[ kinds . "lint-fix" ]   # ]'),
        LONG.replace("[kinds.lint-fix]", '[ kinds . "lint-fix" ]   # ]').replace(
            '"haiku", "sonnet"', '"sonnet", "haiku"'
        ),
    ),
    "without a last line end": (
        '[kinds.lint-fix]\nladder = ["haiku", "sonnet", "opus"]',
        '[kinds.lint-fix]\nladder = ["sonnet", "haiku", "opus"]',
    ),
    "no ladder of its own": (
        f"{INHERITS}[kinds.lint-fix]\n# ours\napply = 0.9 # high\n\n# end\n[kinds.edit]\napply = 0.9\n",
        f"{INHERITS}[kinds.lint-fix]\n# ours\napply = 0.9 # high\n{SWAPPED}\n# end\n[kinds.edit]\napply = 0.9\n",
    ),
    "nothing of the kind": (INHERITS, f"{INHERITS}\n[kinds.lint-fix]\n{SWAPPED}"),
    "neither, without a last line end": (INHERITS.rstrip(), f"{INHERITS}\n[kinds.lint-fix]\n{SWAPPED}"),
}


@pytest.mark.parametrize(("before", "after"), FORMS.values(), ids=FORMS)
def test_however_a_file_is_written_only_that_line_changes_and_git_applies_it(before, after, tmp_path):
    tuning = tuned(before, records=DOMINATED)

    assert tuning.text == after
    (tmp_path / "own.toml").write_bytes(before.encode())
    diff = unified_diff([FileChange(path="own.toml", before=before, after=after)])
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff.encode(), check=True)
    assert (tmp_path / "own.toml").read_bytes() == after.encode()


UNSAYABLE = {
    "dotted keys": 'kinds.lint-fix.ladder = ["haiku", "sonnet", "opus"]\n',
    "an inline table": 'kinds = { lint-fix = { ladder = ["haiku", "sonnet", "opus"] } }\n',
    "a new table would take other numbers": 'extends = "opus-first"\n[defaults]\ntimeout_s = 7\n',
}


@pytest.mark.parametrize("text", UNSAYABLE.values(), ids=UNSAYABLE)
def test_what_one_line_cannot_say_is_left_to_a_person(text):
    tuning = tuned(text, records=DOMINATED)

    assert (tuning.suggestions, tuning.text) == ((), text)
    assert "set ladder = [" in tuning.notes[0]
    assert tuning.notes[0].endswith("by hand, one line cannot say it")


def test_a_table_is_not_mistaken_for_its_look_in_a_string():
    text = LONG.replace('"ours"', '"""\n[kinds.lint-fix]\nladder = ["haiku"]\n"""')

    tuning = tuned(text, records=DOMINATED)

    assert (tuning.suggestions, tuning.text) == ((), text)


# --- from the ledger


def recorded(ledger, name, *, lane="haiku", failure=None, position=0, confidence=0.85, tokens=(2000, 100)):
    usage = Usage(input_tokens=tokens[0], output_tokens=tokens[1])
    made = Call(
        lane=lane,
        provider=LANES[lane].provider,
        model=LANES[lane].model,
        effort=LANES[lane].effort,
        prompt_version=families.of(FIX).prompt_version(FIX),
        ended="answered",
        cause=None,
        request_id=None,
        cost_usd=LANES[lane].cost_usd(usage),
        usage=usage,
        latency_ms=1000.0,
        position=position,
    )
    row = ledger.record_call(Work("lint-fix", "B904", "r1", name), made)
    ledger.record_check(row, failure=failure, failed_checks=(), confidence=confidence)


def test_evidence_is_what_the_ledger_has_seen():
    ledger = Ledger(Store())
    recorded(ledger, "f1", failure="check-failed")
    recorded(ledger, "f1", failure="low-confidence", confidence=0.6, tokens=(9000, 900))
    recorded(ledger, "f1", lane="sonnet", position=2, tokens=(9000, 900))
    recorded(ledger, "f2", lane="sonnet", tokens=(3000, 170))
    for name, word in (("f1", Feedback.KEPT), ("f1", Feedback.UNDONE), ("f2", Feedback.DISMISSED)):
        ledger.record_feedback(Work("lint-fix", "B904", "r1", name), lane="sonnet", word=word)

    found = evidence(ledger, Policy.load("guide"), now=time.time())[FIX]

    assert (found.tasks, found.input_tokens, found.low) == (2, (2000, 3000), (0.6,))
    assert found.output_tokens == pytest.approx((100, 170 / LANES["sonnet"].output_ratio))
    assert found.judged == (Judged(0.85, kept=False),)
    assert set(found.records) == {"haiku", "sonnet"}
    assert found.records["haiku"].n == pytest.approx(1, abs=0.01)
    assert found.records["haiku"].cost_usd == pytest.approx(
        sum(LANES["haiku"].cost_usd(Usage(input_tokens=i, output_tokens=o)) for i, o in ((2000, 100), (9000, 900)))
    )


def test_what_is_older_than_ninety_days_is_no_evidence_of_tokens():
    now = time.time()
    ledger = Ledger(Store(), clock=lambda: now - 91 * 86_400)
    recorded(ledger, "f1")

    found = evidence(ledger, Policy.load("guide"), now=now)[FIX]

    assert (found.tasks, found.input_tokens) == (0, ())


def test_what_a_former_model_or_prompt_did_is_no_evidence():
    ledger = Ledger(Store())
    recorded(ledger, "f1")
    ledger.store.execute("UPDATE attempts SET prompt_version = 'older'")
    recorded(ledger, "f2")
    ledger.store.execute("UPDATE attempts SET model = 'older' WHERE fingerprint = 'f2'")

    assert evidence(ledger, Policy.load("guide"), now=time.time())[FIX] == Evidence()
