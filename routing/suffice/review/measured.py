"""A repository as an architecture review asks about it: its files measured, and the question that follows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from suffice.index.index import Index
from suffice.listing import listing
from suffice.privacy import Ignored
from suffice.review.architecture import Asked, review_task
from suffice.review.hunks.change import Change
from suffice.review.structure.facts import Structure, structure_of
from suffice.snapshot import Snapshot
from suffice.state.storage import Storage
from suffice.task import Task


class Measured(NamedTuple):
    """The structure of a repository, and what is asked about it."""

    structure: Structure
    task: Task


def measured(
    snapshot: Snapshot, *, root: Path, unseen: Ignored, storage: Storage, asked: Asked, change: Change | None = None
) -> Measured:
    """Return the structure of *snapshot*, whose paths are relative to *root*, and the question that *asked* puts.

    What is *unseen* is neither read nor told; *change* is one that the question is about.
    """
    paths = listing(snapshot, patterns=unseen).paths
    index = Index(snapshot, paths, known=storage.symbols)
    structure = structure_of(snapshot, repo_root=root, paths=paths, change=change, index=index)
    return Measured(structure, review_task(structure, snapshot=snapshot, ignored=unseen, asked=asked))
