"""`suffice lanes`: the catalogue, with what the user's settings change in it or add to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import click

from suffice.config import load_config
from suffice.lanes import Lane, Price


def run_lanes(*, as_json: bool) -> int:
    """Print the lanes and return the exit code. Raises ConfigError."""
    config = load_config(None, os.environ)
    catalogue = config.catalogue()
    yours = frozenset(config.own.data.get("lanes", {})) if config.own else frozenset[str]()
    if as_json:
        entries = {name: lane_entry(lane, yours=name in yours) for name, lane in catalogue.lanes.items()}
        click.echo(json.dumps({"read_on": catalogue.read_on, "lanes": entries}, default=str))
        return 0
    click.echo(f"prices in US dollars per million tokens, read on {catalogue.read_on}")
    for name, lane in catalogue.lanes.items():
        click.echo("")
        click.echo("\n".join(_lines(lane, yours=name in yours)))
    return 0


def lane_entry(lane: Lane, *, yours: bool) -> dict[str, Any]:
    """Return all that is known of *lane*, as `--json` prints it."""
    return {**lane._asdict(), "prices": [price._asdict() for price in lane.prices], "yours": yours}


def _lines(lane: Lane, *, yours: bool) -> Iterator[str]:
    effort = f", effort {lane.effort}" if lane.effort else ""
    yield f"{lane.name}{' (yours)' if yours else ''}: {lane.model} of {lane.provider}{effort}"
    for price in lane.prices:
        yield f"  {price_line(price)}"
    for title, text in (("best for", lane.best_for), ("use when", lane.use_when), ("avoid when", lane.avoid_when)):
        if text:
            yield f"  {title}: {text}"
    yield f"  takes {lane.context_tokens:,} tokens, answers in about {lane.latency_s:g} s, rank {lane.rank}"
    yield f"  from {lane.source}, read on {lane.read_on}"
    if lane.retires_on:
        yield f"  retires on {lane.retires_on}"


def price_line(price: Price) -> str:
    """Return *price* in words, in the order in which a bill lists it."""
    written = f", {price.cache_write:g} to cache" if price.cache_write is not None else ""
    batch = ""
    if price.batch_input is not None and price.batch_output is not None:
        batch = f"; batch {price.batch_input:g} in, {price.batch_output:g} out"
    limit = f" (prompts of up to {price.up_to_prompt_tokens:,} tokens)" if price.up_to_prompt_tokens else ""
    return f"{price.input:g} in, {price.cached:g} cached{written}, {price.output:g} out{batch}{limit}"
