"""How a command ends that could not do its work: a sentence, or a report of a bug; and the document all the same."""

from __future__ import annotations

import json
import platform
import traceback
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import click

from suffice import __version__
from suffice.errors import SufficeError

_BUG = 3


def failed(arguments: list[str], error: Exception) -> int:
    """Say what went wrong and return the exit code: one sentence for what was expected, a report for a bug."""
    if not isinstance(error, SufficeError):
        return _bug(arguments, error)
    sentence = " ".join(str(error).split())
    click.echo(f"suffice: {sentence}", err=True)
    report_failure(arguments, error.reason, sentence)
    return error.exit_code


def _bug(arguments: list[str], error: Exception) -> int:
    click.echo("suffice met a bug of its own. Please report this, without any code you would not show:", err=True)
    click.echo(f"suffice {__version__}, Python {platform.python_version()}, {platform.system()}", err=True)
    click.echo("".join(traceback.format_exception(error)), err=True)
    report_failure(arguments, "bug", f"{type(error).__name__}; see standard error")
    return _BUG


def report_failure(arguments: list[str], reason: str, detail: str) -> None:
    """Keep the promise of `--json` and `--output`, also when the run could not start."""
    if not arguments or arguments[0] not in {"fix", "edit", "review", "ask"}:
        return
    if arguments[0] == "ask":
        from suffice_ci.ask_command import failed_document

        report = json.dumps(failed_document(arguments, reason=reason, detail=detail))
    else:
        from suffice.report import failure_report

        report = json.dumps(failure_report(command=arguments[0], reason=reason, detail=detail))
    if "--json" in arguments:
        click.echo(report)
    for name in _outputs(arguments):
        with suppress(OSError):  # where the report cannot be written, the sentence on standard error is left
            Path(name).write_text(f"{report}\n", "utf-8")


def _outputs(arguments: list[str]) -> list[str]:
    joined = [argument.removeprefix("--output=") for argument in arguments if argument.startswith("--output=")]
    apart = [name for option, name in pairwise(arguments) if option == "--output"]
    return [name for name in (*joined, *apart) if name != "-"]
