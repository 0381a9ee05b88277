"""A program that is kept running and answers a line for each line it is sent.

It stands in a process group of its own, so that what it starts ends with it (not on Windows, where only the program
itself is ended); its environment is the allow-list of `processes`; and nobody waits for it longer than they said,
whatever it does with its pipes.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from suffice.processes import end_group, start

_LONGEST_LINE = 64 * 1024 * 1024
"""Bytes: an answer that is longer is none."""


class Ended(Exception):  # noqa: N818 - "the conversation ended" is no error of ours
    """The program is gone, or took longer than it may; `str` says which."""


class Conversation:
    """Lines to a program, and its lines back. `hear` raises Ended where no more come."""

    def __init__(self, command: Sequence[str], *, cwd: Path) -> None:
        """Start *command*. Raises ToolError if it cannot start."""
        self._process = start(
            command,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            own_group=True,
        )
        self._said: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._heard: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        for work, pipe in ((self._write, self._process.stdin), (self._read, self._process.stdout)):
            threading.Thread(target=work, args=(pipe,), daemon=True).start()

    def say(self, line: bytes) -> None:
        """Send *line*, which holds no line end."""
        self._said.put(line + b"\n")

    def hear(self, *, timeout_s: float) -> bytes:
        """Return the next line. Raises Ended if there is none in time; the program is ended then."""
        try:
            line = self._heard.get(timeout=timeout_s)
        except queue.Empty:
            self.end()
            raise Ended(f"it did not answer within {timeout_s:g} s") from None
        if line is None:
            self.end()
            raise Ended("it ended before it answered")
        return line

    @property
    def is_running(self) -> bool:
        """Whether the program is still there."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the program and all that it started."""
        self._said.put(None)
        end_group(self._process)

    def _write(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (line := self._said.get()) is not None:
                pipe.write(line)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError), pipe:
            while (line := pipe.readline(_LONGEST_LINE)).endswith(b"\n"):
                self._heard.put(line)
        self._heard.put(None)
