"""The editor's settings as those of the core. They may come from a workspace, so that they can only tighten."""

from __future__ import annotations

import logging
import math
from typing import Any

from suffice.config import Config
from suffice.globs import flaw_of
from suffice_server.values import Settings

logger = logging.getLogger(__name__)

_MOST = 1e12
"""As in settings files."""


def config_of(settings: Settings) -> Config:
    """Return *settings* for `tightened`; a value that is none is passed over, and the log names its setting."""
    return Config(
        exclude=_patterns("exclude", settings.exclude),
        deny_lanes=frozenset(_names("deny_lanes", settings.deny_lanes)),
        disabled_rules=frozenset(_names("disabled_rules", settings.disabled_rules)),
        min_confidence=_number("min_confidence", settings.min_confidence, most=1.0),
        max_cost_usd=_number("max_cost_usd", settings.max_cost_usd),
        max_task_usd=_number("max_task_usd", settings.max_task_usd),
        max_day_usd=_number("max_day_usd", settings.max_day_usd),
        max_repository_month_usd=_number("max_repository_month_usd", settings.max_repository_month_usd),
        time_budget_s=_number("time_budget_s", settings.time_budget_s),
    )


def _names(setting: str, values: Any) -> tuple[str, ...]:
    if all(isinstance(value, str) for value in values):
        return tuple(values)
    logger.warning("the editor's setting %s is no list of strings", setting)
    return ()


def _patterns(setting: str, values: Any) -> tuple[str, ...]:
    """Return the patterns of *values* that leave something out; one that takes another back would loosen."""
    names = _names(setting, values)
    good = tuple(name for name in names if not name.startswith("!") and flaw_of([name]) is None)
    if len(good) < len(names):
        logger.warning("the editor's setting %s holds patterns that leave nothing out", setting)
    return good


def _number(setting: str, value: Any, *, most: float = math.inf) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= min(most, _MOST):
        return float(value)
    logger.warning("the editor's setting %s is no number from 0 on", setting)
    return None
