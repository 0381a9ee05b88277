"""How sure one may be of a finding, what is shown of it, what is counted, and what a dismissal silences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.review.claims.counts import dropped_by_reason, looked_at
from suffice.review.claims.finding import Category, Dropped, Finding, Refutation, Severity, Word
from suffice.review.claims.memory import fingerprint_of, record_of, rule_of, said_in, suppressed, with_ids
from suffice.review.claims.rank import Kept, confidence_of, confident, ranked
from suffice.review.claims.reason import Reason
from suffice.state.ledger import Feedback, FeedbackRow, Ledger, Work
from suffice.state.store import Store

FAMILIES = {"sonnet": "anthropic", "haiku": "anthropic", "codex": "openai"}


def finding(**more):
    said = {
        "category": Category.CORRECTNESS,
        "severity": Severity.HIGH,
        "title": "mean of no prices divides by zero",
        "trigger": "an empty list of prices",
        "consequence": "ZeroDivisionError",
        "hunk": "h",
        "first_line": "    return total / count",
        "last_line": "    return total / count",
        "seen_by": ("sonnet",),
        "path": "src/shop/cart.py",
        "start_line": 4,
        "end_line": 4,
    }
    return Finding(**{**said, **more})


def word(said, quote=""):
    return Refutation(said, "because", quote, "codex")


SURE = {
    "one lane alone": ({}, 0.3),
    "two lanes of one family": ({"seen_by": ("sonnet", "haiku")}, 0.3),
    "two families": ({"seen_by": ("sonnet", "codex")}, 0.69),
    "one, upheld with a quote": ({"refutation": word(Word.HOLDS, "x")}, 0.421),
    "one, upheld without": ({"refutation": word(Word.HOLDS)}, 0.3),
    "two, upheld with a quote": ({"seen_by": ("sonnet", "codex"), "refutation": word(Word.HOLDS, "x")}, 0.791),
    "undecided": ({"refutation": word(Word.CANNOT_TELL)}, 0.201),
    "refuted": ({"refutation": word(Word.REFUTED, "x")}, 0.0),
    "sure of itself": ({"score": 1.0}, 0.3),
}


@pytest.mark.parametrize(("more", "confidence"), SURE.values(), ids=SURE)
def test_confidence_comes_from_evidence(more, confidence):
    assert confidence_of(finding(**more), families=FAMILIES) == pytest.approx(confidence, abs=0.001)


def test_confidence_follows_what_became_of_the_category():
    liked, disliked = {Category.CORRECTNESS: Kept(20, 20)}, {Category.CORRECTNESS: Kept(0, 20)}

    assert confidence_of(finding(), families={}, record=liked) == pytest.approx(23 / 30)
    assert confidence_of(finding(), families={}, record=disliked) == pytest.approx(0.1)
    assert confidence_of(finding(category=Category.SECURITY), families={}, record=liked) == 0.3


def test_the_worst_and_surest_are_shown_first_and_few():
    findings = [
        finding(title=f"{severity} {n}", severity=severity, confidence=0.7 - n / 100)
        for severity in Severity
        for n in range(3)
    ]

    found = ranked(findings)

    assert [f.title for f in found.inline] == ["critical 0", "critical 1", "critical 2", "high 0", "high 1"]
    assert [f.title for f in found.folded][:2] == ["high 2", "medium 0"]
    assert len(found.inline) + len(found.folded) == len(findings)


def test_what_is_not_sure_enough_is_folded():
    unsure = finding(confidence=0.3, severity=Severity.CRITICAL)

    assert ranked([unsure]).folded == (unsure,)
    assert ranked([finding(category=Category.OTHER, confidence=0.45)]).inline == ()


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(-3, 30))
def test_nothing_is_lost_and_the_cap_holds(confidences, cap):
    findings = [finding(title=str(n), confidence=c) for n, c in enumerate(confidences)]

    found = ranked(findings, cap=cap)

    assert sorted(f.title for f in (*found.inline, *found.folded)) == sorted(f.title for f in findings)
    assert len(found.inline) <= max(0, min(cap, 10))


def test_confidence_is_written_into_findings():
    assert [f.confidence for f in confident([finding(), finding(seen_by=("sonnet", "codex"))], families=FAMILIES)] == [
        0.3,
        0.69,
    ]


def test_the_two_lines_under_a_review():
    dropped = [
        Dropped(finding(), reason) for reason in ([Reason.STYLE] * 2 + [Reason.REFUTED] + [Reason.DUPLICATE] * 2)
    ]

    assert looked_at(read=31, of=44, not_read={"budget": 13}) == "looked at 31 of 44 hunks (13: budget)"
    assert looked_at(read=1, of=4, not_read={"test": 1, "moved": 2}) == "looked at 1 of 4 hunks (2: moved, 1: test)"
    assert looked_at(read=0, of=1, not_read={"no-key": 1}) == "looked at 0 of 1 hunk (1: no key)"
    assert looked_at(read=1, of=1, not_read={}) == "looked at 1 of 1 hunk"
    assert dropped_by_reason(dropped) == "dropped: 2 duplicates, 2 style, 1 refuted"
    assert dropped_by_reason([]) == ""


SAME = {
    "another place": {"start_line": 90, "end_line": 90},
    "indented otherwise": {"first_line": "return total / count", "last_line": "\treturn total / count "},
    "in other words": {"title": "division by zero", "trigger": "no prices"},
    "more severe": {"severity": Severity.LOW},
}
OTHER = {
    "another file": {"path": "src/shop/store.py"},
    "another category": {"category": Category.SECURITY},
    "another line": {"first_line": "    return 0"},
}


@pytest.mark.parametrize("more", SAME.values(), ids=SAME)
def test_a_fingerprint_stays_while_the_quoted_lines_do(more):
    assert fingerprint_of(finding(**more)) == fingerprint_of(finding())


@pytest.mark.parametrize("more", OTHER.values(), ids=OTHER)
def test_a_fingerprint_changes_with_file_category_and_lines(more):
    assert fingerprint_of(finding(**more)) != fingerprint_of(finding())


def test_equal_findings_at_two_places_have_two_ids():
    lower, upper = with_ids([finding(start_line=9, end_line=9), finding()])

    assert upper.id == fingerprint_of(finding())
    assert lower.id not in {"", upper.id}


@pytest.fixture
def ledger():
    return Ledger(Store())


def tell(ledger, about, said, repository="here"):
    """Record what the developer said, as `suffice feedback` does."""
    work = Work("review", rule_of(about), repository, about.id or fingerprint_of(about))
    ledger.record_feedback(work, lane="sonnet", word=said)


def heard(ledger):
    return said_in(ledger.feedback_since(0), repository="here")


def test_what_was_dismissed_is_not_said_again_wherever_it_moved(ledger):
    tell(ledger, finding(), Feedback.DISMISSED)
    again = finding(start_line=40, end_line=40, title="in quite other words", trigger="x", consequence="y")
    new = finding(first_line="    return 0", title="wrong sign", trigger="negative prices", consequence="a debt")

    found = suppressed([again, new], heard(ledger))

    assert found == ((new,), (), (Dropped(again, Reason.DISMISSED),))


def test_the_last_word_counts_and_only_that_of_this_repository(ledger):
    tell(ledger, finding(), Feedback.DISMISSED)
    tell(ledger, finding(), Feedback.KEPT)
    tell(ledger, finding(first_line="    return 0"), Feedback.DISMISSED, repository="elsewhere")

    assert suppressed([finding(), finding(first_line="    return 0")], heard(ledger)).dropped == ()


def test_three_dismissals_of_much_the_same_words_silence_the_fourth(ledger):
    alike = [finding(first_line=f"    return {n}", path=f"src/a{n}.py") for n in range(4)]
    other = finding(first_line="    x", title="lock never released", trigger="two threads", consequence="deadlock")
    for dismissed in alike[:2]:
        tell(ledger, dismissed, Feedback.DISMISSED)
    assert suppressed([alike[3]], heard(ledger)).kept == (alike[3],)

    tell(ledger, alike[2], Feedback.DISMISSED)

    assert suppressed([alike[3], other], heard(ledger)) == ((other,), (), (Dropped(alike[3], Reason.DISMISSED),))


def row(n, said, *, category="performance", path="src/shop/cart.py"):
    about = finding(category=Category(category), path=path, title=f"word{n} thing{n} matter{n} point{n}")
    rule = rule_of(about._replace(trigger=f"case{n}", consequence=f"end{n}"))
    return FeedbackRow(float(n), "review", rule, "here", f"{n:032x}", "sonnet", said)


@pytest.mark.parametrize(
    ("kept", "dismissed", "is_folded"),
    [(1, 9, True), (2, 8, False), (1, 8, False)],
    ids=["10 %", "20 %", "too few"],
)
def test_a_category_that_is_hardly_ever_kept_in_a_place_is_folded(kept, dismissed, is_folded):
    rows = [row(n, Feedback.KEPT) for n in range(kept)]
    rows += [row(n, Feedback.UNDONE) for n in range(kept, kept + dismissed)]
    here = finding(category=Category.PERFORMANCE)
    elsewhere = finding(category=Category.PERFORMANCE, path="tools/build.py")

    found = suppressed([here, elsewhere], said_in(rows, repository="here"))

    assert found.folded == ((here,) if is_folded else ())
    assert elsewhere in found.kept


def test_the_record_of_a_category_is_what_was_kept_of_it():
    rows = [row(0, Feedback.KEPT), row(1, Feedback.DISMISSED), row(2, Feedback.KEPT, category="security")]

    assert record_of(said_in(rows, repository="here")) == {
        Category.PERFORMANCE: Kept(1, 2),
        Category.SECURITY: Kept(1, 1),
    }


FOREIGN = [None, "", "F401", "correctness@xyz", "x" * 5000, "correctness~1", "no-such-category", "\0"]


@pytest.mark.parametrize("rule", FOREIGN)
def test_rows_that_no_review_wrote_say_nothing_of_findings(rule):
    rows = [FeedbackRow(1.0, "review", rule, "here", "f" * 32, "sonnet", Feedback.DISMISSED)]

    assert suppressed([finding()], said_in(rows, repository="here")).kept == (finding(),)
    assert record_of(said_in(rows, repository="here")) == {}


def test_other_kinds_of_work_say_nothing_of_reviews():
    rows = [FeedbackRow(1.0, "lint-fix", "correctness", "here", fingerprint_of(finding()), "haiku", Feedback.DISMISSED)]

    assert said_in(rows, repository="here") == ()


def test_what_the_ledger_calls_a_finding_holds_no_text():
    rule = rule_of(finding())

    assert rule.startswith("correctness@")
    assert len(rule) <= 100
    assert not any(text in rule for text in ("shop", "cart", "mean", "prices"))
