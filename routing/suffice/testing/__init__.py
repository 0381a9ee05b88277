"""Doubles for tests: a scripted provider, and a loopback server that speaks the providers' APIs.

Importing this package loads nothing; a name is resolved on first use. `ScriptedModel` needs no more than
suffice itself, the server needs `suffice[testing]`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suffice.testing.double import ProviderDouble, RecordedRequest, provider_double
    from suffice.testing.model import ScriptedModel
    from suffice.testing.process import DoubleProcess, double_process
    from suffice.testing.replies import (
        ScriptedAnswer,
        ScriptedCalls,
        ScriptedCutBody,
        ScriptedError,
        ScriptedFailure,
        ScriptedFilter,
        ScriptedHang,
        ScriptedHtml,
        ScriptedJson,
        ScriptedRefusal,
        ScriptedText,
        ScriptedTruncation,
        ScriptedWhen,
    )

__all__ = [
    "DoubleProcess",
    "ProviderDouble",
    "RecordedRequest",
    "ScriptedAnswer",
    "ScriptedCalls",
    "ScriptedCutBody",
    "ScriptedError",
    "ScriptedFailure",
    "ScriptedFilter",
    "ScriptedHang",
    "ScriptedHtml",
    "ScriptedJson",
    "ScriptedModel",
    "ScriptedRefusal",
    "ScriptedText",
    "ScriptedTruncation",
    "ScriptedWhen",
    "double_process",
    "provider_double",
]

_HOMES = {
    "DoubleProcess": "process",
    "ProviderDouble": "double",
    "RecordedRequest": "double",
    "ScriptedModel": "model",
    "double_process": "process",
    "provider_double": "double",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'replies')}"), name)


def __dir__() -> list[str]:
    return __all__
