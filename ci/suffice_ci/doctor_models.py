"""Asks each provider that has a key whether the models behind the lanes are there, and until when.

Only `suffice doctor` does so: a run finds out by its first call. Nothing of the user's code is sent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol, cast

from suffice.errors import SufficeError
from suffice.lanes import Lane
from suffice.providers.connect import connect
from suffice.providers.reply import ModelStatus, NoReply

ABOUT_TO_RETIRE_DAYS = 60
"""A model that ends within so many days is said to be about to."""


class ModelState(NamedTuple):
    """What is known of the model behind *lanes*. Broken: requests for it fail; else what is not `ok` is a warning."""

    lanes: tuple[str, ...]
    ok: bool
    detail: str
    broken: bool = False


class _Describing(Protocol):
    """An adapter that tells of models."""

    async def look_up(self, model: str) -> ModelStatus | NoReply: ...

    async def close(self) -> None: ...


_Answer = ModelStatus | NoReply | SufficeError


def model_states(lanes: Sequence[Lane], environment: Mapping[str, str], *, today: date) -> list[ModelState]:
    """Return the state of the models of *lanes*, whose providers all have a key in *environment*."""
    by_provider: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for lane in lanes:
        by_provider[lane.provider][lane.model].append(lane.name)
    answers = asyncio.run(_answers({name: tuple(models) for name, models in by_provider.items()}, environment))
    return [
        _state(provider, model, tuple(names), answers[provider, model], today)
        for provider, models in by_provider.items()
        for model, names in models.items()
    ]


async def _answers(
    wanted: Mapping[str, tuple[str, ...]], environment: Mapping[str, str]
) -> Mapping[tuple[str, str], _Answer]:
    found = await asyncio.gather(*(_asked(name, models, environment) for name, models in wanted.items()))
    return {pair: answer for answers in found for pair, answer in answers.items()}


async def _asked(
    name: str, models: tuple[str, ...], environment: Mapping[str, str]
) -> Mapping[tuple[str, str], _Answer]:
    try:
        provider = cast("_Describing", await asyncio.to_thread(connect, name, environment))
    except SufficeError as error:
        return {(name, model): error for model in models}
    try:
        answers = await asyncio.gather(*(_looked_up(provider, model) for model in models))
    finally:
        await provider.close()
    return {(name, model): answer for model, answer in zip(models, answers, strict=True)}


async def _looked_up(provider: _Describing, model: str) -> _Answer:
    try:
        return await provider.look_up(model)
    except SufficeError as error:
        return error


def _state(provider: str, model: str, lanes: tuple[str, ...], answer: _Answer, today: date) -> ModelState:
    match answer:
        case ModelStatus(known=False, detail=detail):
            told = f"{model} cannot be used: {detail}; {change(lanes)}"
            return ModelState(lanes, ok=False, detail=told, broken=True)
        case ModelStatus(retires_on=None, detail=detail, deprecated=True):
            return ModelState(lanes, ok=False, detail=f"{model} is {detail}; {change(lanes)}")
        case ModelStatus(retires_on=None, detail=detail):
            return ModelState(lanes, ok=True, detail=f"{model}: {detail}")
        case ModelStatus(retires_on=date() as day):
            return _ending(answer, lanes, day, today)
        case NoReply(cause=cause):
            detail = f"{provider} could not be asked about {model}: {cause}; try again later"
            return ModelState(lanes, ok=False, detail=detail)
        case _:
            return ModelState(lanes, ok=False, detail=str(answer), broken=True)


def _ending(status: ModelStatus, lanes: tuple[str, ...], day: date, today: date) -> ModelState:
    model, left = status.model, (day - today).days
    if left < 0 and status.deprecated:
        return ModelState(lanes, ok=False, detail=f"{model} was to retire on {day}; {change(lanes)}")
    if left < 0:
        return ModelState(lanes, ok=False, detail=f"{model} retired on {day}; {change(lanes)}", broken=True)
    if left <= ABOUT_TO_RETIRE_DAYS:
        return ModelState(lanes, ok=False, detail=f"{model} is about to retire, on {day}; {change(lanes)}")
    return ModelState(lanes, ok=True, detail=f"{model} retires on {day}")


def change(lanes: tuple[str, ...]) -> str:
    """Return what to do about a model that *lanes* can no longer use."""
    tables = ", ".join(f'[lanes."{name}"]' if ":" in name else f"[lanes.{name}]" for name in lanes)
    return f"name another model under {tables} in your settings"
