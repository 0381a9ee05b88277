"""What the user asked for in a run, beside the task itself."""

from __future__ import annotations

from typing import NamedTuple


class Wishes(NamedTuple):
    """What the user asked for in this run. `no_calls` is why no model may be called, None if one may.

    `rejected` are lanes whose result for the task is not wanted: a stronger one is asked.
    """

    lane: str | None = None
    max_lane: str | None = None
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    min_confidence: float | None = None
    no_calls: str | None = None
    rejected: frozenset[str] = frozenset()
