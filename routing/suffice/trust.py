"""Whether programs that a workspace brings along (its eslint, its ruff, what its settings load) may be started.

They are repository code and may do whatever the user may. So two rules:

* In the terminal and in the editor the user says so, in settings that no repository can write (`trusted`) or for one
  run (`--trust`), with the meaning of `npm test` in that folder. The program's environment holds no key, and ours is
  hidden from it where the system can (`hide_environment`); but a key that stands in the shell or the editor above us
  stays readable for any program of the same user. That is why it takes the user's word, and more than a lock file.
* In CI nobody vouches for the code of a proposal. There it never runs in or under a process that holds a provider's
  key, trusted or not: the job that lints has no key, and its diagnostics come in as a file.

A process that drops its keys before it starts the linter would not do: its first environment can still be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from suffice.errors import InputError


def why_untrusted(
    root: Path | None, trusted: Iterable[str], environment: Mapping[str, str], *, for_this_run: bool = False
) -> str | None:
    """Return why no program of the workspace *root* may be started, None if it may.

    *trusted* are folders, or patterns of folders, from the user's settings; *for_this_run* that `--trust` was given.
    """
    if root is None:
        return "texts without a folder bring no program along"
    if not for_this_run and not any(_holds(pattern, root.resolve()) for pattern in trusted):
        return f"{root} is not trusted; add it to trusted in your own settings, or give --trust"
    from suffice.checker.executed.key_holders import refuse_beside_keys

    try:
        refuse_beside_keys(environment)
    except InputError:
        return "in CI no program of the workspace runs beside a provider's key; check in a job without keys"
    return None


def is_a_place(pattern: str) -> bool:
    """Whether *pattern* can name a folder for `trusted`: it is absolute, or begins with `~/`."""
    return _expanded(pattern).is_absolute()


def _holds(pattern: str, folder: Path) -> bool:
    """Whether *folder* lies in what *pattern* names; a `*` stands for one name or a part of one."""
    wanted = Path(os.path.normpath(_expanded(pattern))).parts
    own = folder.parts[: len(wanted)]
    return len(own) == len(wanted) and all(map(fnmatchcase, own, wanted))


def _expanded(pattern: str) -> Path:
    """Return *pattern* from the home folder that its `~` means on; as it is where nobody has that name."""
    return Path(os.path.expanduser(pattern))  # noqa: PTH111 - Path.expanduser raises for a home that nobody has
