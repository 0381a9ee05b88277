"""What `suffice fix` was asked for, after flags, settings and environment were weighed."""

from __future__ import annotations

from typing import NamedTuple

from suffice.task import Mode, Stakes
from suffice.wishes import Wishes


class Order(NamedTuple):
    """One run as it is meant. `select` are ruff's rules (None: the project's own), `jobs` None: the default.

    `least_confidence` (0..1) and `proof_only` say what the composed patch may hold; `quiet` shows no progress.
    """

    wishes: Wishes
    mode: Mode
    stakes: Stakes
    cap_usd: float
    jobs: int | None = None
    select: str | None = None
    unsafe: bool = False
    least_confidence: float = 0.0
    proof_only: bool = False
    quiet: bool = False
