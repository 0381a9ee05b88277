"""Which ruff speaks for a project: its own, then the one on `PATH`, then ours.

A program inside the workspace is repository code: it counts only where the workspace is trusted, and what `PATH`
names counts only outside of it. The rules that hold in every project (`ruff.HARD_RULES`) are always asked of ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from suffice.errors import ToolError
from suffice.linters import ruff
from suffice.processes import run

OLDEST = (0, 8)
"""The oldest ruff whose JSON was held against ours (0.8.6, 2026-11): places, fixes, unnamed syntax errors."""

_VERSION = re.compile(r"ruff (\d+)\.(\d+)\.(\S+)")
_PROGRAM = "ruff.exe" if os.name == "nt" else "ruff"
_PROGRAMS = "Scripts" if os.name == "nt" else "bin"


class Ruff(NamedTuple):
    """A ruff: its path, where it is from, and why others were passed over."""

    program: str
    origin: str
    passed_over: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Its version, such as `0.17.6`."""
        return _version(self.program, _modified(self.program)) or "of unknown version"


def ours(*passed_over: str) -> Ruff:
    """Return the ruff that is installed with suffice."""
    return Ruff(ruff.executable(), "installed with suffice", passed_over)


def ruff_for(root: Path | None, environment: Mapping[str, str], *, trusted: bool) -> Ruff:
    """Return the ruff for the project at *root*; one inside of it only if that is *trusted*."""
    passed_over: list[str] = []
    for program, origin in _candidates(root, environment, trusted=trusted):
        if Path(program).samefile(ruff.executable()):
            return ours(*passed_over)
        version = _version(program, _modified(program))
        if version is None:
            passed_over.append(f"{program} does not say its version")
        elif tuple(map(int, version.split(".")[:2])) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            passed_over.append(f"{program} is {version}, and suffice reads what {oldest} or later says")
        else:
            return Ruff(program, origin, tuple(passed_over))
    return ours(*passed_over)


def _candidates(root: Path | None, environment: Mapping[str, str], *, trusted: bool) -> Iterator[tuple[str, str]]:
    inside = _folders_inside(root, environment) if root and trusted else []
    for folder in inside:
        if (program := folder / _PROGRAMS / _PROGRAM).is_file():
            yield str(program), "the project's own"
    found = program_on_path(_PROGRAM, environment, outside=root)
    if found:
        yield found, "on PATH"


def _folders_inside(root: Path, environment: Mapping[str, str]) -> list[Path]:
    """Return where the project's environment may be: the activated one first, if it lies inside."""
    active = Path(environment.get("VIRTUAL_ENV", ""))
    own = [active] if active.is_absolute() and active.resolve().is_relative_to(root.resolve()) else []
    return [*own, root / ".venv", root / "venv"]


def program_on_path(name: str, environment: Mapping[str, str], *, outside: Path | None) -> str | None:
    """Return the first program *name* of `PATH` that lies outside of *outside*; relative folders do not count."""
    for folder in environment.get("PATH", "").split(os.pathsep):
        program = Path(folder, name)
        if not program.is_absolute() or not os.access(program, os.X_OK) or not program.is_file():
            continue
        places = (program, program.resolve())
        if outside is None or not any(place.is_relative_to(outside.resolve()) for place in places):
            return str(program)
    return None


def _modified(program: str) -> int:
    return Path(program).stat().st_mtime_ns


@lru_cache(maxsize=16)
def _version(program: str, _modified_ns: int) -> str | None:
    """Return the version of *program*, such as `0.17.6`, None if it does not say one."""
    try:
        said = _VERSION.search(run([program, "--version"], timeout_s=10).stdout)
    except ToolError:
        return None
    return f"{said[1]}.{said[2]}.{said[3]}" if said else None
