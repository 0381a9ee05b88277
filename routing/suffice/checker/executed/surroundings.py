"""What a command of the project finds around itself: its variables, its program, and whose modules it imports.

The command runs in a copy. Where the project is installed in editable mode, its environment names the original
folder, so that the tests of a patch would import the code without it: the copy's folders are put before those.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from suffice.errors import ConfigError

ENVIRONMENTS = (".venv", "venv", "env", "node_modules")
"""Folders with a project's dependencies: never copied, always linked to."""

_PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "CONDA_PREFIX", "PYENV_ROOT", "PYENV_VERSION")
_QUOTED = re.compile(r"""['"]([^'"\n]{2,1000})['"]""")
_LONGEST_BYTES = 1 << 20


def surroundings(environment: Mapping[str, str], *, home: Path, sources: tuple[Path, ...]) -> dict[str, str]:
    """Return the variables of a command whose home is the throw-away folder *home*: no key, no token, no agent.

    *sources* are the folders that it imports from before all others. Compiled modules are not kept: two texts of one
    size, written in one second, would count as one.
    """
    return {
        **{name: environment[name] for name in _PASSED_ON if name in environment},
        "PATH": search_path(environment),
        "HOME": str(home),
        "TMPDIR": str(home),
        "TEMP": str(home),
        "TMP": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "MYPY_CACHE_DIR": str(home / "mypy"),
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUSERBASE": environment.get("PYTHONUSERBASE") or str(Path(environment.get("HOME", home), ".local")),
        "NO_COLOR": "1",
    }


def search_path(environment: Mapping[str, str]) -> str:
    """Return where programs are searched for: never in whatever folder we happen to stand in."""
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder).is_absolute())


def program(name: str, *, root: Path, copy: Path, environment: Mapping[str, str]) -> str:
    """Return the program that *name*, the first word of a command, names. Raises ConfigError if there is none.

    A name with a folder in it is the project's: in its copy, else (an ignored environment) in *root* itself.
    """
    if os.sep in name and not Path(name).is_absolute():
        places = [str(folder / name) for folder in (copy, root) if os.access(folder / name, os.X_OK)]
        found = next(iter(places), None)
    else:
        found = shutil.which(name, path=search_path(environment))
    if found is None:
        raise ConfigError(f"{name} cannot be found or started; name the program as you start it in {root}.")
    return found


def projects_own(name: str, *, root: Path, environment: Mapping[str, str]) -> str:
    """Return *name* in the project's environment if it has one with such a program, else *name*, for PATH."""
    if os.sep in name:
        return name
    homes = [root / folder for folder in ENVIRONMENTS if folder != "node_modules"]
    if active := environment.get("VIRTUAL_ENV"):
        homes.append(Path(active))
    places = [home / "bin" / name for home in homes] + [root / "node_modules" / ".bin" / name]
    return next((str(place) for place in places if os.access(place, os.X_OK)), name)


def source_folders(programs: Iterable[str], *, root: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders, relative to *root*, that its modules are imported from: first those that are installed.

    *programs* are what the commands start; each may belong to an environment.
    """
    found = dict.fromkeys(
        folder.relative_to(root).as_posix()
        for packages in _site_packages(programs, root, environment)
        for folder in _editable(packages, root)
    )
    usual = [folder for folder in ("src", ".") if (root / folder).is_dir()]
    return tuple(dict.fromkeys((*found, *usual)))


def package_folders(paths: Iterable[str], *, root: Path) -> tuple[str, ...]:
    """Return the folders, relative to *root*, that hold the top packages of the modules *paths*.

    A package may be installed from a built copy of itself, in which no patch is: then nothing but its place in the
    project tells what to import instead. A folder that hides a module of Python's own is left out.
    """
    folders: dict[str, None] = {}
    for path in paths:
        folder = (root / path).parent
        while folder != root and (folder / "__init__.py").is_file():
            folder = folder.parent
        if path.endswith(".py") and folder != (root / path).parent and not _hides_a_module(folder):
            folders[folder.relative_to(root).as_posix()] = None
    return tuple(folders)


def _hides_a_module(folder: Path) -> bool:
    found = (place for place in folder.iterdir() if place.suffix == ".py" or (place / "__init__.py").is_file())
    return any(place.stem in sys.stdlib_module_names for place in found)


def _site_packages(programs: Iterable[str], root: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders of installed packages of whatever Python the commands may use."""
    pythons = (shutil.which(name, path=search_path(environment)) for name in ("python", "python3"))
    homes = [Path(found).parent.parent for found in (*programs, *pythons) if found]
    homes += [root / folder for folder in ENVIRONMENTS]
    for home in dict.fromkeys(homes):
        yield from sorted(home.glob("lib/python3*/site-packages"))


def _editable(packages: Path, root: Path) -> Iterator[Path]:
    """Yield the folders inside *root* that *packages* has modules imported from."""
    for file in sorted(packages.glob("*.pth")):
        yield from (place for line in _text(file).splitlines() if (place := _inside(line, root)))
    for file in sorted(packages.glob("__editable__*_finder.py")):
        yield from (place.parent for name in _QUOTED.findall(_text(file)) if (place := _inside(name, root)))


def _inside(name: str, root: Path) -> Path | None:
    if not Path(name).is_absolute() or "\0" in name:
        return None
    place = Path(name).resolve()
    is_own = place != root and place.is_relative_to(root) and place.relative_to(root).parts[0] not in ENVIRONMENTS
    return place if is_own or place == root else None


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_LONGEST_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
