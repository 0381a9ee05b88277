"""Starts other programs, and never hands them a key: their environment is an allow-list."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from suffice.errors import ToolError

_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "USERPROFILE",
    "APPDATA",
)


_PR_SET_DUMPABLE = 4  # linux/prctl.h


def hide_environment() -> None:
    """Keep other programs of this user from reading our variables, keys among them, in /proc (Linux; not from root).

    A hostile settings file may point a linter there, and the linter's error message would quote what it read.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


class Finished(NamedTuple):
    """What a program printed and how it ended."""

    code: int
    stdout: str
    stderr: str


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that another program may see: where things are, no secret."""
    source = os.environ if environment is None else environment
    return {name: source[name] for name in _PASSED_ON if name in source}


def start(
    command: Sequence[str],
    *,
    cwd: Path | None,
    stdin: int,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    own_group: bool,
) -> subprocess.Popen[bytes]:
    """Start *command* with the allow-listed environment. Raises ToolError if it cannot start.

    With *own_group* it leads a group that `end_group` ends, and gets none of our open files.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=child_environment(),
            close_fds=own_group,  # not closing lets CPython use posix_spawn: 0.5 ms instead of 2 ms a start
            start_new_session=own_group,
        )
    except OSError as error:
        name, reason = Path(command[0]).name, error.strerror or error
        raise ToolError(f"{name} cannot be started ({reason}); reinstall it, or run suffice doctor.") from error
    _started.add(process)
    return process


_started: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def end_all() -> None:
    """End all programs that were started here and go on: this process is about to end without waiting for them."""
    for process in list(_started):
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself meanwhile
            if process.poll() is None and sys.platform != "win32" and os.getpgid(process.pid) == process.pid:
                end_group(process)
            else:
                process.kill()


class Started:
    """A program that goes on while we do something else. `finish` waits for it."""

    def __init__(self, command: Sequence[str], *, cwd: Path | None = None, own_group: bool = False) -> None:
        """Start *command*, with nothing on its standard input. Raises ToolError if it cannot start.

        With *own_group* it and all that it starts are ended together, and it gets none of our open files.
        """
        self._name = Path(command[0]).name
        self._own_group = own_group
        self._out = tempfile.TemporaryFile()  # noqa: SIM115 - a file, so that nobody has to read along; finish closes it
        self._err = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = start(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err, own_group=own_group
            )
        except ToolError:
            self._close()
            raise

    def _close(self) -> None:
        self._out.close()
        self._err.close()

    def _end(self) -> None:
        if self._own_group:
            end_group(self._process)
        else:
            self._process.kill()
            self._process.wait()

    def is_done(self) -> bool:
        """Whether the program has ended."""
        return self._process.poll() is not None

    def drop(self) -> None:
        """End the program if it goes on, and forget what it printed; nothing to do after `finish`."""
        if not self._out.closed:
            self._end()
            self._close()

    def finish(self, *, timeout_s: float = 60) -> Finished:
        """Return what the program printed. Raises ToolError if it does not end in time."""
        try:
            left_s = _waited_for(self._process.pid, timeout_s)
            code = self._process.wait(left_s)
        except subprocess.TimeoutExpired as error:
            self._end()
            self._close()
            raise _too_slow(self._name, timeout_s) from error
        if self._own_group:
            self._end()  # what it left running
        with self._out, self._err:
            self._out.seek(0)
            self._err.seek(0)
            stdout, stderr = (file.read().decode("utf-8", errors="replace") for file in (self._out, self._err))
        return Finished(code=code, stdout=stdout, stderr=stderr)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End *process*, which leads a group of its own, and what it started; on Windows only itself."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _waited_for(pid: int, timeout_s: float) -> float:
    """Return once the child *pid* has ended, or after *timeout_s*: how many seconds of it are left.

    Popen.wait with a time limit sleeps in growing steps: the end of a run of 6 ms is noticed up to 3 ms late.
    """
    if sys.platform != "linux":
        return timeout_s
    start = time.monotonic()
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:  # an older kernel
        return timeout_s
    try:
        ends = select.poll()
        ends.register(descriptor, select.POLLIN)
        ends.poll(timeout_s * 1000)
    finally:
        os.close(descriptor)
    return max(0.0, timeout_s - (time.monotonic() - start))


def run(command: Sequence[str], *, cwd: Path | None = None, timeout_s: float = 60) -> Finished:
    """Run *command* and return what it printed. Raises ToolError if it cannot start or does not end in time."""
    return Started(command, cwd=cwd).finish(timeout_s=timeout_s)


def _too_slow(name: str, timeout_s: float) -> ToolError:
    return ToolError(f"{name} did not end within {timeout_s:.0f} s; try fewer files.")
