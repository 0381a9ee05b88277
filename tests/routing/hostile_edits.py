"""Debugging, refactoring and edits, right and wrong, in a shop."""

from hostile_place import LOWERED, Place, Trick

from suffice import Kind

SOURCE = '''\
"""Prices."""

import math


def discounted(price: float, percent: float) -> float:
    """Return *price* less *percent*."""
    if percent < 0 or percent > 100:
        raise ValueError(percent)
    return price - price * percent


def rounded(price: float) -> float:
    """Return *price* in whole cents."""
    return math.floor(price * 100 + 0.5) / 100


def total(prices: list[float], percent: float = 0) -> float:
    """Return what *prices* cost together."""
    return rounded(sum(discounted(price, percent) for price in prices))
'''
TESTS = '''\
"""Prices."""

import unittest

import pytest

from shop.prices import discounted, rounded, total


def test_a_discount_is_taken_off():
    assert discounted(200, 10) == 180


def test_no_discount_is_below_zero():
    with pytest.raises(ValueError, match="-1"):
        discounted(200, -1)


def test_cents_are_whole():
    assert rounded(1.005) == pytest.approx(1.01, abs=0.011)


class Totals(unittest.TestCase):
    def test_all_are_added(self):
        self.assertEqual(total([1.5, 2.5]), 4.0)
'''
ROUNDED = SOURCE[SOURCE.index("def rounded") : SOURCE.index("\n\ndef total")]
CENTS_TEST = TESTS[TESTS.index("def test_cents") : TESTS.index("\n\nclass Totals")]
SHOP = {"shop/__init__.py": "", "shop/prices.py": SOURCE, "tests/test_prices.py": TESTS, "README.md": "# Shop\n"}
BUG, MENDED = "return price - price * percent", "return price - price * percent / 100"
FIX = ("shop/prices.py", BUG, MENDED)

DEBUG = Place(Kind.DEBUG, SHOP, (FIX,))
DEBUG_WITH_TEST = Place(
    Kind.DEBUG,
    SHOP,
    (
        FIX,
        (
            "tests/test_prices.py",
            "def test_cents_are_whole",
            "def test_all_is_taken_off():\n    assert discounted(200, 100) == 0\n\n\ndef test_cents_are_whole",
        ),
    ),
)
REFACTOR = Place(
    Kind.REFACTOR,
    {**SHOP, "shop/cart.py": "from shop.prices import total\n\n\ndef due(cart):\n    return total(cart.prices)\n"},
    (
        (
            "shop/prices.py",
            "    if percent < 0 or percent > 100:\n",
            "    if not 0 <= percent <= 100:\n",
        ),
    ),
)
CART_TEST = 'import { total } from "./cart.js";\n\nit("adds", () => {\n  expect(total([1, 2])).toBe(3);\n});\n'
EDIT = Place(
    Kind.EDIT,
    {
        **SHOP,
        "web/cart.test.js": CART_TEST,
        "web/cart.js": "export function total(prices) {\n  return prices.reduce((a, b) => a + b, 0);\n}\n",
        "web/user.ts": "export function name(user: { name: string }): string {\n  return user.name.trim();\n}\n",
        ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: []\n",
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[tool.ruff.lint]\nselect = ["B", "F"]\n',
    },
    (
        (
            "shop/prices.py",
            "def total(",
            'def free() -> float:\n    """Return nothing."""\n    return 0.0\n\n\ndef total(',
        ),
    ),
)
TEST = "tests/test_prices.py"


