"""What `suffice fix` was asked for, after flags, settings and environment were weighed."""

from __future__ import annotations

from typing import NamedTuple

from suffice.task import Mode, Stakes
from suffice.wishes import Wishes


class Caps(NamedTuple):
    """The most that may be spent, in US dollars: on this run, on one task, on a day, on a month of the repository."""

    run_usd: float
    task_usd: float | None = None
    day_usd: float | None = None
    repository_month_usd: float | None = None


class Order(NamedTuple):
    """One run as it is meant. `select` are ruff's rules (None: the project's own), `jobs` None: the default.

    `least_confidence` (0..1) and `proof_only` say what the composed patch may hold; `quiet` shows no progress.
    No call starts later than `time_budget_s` into the run.
    """

    wishes: Wishes
    mode: Mode
    stakes: Stakes
    caps: Caps
    jobs: int | None = None
    select: str | None = None
    unsafe: bool = False
    least_confidence: float = 0.0
    proof_only: bool = False
    quiet: bool = False
    time_budget_s: float | None = None
