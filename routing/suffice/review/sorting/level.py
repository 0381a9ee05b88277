"""How much attention a hunk deserves: what triage says of it, and the floors that triage cannot go below."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """What is at stake in a hunk, the least first."""

    TRIVIAL = "trivial"
    NORMAL = "normal"
    RISKY = "risky"
    ARCHITECTURE = "architecture"


_IN_ORDER = tuple(Level)


def rank(level: Level) -> int:
    """Return the place of *level* among all, 0 for the least."""
    return _IN_ORDER.index(level)


def worst(one: Level, other: Level) -> Level:
    """Return that of both which deserves more attention."""
    return max(one, other, key=rank)
