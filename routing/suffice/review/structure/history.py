"""What the commits of a repository say: which files change often, and which change together.

Where history cannot be read it is unavailable, with the reason; that is never the same as files that do not change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from suffice.errors import ToolError
from suffice.review.structure.git_text import git_bytes

MOST_COMMITS = 2000
"""A few years of a busy project; read in 0.1 s."""

MOST_FILES = 30
"""A commit of more files is a move, a format or an import: it says nothing about which of them belong together."""

MIN_TOGETHER = 5
MIN_CONFIDENCE = 0.3
"""A pair changed together at least so often, and in so many of the changes (0..1) of the one that changes less."""

HOW = f"git log --no-merges --name-only -n {MOST_COMMITS}, without commits of more than {MOST_FILES} files"

_LOG = ("log", "--no-merges", "--no-renames", "--name-only", "-z", "-n", str(MOST_COMMITS), "--format=format:%H %ct")
_QUIET = ("--no-color", "--no-decorate", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-relative")


class Commit(NamedTuple):
    """One commit: when it was made (seconds since 1970) and the paths that it changed."""

    time_s: int
    paths: tuple[str, ...]


class Together(NamedTuple):
    """Two files that changed together in `common` commits; `confidence` is of the one that changes less (0..1)."""

    left: str
    right: str
    common: int
    confidence: float


class History(NamedTuple):
    """How often each file changed (`churn`, in commits), and what changed together, the most often first.

    `commits` is how many were read and counted, between the days `first_day` and `last_day`; `common` is how many of
    them changed both files of a pair.
    """

    commits: int
    first_day: str
    last_day: str
    churn: Mapping[str, int]
    together: tuple[Together, ...]
    common: Mapping[tuple[str, str], int]


class Unavailable(NamedTuple):
    """Why something cannot be known, in a few words."""

    reason: str


def history(root: Path | None, *, paths: Collection[str]) -> History | Unavailable:
    """Return the history of *paths*, which are relative to *root*, a folder inside a git repository."""
    unavailable = why_unavailable(root)
    if root is None or unavailable is not None:
        return unavailable or Unavailable("no folder")
    try:
        place = prefix(root)
        printed = git_bytes(root, [*_LOG, *_QUIET, *(("--", ".") if place else ())])
    except ToolError:
        return Unavailable("git log failed")
    found = counted(list(commits_in(printed)), paths=frozenset(paths), below=place)
    return found if found.commits else Unavailable(f"no commit of at most {MOST_FILES} files")


def why_unavailable(root: Path | None) -> Unavailable | None:
    """Return why the history around *root* cannot be read, None if it can."""
    if root is None:
        return Unavailable("no folder")
    try:
        is_shallow = git_bytes(root, ["rev-parse", "--is-shallow-repository"]).strip() == b"true"
    except ToolError as error:
        return Unavailable("git cannot be started" if isinstance(error.__cause__, OSError) else "no git repository")
    try:
        depth = int(git_bytes(root, ["rev-list", "--count", "--first-parent", "HEAD"]))
    except (ToolError, ValueError):
        return Unavailable("no commit yet")
    return Unavailable(f"shallow clone of depth {depth}") if is_shallow else None


def prefix(root: Path) -> str:
    """Return where *root* lies in its repository, with a slash at the end; "" at the top. Raises ToolError."""
    return git_bytes(root, ["rev-parse", "--show-prefix"]).decode("utf-8", "replace").rstrip("\n")


def commits_in(printed: bytes) -> Iterator[Commit]:
    """Yield the commits in what `git log -z --name-only` printed, whatever the files are called.

    `hash time` NEWLINE first path NUL ... last path NUL NUL; a commit without files is `hash time` NUL. No path is
    empty, so an empty one always ends a commit. What was cut off at the end is left out.
    """
    time_s, paths = 0, list[str]()
    is_header = True
    for token in printed.split(b"\0")[:-1]:
        if is_header:
            header, newline, first = token.partition(b"\n")
            time_s, paths = _time(header), [_name(first)] if newline else []
            is_header = not newline
        elif token:
            paths.append(_name(token))
        else:
            yield Commit(time_s, tuple(paths))
            is_header = True
    if not is_header and printed.endswith(b"\0"):
        yield Commit(time_s, tuple(paths))


def counted(commits: Sequence[Commit], *, paths: Collection[str], below: str = "") -> History:
    """Return what *commits* say of *paths*; those in the commits start with *below*, which is taken off."""
    churn: Counter[str] = Counter()
    common: Counter[tuple[str, str]] = Counter()
    small = [commit for commit in commits if len(commit.paths) <= MOST_FILES]
    for commit in small:
        inside = {path.removeprefix(below) for path in commit.paths if path.startswith(below)}
        known = sorted(path for path in inside if path in paths)
        churn.update(known)
        common.update(combinations(known, 2))
    days = sorted(commit.time_s for commit in small) or [0]
    return History(
        commits=len(small),
        first_day=day(days[0]),
        last_day=day(days[-1]),
        churn=churn,
        together=_together(common, churn),
        common=common,
    )


def day(time_s: int) -> str:
    """Return the day of *time_s* (seconds since 1970, UTC), such as 2026-11-22; "?" for one that no calendar has."""
    try:
        return datetime.fromtimestamp(time_s, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "?"


def _together(common: Mapping[tuple[str, str], int], churn: Mapping[str, int]) -> tuple[Together, ...]:
    often = ((pair, count) for pair, count in common.items() if count >= MIN_TOGETHER)
    found = [Together(left, right, count, count / min(churn[left], churn[right])) for (left, right), count in often]
    kept = (pair for pair in found if pair.confidence >= MIN_CONFIDENCE)
    return tuple(sorted(kept, key=lambda pair: (-pair.common * pair.confidence, pair)))


def _time(header: bytes) -> int:
    try:
        return int(header.rpartition(b" ")[2])
    except ValueError:
        return 0


def _name(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
