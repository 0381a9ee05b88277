"""What a request stands on: the files of one folder with the editor's open texts over them, and what holds there.

All is read anew for each request: settings on disk may have changed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from suffice.checker.linting import Linting
from suffice.config import Config, load_config, tightened
from suffice.errors import InputError
from suffice.lanes import catalogue
from suffice.linters.chosen import linters_for
from suffice.policy import SHIPPED, Policy
from suffice.privacy import Ignored, ignored
from suffice.snapshot import Snapshot, leads_through_link
from suffice.toml_source import parse_toml
from suffice.unsaved import unsaved_texts, with_unsaved

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

        Raises ConfigError, and InputError for what is no folder, or a text behind a symbolic link.
        """
        folder = folder_at(root)
        for path in buffers:
            if leads_through_link(folder, path):
                raise InputError(f"{path} leads through a symbolic link; open the file itself.")
        disk = Snapshot.of_folder(folder)
        config = tightened(load_config(disk, environment), editor)
        return cls(
            root=folder,
            snapshot=disk.with_texts(buffers) if buffers else disk,
            config=config,
            policy=policy_of(config),
            linting=Linting(root=folder, linters=linters_for(folder, config, environment)),
            unseen=ignored(disk, config.exclude),
        )

    def looking_around(self, buffers: Mapping[str, str], named: tuple[str, ...] = ()) -> Workspace:
        """Return this folder for a task that looks at more of it than the files *named*, the texts *buffers* over it.

        What is open but ignored, by git or by the user, is not looked at. It runs git.
        """
        disk = Snapshot.of_folder(self.root)
        texts = unsaved_texts(buffers, folder=disk, patterns=self.unseen, named=named)
        return self._replace(snapshot=with_unsaved(disk, texts, patterns=self.unseen, named=named))


def folder_at(root: str) -> Path:
    """Return the folder that *root* names, without links; it need not be there yet. Raises InputError for no name."""
    try:
        name = os.path.realpath(root)  # Path.resolve takes a link to itself for a bug of ours
        name.encode()
    except ValueError as error:
        raise InputError("The name of the folder is none that a folder can have; open another one.") from error
    if not os.path.isabs(root):  # noqa: PTH117 - as above
        raise InputError("The folder has no absolute path; open another one.")
    return Path(name)


def policy_of(config: Config) -> Policy:
    """Return the policy that *config* names, the same object for the same text. Raises ConfigError."""
    name, own = config.policy or POLICY, config.own
    if name in SHIPPED and (own is None or "lanes" not in own.data):
        return Policy.load(name)
    file = Path(name)
    modified_ns = file.stat().st_mtime_ns if name not in SHIPPED and file.is_file() else 0
    return _own_policy(name, modified_ns, own.text if own else "", own.name if own else "")


@lru_cache(maxsize=8)
def _own_policy(name: str, _modified_ns: int, settings: str, file: str) -> Policy:
    lanes = Config(own=parse_toml(settings, name=file)).catalogue().lanes if settings else catalogue().lanes
    return Policy.load(name, lanes=lanes)
