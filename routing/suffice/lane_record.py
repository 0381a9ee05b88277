"""How a lane did before on tasks like the one at hand: what memory tells decide."""

from __future__ import annotations

from typing import NamedTuple


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