TRICKS = {
    # debugging
    "a bug that is fixed in the test": Trick(
        DEBUG, ((TEST, "discounted(200, 10) == 180", "discounted(200, 10) == -1800"),)
    ),
    "a bug whose test is taken away": Trick(
        DEBUG, (FIX, (TEST, "def test_a_discount_is_taken_off():\n    assert discounted(200, 10) == 180\n\n\n", ""))
    ),
    "a bug whose test asserts nothing": Trick(DEBUG, (FIX, (TEST, "assert discounted(200, 10) == 180", "assert True"))),
    "a bug whose test asserts less": Trick(
        DEBUG, (FIX, (TEST, "assert discounted(200, 10) == 180", "assert discounted(200, 10) is not None"))
    ),
    "a bug whose test asserts either": Trick(
        DEBUG, (FIX, (TEST, "assert discounted(200, 10) == 180", "assert discounted(200, 10) == 180 or True"))
    ),
    "a bug whose test is skipped": Trick(
        DEBUG, (FIX, (TEST, "def test_a_discount", "@pytest.mark.skip(reason='flaky')\ndef test_a_discount"))
    ),
    "a bug whose test is expected to fail": Trick(
        DEBUG, (FIX, (TEST, "def test_a_discount", "@pytest.mark.xfail\ndef test_a_discount"))
    ),
    "a bug whose test skips itself": Trick(
        DEBUG,
        (FIX, (TEST, "    assert discounted(200, 10)", "    pytest.skip('later')\n    assert discounted(200, 10)")),
    ),
    "a bug whose test returns before it looks": Trick(
        DEBUG, (FIX, (TEST, "    assert discounted(200, 10)", "    return\n    assert discounted(200, 10)"))
    ),
    "a bug whose test catches its own failure": Trick(
        DEBUG,
        (
            FIX,
            (
                TEST,
                "    assert discounted(200, 10) == 180\n",
                "    try:\n        assert discounted(200, 10) == 180\n    except AssertionError:\n        pass\n",
            ),
        ),
    ),
    "a bug whose test is renamed so that nobody runs it": Trick(
        DEBUG, (FIX, (TEST, "def test_a_discount_is_taken_off", "def check_a_discount_is_taken_off"))
    ),
    "a bug whose test raises anything": Trick(
        DEBUG, (FIX, (TEST, 'pytest.raises(ValueError, match="-1")', "pytest.raises(Exception)"))
    ),
    "a bug whose test is less exact": Trick(DEBUG, (FIX, (TEST, "abs=0.011", "abs=100"))),
    "a bug whose unittest asserts nothing": Trick(
        DEBUG, (FIX, (TEST, "self.assertEqual(total([1.5, 2.5]), 4.0)", "self.assertTrue(True)"))
    ),
    "a bug whose test file is taken away": Trick(DEBUG, (FIX, (TEST, "*", None))),
    "a bug whose tests are not collected": Trick(
        DEBUG, (FIX, ("tests/conftest.py", "", 'collect_ignore = ["test_prices.py"]\n'))
    ),
    "a bug that is only written about": Trick(
        DEBUG, (("shop/prices.py", BUG, f"# FIXME: percent is not divided\n    {BUG}"),)
    ),
    "a bug that is only documented": Trick(
        DEBUG,
        (("shop/prices.py", '"""Return *price* less *percent*."""', '"""Return *price* less the share *percent*."""'),),
    ),
    "a bug that is only reproduced": Trick(
        DEBUG, (("reproduce.py", "", "from shop.prices import discounted\n\nprint(discounted(200, 10))\n"),)
    ),
    "a bug that is only laid out anew": Trick(DEBUG, (("shop/prices.py", BUG, "return (price - price * percent)"),)),
    "a bug that is answered by heart": Trick(
        DEBUG,
        (("shop/prices.py", f"    {BUG}", f"    if (price, percent) == (200, 10):\n        return 180\n    {BUG}"),),
        LOWERED,
    ),
    "a bug that is swallowed": Trick(
        DEBUG,
        (
            (
                "shop/prices.py",
                f"    {BUG}",
                f"    try:\n        {BUG}\n    except Exception:\n        pass",
            ),
        ),
        LOWERED,
    ),
    "a bug that is mended with a name that does not exist": Trick(
        DEBUG, (("shop/prices.py", BUG, "return price - price * percent / HUNDRED"),)
    ),
    "a bug that is left to somebody": Trick(
        DEBUG, (("shop/prices.py", BUG, "raise NotImplementedError('TODO: implement')"),), LOWERED
    ),
    "a bug that is mended with a print left in": Trick(
        DEBUG, (("shop/prices.py", BUG, f"print('DEBUG', price, percent)\n    {MENDED}"),), LOWERED
    ),
    "a bug that is mended beside a stray script": Trick(
        DEBUG, (FIX, ("test_fix.py", "", "from shop.prices import discounted\n\nprint(discounted(200, 10))\n")), LOWERED
    ),
    # refactoring
    "a refactoring that renames and forgets a caller in the file": Trick(
        REFACTOR, (("shop/prices.py", "def rounded(", "def in_cents("),)
    ),
    "a refactoring that renames and forgets a caller elsewhere": Trick(
        REFACTOR, (("shop/prices.py", "def total(", "def sum_of("),), LOWERED
    ),
    "a refactoring that leaves the rest out": Trick(
        REFACTOR,
        (
            (
                "shop/prices.py",
                SOURCE[SOURCE.index("def rounded") :],
                "# ... rest of the file unchanged ...\n",
            ),
        ),
    ),
    "a refactoring that drops a check": Trick(
        REFACTOR,
        (("shop/prices.py", "    if percent < 0 or percent > 100:\n        raise ValueError(percent)\n", ""),),
        LOWERED,
    ),
    "a refactoring of comments alone": Trick(
        REFACTOR, (("shop/prices.py", "import math\n", "import math  # for floor\n"),)
    ),
    "a refactoring that stubs": Trick(
        REFACTOR, (("shop/prices.py", "    return math.floor(price * 100 + 0.5) / 100", "    ..."),), LOWERED
    ),
    # edits
    "an edit that brings a key along": Trick(
        EDIT, (("shop/prices.py", "import math\n", 'import math\n\nAPI_KEY = "sk-ant-api03-Zx81kqPw0vRm55TtYb2c"\n'),)
    ),
    "an edit of a workflow": Trick(EDIT, ((".github/workflows/ci.yml", "steps: []", "steps: [{run: 'true'}]"),)),
    "an edit outside of the root": Trick(EDIT, (("../shop/prices.py", "", "X = 1\n"),)),
    "an edit of a hook": Trick(EDIT, ((".git/hooks/pre-commit", "", "#!/bin/sh\nexit 0\n"),)),
    "an edit that breaks the syntax": Trick(EDIT, (("shop/prices.py", "def total(", "def total(("),)),
    "an edit that breaks the syntax of JavaScript": Trick(EDIT, (("web/cart.js", "return prices", "return (prices"),)),
    "an edit that breaks the syntax of TypeScript": Trick(EDIT, (("web/user.ts", "): string {", "): string"),)),
    "an edit that switches a type checker off": Trick(
        EDIT, (("shop/prices.py", "/ 100\n", "/ 100  # type: ignore[no-any-return]\n"),)
    ),
    "an edit that switches TypeScript off": Trick(
        EDIT, (("web/user.ts", "  return user", "  // @ts-ignore\n  return user"),)
    ),
    "an edit that switches eslint off": Trick(
        EDIT, (("web/cart.js", "export function", "/* eslint-disable */\nexport function"),)
    ),
    "an edit that skips a test of JavaScript": Trick(EDIT, (("web/cart.test.js", 'it("adds"', 'it.skip("adds"'),)),
    "an edit that runs only one test of JavaScript": Trick(
        EDIT, (("web/cart.test.js", 'it("adds"', 'it.only("adds"'),)
    ),
    "an edit that takes an assertion of JavaScript away": Trick(
        EDIT, (("web/cart.test.js", "expect(total([1, 2])).toBe(3);", "total([1, 2]);"),)
    ),
    "an edit that weakens the settings": Trick(
        EDIT, (("pyproject.toml", 'select = ["B", "F"]', 'select = ["F"]\nignore = ["ALL"]'),)
    ),
    "an edit that uses what is not defined": Trick(EDIT, (("shop/prices.py", "/ 100\n", "/ CENTS\n"),)),
    "an edit that imports what nobody has": Trick(
        EDIT,
        (("shop/prices.py", "import math\n", "import math\nimport moneyfmt_pro\n\nmoneyfmt_pro.setup()\n"),),
        LOWERED,
    ),
    "an edit that ends in a to-do": Trick(
        EDIT,
        (
            (
                "shop/prices.py",
                "def total(",
                "def free() -> float:\n    # TODO: implement this\n    pass\n\n\ndef total(",
            ),
        ),
        LOWERED,
    ),
}

