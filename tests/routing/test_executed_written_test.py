"""A written test has to notice defects: those that are put into the code, and what that says."""

import ast

import pytest
from executed_shop import new_file, only, script

from suffice.checker.executed.mutants import mutants
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.task import Kind

# --- a patch with a test


@pytest.mark.slow
def test_a_written_test_that_fails_on_mutants_passes(shop, ran):
    text = "from shop import total\n\n\ndef test_rate():\n    assert total([2], 3) == 6\n"

    verdict = ran(shop, new_file("tests/test_rate.py", text), kind=Kind.TEST_WRITING)

    assert verdict.state is State.PASSED
    assert verdict.checks[1].evidence.startswith(
        "1 written test passes, and fails on 2 of 2 mutants of shop/price.py; "
    )


@pytest.mark.slow
def test_a_written_test_that_asserts_nothing_leaves_the_patch_unchecked_whatever_old_tests_notice(shop, ran):
    old = (shop.root / "tests/test_price.py").read_text()
    both = FileChange(path="tests/test_price.py", before=old, after=old + "\n\ndef test_new():\n    total([], 1)\n")

    verdict = ran(shop, both, kind=Kind.TEST_WRITING)

    assert verdict.state is State.UNCHECKED
    assert verdict.checks[1].evidence == "the written tests fail on none of 2 mutants of shop/price.py"


@pytest.mark.e2e
def test_a_written_test_that_fails_on_the_code_blocks(shop, ran):
    text = "from shop import total\n\n\ndef test_rate():\n    assert total([2], 3) == 7\n"

    verdict = ran(shop, new_file("tests/test_rate.py", text), kind=Kind.TEST_WRITING)

    assert verdict.state is State.FAILED
    assert "tests/test_rate.py::test_rate (assert 6 == 7" in only(verdict).evidence


def test_a_written_test_that_nobody_can_run_alone_stays_unchecked(shop, ran):
    verdict = ran(
        shop, new_file("tests/test_a.py", "def test_a(): pass\n"), tests=script("pass"), kind=Kind.TEST_WRITING
    )

    assert verdict.state is State.UNCHECKED
    assert "only pytest can" in verdict.checks[1].evidence


# --- mutants


CODE = """\
class Till:
    def add(self, price):
        self.sum += price
        if price > 0 and self.is_open:
            log(price)
        return self.sum

def total(prices, rate=2):
    \"\"\"Not 1 of these.\"\"\"
    größe = "ä" + str(rate); return sum(prices) * 3

def other():
    raise ValueError
"""


def what(found):
    return [(mutant.line, mutant.what) for mutant in found]


def test_defects_are_put_into_what_is_called():
    assert what(mutants(CODE, called={"total"})) == [
        (8, "2 -> 3"),
        (10, "return sum(prices) * 3 -> return None"),
        (10, "sum(prices) * 3 -> (sum(prices) + 3)"),
        (10, "3 -> 4"),
    ]


def test_a_text_of_which_python_warns_has_mutants_and_the_warning_is_not_passed_on():
    found = mutants('def f():\n    return g("\\d")\n', called={"f"})

    assert what(found) == [(2, 'return g("\\d") -> return None')]


def test_a_class_that_is_called_stands_for_its_methods():
    assert what(mutants(CODE, called={"Till"})) == [
        (3, "self.sum += price -> pass"),
        (4, "price > 0 and self.is_open -> (price > 0 or self.is_open)"),
        (4, "price > 0 -> (price <= 0)"),
        (4, "0 -> 1"),
        (5, "log(price) -> pass"),
        (6, "return self.sum -> return None"),
    ]


def test_without_a_call_defects_are_spread_over_all_functions():
    found = mutants(CODE, called=set(), most=3)

    assert [mutant.line for mutant in found] == [3, 4, 10]


def test_a_mutant_differs_in_one_place_and_can_be_parsed():
    text = CODE.replace("\n", "\r\n")

    for mutant in mutants(text, called=set()):
        ast.parse(mutant.text)
        before, after = text.split("\r\n"), mutant.text.split("\r\n")
        assert [n for n, (old, new) in enumerate(zip(before, after, strict=True), 1) if old != new] == [mutant.line]


@pytest.mark.parametrize(
    "text", ["def f(:", "\0", "x = 1\n", "(" * 10_000, "def f():\n    return " + "-" * 5000 + "1\n"]
)
def test_what_has_no_function_that_we_can_read_has_no_mutants(text):
    assert mutants(text, called={"f"}) == ()
