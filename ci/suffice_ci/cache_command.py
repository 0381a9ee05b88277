"""`suffice cache`: what lies in the cache of results, and how to be rid of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from suffice_ci.remembered import remembered


def run_cache_stats(*, as_json: bool) -> int:
    """Print what the cache holds and return the exit code. Raises StorageError."""
    with remembered() as storage:
        held = storage.cache.stats()
    oldest = None if held.oldest_at is None else datetime.fromtimestamp(held.oldest_at, UTC).isoformat("T", "seconds")
    if as_json:
        click.echo(json.dumps({**held._asdict(), "oldest_at": oldest}))
    elif oldest is None:
        click.echo("The cache is empty; suffice fix fills it.")
    else:
        size = f"{held.bytes / 1024:.0f} KiB"
        click.echo(
            f"{_count(held.entries)} in {size}, {held.negatives} of them did not suffice; the oldest is of {oldest}"
        )
    return 0


def run_cache_clear(*, as_json: bool) -> int:
    """Forget all results and return the exit code. Raises StorageError."""
    with remembered() as storage:
        forgotten = storage.cache.clear()
    if as_json:
        click.echo(json.dumps({"forgotten": forgotten}))
    else:
        click.echo(f"{_count(forgotten)} forgotten; the same questions are paid again.")
    return 0


def _count(results: int) -> str:
    return f"{results} result{'s' * (results != 1)}"
