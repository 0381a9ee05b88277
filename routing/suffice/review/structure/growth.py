"""How packages grew: the sizes of their source files at four dates, from git's trees alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from suffice.checker.file_roles import Role, role
from suffice.errors import ToolError
from suffice.review.structure.git_text import git_bytes
from suffice.review.structure.history import Unavailable, day, prefix, why_unavailable

BACK_DAYS = (730, 365, 180, 0)
"""Two years, one, half of one, and now, counted from the newest commit. The project's own choice."""

HOW = "git ls-tree -r -l at four dates"

_DAY_S = 86_400


class Sizes(NamedTuple):
    """How many bytes of source stood in each folder, with all below it, on `day`."""

    day: str
    folders: Mapping[str, int]


def growth(root: Path | None) -> tuple[Sizes, ...] | Unavailable:
    """Return the sizes of the folders below *root* at up to four dates, the oldest first."""
    unavailable = why_unavailable(root)
    if root is None or unavailable is not None:
        return unavailable or Unavailable("no folder")
    try:
        return tuple(_sizes_at(root, sha, time_s) for sha, time_s in _commits(root))
    except (ToolError, ValueError):
        return Unavailable("git ls-tree failed")


def by_folder(listed: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    """Return how many bytes the source files among (path, bytes) hold in each folder, with all below it."""
    folders: Counter[str] = Counter()
    for path, size_bytes in listed:
        if role(path) is Role.SOURCE and path.isprintable():
            folder = path.rpartition("/")[0]
            while folder:
                folders[folder] += size_bytes
                folder = folder.rpartition("/")[0]
    return folders


def parse_tree(printed: bytes, *, below: str = "") -> list[tuple[str, int]]:
    """Return path and bytes of the files in what `git ls-tree -r -l -z --full-tree` printed, *below* taken off."""
    found = []
    for record in printed.split(b"\0")[:-1]:
        about, _, name = record.partition(b"\t")
        path, size = name.decode("utf-8", "surrogateescape"), about.split()[-1:]
        if path.startswith(below) and size and size[0].isdigit():  # a submodule has "-"
            found.append((path.removeprefix(below), int(size[0])))
    return found


def _commits(root: Path) -> Sequence[tuple[str, int]]:
    """Return the newest commits of the four dates, each once, the oldest first."""
    newest = int(git_bytes(root, ["log", "-1", "--format=%ct", "HEAD"]))
    found: dict[str, int] = {}
    for back_days in BACK_DAYS:
        before_s = newest - back_days * _DAY_S
        sha = git_bytes(root, ["rev-list", "-1", "--first-parent", f"--before={before_s}", "HEAD"]).decode().strip()
        if sha:
            found.setdefault(sha, before_s)
    return tuple(found.items())


def _sizes_at(root: Path, sha: str, time_s: int) -> Sizes:
    printed = git_bytes(root, ["ls-tree", "-r", "-l", "-z", "--full-tree", sha])
    return Sizes(day=day(time_s), folders=by_folder(parse_tree(printed, below=prefix(root))))
