"""Starts other programs, and never hands them a key: their environment is an allow-list."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from suffice.errors import ToolError

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "APPDATA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a program printed and how it ended."""

    code: int
    stdout: str
    stderr: str


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that another program may see: where things are, no secret."""
    source = os.environ if environment is None else environment
    return {name: source[name] for name in _PASSED_ON if name in source}


def run(
    command: Sequence[str], *, cwd: Path | None = None, stdin: str | None = None, timeout_s: float = 60
) -> Finished:
    """Run *command* and return what it printed. Raises ToolError if it cannot start or does not end in time."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            env=child_environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
            close_fds=False,  # lets CPython use posix_spawn: 0.5 ms instead of 2 ms a start
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{name} did not end within {timeout_s:.0f} s; try fewer files.") from error
    except OSError as error:
        reason = error.strerror or error
        raise ToolError(f"{name} cannot be started ({reason}); reinstall it, or run suffice doctor.") from error
    return Finished(code=done.returncode, stdout=done.stdout, stderr=done.stderr)
