"""What a project says of itself in its settings files, read as data."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import Any

from suffice.toml_source import read_toml

_LOWEST = re.compile(r"(?:>=|~=|==|\^|>)\s*3\.(\d+)")
_RUFF_TARGET = re.compile(r"py3(\d+)")


_MOST_BYTES = 1_048_576
"""Settings that are longer are none; as for a snapshot's files."""

_MARKS = ("pyproject.toml", "setup.cfg", "ruff.toml", ".ruff.toml")


def project_root(place: Path) -> Path | None:
    """Return the nearest folder around *place* that holds a project's settings, None if there is none."""
    return next(
        (f for f in (place, *place.parents) if any((f / mark).is_file() for mark in (*_MARKS, "suffice.toml"))), None
    )


def oldest_python(root: Path | None, path: str) -> tuple[int, int] | None:
    """Return the lowest Python that is declared for the file *path* under *root*, such as (3, 8), else None.

    A changed declaration counts after a second at the latest: a wave of patches asks for the same folders again and
    again.
    """
    if root is None:
        return None
    return _oldest_around(str(root), path.rpartition("/")[0], int(time.monotonic()))


def oldest_python_of(paths: Iterable[str], root: Path | None) -> tuple[int, int] | None:
    """Return the lowest Python that is declared for any of the files *paths* under *root*, None for none."""
    return min(filter(None, (oldest_python(root, path) for path in paths)), default=None)


@lru_cache(maxsize=1024)
def _oldest_around(root: str, inside: str, _second: int) -> tuple[int, int] | None:
    top, folder = Path(root), Path(root, inside)
    declared = (_declared(f) for f in (folder, *folder.parents) if f.is_relative_to(top))
    return next((version for version in declared if version), None)


def _declared(folder: Path) -> tuple[int, int] | None:
    return _read_declared(folder, tuple(_modified(f"{folder}{os.sep}{mark}") for mark in _MARKS))


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - asked for every folder above every file
    except OSError:
        return 0


@lru_cache(maxsize=256)
def _read_declared(folder: Path, _modified_ns: tuple[int, ...]) -> tuple[int, int] | None:
    pyproject = _toml(folder / "pyproject.toml")
    poetry = _table(pyproject, "tool", "poetry", "dependencies").get("python")
    for text in (_table(pyproject, "project").get("requires-python"), poetry, _setup_cfg(folder)):
        found = _LOWEST.search(text) if isinstance(text, str) else None
        if found:
            return 3, int(found[1])
    ruff = _table(pyproject, "tool", "ruff")
    for settings in (_toml(folder / "ruff.toml"), _toml(folder / ".ruff.toml"), ruff):
        target = _RUFF_TARGET.fullmatch(str(settings.get("target-version", "")))
        if target:
            return 3, int(target[1])
    return None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(_text(path))
    except (OSError, ValueError, RecursionError):
        return {}  # the linter reports broken settings in its own words


def _table(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for part in path:
        inner = data.get(part)
        data = inner if isinstance(inner, dict) else {}
    return data


def _text(path: Path) -> str:
    """Return the text of the file *path*. Raises OSError for what is none, and UnicodeDecodeError."""
    state = path.stat()
    if not S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:  # a pipe would keep us waiting for ever
        raise OSError(f"{path.name} is no settings file")
    return path.read_text("utf-8")


def _setup_cfg(folder: Path) -> str | None:
    try:
        text = _text(folder / "setup.cfg")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r"^\s*python_requires\s*=\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else None
