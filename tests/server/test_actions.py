import pytest

from suffice.policy import Policy
from suffice.task import Applicability, Span
from suffice_server.actions import Offer, Prices
from suffice_server.messages import Found
from suffice_server.wording import price

SPAN = Span(start_line=1, start_column=1, end_line=1, end_column=2)
GUIDE = Policy.load("guide")
ANTHROPIC, OPENAI = frozenset({"anthropic"}), frozenset({"openai"})


def found(fix=None):
    return Found(rule="F401", message="unused", span=SPAN, fix=fix)


@pytest.mark.parametrize(
    ("fix", "with_key", "expected"),
    [
        (Applicability.SAFE, ANTHROPIC, Offer(title="Fix F401 with ruff, free", free=True)),
        (Applicability.UNSAFE, frozenset(), Offer(title="Fix F401 with ruff, free, unsafe", free=True)),
        (None, ANTHROPIC, Offer(title="Fix F401 with haiku, about $0.0003", free=False)),
        (None, OPENAI, Offer(title="Fix F401 with gpt-5.4:low, about $0.0073", free=False)),
    ],
)
def test_the_first_lane_and_its_price_are_offered(fix, with_key, expected):
    assert Prices(policy=GUIDE, with_key=with_key).offer(found(fix)) == expected


def test_after_the_linters_own_fix_has_failed_a_model_is_offered():
    prices = Prices(policy=GUIDE, with_key=ANTHROPIC, tried_free=frozenset({("F401", "unused")}))

    assert prices.offer(found(Applicability.SAFE)).title == "Fix F401 with haiku, about $0.0003"


@pytest.mark.parametrize(
    ("cost_usd", "expected"),
    [(0.0, "free"), (0.00004, "under $0.0001"), (0.000265, "$0.0003"), (0.42, "$0.4200")],
)
def test_a_price_is_readable(cost_usd, expected):
    assert price(cost_usd) == expected
