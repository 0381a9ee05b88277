"""What git prints about history, read as bytes within bounds: nothing of the repository's settings runs or fetches."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from suffice.errors import ToolError
from suffice.processes import start

MAX_BYTES = 64 * 1024 * 1024
"""Two thousand commits of thirty files name 6 MB of paths; more is read in part. The project's own limit."""

_TIMEOUT_S = 10.0
"""Thirty times what 13,000 commits were measured to take."""

_SAFE = (
    *("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false", "-c", "protocol.allow=never"),  # runs gpg; fetches what a partial clone lacks
)


def git_bytes(folder: Path, arguments: Sequence[str], *, most: int = MAX_BYTES) -> bytes:
    """Return the first *most* bytes that git prints. Raises ToolError if it fails or does not end in time."""
    process = start(
        ["git", *_SAFE, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        own_group=False,
    )
    late = threading.Timer(_TIMEOUT_S, process.kill)
    late.start()
    try:
        with process:
            printed = process.stdout.read(most) if process.stdout else b""
            is_cut = len(printed) == most
            if is_cut:
                process.kill()
    finally:
        late.cancel()
    if process.returncode != 0 and not is_cut:
        raise ToolError(f"git {arguments[0]} failed; run it by hand to see why.")
    return printed
