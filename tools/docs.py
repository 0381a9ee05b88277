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
from catalogue_pages import key_table, lanes_page, policies_page, schema_of
from confidence_page import confidence_page
from picture import PICTURE, drawn
from tuning_page import tuning_page

from suffice.checker.executed.execute import EXECUTED
from suffice.checker.pipeline import CHECKS
from suffice.checker.verdict import ALWAYS
from suffice.config import REPOSITORY_SETTINGS, SETTINGS
from suffice.outcome import Ending
from suffice.report import REASONS, Ended, status_of_item
from suffice.task import Kind
from suffice_ci.main import cli

DOCS = Path(__file__).resolve().parent.parent / "docs"
_HEAD = "<!-- made by tools/docs.py; change the program instead -->\n\n"


def help_page() -> Iterator[str]:
    """Yield the help of every command."""
    yield "# Commands\n"
    os.environ["COLUMNS"] = "100"
    context = click.Context(cli, info_name="suffice", **cli.context_settings)
    yield f"```\n{cli.get_help(context)}\n```\n"
    yield from _commands(cli, context)


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    """Yield the help of each command of *group* that is shown, and of those below it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        own = click.Context(command, info_name=name, parent=context, **cli.context_settings)
        yield f"## {own.command_path}\n\n```\n{command.get_help(own)}\n```\n"
        if isinstance(command, click.Group):
            yield from _commands(command, own)


def checks_page() -> Iterator[str]:
    """Yield what each check looks at, in order."""
    yield "# The checker\n"
    yield "In order, cheapest first. A patch that fails a check which blocks its kind is not proposed; a check that"
    yield "does not block lowers the [confidence](confidence.md). `suffice check --explain CHECK` says more.\n"
    yield "| check | what it makes sure of | what it costs | blocks |\n|---|---|---|---|"
    for module in (*CHECKS, *EXECUTED):
        lines = inspect.cleandoc(module.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        yield f"| `{module.NAME}` | {lines} | {module.COST} | {_blocked(module.BLOCKS)} |"
    yield ""


def _blocked(kinds: frozenset[Kind]) -> str:
    """Return which *kinds* of patch a check blocks, in words."""
    if kinds == ALWAYS:
        return "every patch"
    return ", ".join(kind for kind in Kind if kind in kinds) or "none"


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
    yield "\nAny other command that cannot do its work prints, with `--json`, one document with `schema`"
    yield "(`suffice.failure/1`), `tool`, `command`, `status` (`failed`), `reason` and `detail`."
    yield ""


def config_page() -> Iterator[str]:
    """Yield every setting and where it may stand."""
    yield "# Settings\n"
    yield "Your own file is `$SUFFICE_CONFIG`, else `suffice/config.toml` in the platform's user configuration folder."
    yield "A repository's `suffice.toml` and `[tool.suffice]` in its `pyproject.toml` can only tighten: caps and"
    yield "confidences are merged by the stricter, lists by union. Anything else there is an error that names the key."
    yield "For a proposed change (`--base`) it is read from the commit that the change is based on. The flag"
    yield "`--max-cost-usd` goes before your own `max_cost_usd`, never before a repository's; of other limits the"
    yield "stricter counts."
    yield "`suffice schema config` prints the JSON Schema.\n"
    yield "| setting | meaning | in a repository |\n|---|---|---|"
    for name, meaning in SETTINGS.items():
        yield f"| `{name}` | {meaning} | {'tightens' if name in REPOSITORY_SETTINGS else 'no'} |"
    definitions = schema_of("config")["$defs"]
    yield "\n## [lanes.NAME]\n"
    yield "In your own file, a table changes a lane of the [catalogue](lanes.md) or adds one, which a policy can then"
    yield "put on a ladder. What is not given stays as it is. Name the model that stands behind `local`: what is"
    yield "remembered of it and its cached answers are kept by that name, and a new name starts anew.\n"
    yield "```toml\n" + LANE_EXAMPLE + "```\n"
    yield from key_table(definitions["lane"]["properties"], "key")
    yield "\nEach of `prices` has:\n"
    yield from key_table(definitions["price"]["properties"], "key")
    yield "\n`.sufficeignore` at the root (gitignore's syntax) names files that are never read nor sent.\n"


LANE_EXAMPLE = """\
[lanes.local]                 # a server of your own: SUFFICE_LOCAL_BASE_URL says where
model = "qwen3:4b"
context_tokens = 32768

[lanes."haiku:high"]          # a new one
provider = "anthropic"
model = "MODEL-ID"
effort = "high"
efforts = ["low", "medium", "high"]
context_tokens = 200000
prices = [{ input = 0.10, cached = 0.01, output = 0.50 }]
"""

PAGES = {
    "confidence.md": confidence_page,
    "config.md": config_page,
    "help.md": help_page,
    "checks.md": checks_page,
    "report.md": report_page,
    "lanes.md": lanes_page,
    "policies.md": policies_page,
    "tuning.md": tuning_page,
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
