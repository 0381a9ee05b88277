"""Tests stay as strict as they were, and may still be renamed, moved, merged and added to."""

import pytest

from suffice import Kind, Snapshot
from suffice.checker import weakened_tests
from suffice.checker.subject import Subject
from suffice.checker.test_cases import test_cases as cases_in
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange

PATH = "tests/test_cart.py"
BEFORE = """\
import pytest

from shop import parse, total


def test_total():
    cart = [1, 2]
    assert total(cart) == 3
    assert total([]) == 0


def test_parse():
    with pytest.raises(ValueError, match="empty"):
        parse("")
    assert parse("1") == pytest.approx(1, abs=0.01)


class TestRuns:
    def test_it_runs(self):
        total([1])
"""
JS = """\
describe('cart', () => {
  it('adds up', () => {
    expect(total([1, 2])).toBe(3);
  });
  it('is empty', () => {
    expect(total([])).toBe(0);
  });
});
"""


def look(*changes, kind=Kind.DEBUG):
    """*changes* are (path, before, after)."""
    made = tuple(FileChange(path=path, before=before, after=after) for path, before, after in changes)
    texts = {change.path: change.before for change in made if change.before is not None}
    return weakened_tests.look(Subject(kind=kind, changes=made, snapshot=Snapshot.of_texts(texts)))


def replaced(*pairs, text=BEFORE):
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


MERGED = """\
@pytest.mark.parametrize("cart", [[1, 2], []])
def test_all(cart):
    assert total(cart) == sum(cart)


"""
TOTAL = "def test_total():\n    cart = [1, 2]\n    assert total(cart) == 3\n    assert total([]) == 0\n\n\n"

WEAKER = {
    "a test taken away": replaced((TOTAL, "")),
    "the file taken away": None,
    "an assertion taken away": replaced(("    assert total([]) == 0\n", "")),
    "an assertion commented out": replaced(("    assert total([])", "    # assert total([])")),
    "an emptied test": replaced(("        total([1])\n", "        pass\n")),
    "always true": replaced(("assert total(cart) == 3", "assert True")),
    "always true, or else": replaced(("== 3", "== 3 or True")),
    "skipped": replaced(("def test_total", "@pytest.mark.skip\ndef test_total")),
    "skipped with its class": replaced(("class TestRuns", "@pytest.mark.skip\nclass TestRuns")),
    "skipped within": replaced(("    cart =", "    pytest.skip('later')\n    cart =")),
    "skipped as a whole": replaced(("import pytest\n", "import pytest\n\npytestmark = pytest.mark.skip\n")),
    "expected to fail": replaced(("def test_parse", "@pytest.mark.xfail\ndef test_parse")),
    "left before it looks": replaced(("    cart =", "    return\n    cart =")),
    "caught": replaced(
        (
            "    assert total([]) == 0\n",
            "    try:\n        assert total([]) == 0\n    except Exception:\n        pass\n",
        )
    ),
    "caught among others": replaced(
        (
            "    assert total([]) == 0\n",
            "    try:\n        assert total([]) == 0\n    except (AssertionError, KeyError):\n        pass\n",
        )
    ),
    "any error": replaced(('pytest.raises(ValueError, match="empty")', "pytest.raises(Exception)")),
    "not none": replaced(("total(cart) == 3", "total(cart) is not None")),
    "far less exact": replaced(("abs=0.01", "abs=10")),
    "renamed so that nobody runs it": replaced(("def test_total", "def check_total")),
}
AS_STRICT = {
    "renamed": replaced(("test_total", "test_the_total_adds_up")),
    "moved down": replaced((TOTAL, "")) + "\n\n" + TOTAL.rstrip() + "\n",
    "another value": replaced(("== 3", "== 4")),
    "one assertion for two": replaced(
        ("    assert total(cart) == 3\n    assert total([]) == 0\n", "    assert (total(cart), total([])) == (3, 0)\n")
    ),
    "asserted by a function": replaced(
        ("    assert total([]) == 0\n", "    check_empty()\n"),
        ("class Test", "def check_empty():\n    assert not total([])\n\n\nclass Test"),
    ),
    "a new test": BEFORE + "\n\ndef test_more():\n    assert total([5]) == 5\n",
    "a new test that cannot run everywhere": BEFORE + "\n\n@pytest.mark.skipif(WINDOWS)\ndef test_more():\n    f()\n",
    "a skip in a string": BEFORE
    + '\n\ndef test_more(run):\n    run("""\n@pytest.mark.skip\ndef test_total(): ...\n""")\n',
    "merged into one for many values": replaced((TOTAL, MERGED)),
    "a narrower error": replaced(("raises(ValueError,", "raises(EmptyError,")),
}


