"""Who is told to stop while copies of a project exist removes them first: a signal unwinds as Ctrl-C does.

What a killed process could not remove is known by its id in the name of the folder, and swept by the next run.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_OURS = re.compile(r"work-(?P<folder>suffice-(?P<process>\d{1,9})-[a-z0-9_]{1,20})")


@contextmanager
def unwound_when_stopped() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise KeyboardInterrupt in the block, where nobody ignores or handles them already.

    Only the main thread may say so; elsewhere nothing changes. A second signal does not break off the clean-up.
    """
    is_main = threading.current_thread() is threading.main_thread()
    ours = [number for number in _SIGNALS if is_main and signal.getsignal(number) is signal.SIG_DFL]

    def unwind(_number: int, _frame: FrameType | None) -> None:
        for number in ours:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        for number in ours:
            signal.signal(number, unwind)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def left_behind(listing: str, places: Path) -> Iterator[Path]:
    """Yield the worktrees in *listing* (git worktree list --porcelain -z) that a dead process of ours left in *places*.

    A repository may list any folder: only one that is named and stands as ours do is ever yielded.
    """
    for line in listing.split("\0"):
        work = Path(line.removeprefix("worktree "))
        match = _OURS.fullmatch(work.name) if line.startswith("worktree ") else None
        if match is None or work != places / match["folder"] / work.name:
            continue
        if _is_own_folder(work.parent) and _is_dead(int(match["process"])):
            yield work


def _is_own_folder(folder: Path) -> bool:
    return os.name != "nt" and folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()


def _is_dead(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
