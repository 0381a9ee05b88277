"""What `suffice review` looks at: the work tree against a commit, in the repository of the current folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suffice.repository import open_repository
from suffice.review.work_tree import WorkTree, work_tree


def review_order(options: Mapping[str, Any]) -> WorkTree:
    """Return what *options* ask for: changes since the merge base with `--base`, else what is not committed yet.

    Raises InputError.
    """
    return work_tree(open_repository(Path.cwd()), environment=os.environ, base=options["base"])
