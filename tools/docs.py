"""Generate the reference pages under docs/ from the program; with `--check` say where they drifted.

python tools/docs.py [--check]
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from picture import PICTURE, drawn

from suffice.checker.pipeline import CHECKS
from suffice.config import REPOSITORY_SETTINGS, SETTINGS
from suffice.decide import decide
from suffice.lanes import catalogue
from suffice.outcome import Ending
from suffice.policy import Policy
from suffice.report import REASONS, Ended, status_of_item
from suffice.task import Kind, Task
from suffice_ci.main import cli

DOCS = Path(__file__).resolve().parent.parent / "docs"
_HEAD = "<!-- made by tools/docs.py; change the program instead -->\n\n"


def help_page() -> Iterator[str]:
    """Yield the help of every command."""
    yield "# Commands\n"
    os.environ["COLUMNS"] = "100"
    context = click.Context(cli, info_name="suffice", **cli.context_settings)
    yield f"```\n{cli.get_help(context)}\n```\n"
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is None or command.hidden:
            continue
        own = click.Context(command, info_name=name, parent=context, **cli.context_settings)
        yield f"## suffice {name}\n\n```\n{command.get_help(own)}\n```\n"


def checks_page() -> Iterator[str]:
    """Yield what each check looks at, in order."""
    yield "# The checker\n"
    yield "In order, cheapest first; a patch that fails one is not proposed.\n"
    yield "| check | what it makes sure of | what it costs |\n|---|---|---|"
    for module in CHECKS:
        lines = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        yield f"| `{module.NAME}` | {lines} | {module.COST} |"
    yield "\n`soft-diagnostics` (what the project's own rules find anew) never blocks: it lowers the confidence.\n"


def report_page() -> Iterator[str]:
    """Yield how items become a status, and the closed list of reasons."""
    yield "# The report\n"
    yield "`suffice schema report` prints the JSON Schema. The status of a run is the worst that applies:"
    yield "failed > degraded > needs-human > fixed > proposed > skipped > clean.\n"
    yield "| outcome of an item | status of the run |\n|---|---|"
    for ending in Ending:
        yield f"| {ending} | {status_of_item(Ended(ending=ending, reason='sufficed'))} |"
    yield "| proposed, and written by `--apply` | fixed |"
    yield "| any, with reason `provider-outage` or `interrupted` | degraded |\n"
    yield "| reason | meaning |\n|---|---|"
    for reason, meaning in REASONS.items():
        yield f"| `{reason}` | {meaning} |"
    yield ""


def lanes_page() -> Iterator[str]:
    """Yield the catalogue and the ladders of the shipped policy."""
    shipped = catalogue()
    yield "# Lanes\n"
    yield f"Prices in US dollars per million tokens, read on {shipped.read_on}.\n"
    yield "| lane | model | effort | in | cached | out | best for |\n|---|---|---|---|---|---|---|"
    for lane in shipped.lanes.values():
        price = lane.prices[0]
        costs = f"{price.input:g} | {price.cached:g} | {price.output:g}"
        yield f"| `{lane.name}` | {lane.model} | {lane.effort} | {costs} | {lane.best_for} |"
    policy = Policy.load("guide")
    yield "\n## Policy guide\n\n| kind | ladder | a typical task costs on its first model |\n|---|---|---|"
    for kind in policy.kinds:
        decision = decide(Task(kind=Kind(kind)), policy=policy)
        ladder = ", ".join(" \\| ".join(rung) for rung in decision.rungs)
        yield f"| {kind} | {ladder} | ${decision.next_cost_usd or decision.estimated_cost_usd:.6f} |"
    yield ""


def config_page() -> Iterator[str]:
    """Yield every setting and where it may stand."""
    yield "# Settings\n"
    yield "Your own file is `$SUFFICE_CONFIG`, else `suffice/config.toml` in the platform's user configuration folder."
    yield "A repository's `suffice.toml`, or `[tool.suffice]` in its `pyproject.toml`, can only tighten: caps and"
    yield "confidences are merged by the stricter, lists by union. Anything else there is an error that names the key."
    yield "For a proposed change (`--base`) it is read from the commit that the change is based on.\n"
    yield "| setting | meaning | in a repository |\n|---|---|---|"
    for name, meaning in SETTINGS.items():
        yield f"| `{name}` | {meaning} | {'tightens' if name in REPOSITORY_SETTINGS else 'no'} |"
    yield "\n`.sufficeignore` at the root (gitignore's syntax) names files that are never read nor sent.\n"


PAGES = {
    "config.md": config_page,
    "help.md": help_page,
    "checks.md": checks_page,
    "report.md": report_page,
    "lanes.md": lanes_page,
}


def main(*, check: bool) -> int:
    """Write the pages, or with *check* return 1 if one is not what the program says."""
    DOCS.mkdir(exist_ok=True)
    drifted = []
    texts = {name: _HEAD + "\n".join(make()) for name, make in PAGES.items()} | {PICTURE.name: drawn()}
    for name, text in texts.items():
        page = DOCS / name
        if not page.exists() or page.read_text("utf-8") != text:
            drifted.append(name)
            if not check:
                page.write_text(text, "utf-8")
    if check and drifted:
        print(f"docs drifted: {', '.join(drifted)}; run python tools/docs.py")
    return int(check and bool(drifted))


if __name__ == "__main__":
    raise SystemExit(main(check="--check" in sys.argv))
