"""The catalogue's prices against those that the genai-prices package ships. Nothing is fetched.

genai-prices knows no batch prices: that ours are half of the plain ones is the providers' published rule.
"""

import pytest
from genai_prices import Usage as Tokens
from genai_prices import calc_price

from suffice.lanes import Usage, catalogue

HOSTED = {name: lane for name, lane in catalogue().lanes.items() if lane.provider in {"anthropic", "openai"}}
EVERY_LANE = pytest.mark.parametrize("lane", HOSTED.values(), ids=HOSTED)
ONE_MILLION = 1_000_000


def calculated(lane, **tokens):
    """Return what genai-prices makes of a call; its input includes the cache, like ours."""
    try:
        price = calc_price(Tokens(**tokens), lane.model, provider_id=lane.provider)
    except LookupError:
        pytest.fail(f"genai-prices does not know {lane.model} of lane {lane.name}: pin one that does, or check by hand")
    assert price.model.id == lane.model, f"genai-prices takes {lane.model} for {price.model.id}"
    return price


def prompt_sizes(lane):
    """Return sizes on both sides of every step, ours or theirs, and the largest prompt."""
    theirs = calculated(lane, input_tokens=1).model_price.input_mtok
    starts = {tier.start for tier in getattr(theirs, "tiers", ())}
    ends = {price.up_to_prompt_tokens for price in lane.prices} - {None}
    return sorted({size + more for size in starts | ends for more in (0, 1)} | {1000, lane.context_tokens})


@EVERY_LANE
def test_a_plain_prompt_costs_what_genai_prices_says(lane):
    for size in prompt_sizes(lane):
        ours = lane.cost_usd(Usage(input_tokens=size))

        assert ours == pytest.approx(float(calculated(lane, input_tokens=size).total_price)), size


@EVERY_LANE
def test_what_the_cache_read_costs_what_genai_prices_says(lane):
    for size in prompt_sizes(lane):
        ours = lane.cost_usd(Usage(input_tokens=size, cached_tokens=size))

        theirs = calculated(lane, input_tokens=size, cache_read_tokens=size)
        assert ours == pytest.approx(float(theirs.total_price)), size


@EVERY_LANE
def test_what_the_cache_wrote_costs_what_genai_prices_says(lane):
    for size in prompt_sizes(lane):
        ours = lane.cost_usd(Usage(input_tokens=size, cache_write_tokens=size))

        theirs = calculated(lane, input_tokens=size, cache_write_tokens=size)
        assert ours == pytest.approx(float(theirs.total_price)), size


@EVERY_LANE
def test_a_million_tokens_of_output_cost_what_genai_prices_says(lane):
    for size in prompt_sizes(lane):
        prompt = lane.cost_usd(Usage(input_tokens=size))
        ours = lane.cost_usd(Usage(input_tokens=size, output_tokens=ONE_MILLION)) - prompt

        theirs = calculated(lane, input_tokens=size, output_tokens=ONE_MILLION)
        assert ours == pytest.approx(float(theirs.output_price)), size


@EVERY_LANE
def test_a_batch_costs_half(lane):
    with_batch = [price for price in lane.prices if price.batch_input is not None]

    for price in with_batch:
        assert (price.batch_input, price.batch_output) == pytest.approx((price.input / 2, price.output / 2))


@pytest.mark.parametrize(("name", "step"), [("haiku", 100_000), ("gpt-5.4:low", 272_000)])
def test_the_steps_that_are_known_are_in_the_catalogue(name, step):
    lane = HOSTED[name]

    assert [price.up_to_prompt_tokens for price in lane.prices] == [step, None]
    assert step in prompt_sizes(lane)
