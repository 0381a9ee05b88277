"""Tasks that every mapped model was tried on: what a replay runs over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from suffice.errors import InputError
from suffice.replay.records import Record

_LEAST_CASES = 4
"""Two to learn from and two to judge by."""

_MOST_CASES = 10_000
"""A minute or two: the intervals draw each task 2,000 times."""

_FEW_WITHOUT_COST = 0.05
"""A share of rows without a cost up to which the model's own mean stands in for it."""

_RESULTS = {"resolved", "cost", "cost_usd"}

_READABLE = 60
"""Characters of two values up to which they are named in an error."""


class Run(NamedTuple):
    """What one lane did on a task."""

    resolved: bool
    cost_usd: float


class Case(NamedTuple):
    """A task, the repository it is from (empty if not known), and the recorded run of each lane."""

    instance: str
    repo: str
    runs: Mapping[str, Run]


class Costs(NamedTuple):
    """What a task costs where it was solved, and where it was not, in US dollars."""

    solved_usd: float
    failed_usd: float


def with_costs(records: Iterable[Record], costs: Mapping[str, Costs]) -> tuple[Record, ...]:
    """Return *records* with the costs that are missing filled in for the models of *costs*."""
    return tuple(_filled(record, costs[record.model]) if record.model in costs else record for record in records)


def _filled(record: Record, costs: Costs) -> Record:
    if record.cost_usd is not None:
        return record
    return record._replace(cost_usd=costs.solved_usd if record.resolved else costs.failed_usd)


def cases_of(records: Sequence[Record], mapping: Mapping[str, str]) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Return the tasks that all models of *mapping* (lane: model) have a row for, and what to know of them.

    Raises InputError if a model is not there, has two rows for a task or lacks costs, or if the tasks are too few or
    too many.
    """
    rows = {lane: _rows_of(model, records) for lane, model in mapping.items()}
    completed = {lane: _with_all_costs(rows[lane], mapping[lane]) for lane in mapping}
    shared = sorted(set.intersection(*(set(own) for own, _ in completed.values())))
    if len(shared) < _LEAST_CASES:
        raise InputError(
            f"{len(shared)} tasks have a row for each mapped model, at least {_LEAST_CASES} are needed; "
            "map models that were tried on the same tasks."
        )
    if len(shared) > _MOST_CASES:
        raise InputError(
            f"{len(shared)} tasks are more than the {_MOST_CASES} that are replayed at once; "
            "choose some of them with --where COLUMN=VALUE."
        )
    cases = tuple(_case(instance, {lane: own for lane, (own, _) in completed.items()}) for instance in shared)
    seen = {instance for own, _ in completed.values() for instance in own}
    partial = f"{len(seen) - len(shared)} of {len(seen)} tasks are left out: not every mapped model has a row for them"
    notes = [note for _, note in completed.values() if note] + ([partial] if len(seen) > len(shared) else [])
    return cases, tuple(dict.fromkeys(notes))


def _case(instance: str, rows: Mapping[str, Mapping[str, Record]]) -> Case:
    own = {lane: records[instance] for lane, records in rows.items()}
    repo = next((record.repo for record in own.values() if record.repo), "")
    return Case(instance, repo, {lane: Run(record.resolved, record.cost_usd or 0.0) for lane, record in own.items()})


def _rows_of(model: str, records: Sequence[Record]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for record in records:
        if record.model == model:
            earlier = found.setdefault(record.instance, record)
            if earlier is not record:
                raise _twice(earlier, record)
    if not found:
        models = sorted({record.model for record in records})
        near = get_close_matches(model, models, n=3, cutoff=0.4) or models
        raise InputError(f"No row is of a model {model}; map one of: {', '.join(near)}.")
    return found


def _twice(one: Record, other: Record) -> InputError:
    differing = [name for name, value in one.columns.items() if other.columns.get(name, value) != value]
    readable = [name for name in differing if len(one.columns[name] + other.columns[name]) <= _READABLE]
    telling = [name for name in readable if name not in _RESULTS][:2]
    said = f"{one.model} has two rows for {one.instance}"
    if not telling:
        return InputError(f"{said}; leave one of them out of the files.")
    values = " and ".join(f"{name} ({one.columns[name]}, {other.columns[name]})" for name in telling)
    advice = f"choose with --where '{telling[0]}={one.columns[telling[0]]}'"
    return InputError(f"{said}, which differ in {values}; {advice}.")


def _with_all_costs(rows: Mapping[str, Record], model: str) -> tuple[dict[str, Record], str | None]:
    """Return *rows* with a cost each, and a note if a few had none."""
    without = sum(row.cost_usd is None for row in rows.values())
    if not without:
        return dict(rows), None
    means = _means(rows.values())
    if means is None or without > _FEW_WITHOUT_COST * len(rows):
        raise InputError(
            f"{without} of {len(rows)} rows of {model} have no cost; "
            f"say what a task costs with --cost '{model}=SOLVED_USD,FAILED_USD'."
        )
    filled = {instance: _filled(row, means) for instance, row in rows.items()}
    return filled, f"{without} of {len(rows)} rows of {model} have no cost and stand at the mean of its others"


def _means(rows: Iterable[Record]) -> Costs | None:
    """Return the mean costs of solved and of failed tasks; None if either is not known."""
    known: dict[bool, list[float]] = defaultdict(list)
    for row in rows:
        if row.cost_usd is not None:
            known[row.resolved].append(row.cost_usd)
    if not known[True] or not known[False]:
        return None
    return Costs(*(sum(known[solved]) / len(known[solved]) for solved in (True, False)))
