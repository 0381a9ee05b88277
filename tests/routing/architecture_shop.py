"""A shop as an architecture review sees it: its source, the facts about it, and claims that stand by them."""

from suffice.review.structure.fact import Fact, FactKind
from suffice.review.structure.facts import Structure
from suffice.review.structure.import_graph import Graph

_CART = '''\
"""The cart."""

from shop.money import Money


def total(cart) -> Money:
    return Money(cart)
'''
_RATES = '''\
"""Rates of tax."""

RATES = {"de": 19}


def rate_of(country):
    return RATES[country]
'''
_MONEY = '''\
"""Money."""


class Money:
    def __init__(self, cents):
        self.cents = cents
'''
_VIEWS = '''\
"""What the outside sees."""

from shop import cart, money


def show():
    return cart
'''
SHOP = {
    "shop/cart.py": _CART,
    "shop/tax/rates.py": _RATES,
    "shop/money.py": _MONEY,
    "shop/api/views.py": _VIEWS,
    "shop/crm/mail.py": '"""Letters."""\n\n\ndef send_letter(to):\n    return to\n',
    "tests/test_cart.py": "from shop.cart import total\n",
}

FACTS = (
    Fact(
        FactKind.CO_CHANGE_WITHOUT_IMPORT,
        "shop/cart.py and shop/tax/rates.py changed together in 12 of the 15 commits that changed shop/cart.py; "
        "neither imports the other",
        "git log",
        9.0,
        ("shop/cart.py", "shop/tax/rates.py"),
        "F1",
        (("shop/cart.py", "shop/tax/rates.py"),),
    ),
    Fact(
        FactKind.CYCLE,
        "2 files import one another in a cycle (shop/cart.py, shop/money.py), by 2 imports; it is gone without "
        "1 import: shop/cart.py line 3 -> shop/money.py",
        "ruff analyze graph",
        2.0,
        ("shop/cart.py", "shop/money.py"),
        "F2",
        (("shop/cart.py", "shop/money.py"),),
    ),
    Fact(
        FactKind.HOTSPOT,
        "shop/api/views.py changed in 1,200 of 4800 commits (25 %), has 900 lines and is imported by 42 files",
        "git log; commits times lines",
        5.0,
        ("shop/api/views.py",),
        "F3",
    ),
    Fact(FactKind.HISTORY, "history: 4800 commits from 2024-01-31 to 2026-11-01 were counted", "git log", id="F4"),
)

EDGES = {
    "shop/cart.py": frozenset({"shop/money.py"}),
    "shop/money.py": frozenset({"shop/cart.py"}),
    "shop/api/views.py": frozenset({"shop/cart.py", "shop/money.py"}),
    "shop/tax/rates.py": frozenset(),
    "shop/crm/mail.py": frozenset(),
    "tests/test_cart.py": frozenset({"shop/cart.py"}),
}


def structure(facts=FACTS, *, edges=EDGES, declared=(), unavailable=()):
    return Structure(
        facts=tuple(facts),
        graph=Graph(edges=edges, how="ruff analyze graph"),
        levels={},
        lines={},
        churn={},
        declared=declared,
        unavailable=unavailable,
    )


CLAIM = {
    "title": "Say in one place what `shop/cart.py` knows of tax",
    "observation": "`shop/cart.py` and `rates.py` changed together in 12 of 15 commits, though neither imports the "
    "other.",
    "cost_if_left": "Whoever changes a rate has to remember `shop.cart`, and nothing tells them.",
    "options": [
        {"what": "Let `shop/cart.py` import `shop.tax.rates`.", "trade_off": "The cart then knows of tax."},
        {"what": "Move both rules to a new `shop/tax/rules.py`.", "trade_off": "2 files more to know."},
    ],
    "first_step": "Write `tests/test_tax_of_cart.py`, which fails when one changes without the other: half a day.",
    "order": 1,
    "facts": ["F1"],
    "quotes": [],
}


def claim(**changed):
    return {**CLAIM, **changed}


def option(what, trade_off="It costs a file."):
    return {"options": [{"what": what, "trade_off": trade_off}]}


def answer(*findings, why="The facts show it."):
    return {"no_change_needed": not findings, "why": why, "findings": list(findings)}
