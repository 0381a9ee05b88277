"""`suffice stats`: what sufficed and what it cost, as a table or as one JSON document."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

import click

from suffice.config import load_config
from suffice.policy import Policy
from suffice.state.ledger import Feedback
from suffice.stats import LaneStats, Stats, stats
from suffice_ci.published import clean
from suffice_ci.remembered import known_kind, remembered
from suffice_ci.summary import dollars


def run_stats(options: Mapping[str, Any]) -> int:
    """Run `suffice stats` and return the exit code. Raises SufficeError."""
    kind, config = known_kind(options["kind"]), load_config(None, os.environ)
    lanes, read_on = config.catalogue()
    policy = Policy.load(config.policy or "guide", lanes=lanes)
    with remembered() as storage:
        found = stats(
            storage.ledger,
            policy=policy,
            prices_read_on=read_on,
            now=datetime.now(UTC),
            days=options["since"],
            kind=kind,
        )
    if options["as_json"]:
        click.echo(json.dumps(_document(found)))
        return 0
    for line in stats_lines(found):
        click.echo(line)
    return 0


def _document(found: Stats) -> dict[str, Any]:
    rows = {name: [row._asdict() for row in getattr(found, name)] for name in ("lanes", "rules", "counterfactuals")}
    days = {"since": found.since.isoformat("T", "seconds"), "until": found.until.isoformat("T", "seconds")}
    more = {"prices_read_on": found.prices_read_on.isoformat(), "totals": found.totals._asdict()}
    return {**found._asdict(), **days, **more, **rows}


def stats_lines(found: Stats) -> Iterator[str]:
    """Yield what a person reads."""
    yield _first_line(found)
    if not (found.lanes or found.totals.tasks):
        yield "Nothing is recorded for it; run suffice fix, or look further back with --since."
        yield from _unanswered(found)
        return
    for kind, lanes in groupby(found.lanes, key=lambda row: row.kind):
        rules = [row for row in found.rules if row.kind == kind]
        yield ""
        yield from _aligned([[kind, *_COLUMNS], *(_cells(row) for row in (*lanes, *rules))])
    yield ""
    yield from _sums(found)


def _first_line(found: Stats) -> str:
    of = f" of {found.kind}" if found.kind else ""
    tasks = found.totals.tasks
    line = f"The last {found.days} days, since {found.since.date()}: {tasks} task{'s' * (tasks != 1)}{of}."
    return f"{line} {old_prices(found.prices_read_on, found.prices_age_days)}" if found.prices_are_old else line


def old_prices(read_on: date, age_days: int) -> str:
    """Return the sentence about a price catalogue that may be wrong by now."""
    return f"The prices were read on {read_on}, {age_days} days ago; suffice doctor says what to do."


_COLUMNS = ("rule", "sufficed", "", "unchecked", "cost", "a fix", "in", "cached", "out", "median", "p90", *Feedback)


def _cells(row: LaneStats) -> list[str]:
    of = "" if row.tasks is None else f" of {row.tasks}"
    share = f"{row.sufficed / row.tasks:.0%}" if row.tasks else ""
    a_fix = "" if row.cost_per_sufficing_usd is None else dollars(row.cost_per_sufficing_usd)
    tokens = [f"{n:,}" if n else "" for n in (row.input_tokens, row.cached_tokens, row.output_tokens)]
    times = ["" if ms is None else f"{ms / 1000:.1f} s" for ms in (row.latency_median_ms, row.latency_p90_ms)]
    paid = [dollars(row.cost_usd), a_fix, *tokens, *times] if row.calls else ["free", *[""] * 6]
    words = [str(n or "") for n in (row.kept, row.undone, row.dismissed, row.rejected, row.rewritten)]
    settled = [f"{row.sufficed}{of}", share, str(row.unchecked or "")]
    return [row.lane, clean(row.rule or "all"), *settled, *paid, *words]


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows of *table*, the first two columns to the left, without columns that hold nothing."""
    columns = [column for column in zip(*table, strict=True) if any(column[1:])]
    wide = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        cells = (c.ljust(w) if place < 2 else c.rjust(w) for place, (c, w) in enumerate(zip(row, wide, strict=True)))  # noqa: PLR2004
        yield "  ".join(cells).rstrip()


def _sums(found: Stats) -> Iterator[str]:
    sums = found.totals
    unchecked = f", {sums.unchecked} of them unchecked" if sums.unchecked else ""
    by_models = f"{sums.by_models} by models{unchecked}"
    left_out = f", {sums.linter_left_out} of them with a fix of the linter's that was left out"
    left = f"{sums.left}{left_out if sums.linter_left_out else ''}"
    yield f"Tasks settled: {sums.by_linter} by the linter's own fix, {by_models}; left: {left}."
    a_fix = sums.cost_per_sufficing_usd
    each = "" if a_fix is None else f", {dollars(a_fix)} for each settled task"
    yield f"Paid {dollars(sums.cost_usd)} for {sums.calls} calls, the failed ones included{each}."
    yield from _unanswered(found)
    for other in found.counterfactuals:
        yield f"{other.kind}, always {other.lane}: about {dollars(other.cost_usd)} ({other.how})"
    if sums.saved_usd is not None:
        word = "Saved" if sums.saved_usd >= 0 else "Lost"
        yield f"{word} against that: about {dollars(abs(sums.saved_usd))}."


def _unanswered(found: Stats) -> Iterator[str]:
    """Yield what else may have been paid."""
    number, usd = found.totals.unanswered, found.totals.unanswered_usd
    if number:
        calls = "1 call has" if number == 1 else f"{number} calls have"
        yield f"{calls} no answer, still in flight or cut off, and may cost up to {dollars(usd)} on top."
