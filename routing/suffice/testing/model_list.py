"""The models that the double tells about: those of the catalogue, and what a test scripts instead.

A model belongs to the API of its lane; one of no lane to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from suffice.errors import InputError
from suffice.lanes import Lane, catalogue
from suffice.testing.replies import ScriptedReply, entry_from_json

_HOSTED = frozenset({"anthropic", "openai"})


class ModelEntry(NamedTuple):
    """A model as an API describes it; `lane` is one that it stands behind, None for a model of no lane."""

    model: str
    retires_on: date | None
    lane: Lane | None


class ScriptedStatus(NamedTuple):
    """What a test says about a model. `reply` comes instead of a description."""

    retires_on: date | None = None
    known: bool = True
    reply: ScriptedReply | None = None


class ModelList(NamedTuple):
    """The models that can be looked up: `scripted` are those with replies."""

    statuses: Mapping[str, ScriptedStatus]
    scripted: tuple[str, ...]

    def find(self, model: str, *, api: str) -> ModelEntry | ScriptedReply | None:
        """Return *model* as *api* has it, or the reply scripted for it; None if it is not there."""
        status = self.statuses.get(model)
        if status and status.reply:
            return status.reply
        return next((entry for entry in self.all_of(api) if entry.model == model), None)

    def all_of(self, api: str) -> tuple[ModelEntry, ...]:
        """Return the models of *api*. Those of no hosted lane come first: a local server offers nothing else."""
        lanes = {lane.model: lane for lane in catalogue().lanes.values()}
        own = [model for model in (*self.statuses, *self.scripted) if model not in lanes]
        local = [model for model, lane in lanes.items() if lane.provider not in _HOSTED and api == "openai"]
        hosted = [model for model, lane in lanes.items() if lane.provider == api]
        entries = (self._entry(model, lanes.get(model)) for model in dict.fromkeys([*own, *local, *hosted]))
        return tuple(entry for entry in entries if entry)

    def _entry(self, model: str, lane: Lane | None) -> ModelEntry | None:
        status = self.statuses.get(model)
        if status is None:
            return ModelEntry(model=model, retires_on=lane.retires_on if lane else None, lane=lane)
        return ModelEntry(model=model, retires_on=status.retires_on, lane=lane) if status.known else None


def status_from_json(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `ProviderDouble.model` that a script file spells. Raises InputError."""
    fields = dict(status)
    try:
        if fields.get("retires_on"):
            fields["retires_on"] = date.fromisoformat(fields["retires_on"])
        if fields.get("reply"):
            fields["reply"] = entry_from_json(fields["reply"])
        return ScriptedStatus(**fields)._asdict()
    except (TypeError, ValueError) as error:
        raise InputError(f"This is no status of a model: {dict(status)!r}. Expected retires_on or known.") from error
