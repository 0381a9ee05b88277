"""What `suffice fix` was asked for, after flags, settings and environment were weighed."""

from __future__ import annotations

from typing import NamedTuple

from suffice.linters.chosen import Linters
from suffice_ci.model_run import Terms


class Order(NamedTuple):
    """One run as it is meant. `select` are ruff's rules (None: the project's own), `linters` who looks.

    `least_confidence` (0..1) and `proof_only` say what the composed patch may hold.
    """

    terms: Terms
    linters: Linters
    select: str | None = None
    unsafe: bool = False
    least_confidence: float = 0.0
    proof_only: bool = False
