"""Patterns for paths in a policy: gitignore's syntax, compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@lru_cache(maxsize=4096)
def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether *path*, relative to the root, is one that *patterns* mean."""
    return _compiled(patterns).match_file(path)


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)
