"""What git says: the repository around a folder, and which lines a change touches.

Text diffs come from git itself, started without our keys and with nothing of the repository's own settings that
runs a program; refs, trees and the index are read by GitPython.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from suffice.errors import InputError, ToolError
from suffice.processes import run

if TYPE_CHECKING:
    from git import Repo

_SAFE = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=true"),
    *("-c", "protocol.allow=never"),  # fetches what a partial clone lacks
)
_ANY_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
"""Whether a submodule is dirty would be asked under its own settings."""

_DIFF = (*_ANY_DIFF, "--no-color", "--no-renames", "--unified=0")
_DIFF_FILES = (*_ANY_DIFF, "--find-renames", "--name-status", "-z")

_FILTERS = ("config", "--show-scope", "--includes", "--name-only", "-z", "--get-regexp", r"^filter\.")
_OFF = {"clean": "", "smudge": "", "process": "", "required": "false"}
"""What makes a filter leave a file as it is."""
_OWN = {"local", "worktree"}

ChangedLines = Mapping[str, frozenset[int]]


def open_repository(folder: Path) -> Repo:
    """Return the repository that holds *folder*. Raises InputError outside of one, and ToolError without git."""
    try:
        from git import InvalidGitRepositoryError, NoSuchPathError, Repo
    except ImportError as error:  # it looks for git at once
        raise ToolError("git cannot be started; install it, or put it on PATH.") from error
    try:
        return Repo(folder, search_parent_directories=True)
    except (InvalidGitRepositoryError, NoSuchPathError) as error:
        raise InputError(
            f"{folder} is in no git repository; run git init, or leave out --base and --staged."
        ) from error


def repository_root(folder: Path) -> Path | None:
    """Return the top folder of the repository that holds *folder*, None outside of any; starts nothing."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def merge_base(repo: Repo, base: str) -> str:
    """Return the commit that HEAD and *base* have in common. Raises InputError if there is none here."""
    from git import BadName, GitCommandError

    if base.startswith("-"):
        raise InputError(f"{base} is no revision; name a branch, a tag or a commit.")
    try:
        commit = repo.commit(base)
        bases = repo.merge_base(repo.head.commit, commit)
    except (BadName, ValueError, GitCommandError) as error:
        raise InputError(f"{base} names no commit here; fetch it first, or name another.") from error
    if not bases:
        raise InputError(f"HEAD and {base} have no common commit here; fetch more history, or name another base.")
    return str(bases[0].hexsha)


def lines_since(repo: Repo, sha: str) -> ChangedLines:
    """Return the lines of the work tree that changed since commit *sha*."""
    return lines_of_diff(_git(repo, *_DIFF, sha, "--"))


def staged_lines(repo: Repo) -> ChangedLines:
    """Return the lines of the index that differ from HEAD."""
    return lines_of_diff(_git(repo, *_DIFF, "--cached", "--"))


def files_since(repo: Repo, sha: str) -> list[tuple[str, str | None]]:
    """Return the files of the work tree that differ from commit *sha*, each with its old path if it was moved.

    What git does not know yet is among them, unless it is ignored.
    """
    named = _git(repo, *_DIFF_FILES, sha, "--").split("\0")
    new = _git(repo, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return [*_changed_files(iter(named)), *((path, None) for path in new if path)]


def _changed_files(fields: Iterator[str]) -> Iterator[tuple[str, str | None]]:
    for status in fields:
        if status[:1] in {"R", "C"}:
            old, path = next(fields, ""), next(fields, "")
            yield path, old if status.startswith("R") else None
        elif status:
            yield next(fields, ""), None


def lines_of_diff(diff: str) -> ChangedLines:
    """Return the lines that the unified *diff* adds or changes, by path. Raises InputError if it is none."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        patch = PatchSet(diff)
    except UnidiffParseError as error:
        raise InputError(f"The diff cannot be read ({error}); give the output of git diff.") from error
    if diff.strip() and not patch:
        raise InputError("The diff names no file; give the output of git diff.")
    return {
        file.path: frozenset(
            line.target_line_no for hunk in file for line in hunk if line.is_added and line.target_line_no
        )
        for file in patch
        if not file.is_removed_file
    }


def _git(repo: Repo, *arguments: str) -> str:
    folder = Path(repo.working_dir)
    done = run(["git", *_SAFE, *_without_filters(folder), *arguments], cwd=folder)
    if done.code != 0:
        raise ToolError(f"git {arguments[0]} failed ({done.stderr.strip()[:200]}); mend that and try again.")
    return done.stdout


def _without_filters(folder: Path) -> Iterator[str]:
    """Yield what turns off the filters of the repository's own settings; the user's own stay."""
    fields = run(["git", *_SAFE, *_FILTERS], cwd=folder).stdout.split("\0")
    names = {name.rpartition(".")[0] for scope, name in zip(fields[::2], fields[1::2], strict=False) if scope in _OWN}
    for name in sorted(names):
        if "=" in name:
            raise ToolError("The repository's settings name a filter that cannot be turned off; take it out of them.")
        for key, value in _OFF.items():
            yield from ("-c", f"{name}.{key}={value}")
