"""How a command ends that could not do its work: a sentence, or a report of a bug; and the document all the same."""

from __future__ import annotations

import errno
import json
import platform
import traceback
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from suffice import __version__
from suffice.errors import StorageError, SufficeError

_BUG = 3
_INTERRUPTED = 130
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_WITH_A_REPORT = {"fix", "edit", "review"}
_WITH_OUTPUT = _WITH_A_REPORT | {"ask"}


def failed(arguments: list[str], error: Exception) -> int:
    """Say what went wrong and return the exit code: one sentence for what was expected, a report for a bug."""
    while isinstance(error, ExceptionGroup):  # of tasks that went on at the same time: what befell the first
        error = error.exceptions[0]
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        error = StorageError(f"The result cannot be written ({error.strerror}); make room for it and run again.")
    if not isinstance(error, SufficeError):
        return _bug(arguments, error)
    sentence = " ".join(str(error).split())
    click.echo(f"suffice: {sentence}", err=True)
    report_failure(arguments, error.reason, sentence)
    return error.exit_code


def interrupted(arguments: list[str]) -> int:
    """Say that the command was interrupted before it had done anything, and return the exit code."""
    click.echo("suffice: interrupted; nothing was changed.", err=True)
    report_failure(arguments, "interrupted", "interrupted before anything was done; run again")
    return _INTERRUPTED


def _bug(arguments: list[str], error: Exception) -> int:
    click.echo("suffice met a bug of its own. Please report this, without any code you would not show:", err=True)
    click.echo(f"suffice {__version__}, Python {platform.python_version()}, {platform.system()}", err=True)
    click.echo("".join(traceback.format_exception(error)), err=True)
    report_failure(arguments, "bug", f"{type(error).__name__}; see standard error")
    return _BUG


def report_failure(arguments: list[str], reason: str, detail: str) -> None:
    """Keep the promise of `--json` and `--output`, also when the run could not start."""
    if not arguments:
        return
    document = json.dumps(_document(arguments, reason, detail))
    if "--json" in arguments:
        with suppress(OSError):  # standard output itself may be what is full
            click.echo(document)
    for name in _outputs(arguments) if arguments[0] in _WITH_OUTPUT else ():
        with suppress(OSError):  # where the report cannot be written, the sentence on standard error is left
            Path(name).write_text(f"{document}\n", "utf-8")


def _document(arguments: list[str], reason: str, detail: str) -> dict[str, Any]:
    """Return what the command prints with `--json`, in its own form where that has room for a failure."""
    command = arguments[0]
    if command == "ask":
        from suffice_ci.ask_command import failed_document

        return failed_document(arguments, reason=reason, detail=detail)
    if command in _WITH_A_REPORT:
        from suffice.report import failure_report

        report = failure_report(command=command, reason=reason, detail=detail)
        return report | {"status": "degraded", "interrupted": True} if reason == "interrupted" else report
    tool = {"name": "suffice", "version": __version__}
    head = {"schema": "suffice.failure/1", "tool": tool, "command": command, "status": "failed"}
    return {**head, "reason": reason, "detail": detail}


def _outputs(arguments: list[str]) -> list[str]:
    joined = [argument.removeprefix("--output=") for argument in arguments if argument.startswith("--output=")]
    apart = [name for option, name in pairwise(arguments) if option == "--output"]
    return [name for name in (*joined, *apart) if name != "-"]
