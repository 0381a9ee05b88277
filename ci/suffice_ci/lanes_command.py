"""`suffice lanes`: the catalogue."""

from __future__ import annotations

import json

import click

from suffice.lanes import catalogue


def run_lanes(*, as_json: bool) -> int:
    """Print the lanes and return the exit code."""
    shipped = catalogue()
    if as_json:
        entries = {
            name: {**lane._asdict(), "prices": [price._asdict() for price in lane.prices]}
            for name, lane in shipped.lanes.items()
        }
        click.echo(json.dumps({"read_on": shipped.read_on, "lanes": entries}, default=str))
        return 0
    click.echo(f"prices in US dollars per million tokens, read on {shipped.read_on}")
    for lane in shipped.lanes.values():
        price = lane.prices[0]
        costs = f"{price.input:g} in, {price.output:g} out"
        click.echo(f"{lane.name:15} {lane.model:18} effort {lane.effort:7} {costs}")
        click.echo(f"{'':15} {lane.best_for}")
    return 0
