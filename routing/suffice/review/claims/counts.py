"""The two lines under every review: how much was read, and what was dropped for which reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from suffice.review.claims.finding import Dropped


def looked_at(*, read: int, of: int, not_read: Mapping[str, int]) -> str:
    """Return "looked at 31 of 44 hunks (13: budget)"; *not_read* counts hunks by reason, a code or words."""
    why = ", ".join(f"{count}: {reason.replace('-', ' ')}" for reason, count in _in_order(not_read))
    return f"looked at {read} of {of} {'hunk' if of == 1 else 'hunks'}" + (f" ({why})" if why else "")


def dropped_by_reason(dropped: Iterable[Dropped]) -> str:
    """Return "dropped: 4 quote not found, 3 refuted", the most frequent first; "" for nothing."""
    why = ", ".join(f"{count} {reason}" for reason, count in _in_order(Counter(str(d.reason) for d in dropped)))
    return f"dropped: {why}" if why else ""


def _in_order(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((reason, count) for reason, count in counted.items() if count), key=lambda pair: (-pair[1], pair[0]))
