"""Where the lines of a reply stand: the nearest step that finds any place decides, and similar is never a place."""

from collections import UserList

import pytest

from suffice.edits.applied import Step
from suffice.edits.operation import plain_lines, replacement
from suffice.edits.placing.locate import places_of
from suffice.edits.placing.nearest import nearest
from suffice.edits.placing.page import Page, is_elision
from suffice.edits.placing.shift import Shift, shift_between
from suffice.edits.placing.typo import is_one_letter_off

CODE = """\
import os


class Cart:
    def total(self, items):
        # sum them up
        result = 'none'

        for item in items:
            result += price(item,
                            self.tax)
        return result

    def empty(self):
        return not self.items


def first():
    return 1


def second():
    return 1
"""


def page(text=CODE, path="a.py"):
    return Page(path, plain_lines(text))


def found(old, new=None, *, text=CODE, path="a.py"):
    """Return (step, lines) of every place of *old*; the reply changes its last line unless *new* says else."""
    lines = plain_lines(old)
    hunk = replacement("block 1", lines, (*lines[:-1], "changed") if new is None else plain_lines(new))
    return [(place.step, place.start + 1, place.end) for place in places_of(hunk, page(text, path))]


@pytest.mark.parametrize(
    ("old", "place"),
    [
        ("    def empty(self):\n        return not self.items\n", (Step.EXACT, 14, 15)),
        ("    def empty(self):  \n        return not self.items\n", (Step.TRAILING_SPACE, 14, 15)),
        ("def empty(self):\n    return not self.items\n", (Step.INDENT, 14, 15)),
        ("\tdef empty(self):\n\t\treturn not self.items\n", (Step.INDENT, 14, 15)),
        ("def empty(self):\n        return not self.items\n", (Step.FIRST_LINE_INDENT, 14, 15)),
        ("        result = \u2018none\u2019\n\n        for item in items:\n", (Step.PUNCTUATION, 7, 9)),
        ("        result = 'none'\n        for item in items:\n", (Step.SKIPPED_BLANK, 7, 9)),
        ("    def total(self, items):\n        result = 'none'\n", (Step.SKIPPED_COMMENT, 5, 7)),
        ("    def total(self, items):\n        # other words\n        result = 'none'\n", (Step.SKIPPED_COMMENT, 5, 7)),
        ("    def total(self, items):\n        ...\n        return result\n", (Step.ELISION, 5, 12)),
        ("    def total(self, items):\n        # ... as before\n        return result\n", (Step.ELISION, 5, 12)),
        ("    def empti(self):\n        return not self.items\n\n\ndef first():\n", (Step.CONTEXT_TYPO, 14, 18)),
        (
            "for item in items:\n    result += price(item,\n        self.tax)\nreturn result\n",
            (Step.FIRST_LINE_INDENT, 9, 12),
        ),
    ],
)
def test_the_nearest_step_that_finds_a_place_is_the_place(old, place):
    assert found(old) == [place]


@pytest.mark.parametrize(
    "old",
    [
        "    def empty(self):\n        return not self.things\n",
        "    def total(self, items):\n        for item in items:\n",
        "    def total(self, items):\n  result = 'none'\n        # sum\n",
        "        return result\n    ...\n    def total(self, items):\n",
        "    def empti(self):\n        return not self.itemz\n\n\ndef first():\n",
        "\n\n",
        "...\n",
        "",
    ],
    ids=["other word", "code left out", "no one shift", "wrong order", "two slips", "blank", "only dots", "nothing"],
)
def test_what_is_only_similar_has_no_place(old):
    assert found(old) == []


def test_all_places_of_a_text_are_told():
    assert found("    return 1\n") == [(Step.EXACT, 19, 19), (Step.EXACT, 23, 23)]


def test_one_place_to_the_letter_wins_over_many_that_are_indented_otherwise():
    text = "if a:\n    x = 1\nif b:\n        x = 1\n"

    assert found("    x = 1\n", text=text) == [(Step.EXACT, 2, 2)]


def test_a_line_that_is_taken_away_is_never_skipped_nor_a_slip():
    total = "    def total(self, items):\n        # other words\n        result = 'none'\n"
    empty = "    def empti(self):\n        return not self.items\n\n\ndef first():\n"

    assert found(total, total.replace("        # other words\n", "")) == []
    assert found(empty, empty.replace("empti", "is_empty")) == []


def test_dots_on_one_side_alone_are_no_place():
    old = "    def total(self, items):\n        ...\n        return result\n"

    assert found(old, "    def total(self, items):\n        return result\n") == []


def test_a_comment_is_one_only_where_the_language_has_it_so():
    text = "# Title\n\n# Part\n\ntext\n"

    assert found("# Title\n\ntext\n", text=text, path="a.py") == [(Step.SKIPPED_COMMENT, 5, 5)]
    assert found("# Title\n\ntext\n", text=text, path="a.md") == []


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("return result", "return resalt", True),
        ("return result", "return reslt", True),
        ("return result", "return reuslt", True),
        ("return result", "return result", False),
        ("return result", "return rezalt", False),
        ("def test_1(self):", "def test_2(self):", False),
        ("x = 1", "x = 10", False),
    ],
)
def test_a_slip_is_one_letter_and_no_digit(one, other, slip):
    assert is_one_letter_off(one, other) is slip


@pytest.mark.parametrize(
    ("pairs", "shift"),
    [
        ([("a", "    a"), ("  b", "      b"), ("", "    ")], Shift(added="    ")),
        ([("    a", "a"), ("      b", "  b")], Shift(removed="    ")),
        ([("    a", "\ta"), ("        b", "\t\tb")], Shift(tab_width=4)),
        ([("  a", "\ta"), ("    b", "\t\tb")], Shift(tab_width=2)),
        ([("\ta", "    a")], Shift(tab_width=-4)),
        ([("a", "a"), ("b", "  b")], None),
        ([], Shift()),
    ],
)
def test_one_shift_holds_for_all_lines_or_there_is_none(pairs, shift):
    assert shift_between(pairs) == shift


@pytest.mark.parametrize(
    ("line", "dots"),
    [("...", True), ("    # ... rest as before", True), ("// …", True), ("x[...]", False), ("# etc. ...", False)],
)
def test_dots_stand_alone_or_begin_a_comment(line, dots):
    assert is_elision(line) is dots


def test_the_nearest_candidates_are_shown_most_similar_first():
    wanted = ["    def empty(self):", "        return not self.things"]

    candidates = nearest(wanted, page())

    assert [(c.start_line, c.end_line) for c in candidates] == [(14, 15)]
    assert candidates[0].text == "    def empty(self):\n        return not self.items"
    assert nearest(["zz_))sisab ,etairavinu_si_(retlif(tsil"], page()) == ()


class Counted(UserList):
    """Lines that count how often any of them is looked at."""

    looks = 0

    def __getitem__(self, key):
        self.looks += 1
        return super().__getitem__(key)

    def __iter__(self):
        self.looks += len(self)
        return iter(self.data)


@pytest.mark.parametrize("line", ["\n", "    x = 1\n", "  x = 1\n"])
def test_the_longest_reply_against_the_largest_file_is_searched_with_few_looks_at_its_lines(line):
    """One line after the other, 10,000 lines at 40,000 places would be 400 million looks."""
    lines = Counted(plain_lines("    x = 1\n" * 40_000 + "# end\n"))
    old = plain_lines(line * 10_000 + "# and\n")

    places = places_of(replacement("block 1", old, (*old[:-1], "changed")), Page("a.py", lines))

    assert places == []
    assert lines.looks < 50 * len(lines)
