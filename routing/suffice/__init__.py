"""Checked patches from the smallest model that suffices: the core, which knows neither editors nor forges.

Public names are resolved at their first use (PEP 562), so that a program pays only for what it touches.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suffice.checker.check import check
    from suffice.checker.verdict import Verdict
    from suffice.constraints import Facts
    from suffice.decide import Decision, decide
    from suffice.edits.applied import Applied, Rejected
    from suffice.edits.apply import apply_reply
    from suffice.errors import SufficeError
    from suffice.outcome import Attempt, Outcome
    from suffice.policy import Policy
    from suffice.replay.replay import replay
    from suffice.run import State
    from suffice.snapshot import Snapshot
    from suffice.solve import solve
    from suffice.task import Diagnostic, Kind, Mode, Stakes, Task

__version__ = "0.1.0"

_HOMES = {
    "Applied": "suffice.edits.applied",
    "Attempt": "suffice.outcome",
    "Decision": "suffice.decide",
    "Diagnostic": "suffice.task",
    "Facts": "suffice.constraints",
    "Kind": "suffice.task",
    "Mode": "suffice.task",
    "Outcome": "suffice.outcome",
    "Policy": "suffice.policy",
    "Rejected": "suffice.edits.applied",
    "Snapshot": "suffice.snapshot",
    "Stakes": "suffice.task",
    "State": "suffice.run",
    "SufficeError": "suffice.errors",
    "Task": "suffice.task",
    "Verdict": "suffice.checker.verdict",
    "apply_reply": "suffice.edits.apply",
    "check": "suffice.checker.check",
    "decide": "suffice.decide",
    "replay": "suffice.replay.replay",
    "solve": "suffice.solve",
}

__all__ = [
    "Applied",
    "Attempt",
    "Decision",
    "Diagnostic",
    "Facts",
    "Kind",
    "Mode",
    "Outcome",
    "Policy",
    "Rejected",
    "Snapshot",
    "Stakes",
    "State",
    "SufficeError",
    "Task",
    "Verdict",
    "apply_reply",
    "check",
    "decide",
    "replay",
    "solve",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'suffice' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `suffice.decide` the function.

    Expected, since it is the public name; actual: importing the submodule of that name puts the module in its place (https://docs.python.org/3/reference/import.html#submodules).
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
