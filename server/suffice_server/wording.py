"""How lanes and prices are called in titles, progress and messages."""

from __future__ import annotations

_LINTER = "linter"
_SMALLEST_SHOWN_USD = 0.0001


def price(cost_usd: float) -> str:
    """Return *cost_usd* for people: `free`, `$0.0003`, `$0.42`."""
    if cost_usd <= 0:
        return "free"
    if cost_usd < _SMALLEST_SHOWN_USD:
        return f"under ${_SMALLEST_SHOWN_USD}"
    return f"${cost_usd:.4f}"


def lane_name(lane: str) -> str:
    """Return what users call *lane*: the linter by its own name."""
    return "ruff" if lane == _LINTER else lane
