"""The project's own type checker, without and with a patch."""

import sys
from pathlib import Path

import pytest
from executed_shop import PRICE, change, new_file, only, script

from suffice.checker.executed import type_check
from suffice.checker.executed.sandbox import Confinement, Ran
from suffice.checker.verdict import State

CHECKER = """\
import pathlib, sys
found = [
    f'{path}:{number}: error: line {number} is no whole {line.strip()[4:]}  [wrong]'
    for path in sorted(pathlib.Path().rglob('*.py'))
    for number, line in enumerate(path.read_text().splitlines(), 1)
    if line.strip().startswith('# !')
]
print(*found, sep='\\n')
sys.exit(bool(found))
"""


@pytest.fixture
def checker(tmp_path):
    """A type checker that finds an error in each line that begins with `# !`."""
    (tmp_path / "checker.py").write_text(CHECKER)
    return f"{sys.executable} -I {tmp_path / 'checker.py'}"


def test_an_old_type_error_that_moved_is_no_new_one(own_shop, ran, checker):
    own_shop.write({"shop/price.py": "# ! int\n" + PRICE})

    verdict = ran(own_shop, change(own_shop, "shop/price.py", "# ! int", "\n\n# ! int"), tests=None, types=checker)

    assert verdict.state is State.PASSED
    assert only(verdict).evidence.startswith("no new type error (1 in all, ")


def test_a_new_type_error_blocks(own_shop, ran, checker):
    own_shop.write({"shop/price.py": "# ! int\n" + PRICE})

    verdict = ran(own_shop, change(own_shop, "shop/price.py", "# ! int", "# ! int\n# ! int"), tests=None, types=checker)

    assert verdict.state is State.FAILED
    assert only(verdict).evidence == "new type errors: shop/price.py:2: line 2 is no whole int  [wrong]"
    assert only(verdict).amount == 1


def test_a_type_checker_that_cannot_work_says_nothing(shop, ran):
    verdict = ran(shop, new_file("a.py", ""), tests=None, types=script('raise SystemExit("no settings")'))

    assert (verdict.state, only(verdict).state) == (State.UNCHECKED, State.SKIPPED)
    assert "(no settings)" in only(verdict).evidence


@pytest.mark.parametrize("is_cut", [False, True])
def test_what_a_type_checker_printed_counts_only_if_all_of_it_was_kept(is_cut):
    ran = Ran(code=1, tail="a.py:1: error: wrong\n", took_s=0.1, confinement=Confinement(), is_cut=is_cut)

    assert (type_check._errors(ran, {}) is None) is is_cut


@pytest.mark.e2e
def test_mypy_of_the_project_is_asked(own_shop, ran):
    mypy = Path(sys.executable).with_name("mypy")
    home = own_shop.root / ".venv" / "bin"
    home.mkdir(parents=True)
    (home / "mypy").symlink_to(mypy)
    own_shop.write(
        {".gitignore": ".venv\n", "shop/price.py": "def total(prices: list[int]) -> int:\n    return sum(prices)\n"}
    )

    patch = change(own_shop, "shop/price.py", "-> int", "-> str")
    verdict = ran(own_shop, patch, tests=None, types="mypy shop/price.py")

    assert verdict.state is State.FAILED
    assert "shop/price.py:2: Incompatible return value type" in only(verdict).evidence
