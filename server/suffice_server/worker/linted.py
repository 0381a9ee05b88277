"""What linters said of texts, kept so that no text is linted twice under the same settings.

Settings are known by the files that hold them. What such a file loads from elsewhere, as a plug-in of eslint, is not
looked at: it counts from the next change of the text on.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

from suffice.task import Diagnostic
from suffice_server.worker.workspace import Workspace

_MOST_TEXTS = 128
"""Texts whose diagnostics are kept: more than anybody has open."""

_NAMES = frozenset({"package.json", "tsconfig.json", "__init__.py"})
_STARTS = ("eslint.config.", ".eslintrc")
_ABOVE = ("pyproject.toml", "ruff.toml", ".ruff.toml")


class LintedTexts:
    """The diagnostics of the texts that were linted last. For any thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, tuple[Diagnostic, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, workspace: Workspace, path: str) -> Sequence[Diagnostic]:
        """Return what the project's linters say of the file *path*. Raises InputError, ConfigError or ToolError."""
        file, linting = workspace.snapshot.file(path), workspace.linting
        text = hashlib.sha256(file.text.encode()).digest()
        spoken = (linting.ruff.program, *(type(linter).__name__ + linter.name for linter in linting.others.linters))
        key = (path, text, spoken, tuple(_stamps(workspace.root, path)))
        with self._lock:
            found = self._known.pop(key, None)
        if found is None:
            found = tuple(linting.diagnostics_of([file])[0])
            if not linting.others.could_look(file):
                return found
        else:
            linting.remember(file, [d for d in found if d.source == "ruff"])
        with self._lock:
            self._known[key] = found
            while len(self._known) > _MOST_TEXTS:
                self._known.popitem(last=False)
        return found


def _stamps(root: Path, path: str) -> Iterator[tuple[str, int, int]]:
    """Yield what tells one version of the settings for *path* from another: name, time and size of their files."""
    places = [folder for folder in (root / path).parents if folder.is_relative_to(root)]
    above = (str(folder / name) for folder in root.parents for name in _ABOVE)
    for file in (*(file for folder in places for file in _settings_in(folder)), *above):
        try:
            state = os.stat(file)  # noqa: PTH116 - asked for some dozen files at each look
        except OSError:
            continue
        yield file, state.st_mtime_ns, state.st_size


def _settings_in(folder: Path) -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - as above
    except OSError:
        return []
    mine = (name for name in names if name in _NAMES or name.endswith(".toml") or name.startswith(_STARTS))
    return sorted(f"{folder}{os.sep}{name}" for name in mine)
