"""`suffice replay RECORDS...`: what a policy would have solved and spent on recorded outcomes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import click

from suffice.errors import InputError
from suffice.policy import Policy
from suffice.replay.cases import Costs, with_costs
from suffice.replay.intervals import Estimate, Strategy
from suffice.replay.records import ModelSummary, read_records, summaries
from suffice.replay.replay import Replay, only, replay
from suffice.task import Kind

SCHEMA = "suffice.replay/1"

_DIGITS = 6


def run_replay(options: Mapping[str, Any]) -> int:
    """Run `suffice replay` and return the exit code. Raises SufficeError."""
    records = read_records(options["records"], where=[_pair(text, "--where COLUMN=VALUE") for text in options["where"]])
    costs = dict(_costs(text) for text in options["costs"])
    records = with_costs(records, costs)
    if not options["mapping"]:
        _show_models(summaries(records), as_json=options["as_json"])
        return 0
    result = replay(
        records,
        mapping=_mapping(options["mapping"]),
        policy=Policy.load(options["policy"] or "guide"),
        kind=_kind(options["kind"]),
        far=options["far"],
        frr=options["frr"],
        seed=options["seed"],
    )
    if options["as_json"]:
        click.echo(json.dumps({"schema": SCHEMA, **_plain(result)}))
    else:
        _print(result)
    return 0


def _pair(text: str, form: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise InputError(f"{text!r} was given for {form}; both sides of the = are needed.")
    return name, value


def _mapping(texts: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for text in texts:
        lane, model = _pair(text, "--map LANE=MODEL")
        if lane in mapping:
            raise InputError(f"{lane} is mapped to {mapping[lane]} and to {model}; give each lane one model.")
        mapping[lane] = model
    return mapping


def _costs(text: str) -> tuple[str, Costs]:
    form = "--cost MODEL=SOLVED_USD,FAILED_USD"
    model, amounts = _pair(text, form)
    solved, _, failed = amounts.partition(",")
    try:
        costs = Costs(float(solved), float(failed))
    except ValueError:
        costs = Costs(math.nan, math.nan)
    if not all(0 <= cost < math.inf for cost in costs):
        raise InputError(f"{text!r} was given for {form}; expected two numbers of US dollars, 0 or more.")
    return model, costs


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        raise InputError(f"{name} is no kind of task; kinds are: {', '.join(Kind)}.") from None


def _plain(value: Any) -> Any:
    """Return *value* as JSON knows it: records as objects, dollars and shares to a millionth."""
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return round(value, _DIGITS) if isinstance(value, float) else value


def _show_models(models: Sequence[ModelSummary], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "models": _plain(tuple(models))}))
        return
    width = max(len(model.model) for model in models)
    click.echo(f"{'model':{width}}  tasks  solved  $ a task")
    for model in models:
        cost = "-" if model.cost_usd is None else f"{model.cost_usd:.4f}"
        click.echo(f"{model.model:{width}}  {model.n:5}  {model.solved:6.1%}  {cost:>8}{_remarks(model)}")
    click.echo("Say which model stands behind which lane: --map LANE=MODEL, once for each lane", err=True)
    if any(model.repeated for model in models):
        click.echo("Where tasks are repeated, choose the rows with --where COLUMN=VALUE", err=True)


def _remarks(model: ModelSummary) -> str:
    remarks = [f"{model.without_cost} without cost"] if model.without_cost else []
    remarks += [f"{model.repeated} repeated"] if model.repeated else []
    return f"  ({', '.join(remarks)})" if remarks else ""


def _print(result: Replay) -> None:
    lanes = " > ".join(" | ".join(f"{lane}={result.mapping[lane]}" for lane in rung) for rung in result.rungs)
    among = f", repositories: {result.repositories}" if result.repositories else ""
    click.echo(f"{result.tasks} tasks{among}, policy {result.policy}, kind {result.kind}: {lanes}")
    click.echo(f"checker accepts {result.far:.0%} of wrong and rejects {result.frr:.0%} of right results")
    for note in result.notes:
        click.echo(f"note: {note}")
    click.echo()
    for row in _rows(result):
        click.echo(row.rstrip())
    click.echo()
    _print_starts(result)
    click.echo(
        f"[ ]: 95 % interval, {result.resamples} paired resamples of the tasks; memory: every lane tried on the other "
        f"half of the tasks, mean of {result.splits} halvings; seed {result.seed}; oracles know which results are right"
    )


def _rows(result: Replay) -> list[str]:
    top = only(result.top)
    against = f"against {top}:"
    head = ("", "solved %", "wrong %", "human %", "$ a task", "$ a solved", f"{against} points", "cost %")
    cells = [head, *(_cells(strategy, is_top=strategy.name == top) for strategy in result.strategies)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]


def _cells(strategy: Strategy, *, is_top: bool) -> tuple[str, ...]:
    return (
        strategy.name,
        _ranged(strategy.solved, ".1f", 100),
        _figure(strategy.wrong.value, ".1f", 100),
        _figure(strategy.human.value, ".1f", 100),
        _ranged(strategy.cost_usd, ".4f", 1),
        _figure(strategy.cost_per_solved_usd.value, ".4f", 1),
        "" if is_top else _ranged(strategy.solved_vs_top, "+.1f", 100),
        "" if is_top else _ranged(strategy.cost_vs_top, "+.0f", 100),
    )


def _ranged(estimate: Estimate, form: str, times: float) -> str:
    low, high = _figure(estimate.low, form, times), _figure(estimate.high, form, times)
    return f"{_figure(estimate.value, form, times)} [{low}, {high}]"


def _figure(value: float | None, form: str, times: float) -> str:
    return "-" if value is None else format(value * times + 0.0, form)


def _print_starts(result: Replay) -> None:
    for strategy in result.strategies:
        if strategy.name.startswith("policy"):
            shares = ", ".join(f"{lane} {share:.1%}" for lane, share in strategy.starts.items())
            click.echo(f"{strategy.name} starts at: {shares}")