@pytest.mark.parametrize("after", WEAKER.values(), ids=WEAKER)
def test_a_weaker_test_is_blocked(after):
    assert look((PATH, BEFORE, after)).state is State.FAILED


@pytest.mark.parametrize("after", AS_STRICT.values(), ids=AS_STRICT)
def test_a_test_that_is_as_strict_passes(after):
    found = look((PATH, BEFORE, after), kind=Kind.REFACTOR)

    assert (found.state, found.evidence) == (State.PASSED, "tests are as strict as before")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0.01", "0.02", State.PASSED),
        ("0.01", "1_0", State.FAILED),
        ("0.01", "1e999", State.FAILED),
        ("0.01", "1.2.3", State.FAILED),  # no number: the linter says so
        ("0.01", "1__0", State.FAILED),
        ("0.01", "0.01, rel=1e999", State.PASSED),  # not known to be wider
        ("0", "0", State.PASSED),
        ("0", "0.01", State.FAILED),
    ],
)
def test_a_tolerance_may_become_a_little_wider(old, new, expected):
    before = BEFORE.replace("abs=0.01", f"abs={old}")
    after = before.replace(f'parse("1") == pytest.approx(1, abs={old})', f'parse("2") == pytest.approx(2, abs={new})')

    assert look((PATH, before, after)).state is expected


def test_a_test_may_move_to_another_file():
    other = "import pytest\n"

    found = look((PATH, BEFORE, replaced((TOTAL, ""))), ("tests/test_total.py", other, other + "\n\n" + TOTAL))

    assert found.state is State.PASSED


def test_a_test_file_may_be_renamed_but_not_hidden():
    text = "def test_a():\n    assert 1 < 2\n"
    renamed = FileChange(path="tests/test_a.py", before=text, after=text, new_path="tests/test_b.py")
    hidden = FileChange(path="test_a.py", before=text, after=text, new_path="a.py.old")

    states = [
        weakened_tests.look(Subject(kind=Kind.REFACTOR, changes=(change,), snapshot=Snapshot.of_texts({}))).state
        for change in (renamed, hidden)
    ]

    assert states == [State.PASSED, State.FAILED]


def test_a_test_file_in_another_language_may_not_go_but_its_data_may():
    states = [look((path, "x\n", None)).state for path in ("spec/cart_spec.rb", "tests/data/cart.json")]

    assert states == [State.FAILED, State.PASSED]


def test_the_test_of_something_that_the_patch_takes_away_may_go_with_it():
    source = "def parse(text):\n    return text\n\n\ndef total(cart):\n    return 0\n"
    after = "def parse(text):\n    return text\n"

    with_it = look(("shop.py", source, after), (PATH, BEFORE, replaced((TOTAL, ""))), kind=Kind.EDIT)
    another = look(("shop.py", source, "def total(cart):\n    return 0\n"), (PATH, BEFORE, replaced((TOTAL, ""))))

    assert (with_it.state, another.state) == (State.PASSED, State.FAILED)


def test_of_two_tests_of_one_name_only_the_last_was_ever_run():
    twice = BEFORE.replace(TOTAL, "def test_parse():\n    assert total([]) == 0\n\n\n")

    assert look((PATH, twice, BEFORE.replace(TOTAL, ""))).state is State.PASSED


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  it('is empty'", "  it.skip('is empty'", State.FAILED),
        ("  it('is empty'", "  xit('is empty'", State.FAILED),
        ("describe('cart'", "describe.only('cart'", State.FAILED),
        ("    expect(total([])).toBe(0);\n", "", State.FAILED),
        ("toBe(0)", "toBeDefined()", State.FAILED),
        ("  it('is empty'", "  it('is empty at first'", State.PASSED),
        ("  it('is empty'", "  it.skip('comes later', () => {});\n  it('is empty'", State.PASSED),
    ],
)
def test_tests_in_other_languages_stay_as_strict(old, new, expected):
    assert look(("src/cart.test.js", JS, replaced((old, new), text=JS))).state is expected


def test_what_touches_no_test_is_not_looked_at():
    assert look(("shop.py", "a = 1\n", "a = 2\n")).state is State.SKIPPED


def test_the_cases_of_a_file_are_told_without_parsing_it():
    go = "func TestAdd(t *testing.T) {\n\tif add(1) != 2 {\n\t\tt.Fatal()\n\t}\n}\n\nfunc helper() {}\n"

    names = [case.name for case in cases_in(PATH, BEFORE)], [case.name for case in cases_in("a_test.go", go)]

    assert names == (["test_total", "test_parse", "test_it_runs"], ["TestAdd"])
    assert [len(case.asserts) for case in cases_in(PATH, BEFORE)] == [2, 2, 0]
    assert cases_in("tests/data.bin", BEFORE) == ()
