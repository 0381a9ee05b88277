import pytest

from suffice.task import Applicability, Span
from suffice_server.front.actions import title_of
from suffice_server.messages import Found, Offer
from suffice_server.wording import price

SPAN = Span(start_line=1, start_column=1, end_line=1, end_column=2)
HAIKU = Offer(lane="haiku", estimate_usd=0.000265)


def found(fix=None):
    return Found(rule="F401", message="unused", span=SPAN, fix=fix)


@pytest.mark.parametrize(
    ("fix", "offer", "expected"),
    [
        (Applicability.SAFE, Offer(lane="linter", free=True), "Fix F401 with ruff, free"),
        (Applicability.UNSAFE, Offer(lane="linter", free=True), "Fix F401 with ruff, free, unsafe"),
        (None, HAIKU, "Fix F401 with haiku, about $0.0003"),
    ],
)
def test_a_title_says_lane_and_price(fix, offer, expected):
    assert title_of(found(fix), offer) == expected


@pytest.mark.parametrize(
    ("cost_usd", "expected"),
    [(0.0, "free"), (0.00004, "under $0.0001"), (0.000265, "$0.0003"), (0.42, "$0.4200")],
)
def test_a_price_is_readable(cost_usd, expected):
    assert price(cost_usd) == expected
