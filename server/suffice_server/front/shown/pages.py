"""Texts written to be shown: in a folder of our own that nobody else can read, gone with the server."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LONGEST_NAME = 60


class Pages:
    """The documents that the editor was asked to show, one of each title."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def write(self, title: str, text: str) -> str:
        """Return the uri of *text* as a Markdown file, in the place of an older one of that *title*. Raises OSError."""
        if self._folder is None:
            import tempfile  # with what it loads, for the first page alone

            self._folder = Path(tempfile.mkdtemp(prefix="suffice-"))  # only its owner may look into it
        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:_LONGEST_NAME] or "page"
        page = self._folder / f"{name}.md"
        descriptor = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        return page.as_uri()

    def close(self) -> None:
        """Take all of them away."""
        if self._folder is not None:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
