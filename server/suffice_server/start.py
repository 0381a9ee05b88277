"""The start of the language server: it answers `initialize` before it loads what it needs to serve.

Loading takes a quarter of a second, most of it for the protocol's types. The editor need not wait for that: the answer
depends on its capabilities alone. The message is then given to the server, which takes it as answered.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

from suffice_server.capabilities import initialize_reply
from suffice_server.wire import Messages, framed

if TYPE_CHECKING:
    from suffice_server.front.server import Server

_NEVER = 1_000_000


def serve_stdio() -> None:
    """Serve one editor over standard input and output until it leaves, and end the process."""
    output, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else may write between the messages
    messages = Messages(sys.stdin.buffer)
    try:
        first = messages.next()
        is_answered = _answer(first, output)
    except (EOFError, BrokenPipeError):
        os._exit(1)  # the editor has left without `exit`
    code = _loaded().run(messages, output, first=first, is_answered=is_answered)
    sys.stderr.flush()
    os._exit(code)  # a thread still waits for standard input, and would keep the process alive


def _answer(first: Any, output: BinaryIO) -> bool:
    """Return whether *first* could be answered."""
    reply = initialize_reply(first)
    if reply is None:
        return False
    output.write(framed(reply))
    output.flush()
    return True


def _loaded() -> Server:
    """Return the server. What is loaded never becomes garbage: it is neither looked at while it grows nor afterwards.

    Young objects are, for without that the process takes 10 MB more, and is hardly faster.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(*thresholds[:2], _NEVER)
    from suffice_server.front.server import Server  # after the answer

    server = Server()
    gc.freeze()
    gc.set_threshold(*thresholds)
    return server
