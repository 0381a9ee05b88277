"""How lanes, prices, and texts from outside are written in titles, progress and messages."""

from __future__ import annotations

import re

_LINTER = "linter"
_SMALLEST_SHOWN_USD = 0.0001

_GAP = re.compile(r"\s+")
_MOST_CHARACTERS = 120


def price(cost_usd: float) -> str:
    """Return *cost_usd* for people: `free`, `$0.0003`, `$0.42`."""
    if cost_usd <= 0:
        return "free"
    if cost_usd < _SMALLEST_SHOWN_USD:
        return f"under ${_SMALLEST_SHOWN_USD}"
    return f"${cost_usd:.4f}"


def lane_name(lane: str, linter: str = "ruff") -> str:
    """Return what users call *lane*: the linter by its own name."""
    return linter if lane == _LINTER else lane


def one_line(text: str, most: int = _MOST_CHARACTERS) -> str:
    """Return *text*, which may come from anybody, as one line of at most *most* characters.

    Nothing in it moves the cursor, turns the direction of writing, or is unseen.
    """
    if text.isprintable() and len(text) <= most:
        return text
    cut = text[: 4 * most]
    shown = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in cut)
    line = _GAP.sub(" ", shown).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def listed(names: tuple[str, ...]) -> str:
    """Return *names* as people list them: `a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
