"""What is logged of a bug: where it was, never what the exception says, for that may quote the user's code."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

from pygls.exceptions import JsonRpcException

logger = logging.getLogger(__name__)


def log_bug(error: BaseException | None) -> None:
    """Log where *error* was raised, unless it was meant as a reply or is the end of what was cancelled."""
    if error is not None and not isinstance(error, JsonRpcException | asyncio.CancelledError):
        calls = "".join(traceback.format_tb(error.__traceback__))
        logger.error("a bug of ours, %s:\n%s", type(error).__name__, calls)


def log_bug_of_task(task: asyncio.Future[Any]) -> None:
    """Log the bug that ended *task*, if one did."""
    log_bug(None if task.cancelled() else task.exception())


def log_bug_of_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what asyncio itself would log with the arguments of callbacks, so with user code."""
    log_bug(context.get("exception"))
