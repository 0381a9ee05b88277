"""A throw-away folder in which texts stand as if they were the project's files.

A linter is pointed at the mirror, never at the user's file with another text in it: the settings files on the
way to each text, and the `__init__.py` files that make packages, are beside it as in the project. Several texts
of one path are placed in numbered copies, so that one linter run serves a whole wave of patches.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path, PurePosixPath

from suffice.snapshot import SourceFile

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only a place for tempfile to make a private folder in


@contextmanager
def mirrored(
    files: Sequence[tuple[SourceFile, str]], *, root: Path | None, settings: Sequence[str] = ()
) -> Iterator[list[Path]]:
    """Yield the paths at which the text of each (file, text) pair stands until the block ends.

    The project's own settings files, also those above *root*, apply to each; *settings* are names of more of them.
    """
    top = _topmost_with_settings(root) if root else None
    shm = _IN_MEMORY if _IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="suffice-", dir=shm) as folder:
        copies: Counter[str] = Counter()
        places = []
        done: set[Path] = set()
        surroundings = cache(partial(_surroundings, settings=tuple(settings)))
        for file, text in files:
            copy = Path(folder) / str(copies[file.path])
            copies[file.path] += 1
            base = copy / root.relative_to(top) if root and top else copy
            place = base / PurePosixPath(file.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.to_bytes(text))
            places.append(place)
            if root and top:
                _copy_surroundings(place, copy, top, done, surroundings)
        yield places


def has_settings(root: Path | None) -> bool:
    """Whether a settings file for ruff stands at *root* or above."""
    return root is not None and any(any(_settings_in(folder)) for folder in (root, *root.parents))


def _topmost_with_settings(root: Path) -> Path:
    has_settings = [folder for folder in (root, *root.parents) if any(_settings_in(folder))]
    return has_settings[-1] if has_settings else root


def _settings_in(folder: Path) -> Iterator[Path]:
    for name in ("pyproject.toml", "ruff.toml", ".ruff.toml"):
        if (folder / name).is_file():
            yield folder / name


def _copy_surroundings(
    place: Path, copy: Path, top: Path, done: set[Path], surroundings: Callable[[Path], tuple[Path, ...]]
) -> None:
    for folder in place.parents:
        if folder == copy.parent:
            return
        if folder in done:
            return
        done.add(folder)
        for source in surroundings(top / folder.relative_to(copy)):
            target = folder / source.name
            if not target.exists():
                shutil.copyfile(source, target)


def _surroundings(original: Path, *, settings: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files in the folder *original* that change how its texts are linted."""
    named = (original / name for name in ("__init__.py", ".ruff.toml", *settings))
    return tuple(source for source in (*named, *original.glob("*.toml")) if source.is_file())
