"""The options that several commands share, each said once: which lane, who pays and how much, where the result goes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Amount(click.FloatRange):
    """A number within its range, and none of `nan` and `inf`: a cap of those would cap nothing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return *value* as a number. Fails unless it is finite and in the range."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number that can be counted with.", param, ctx)
        return number


_ROUTE = (
    click.option("--policy", metavar="NAME|FILE", help="Which ladders and thresholds; default: guide."),
    click.option(
        "--stakes",
        type=click.Choice(["low", "normal", "high"]),
        default="normal",
        help="How much a wrong answer costs.",
    ),
    click.option("--lane", metavar="LANE", help="Try this lane first."),
    click.option("--max-lane", metavar="LANE", help="Climb no higher than this lane."),
    click.option("--allow", metavar="LANE", multiple=True, help="Lift 'explicit only' for this run."),
)

_MODEL = (
    *_ROUTE,
    click.option("--max-cost-usd", type=Amount(min=0), help="Cap on the run; default: 0.50."),
    click.option("--time-budget-s", type=Amount(min=0), help="Start no call later than so many seconds."),
    click.option("--min-confidence", type=Amount(0, 1), help="Propose nothing less sure (0 to 1)."),
    click.option("--jobs", type=click.IntRange(min=1), help="Calls in flight; default: 8."),
    click.option("--offline", is_flag=True, help="Never open a connection, even with keys set."),
    click.option("--dry-run", is_flag=True, help="Say lanes and estimates; call nobody."),
    click.option("--yes", is_flag=True, help="Agree, for this run, to send code to the providers with a key."),
)

_TOLD = (
    click.option(
        "--fail-on",
        type=click.Choice(["none", "findings", "unfixed", "degraded"]),
        help="End with 1 for any item (findings), one left undone (unfixed), an outage (degraded), or never.",
    ),
    click.option(
        "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write what --json prints to FILE too."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document."),
)

_RESULT = (
    click.option("--apply", is_flag=True, help="Write what is sure enough into the files."),
    click.option(
        "--patch", "patch_file", metavar="FILE", type=click.Path(dir_okay=False), help="Write the patch to FILE."
    ),
    *_TOLD,
)


def route_options(function: F) -> F:
    """Add the options that say which lane a task goes to."""
    return _with(_ROUTE, function)


def model_options(function: F) -> F:
    """Add the options of every command that may call a model."""
    return _with(_MODEL, function)


def told_options(function: F) -> F:
    """Add the options that say where the result goes and when it counts as a failure."""
    return _with(_TOLD, function)


def result_options(function: F) -> F:
    """Add these options, and those of a result that is a patch."""
    return _with(_RESULT, function)


def _with(options: Sequence[Callable[[F], F]], function: F) -> F:
    """Return *function* with *options*, which `--help` shows in this order."""
    for option in reversed(options):
        function = option(function)
    return function
