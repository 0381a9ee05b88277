"""The catalogue of lanes: a model at an effort, with its prices. The data stand in lanes.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from suffice.shipped import shipped_text

LINTER = "linter"
"""Rung zero: the linter's own fix. No model, no price."""

HUMAN = "human"
"""The last rung of every ladder."""

PROVIDERS = ("anthropic", "openai", "local")
"""Who can be asked: two by their own interfaces, and any server that speaks OpenAI's Chat Completions."""

OLD_PRICES_DAYS = 90
"""From this age on `suffice doctor` says that a price is to be read anew: list prices change a few times a year."""

_CHARS_PER_TOKEN = 3.0
"""Characters of code and prose in a token, on the careful side: 3.3 to 4 for older tokenizers, and the newest
counts about 30 % more (read 2026-11-21, platform.claude.com migration guide)."""

_BYTES_PER_TOKEN_BEYOND_ASCII = 2.0
"""UTF-8 bytes of other writing in a token, on the careful side: tokens are made of bytes, and a Chinese character,
three of them, is about one token or a little more."""


class Usage(NamedTuple):
    """Tokens of one call.

    `input_tokens` holds all of the prompt, `cached_tokens` and `cache_write_tokens` the parts of it that were read
    from or written to the provider's cache; output includes reasoning.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


class Price(NamedTuple):
    """Dollars per million tokens, for prompts of at most `up_to_prompt_tokens` (None: any)."""

    input: float
    cached: float
    output: float
    cache_write: float | None = None
    batch_input: float | None = None
    batch_output: float | None = None
    up_to_prompt_tokens: int | None = None

    def cost_usd(self, usage: Usage) -> float:
        """Return what *usage* costs at this price."""
        plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
        write = self.input if self.cache_write is None else self.cache_write
        total = plain * self.input + usage.cached_tokens * self.cached
        total += usage.cache_write_tokens * write + usage.output_tokens * self.output
        return total / 1_000_000


class Lane(NamedTuple):
    """A model at an effort. `prices` are in order of prompt size; `latency_s` is the typical time to a reply.

    `rank` is the place in the order of escalation, from 1; `output_ratio` how many output tokens this effort writes
    against the model's low one; `effort` is empty where the model takes none. `jobs` is how many calls it takes at
    once, None: as many as the run makes.
    """

    name: str
    provider: str
    model: str
    effort: str
    efforts: tuple[str, ...]
    prices: tuple[Price, ...]
    context_tokens: int
    rank: int
    latency_s: float
    best_for: str
    use_when: str
    avoid_when: str
    source: str
    read_on: date
    output_ratio: float = 1.0
    jobs: int | None = None
    retires_on: date | None = None

    def room_for_answers(self, usual_tokens: int) -> int:
        """Return how long an answer may be where *usual_tokens* is usual: at most half of the context."""
        return min(usual_tokens, self.context_tokens // 2)

    def room_for_code(self, usual_tokens: int) -> int:
        """Return how much code a prompt may show where *usual_tokens* is usual: at most a quarter of the context.

        A half is for the answer, another quarter for instructions and evidence.
        """
        return min(usual_tokens, self.context_tokens // 4)

    @property
    def is_free(self) -> bool:
        """Whether no call costs anything: such prices do not grow old."""
        return not any(price.input or price.output for price in self.prices)

    def cost_usd(self, usage: Usage) -> float:
        """Return what a call with *usage* costs on this lane."""
        steps = (p for p in self.prices if (p.up_to_prompt_tokens or usage.input_tokens) >= usage.input_tokens)
        return next(steps, self.prices[-1]).cost_usd(usage)


class Catalogue(NamedTuple):
    """All lanes by name, and the day the oldest of their prices was read."""

    lanes: Mapping[str, Lane]
    read_on: date


def estimate_tokens(text: str) -> int:
    """Return about how many tokens *text* is, rather too many than too few."""
    if text.isascii():
        return int(len(text) / _CHARS_PER_TOKEN) + 1
    ascii_chars = len(text.encode("ascii", "ignore"))
    other_bytes = len(text.encode("utf-8", "surrogatepass")) - ascii_chars
    return int(ascii_chars / _CHARS_PER_TOKEN + other_bytes / _BYTES_PER_TOKEN_BEYOND_ASCII) + 1


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    data = tomllib.loads(shipped_text("lanes.toml"))
    shared = data["prices"]
    lanes = {}
    for name, entry in data["lanes"].items():
        prices = entry.pop("prices", None) or shared[entry.pop("prices_of")]
        lanes[name] = lane_of(name, {"read_on": data["read_on"], **entry, "prices": prices})
    return Catalogue(lanes=lanes, read_on=data["read_on"])


def lane_of(name: str, entry: Mapping[str, Any]) -> Lane:
    """Return the lane that *entry*, with the keys of lanes.toml, describes."""
    prices = tuple(Price(**price) for price in entry["prices"])
    return Lane(**{**entry, "name": name, "efforts": tuple(entry["efforts"]), "prices": prices})
