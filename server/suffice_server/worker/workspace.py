"""What a request stands on: the files of one folder with the editor's open texts over them, and what holds there.

All is read anew for each request: settings on disk may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from suffice.checker.linting import Linting
from suffice.config import Config, load_config, tightened
from suffice.linters.chosen import linters_for
from suffice.policy import Policy
from suffice.privacy import Ignored, ignored
from suffice.snapshot import Snapshot

POLICY = "guide"


class Workspace(NamedTuple):
    """One folder. `unseen` is never read nor sent; `snapshot` may hold texts that no file has yet."""

    root: Path
    snapshot: Snapshot
    config: Config
    policy: Policy
    linting: Linting
    unseen: Ignored

    @classmethod
    def of(cls, root: str, buffers: Mapping[str, str], *, environment: Mapping[str, str], editor: Config) -> Workspace:
        """Return the folder *root* with the open texts *buffers* (path: text), *editor* tightening its settings.

        Raises ConfigError.
        """
        disk = Snapshot.of_folder(root)
        config = tightened(load_config(disk, environment), editor)
        folder = disk.root or Path(root)
        return cls(
            root=folder,
            snapshot=disk.with_texts(buffers) if buffers else disk,
            config=config,
            policy=Policy.load(config.policy or POLICY, lanes=config.catalogue().lanes),
            linting=Linting(root=folder, linters=linters_for(folder, config, environment)),
            unseen=ignored(disk, config.exclude),
        )
