"""What a review of a work tree looks at: its files, with what is not saved yet over them, against a commit.

Settings and ignored files are those of the commit, where a proposed change cannot write; what is not committed yet may
leave out more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from suffice.config import Config, load_config
from suffice.errors import InputError
from suffice.privacy import Ignored, ignored
from suffice.repository import files_since, merge_base
from suffice.review.hunks.change import Change, ChangedFile
from suffice.snapshot import Snapshot
from suffice.unsaved import unsaved_texts, with_unsaved

if TYPE_CHECKING:
    from git import Repo

_LONGEST_TITLE = 200


class WorkTree(NamedTuple):
    """A change, the folder that its paths are relative to, and the settings that hold there.

    `base_sha` is the commit it is held against, `head_sha` that of the work tree; `unseen` is never sent. Only what
    lies below `within` ("": the whole repository; else a folder that ends in "/") is looked at.
    """

    change: Change
    root: Path
    config: Config
    unseen: Ignored
    base_sha: str
    head_sha: str
    within: str = ""


def work_tree(
    repo: Repo,
    *,
    environment: Mapping[str, str],
    base: str | None = None,
    unsaved: Mapping[str, str] | None = None,
    within: str = "",
) -> WorkTree:
    """Return what changed in *repo* since its merge base with *base*; without one, what is not committed yet.

    *unsaved* are texts by their paths in the repository, which stand for the files. Raises InputError where there is
    no such commit, ConfigError for a setting that is wrong.
    """
    head_sha = str(repo.head.commit.hexsha) if repo.head.is_valid() else ""
    sha = merge_base(repo, base) if base else _head(repo)
    before = Snapshot.of_commit(repo, sha)
    root = Path(repo.working_dir)
    disk = Snapshot.of_folder(root)
    config = load_config(before, environment)
    unseen = ignored(before, config.exclude)
    if not base:  # nobody proposes it: these are the developer's own files
        unseen = Ignored((*unseen.sets, *ignored(disk, load_config(disk, environment).exclude).sets))
    texts = unsaved_texts(unsaved, folder=disk, patterns=unseen) if unsaved else {}
    saved = dict.fromkeys(ChangedFile(path, old) for path, old in files_since(repo, sha))
    files = tuple(file for file in _with_unsaved(saved, texts, before) if file.path.startswith(within))
    after = with_unsaved(disk, texts, patterns=unseen)
    title = str(repo.head.commit.summary)[:_LONGEST_TITLE] if head_sha != sha else ""
    return WorkTree(Change(before, after, files, title), root, config, unseen, sha, head_sha, within)


def _head(repo: Repo) -> str:
    if not repo.head.is_valid():
        raise InputError("There is no commit yet to compare with; commit something first.")
    return str(repo.head.commit.hexsha)


def _with_unsaved(
    saved: Mapping[ChangedFile, None], texts: Mapping[str, str], before: Snapshot
) -> Iterator[ChangedFile]:
    """Yield the files that differ from *before* once *texts* are saved; those with the old text again do not."""
    for file in saved:
        is_undone = file.before == file.path and _has(before, file.path, texts.get(file.path))
        if not is_undone:
            yield file
    known = {file.path for file in saved}
    yield from (ChangedFile(path) for path, text in texts.items() if path not in known and not _has(before, path, text))


def _has(before: Snapshot, path: str, text: str | None) -> bool:
    return text is not None and before.has(path) and before.text(path) == text
