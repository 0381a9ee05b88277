"""How a lane did before on tasks like the one at hand: what memory tells decide, and the checker."""

from __future__ import annotations

from typing import NamedTuple, Self

Counted = tuple[float, float, float]
"""Tasks, those of them that sufficed, and the dollars of all."""


class Prior(NamedTuple):
    """How often (0..1) a lane's patches for such a task were good, of `n`; older ones count less.

    Good is what the checker let pass and, where the developer said a word on it, what was kept: that weighs three.
    """

    rate: float
    n: float


class LaneRecord(NamedTuple):
    """Counts of tasks, older ones counting less, so they need not be whole.

    `n` tasks that began at the lane, of which `sufficed`, at a mean of `cost_usd`; `n_after` tasks that came to it
    after another lane had failed, of which `sufficed_after`, at a mean of `cost_after_usd`. `latency_p90_s` is the
    90th percentile of the seconds to a reply, None if too few were seen.
    """

    n: float = 0.0
    sufficed: float = 0.0
    cost_usd: float = 0.0
    n_after: float = 0.0
    sufficed_after: float = 0.0
    cost_after_usd: float = 0.0
    latency_p90_s: float | None = None

    @classmethod
    def of(cls, first: Counted, after: Counted, *, latency_p90_s: float | None = None) -> Self:
        """Return the record of a lane with *first* the tasks that began at it, *after* those that came to it later."""
        (n, sufficed, usd), (n_after, sufficed_after, after_usd) = first, after
        return cls(
            n=n,
            sufficed=sufficed,
            cost_usd=usd / n if n else 0.0,
            n_after=n_after,
            sufficed_after=sufficed_after,
            cost_after_usd=after_usd / n_after if n_after else 0.0,
            latency_p90_s=latency_p90_s,
        )
