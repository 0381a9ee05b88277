"""The text of a file that the user names, or of standard input for `-`; with its line ends as they are."""

from __future__ import annotations

import sys
from pathlib import Path

from suffice.errors import InputError


def named_text(name: str) -> str:
    """Return the text called *name*. Raises InputError if it cannot be read as UTF-8."""
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return content.decode("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{name} cannot be read ({why}); name a readable text file.") from error
