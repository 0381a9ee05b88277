"""What `suffice review` looks at: the work tree against a commit, or the repository as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.config import Config, load_config
from suffice.privacy import Ignored, ignored
from suffice.repository import files_since, merge_base, open_repository
from suffice.review.hunks.change import Change, ChangedFile
from suffice.snapshot import Snapshot

if TYPE_CHECKING:
    from git import Repo


class ReviewOrder(NamedTuple):
    """A change, the folder that its paths are relative to, and the settings that hold there.

    `base_sha` is the commit it is held against, `head_sha` that of the work tree; `unseen` is never sent.
    """

    change: Change
    root: Path
    config: Config
    unseen: Ignored
    base_sha: str
    head_sha: str


def review_order(options: Mapping[str, Any]) -> ReviewOrder:
    """Return what *options* ask for: changes since the merge base with `--base`, else what is not committed yet.

    Settings and ignored files are those of the commit, where a proposed change cannot write; what is not committed yet
    may leave out more. Raises InputError.
    """
    repo = open_repository(Path.cwd())
    base = options["base"]
    head_sha = str(repo.head.commit.hexsha) if repo.head.is_valid() else ""
    sha = merge_base(repo, base) if base else _head(repo)
    before = Snapshot.of_commit(repo, sha)
    root = Path(repo.working_dir)
    after = Snapshot.of_folder(root)
    config = load_config(before, os.environ)
    unseen = ignored(before, config.exclude)
    if not base:  # nobody proposes it: these are the developer's own files
        unseen = Ignored((*unseen.sets, *ignored(after, load_config(after, os.environ).exclude).sets))
    files = [ChangedFile(path, old) for path, old in files_since(repo, sha)]
    title = str(repo.head.commit.summary)[:200] if head_sha != sha else ""
    return ReviewOrder(Change(before, after, tuple(dict.fromkeys(files)), title), root, config, unseen, sha, head_sha)


def _head(repo: Repo) -> str:
    from suffice.errors import InputError

    if not repo.head.is_valid():
        raise InputError("There is no commit yet to compare with; commit something first.")
    return str(repo.head.commit.hexsha)
