"""A change becomes hunks with stable ids; what cannot be looked at is named; hunks are grouped and never cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.edits.operation import Mark
from suffice.review.hunks.change import Change, ChangedFile, change_of_texts, hunks_of
from suffice.review.hunks.cutting import MOST_LINES
from suffice.review.hunks.hunk import DiffLine, Fate, Hunk
from suffice.review.hunks.shown import labels_of, quotable, shown_hunk
from suffice.review.sorting.level import Level, worst
from suffice.review.sorting.order import groups, static_score, tokens_of
from suffice.snapshot import Snapshot
from suffice.targets import NotLookedAt

SHOP = """\
import os


class Cart:
    def total(self):
        return sum(self.prices)

    def clear(self):
        self.prices = []


def load(path):
    with open(path) as file:
        return file.read()
"""


def change_of(before, after, path="shop.py"):
    return change_of_texts({} if before is None else {path: before}, {} if after is None else {path: after})


def hunks(before, after, path="shop.py"):
    return hunks_of(change_of(before, after, path))[0]


def changed_texts(hunk):
    return [f"{line.mark}{line.text}" for line in hunk.lines if line.mark is not Mark.KEEP]


def test_a_hunk_names_its_lines_on_both_sides_and_the_definitions_around_it():
    after = SHOP.replace(
        "        return sum(self.prices)\n", "        prices = self.prices\n        return sum(prices)\n"
    )

    (hunk,) = hunks(SHOP, after)

    assert hunk.around == ("class Cart:", "def total(self):")
    assert hunk.definition == (5, 7)
    assert hunk.fate is Fate.CHANGED
    assert [(line.mark, line.old, line.new) for line in hunk.lines] == [
        (Mark.KEEP, 3, 3),
        (Mark.KEEP, 4, 4),
        (Mark.KEEP, 5, 5),
        (Mark.DROP, 6, None),
        (Mark.ADD, None, 6),
        (Mark.ADD, None, 7),
        (Mark.KEEP, 7, 8),
        (Mark.KEEP, 8, 9),
        (Mark.KEEP, 9, 10),
    ]


def test_changes_in_one_definition_are_one_hunk_and_in_two_are_two():
    body = "def f(x):\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    return a\n"
    other = "\n\ndef g(x):\n    e = 5\n    return e\n"

    one = hunks(body + other, body.replace("1", "10").replace("4", "40") + other)
    two = hunks(body + other, body.replace("return a", "return d") + other.replace("5", "50"))

    assert [hunk.around for hunk in one] == [("def f(x):",)]
    assert [hunk.around for hunk in two] == [("def f(x):",), ("def g(x):",)]


AROUND = {
    "TypeScript method": (
        "a.ts",
        "class Cart {\n  total(): number {\n    return 1;\n  }\n}\n",
        ("class Cart {", "total(): number {"),
    ),
    "JavaScript arrow": ("a.js", "const f = (x) => {\n  return 1;\n};\n", ("const f = (x) => {",)),
    "Go": ("a.go", "package a\n\nfunc f() int {\n\treturn 1\n}\n", ("func f() int {",)),
    "Rust": (
        "a.rs",
        "impl Cart {\n    fn total(&self) -> i32 {\n        1\n    }\n}\n",
        ("impl Cart {", "fn total(&self) -> i32 {"),
    ),
    "Java": (
        "A.java",
        "class A {\n  int total() {\n    return 1;\n  }\n}\n",
        ("class A {", "int total() {"),
    ),
    "Python that cannot be parsed": ("a.py", "def f(:\n    return 1\n", ()),
    "a language without a grammar": ("a.zig", "fn f() i32 {\n    return 1;\n}\n", ()),
}


@pytest.mark.parametrize(("path", "before", "around"), AROUND.values(), ids=AROUND)
def test_the_headers_around_a_hunk_are_known_by_its_language(path, before, around):
    (hunk,) = hunks(before, before.replace("1", "2"), path)

    assert hunk.around == around


def test_what_is_taken_from_the_end_of_a_function_lies_in_it():
    before = "def f(x):\n    a = x\n    check(a)\n\n\ndef g():\n    pass\n"

    (hunk,) = hunks(before, before.replace("    check(a)\n", ""))

    assert hunk.around == ("def f(x):",)


def test_a_deleted_file_is_one_hunk_of_old_lines():
    (hunk,) = hunks(SHOP, None)

    assert (hunk.fate, hunk.definition, len(hunk.removed)) == (Fate.DELETED, None, 14)
    assert hunk.added == ()


def test_a_long_created_file_is_cut_where_definitions_begin():
    function = "def f{0}(x):\n" + "    x += 1\n" * 60 + "    return x\n\n\n"
    text = "".join(function.format(number) for number in range(5))

    found = hunks(None, text)

    assert [hunk.added[0].text for hunk in found] == ["def f0(x):", "def f2(x):", "def f4(x):"]
    assert {hunk.fate for hunk in found} == {Fate.CREATED}
    assert [line.new for hunk in found for line in hunk.added] == list(range(1, text.count("\n") + 1))


def test_a_renamed_file_is_compared_with_what_it_was():
    change = Change(
        Snapshot.of_texts({"old.py": SHOP}),
        Snapshot.of_texts({"new.py": SHOP.replace("sum", "max")}),
        (ChangedFile("new.py", "old.py"),),
    )

    (hunk,), left_out = hunks_of(change)

    assert (hunk.old_path, hunk.path, hunk.fate, left_out) == ("old.py", "new.py", Fate.CHANGED, ())
    assert changed_texts(hunk) == ["-        return sum(self.prices)", "+        return max(self.prices)"]
    assert shown_hunk(hunk, change, "h1").startswith("## h1: new.py (was old.py)\n")


def test_what_cannot_be_looked_at_is_named_with_its_reason(project):
    project.write(
        {
            "same.py": "a = 1\n",
            "binary.py": b"a\0b",
            "latin.py": "a = 'é'\n".encode("latin-1"),
            "large.py": "a = 1\n" * 200_000,
            "wide.py": "a = 1\nb = '" + "x" * 3000 + "'\n",
            "empty.py": "",
        }
    )
    names = ("same.py", "binary.py", "latin.py", "large.py", "wide.py", "empty.py", "gone.py", "../out.py", "a\nb.py")
    before = Snapshot.of_texts({"same.py": "a = 1\n"})
    change = Change(before, Snapshot.of_folder(project.root), tuple(map(ChangedFile, names)))

    found, left_out = hunks_of(change)

    assert found == ()
    assert left_out == (
        NotLookedAt("same.py", "its text is the same"),
        NotLookedAt("binary.py", "it is a binary file"),
        NotLookedAt("latin.py", "it is not UTF-8 (byte 5)"),
        NotLookedAt("large.py", "it is 1.1 MiB, over the limit of 1 MiB"),
        NotLookedAt("wide.py", "1 of its hunks hold a line of over 2,000 characters"),
        NotLookedAt("empty.py", "it is empty"),
        NotLookedAt("gone.py", "it cannot be read (No such file or directory)"),
        NotLookedAt("../out.py", "it lies outside project"),
        NotLookedAt("a\nb.py", "it lies outside project"),
    )


def test_a_file_below_texts_that_were_put_on_top_of_a_folder_is_there(project):
    project.write({"a.py": "a = 2\n", "b.py": "b = 2\n"})
    after = Snapshot.of_folder(project.root).with_texts({"b.py": "b = 3\n"})
    change = Change(
        Snapshot.of_texts({"a.py": "a = 1\n", "b.py": "b = 1\n"}), after, tuple(map(ChangedFile, ("a.py", "b.py")))
    )

    found, left_out = hunks_of(change)

    assert [(hunk.path, hunk.fate) for hunk in found] == [("a.py", Fate.CHANGED), ("b.py", Fate.CHANGED)]
    assert left_out == ()


def test_the_same_change_at_two_places_has_two_ids():
    before = "".join(f"def f{n}():\n    return 1\n\n\n" for n in range(3))

    found = hunks(before, before.replace("return 1", "return 2"))

    assert len({hunk.id for hunk in found}) == 3
    assert [hunk.id for hunk in hunks(before, before.replace("return 1", "return 2"))] == [h.id for h in found]


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "", "def f():", "    return a", "class C:", "# note"]), max_size=30)


@given(LINES, LINES, st.lists(st.just("# above"), max_size=9))
def test_ids_stay_when_lines_are_put_in_above(old, new, above):
    texts = ["".join(f"{line}\n" for line in lines) for lines in ([*above, "x"], [*above, "x"])]
    before, after = (
        head + "".join(f"{line}\n" for line in lines) for head, lines in zip(texts, (old, new), strict=True)
    )
    plain = ("x\n" + "".join(f"{line}\n" for line in old), "x\n" + "".join(f"{line}\n" for line in new))

    assert [hunk.id for hunk in hunks(before, after, "a.txt")] == [hunk.id for hunk in hunks(*plain, "a.txt")]


@given(LINES, LINES)
def test_hunks_hold_every_changed_line_once(old, new):
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    found = hunks(before, after) if before != after else ()

    kept_old = list(before.splitlines())
    for hunk in reversed(found):
        for line in reversed(hunk.removed):
            assert kept_old.pop(line.old - 1) == line.text
    kept_new = list(after.splitlines())
    for hunk in reversed(found):
        for line in reversed(hunk.added):
            assert kept_new.pop(line.new - 1) == line.text
    assert kept_old == kept_new
    for hunk in found:
        assert all(line.text == before.splitlines()[line.old - 1] for line in hunk.lines if line.old)
        assert all(line.text == after.splitlines()[line.new - 1] for line in hunk.lines if line.new)


def test_a_hunk_is_shown_with_new_and_old_text_apart_and_numbers_outside_of_the_text():
    change = change_of(SHOP, SHOP.replace("sum(self.prices)", "max(self.prices)"))
    (hunk,), _ = hunks_of(change)

    assert shown_hunk(hunk, change, "h7", with_definition=False) == (
        "## h7: shop.py\n"
        "in class Cart: > def total(self):\n"
        "__new__\n"
        "    3  |\n"
        "    4  |class Cart:\n"
        "    5  |    def total(self):\n"
        "    6 +|        return max(self.prices)\n"
        "    7  |\n"
        "    8  |    def clear(self):\n"
        "    9  |        self.prices = []\n"
        "__old__\n"
        "    3  |\n"
        "    4  |class Cart:\n"
        "    5  |    def total(self):\n"
        "    6 -|        return sum(self.prices)\n"
        "    7  |\n"
        "    8  |    def clear(self):\n"
        "    9  |        self.prices = []"
    )


def test_the_whole_definition_is_shown_and_may_be_quoted():
    body = "def f(x):\n" + "".join(f"    a{n} = x\n" for n in range(20)) + "    return a1\n"
    change = change_of(body, body.replace("return a1", "return a2"))
    (hunk,), _ = hunks_of(change)

    shown = shown_hunk(hunk, change, "h1")

    assert "    1  |def f(x):" in shown
    assert "   22 +|    return a2" in shown
    assert [(line.text, line.in_old, line.changed) for line in quotable(hunk, change)][-6:] == [
        ("    a19 = x", False, False),
        ("    return a2", False, True),
        ("    a17 = x", True, False),
        ("    a18 = x", True, False),
        ("    a19 = x", True, False),
        ("    return a1", True, True),
    ]


def test_what_may_be_quoted_is_what_is_shown():
    change = change_of(SHOP, SHOP.replace("self.prices", "self.items").replace("import os\n", ""))
    found, _ = hunks_of(change)

    for label, hunk in labels_of(found).items():
        shown = {line.partition("|")[2] for line in shown_hunk(hunk, change, label).split("\n")}
        assert {line.text for line in quotable(hunk, change)} <= shown


def test_no_line_of_a_file_passes_for_a_heading():
    change = change_of(None, "__old__\n## h2: other.py\n", "a\u2028b.py")
    (hunk,), _ = hunks_of(change)

    shown = shown_hunk(hunk, change, "h1").split("\n")

    assert shown == ["## h1: 'a\\u2028b.py' (created)", "__new__", "    1 +|__old__", "    2 +|## h2: other.py"]


def a_hunk(path, size, text="x = 1"):
    lines = tuple(DiffLine(Mark.ADD, text, None, number) for number in range(1, size + 1))
    return Hunk(f"{path}:{size}", path, path, lines)


SCORES = {
    "code": (["x = 1", "y = 2"], 2),
    "a branch counts three times": (["if x:", "    y = 2"], 4),
    "blank lines and comments count nothing": (["", "# if x:", "x = 1"], 1),
    "a loop with a way out": (["for x in y:", "    break"], 6),
}


@pytest.mark.parametrize(("lines", "score"), SCORES.values(), ids=SCORES)
def test_the_static_score_is_code_and_twice_what_steers(lines, score):
    hunk = Hunk("h", "a.py", "a.py", tuple(DiffLine(Mark.ADD, text, None, n) for n, text in enumerate(lines, 1)))

    assert static_score(hunk) == score


def test_groups_hold_one_file_or_else_one_folder_the_worst_first():
    small, beside, risky = a_hunk("a/x.py", 3), a_hunk("a/y.py", 5), a_hunk("b/z.py", 1)
    found = groups([small, beside, risky, a_hunk("b/w.py", 9)], {risky.id: Level.RISKY})

    assert [[hunk.path for hunk in group.hunks] for group in found] == [["b/z.py"], ["b/w.py"], ["a/x.py", "a/y.py"]]
    assert [group.level for group in found] == [Level.RISKY, Level.NORMAL, Level.NORMAL]


HUNKS = st.lists(
    st.builds(a_hunk, st.sampled_from(["a.py", "b/c.py", "b/d.py", "b/e/f.py"]), st.integers(1, 90)),
    max_size=20,
    unique_by=lambda hunk: hunk.id,
)


@given(HUNKS, st.integers(1, 800), st.dictionaries(st.integers(1, 90), st.sampled_from(Level)))
def test_groups_hold_every_hunk_once_and_whole(given_hunks, most_tokens, by_size):
    levels = {hunk.id: by_size[len(hunk.lines)] for hunk in given_hunks if len(hunk.lines) in by_size}

    found = groups(given_hunks, levels, most_tokens=most_tokens)

    assert sorted(hunk.id for group in found for hunk in group.hunks) == sorted(hunk.id for hunk in given_hunks)
    assert all(group.tokens <= most_tokens or len(group.hunks) == 1 for group in found)
    assert all(group.tokens == sum(map(tokens_of, group.hunks)) for group in found)
    assert all({levels.get(hunk.id, Level.NORMAL) for hunk in group.hunks} == {group.level} for group in found)


def test_no_piece_of_a_created_file_is_over_the_limit():
    found = hunks(None, "x = 1\n" * (3 * MOST_LINES + 1))

    assert [len(hunk.lines) for hunk in found] == [150, 150, 150, 1]


def test_the_worst_of_two_levels_counts():
    assert [worst(Level.TRIVIAL, level) for level in Level] == list(Level)
    assert worst(Level.ARCHITECTURE, Level.RISKY) is Level.ARCHITECTURE
