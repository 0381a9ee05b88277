"""A finding passes with a true quote of changed lines, a trigger and a consequence, once; the rest is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.review.claims.anchor import Ambiguous, Spot, anchored
from suffice.review.claims.bans import banned
from suffice.review.claims.finding import Category, Dropped, Finding, Severity
from suffice.review.claims.gate import gate
from suffice.review.claims.likeness import cosine, likeness, vectors
from suffice.review.claims.merge import merged
from suffice.review.claims.reason import Reason
from suffice.review.hunks.change import change_of_texts, hunks_of
from suffice.review.hunks.hunk import Hunk
from suffice.task import Diagnostic, Span

BEFORE = """\
def mean(prices):
    if not prices:
        return 0
    total = sum(prices)
    return total / len(prices)


def spread(prices):
    low = min(prices)
    return max(prices) - low
"""
AFTER = """\
def mean(prices):
    total = sum(prices)
    count = len(prices)
    return total / count


def spread(prices):
    low = min(prices)
    return max(prices) - low
"""


def one_hunk(before=BEFORE, after=AFTER, path="shop.py"):
    change = change_of_texts({path: before}, {path: after})
    (hunk,), _ = hunks_of(change)
    return hunk, change


def claim(first, last=None, **more):
    said = {
        "category": Category.CORRECTNESS,
        "severity": Severity.HIGH,
        "title": "mean of no prices",
        "trigger": "an empty list",
        "consequence": "ZeroDivisionError",
        "hunk": "h",
        "seen_by": ("sonnet",),
    }
    return Finding(first_line=first, last_line=first if last is None else last, **{**said, **more})


def place(found):
    return (found.start_line, found.end_line, found.in_old) if isinstance(found, Finding) else found


PLACES = {
    "an added line": ("    return total / count", None, (4, 4, False)),
    "a range": ("    count = len(prices)", "    return total / count", (3, 4, False)),
    "from the definition's header on": ("def mean(prices):", "    count = len(prices)", (1, 3, False)),
    "a line that was taken away": ("    if not prices:", "        return 0", (2, 3, True)),
    "old lines from what was taken away on": ("        return 0", "    total = sum(prices)", (3, 4, True)),
    "a line beside what was taken away": ("    total = sum(prices)", None, (2, 2, False)),
    "space at its end": ("    return total / count   ", None, (4, 4, False)),
    "the sign of a diff": ("+    return total / count", None, (4, 4, False)),
    "the number and bar of a shown line": ("    4 +|    return total / count", None, (4, 4, False)),
    "without its indentation": ("return total / count", None, (4, 4, False)),
    "no last line": ("    return total / count", "", (4, 4, False)),
    "several lines in one field": ("    count = len(prices)\n    return total / count", None, (3, 4, False)),
    "an invented line": ("    return total / max(count, 1)", None, None),
    "an invented last line": ("    count = len(prices)", "    raise ValueError", None),
    "the last line above the first": ("    return total / count", "    count = len(prices)", None),
    "half a line": ("    return total", None, None),
    "nothing": ("", None, None),
    "only blanks": ("   ", None, None),
    "a line of another definition": ("    return max(prices) - low", None, None),
    "a sign alone": ("+", None, None),
}


@pytest.mark.parametrize(("first", "last", "where"), PLACES.values(), ids=PLACES)
def test_a_finding_stands_where_its_quote_does(first, last, where):
    assert place(anchored(claim(first, last), *one_hunk())) == where


REWRITTEN = {
    "as it stands": ("    return total / count", "    return total / size\n", "    return total / size\n"),
    "without indentation": ("return total / count", "if count:\n    return 1", "    if count:\n        return 1"),
    "tabs for blanks": ("\treturn total / count", "\treturn 1", "    return 1"),
    "number and bar": ("    4 +|    return total / count", "    4 +|    return 1", "    return 1"),
    "the quote alone": ("    4 +|    return total / count", "    return 1", "    return 1"),
    "the sign of a diff": ("+    return total / count", "+    return 1\n+", "    return 1\n"),
    "a minus of its own": ("    4 +|    return total / count", "- 1", "- 1"),
    "nothing in its place": ("return total / count", "", ""),
}


@pytest.mark.parametrize(("quote", "replacement", "meant"), REWRITTEN.values(), ids=REWRITTEN)
def test_quote_and_replacement_are_written_as_the_file_writes_them(quote, replacement, meant):
    found = anchored(claim(quote, replacement=replacement), *one_hunk())

    assert (found.first_line, found.last_line) == ("    return total / count",) * 2
    assert found.replacement == meant


def test_a_line_that_did_not_change_is_no_place_unless_a_changed_line_is_named_as_the_cause():
    body = "def f(a):\n    x = a\n    y = x\n    z = y\n    return z\n"
    hunk, change = one_hunk(body, body.replace("x = a", "x = a or None"))

    bare = anchored(claim("    return z"), hunk, change)
    with_cause = anchored(claim("    return z", trigger="`x = a or None` lets None through"), hunk, change)

    assert bare is None
    assert place(with_cause) == (5, 5, False)


TWICE = "def f(a):\n    if a:\n        log(a)\n        return a\n    return None\n"
TWICE_AFTER = "def f(a):\n    if a > 1:\n        return a\n    if a < 0:\n        return a\n    return None\n"


def test_a_quote_that_stands_twice_asks_for_the_line_above_it():
    hunk, change = one_hunk("x = 1\n", f"x = 1\n{TWICE_AFTER}")
    finding = claim("        return a")

    found = anchored(finding, hunk, change)

    line = "        return a"
    spots = (
        Spot(4, 4, before="    if a > 1:", texts=(line, line)),
        Spot(6, 6, before="    if a < 0:", texts=(line, line)),
    )
    assert found == Ambiguous(finding, spots)


@pytest.mark.parametrize("before_line", ["    if a < 0:", "if a < 0:", "+    if a < 0:", "\n    if a < 0:\n"])
def test_the_line_above_decides_between_several(before_line):
    hunk, change = one_hunk("x = 1\n", f"x = 1\n{TWICE_AFTER}")

    assert place(anchored(claim("        return a", before_line=before_line), hunk, change)) == (6, 6, False)


def test_a_line_above_that_stands_nowhere_decides_nothing():
    hunk, change = one_hunk("x = 1\n", f"x = 1\n{TWICE_AFTER}")

    assert isinstance(anchored(claim("        return a", before_line="    if a == 2:"), hunk, change), Ambiguous)


def test_the_changed_one_of_two_equal_lines_is_meant():
    hunk, change = one_hunk(TWICE, TWICE.replace("    return None\n", "        return a\n    return None\n"))

    assert place(anchored(claim("        return a"), hunk, change)) == (5, 5, False)


def test_an_old_line_is_placed_in_the_file_as_it_was_called():
    hunk, change = one_hunk()
    renamed = hunk._replace(old_path="store.py")

    assert anchored(claim("        return 0"), renamed, change).path == "store.py"


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "    c = 3", "", "return a"]), min_size=1, max_size=12)


@given(LINES, LINES, st.data())
def test_a_place_is_always_within_what_its_hunk_shows(old, new, data):
    texts = ["".join(f"{line}\n" for line in lines) for lines in (old, new)]
    change = change_of_texts({"a.py": texts[0]}, {"a.py": texts[1]})
    for hunk in hunks_of(change)[0]:
        first, last = (data.draw(st.sampled_from(hunk.lines)).text for _ in range(2))
        found = anchored(claim(first, last), hunk, change)
        if isinstance(found, Finding):
            numbers = [line.old if found.in_old else line.new for line in hunk.lines]
            assert {found.start_line, found.end_line} <= set(numbers)
            assert found.start_line <= found.end_line
            side = (old if found.in_old else new)[found.start_line - 1 : found.end_line]
            assert (side[0].strip(), side[-1].strip()) == (first.strip(), last.strip() or first.strip())


BANNED = {
    "Verify that the caller handles None": Reason.VAGUE,
    "Make sure that prices is never empty": Reason.VAGUE,
    "Ensure the list is not empty": Reason.VAGUE,
    "Consider handling the empty list": Reason.VAGUE,
    "Security: double-check the permission": Reason.VAGUE,
    "You might want to handle None": Reason.VAGUE,
    "Please confirm the rounding": Reason.VAGUE,
    "Unclear whether prices may be empty": Reason.VAGUE,
    "Missing docstring for mean": Reason.DOCUMENTATION,
    "The comment is outdated": Reason.DOCUMENTATION,
    "Typo in comment": Reason.DOCUMENTATION,
    "Missing type hints": Reason.TYPE_HINTS,
    "Unused import os": Reason.IMPORTS,
    "`os` is imported but unused": Reason.IMPORTS,
    "`helper` is not defined in this diff": Reason.ELSEWHERE,
    "Is `helper` defined or imported?": Reason.ELSEWHERE,
    "No tests for the new branch": Reason.TESTS,
    "Missing unit tests": Reason.TESTS,
    "The new branch is untested": Reason.TESTS,
    "Rename variable x": Reason.NAMING,
    "Function name is misleading": Reason.NAMING,
    "`x` should be renamed": Reason.NAMING,
    "Line too long": Reason.STYLE,
    "Nit: use a comprehension": Reason.STYLE,
    "Trailing whitespace": Reason.STYLE,
    "Hard to read": Reason.STYLE,
    "Avoid magic numbers": Reason.STYLE,
    "No rate limiting on login": Reason.LOAD,
    "Denial of service by large input": Reason.LOAD,
}


@pytest.mark.parametrize(("title", "reason"), BANNED.items(), ids=BANNED)
def test_banned_remarks_are_told_by_their_title(title, reason):
    assert banned(claim("x", title=title), Hunk("h", "a.py", "a.py", ())) is reason


DEFECTS = [
    "verify=False turns off the check of certificates",
    "ensure_ascii is lost and umlauts are escaped",
    "Confirm button submits the order twice",
    "Verify flag is ignored for redirects",
    "Rename fails across file systems",
    "Extra blank lines are written to the CSV file on Windows",
    "Trailing whitespace of header values is not stripped",
    "Docstring parser drops the last line",
    "Comment bodies are rendered without being escaped",
    "Wrong magic number in the file header",
    "Members of the archive can be extracted outside of the target",
    "`x` may not be defined when the loop is empty",
    "Keys in camelCase are not converted to snake_case",
    "Missing quotes let file names with blanks be split",
    "No test is collected from packages",
    "File names with DOS line ends are not found",
    "Ambiguous column name in the join",
    "Exhausted iterator is read again",
    "The caller does not ensure that the lock is held",
    "Import of a module with a syntax error ends the run",
    "Formatting of negative numbers loses the sign",
]


@pytest.mark.parametrize("title", DEFECTS)
def test_a_defect_that_only_mentions_such_things_is_none(title):
    assert banned(claim("x", title=title), Hunk("h", "a.py", "a.py", ())) is None


def test_advice_behind_a_claim_takes_nothing_from_it():
    finding = claim("x", consequence="The file is lost. Consider writing to a temporary file first.")

    assert banned(finding, Hunk("h", "a.py", "a.py", ())) is None


def test_load_that_names_the_code_it_comes_by_is_a_finding():
    hunk, _ = one_hunk("x = 1\n", "x = 1\npattern = re.compile(user_pattern)\n")

    title = "Denial of service by a pattern"

    assert banned(claim("x", title=title, trigger="user_pattern is `(a+)+$`"), hunk) is None
    assert banned(claim("x", title=title, trigger="many requests"), hunk) is Reason.LOAD


def test_the_gate_keeps_what_is_true_and_counts_the_rest():
    hunk, change = one_hunk()
    twice, other = one_hunk("x = 1\n", f"x = 1\n{TWICE_AFTER}", "other.py")
    both = change_of_texts(
        {"shop.py": BEFORE, "other.py": "x = 1\n"}, {"shop.py": AFTER, "other.py": f"x = 1\n{TWICE_AFTER}"}
    )
    true = claim("    return total / count", hunk=hunk.id)
    wrong = {
        claim("    return 1 / 0", hunk=hunk.id): Reason.QUOTE_NOT_FOUND,
        claim("    return total / count", hunk="h9"): Reason.NO_SUCH_HUNK,
        claim("    return total / count", hunk=hunk.id, trigger=" "): Reason.EMPTY,
        claim("    return total / count", hunk=hunk.id, consequence=""): Reason.EMPTY,
        claim("    return total / count", hunk=hunk.id, title="Missing docstring"): Reason.DOCUMENTATION,
        claim("def mean(prices):", "    total = sum(prices)", hunk=twice.id): Reason.QUOTE_NOT_FOUND,
    }
    unclear = claim("        return a", hunk=twice.id)

    found = gate([true, *wrong, unclear], [hunk, twice], both)

    assert [(f.title, f.path, f.start_line, len(f.id)) for f in found.kept] == [("mean of no prices", "shop.py", 4, 32)]
    assert [a.finding for a in found.ambiguous] == [unclear]
    assert found.dropped == tuple(Dropped(finding, reason) for finding, reason in wrong.items())
    del change, other


SETTLED = {
    "the same, here": ("Undefined name `counts`", 4, True),
    "the same, two lines above": ("Undefined name `counts`", 2, True),
    "the same, elsewhere": ("Undefined name `counts`", 9, False),
    "something else, here": ("Line too long (130 > 120)", 4, False),
}


@pytest.mark.parametrize(("message", "line", "is_settled"), SETTLED.values(), ids=SETTLED)
def test_what_a_diagnostic_says_is_not_said_again(message, line, is_settled):
    hunk, change = one_hunk()
    diagnostic = Diagnostic("F821", message, "shop.py", Span(line, 1, line, 5))
    finding = claim(
        "    return total / count", hunk=hunk.id, title="The name counts is undefined", consequence="NameError"
    )

    found = gate([finding], [hunk], change, [diagnostic])

    assert [dropped.reason for dropped in found.dropped] == ([Reason.SETTLED] if is_settled else [])


def at(first, last=None, **more):
    return claim("x", path="a.py", start_line=first, end_line=last or first, **more)


OTHER_WORDS = {"title": "lock is never released", "trigger": "two threads", "consequence": "deadlock"}
MERGES = {
    "the same place and category": (at(10), at(10, seen_by=("codex",), **OTHER_WORDS), 1),
    "three lines apart": (at(10), at(13, seen_by=("codex",), **OTHER_WORDS), 1),
    "another claim of the same lane": (at(10), at(11, **OTHER_WORDS), 2),
    "the same claim of the same lane": (at(10), at(11), 1),
    "four lines apart": (at(10), at(14), 2),
    "another category in other words": (at(10), at(10, category=Category.CONCURRENCY, **OTHER_WORDS), 2),
    "another category in the same words": (at(10), at(11, category=Category.OTHER), 1),
    "another file": (at(10), at(10)._replace(path="b.py"), 2),
    "old and new in the same words": (at(10), at(90)._replace(in_old=True), 1),
    "old and new in other words": (at(10), at(10, **OTHER_WORDS)._replace(in_old=True), 2),
}


@pytest.mark.parametrize(("one", "other", "left"), MERGES.values(), ids=MERGES)
def test_findings_of_one_place_and_meaning_become_one(one, other, left):
    kept, dropped = merged([one, other])

    assert (len(kept), len(dropped)) == (left, 2 - left)
    assert all(d.reason is Reason.DUPLICATE for d in dropped)


def test_what_becomes_one_names_all_who_saw_it_and_the_worst_of_it():
    short = at(10, seen_by=("sonnet",), severity=Severity.CRITICAL, replacement="y")
    long = at(
        10, seen_by=("codex",), severity=Severity.LOW, consequence="ZeroDivisionError in every report of an empty shop"
    )

    ((found,), (gone,)) = merged([short, long])

    assert (found.consequence, found.severity) == (long.consequence, Severity.CRITICAL)
    assert (found.seen_by, found.replacement) == (("sonnet", "codex"), "y")
    assert gone == Dropped(short, Reason.DUPLICATE)


def test_many_findings_of_one_lane_say_nothing_more_of_who_saw_it():
    ((found,), _) = merged([at(10), at(10), at(11)])

    assert found.seen_by == ("sonnet",)


def test_a_claim_goes_into_the_one_that_it_is_most_like():
    first, second = at(10), at(11, **OTHER_WORDS)
    again = at(11, seen_by=("codex",), title="the lock is not released", trigger="a thread", consequence="a deadlock")

    kept, _ = merged([first, second, again])

    assert [finding.seen_by for finding in kept] == [("sonnet",), ("sonnet", "codex")]


def test_texts_are_alike_by_their_words():
    assert likeness("Undefined name `foo`", "foo is not defined") > 0.3
    assert likeness("the cache is never emptied", "division by zero") == 0
    assert likeness("", "x") == 0


@given(st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_likeness_is_a_share_and_the_same_both_ways(texts):
    weights = vectors(texts)
    for one in weights:
        for other in weights:
            assert 0 <= cosine(one, other) <= 1.000001
            assert cosine(one, other) == pytest.approx(cosine(other, one))
