"""The end of the editor's process, which need not close our standard input: a child of its may hold the other end."""

from __future__ import annotations

import asyncio
import os
import sys

_EVERY_S = 0.25


async def ended(process_id: int) -> None:
    """Return when the process *process_id* has ended; never if it cannot be seen, as from within a container."""
    while _is_seen(process_id):
        await asyncio.sleep(_EVERY_S)
        if not _is_seen(process_id):
            return
    await asyncio.Event().wait()


def _is_seen(process_id: int) -> bool:
    if sys.platform == "win32" or process_id <= 0:  # there, signal 0 is Ctrl+C
        return False
    try:
        os.kill(process_id, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
