"""Runs a command of the project where it can do the least harm: with a time limit, without keys, alone if possible."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from suffice.errors import ToolError
from suffice.privacy import redact

DEFAULT_TIMEOUT_S = 300.0

_CONFINE = Path(__file__).with_name("confine.py")
KEPT_BYTES = 20_000
"""How much of the end of what a command prints is looked at, unless asked for more."""
_CHUNK_BYTES = 65_536
_LOOK_AGAIN_S = 0.2
_TO_DIE_S = 2.0
_NOT_TEXT = re.compile(
    "\x1b\\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""What would steer the terminal of whoever reads the evidence."""


class Confinement(NamedTuple):
    """What the system took away from a command."""

    network: bool = False
    processes: bool = False
    writes: bool = False

    def __str__(self) -> str:
        """Say what was and, so that nobody relies on it, what was not."""
        network = "network off" if self.network else "the network was not cut off"
        writes = "" if self.writes else "; writes outside of the copy were not prevented"
        return network + writes


class Ran(NamedTuple):
    """How a command ended: `code` is None if it was stopped at the time limit; `tail` is the end of what it printed.

    `is_cut` says that it may have printed more than was kept.
    """

    code: int | None
    tail: str
    took_s: float
    confinement: Confinement
    is_cut: bool = False


def run_confined(
    command: Sequence[str],
    *,
    folder: Path,
    writable: Sequence[Path],
    environment: Mapping[str, str],
    timeout_s: float,
    kept_bytes: int = KEPT_BYTES,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Ran:
    """Run *command* in *folder* and return how it ended; nothing that it started is alive then.

    It may write to *folder* and to *writable*. Raises ToolError if not even the confinement can start, or if it
    *is_stopped* before it ends.
    """
    started = time.monotonic()
    told, tells = os.pipe()
    try:
        process = _started(command, folder, (folder, *writable), environment, tells)
    except OSError as error:
        os.close(told)
        raise ToolError(f"{command[0]} cannot be started ({error.strerror}); check the command by hand.") from error
    finally:
        os.close(tells)
    try:
        tail, in_time = _watched(process, started + timeout_s, kept_bytes, is_stopped)
    finally:
        _stop(process)
        confinement = _confinement(told)
    code = process.returncode if in_time else None
    is_cut = len(tail) >= kept_bytes
    return Ran(code, _readable(tail, folder), time.monotonic() - started, confinement, is_cut)


def _started(
    command: Sequence[str], folder: Path, writable: Sequence[Path], environment: Mapping[str, str], tells: int
) -> subprocess.Popen[bytes]:
    folders = os.pathsep.join(map(str, writable))
    confined = [sys.executable, "-I", "-S", "-B", str(_CONFINE), str(tells), folders, *command]
    return subprocess.Popen(
        command if os.name == "nt" else confined,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=() if os.name == "nt" else (tells,),
        start_new_session=True,
    )


def _watched(
    process: subprocess.Popen[bytes], deadline: float, kept_bytes: int, is_stopped: Callable[[], bool]
) -> tuple[bytes, bool]:
    """Return the end of what *process* prints, and whether it ended by itself before *deadline*."""
    tail = b""
    output = process.stdout
    if output is None:  # it is always a pipe
        return tail, True
    with selectors.DefaultSelector() as selector, output:
        selector.register(output, selectors.EVENT_READ)
        while (left_s := deadline - time.monotonic()) > 0:
            if is_stopped():
                raise ToolError("The command was stopped with the run that wanted it; run again to have it finished.")
            if selector.select(min(left_s, _LOOK_AGAIN_S)):
                chunk = os.read(output.fileno(), _CHUNK_BYTES)
                if not chunk:
                    return tail, _ended(process, deadline)
                tail = (tail + chunk)[-kept_bytes:]
            elif process.poll() is not None:
                return tail, True
    return tail, False


def _ended(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kill *process* and all that it started: `confine.py` knows its descendants, the system our group."""
    if process.poll() is None:
        process.terminate()
        if not _ended(process, time.monotonic() + _TO_DIE_S):
            process.kill()
    if os.name != "nt":
        with suppress(ProcessLookupError, PermissionError):  # nobody is left of the group
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _confinement(told: int) -> Confinement:
    words = os.read(told, _CHUNK_BYTES).decode("ascii", errors="replace").split()
    os.close(told)
    return Confinement(**{name: name in words for name in Confinement._fields})


def _readable(output: bytes, folder: Path) -> str:
    """Return *output* as plain text: no escapes of a terminal, no secret, no name of a throw-away folder."""
    text = output.decode("utf-8", errors="replace").replace("\r\n", "\n")
    return redact(_NOT_TEXT.sub("", text.replace(f"{folder}{os.sep}", ""))).text