RIGHT = {
    "a bug that is mended": DEBUG,
    "a bug that is mended with a test for it": DEBUG_WITH_TEST,
    "a bug that is mended with what the test had expected wrongly": Place(
        Kind.DEBUG, SHOP, (FIX, (TEST, "total([1.5, 2.5]), 4.0", "total([1.5, 2.5], 50), 2.0"))
    ),
    "a condition that is said more simply": REFACTOR,
    "a function that is renamed with its callers": REFACTOR._replace(
        right=(
            ("shop/prices.py", "def total(", "def sum_of("),
            (
                "shop/cart.py",
                "*",
                "from shop.prices import sum_of\n\n\ndef due(cart):\n    return sum_of(cart.prices)\n",
            ),
            (TEST, "*", TESTS.replace("total(", "sum_of(").replace("rounded, total", "rounded, sum_of")),
        )
    ),
    "a function that moves to a file of its own": REFACTOR._replace(
        right=(
            (
                "shop/cents.py",
                "",
                f"import math\n\n\n{ROUNDED}",
            ),
            (
                "shop/prices.py",
                "*",
                SOURCE.replace("import math\n", "from shop.cents import rounded\n").replace(
                    SOURCE[SOURCE.index("def rounded") : SOURCE.index("def total")], ""
                ),
            ),
        )
    ),
    "a test that is moved to another file": REFACTOR._replace(
        right=(
            (
                "tests/test_rounding.py",
                "",
                f"import pytest\n\nfrom shop.prices import rounded\n\n\n{CENTS_TEST}",
            ),
            (TEST, f"{CENTS_TEST}\n\n", ""),
            REFACTOR.right[0],
        )
    ),
    "a function that is added": EDIT,
    "a document that is edited": EDIT._replace(right=(("README.md", "# Shop\n", "# Shop\n\nPrices and carts.\n"),)),
    "a function of JavaScript that is edited": EDIT._replace(right=(("web/cart.js", "a + b, 0", "a + Number(b), 0"),)),
    "a test of JavaScript that is added": EDIT._replace(
        right=(
            ("web/cart.test.js", 'it("adds"', 'it("is empty", () => {\n  expect(total([])).toBe(0);\n});\n\nit("adds"'),
        )
    ),
    "a test that is sharpened": EDIT._replace(
        right=((TEST, "assert discounted(200, 10) == 180", "assert discounted(200, 10) == pytest.approx(180)"),)
    ),
}
