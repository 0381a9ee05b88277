"""Patterns for paths: gitignore's syntax, compiled once, and an error that says where one cannot be read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from suffice.errors import ConfigError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@lru_cache(maxsize=4096)
def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether *path*, relative to the root, is one that *patterns* mean."""
    return compiled(patterns, where="a policy").match_file(posixpath.normpath(path))


@lru_cache(maxsize=256)
def compiled(patterns: tuple[str, ...], *, where: str) -> GitIgnoreSpec:
    """Return what *patterns* mean. Raises ConfigError that says *where* there is one that cannot be read."""
    from pathspec import GitIgnoreSpec

    flaw = flaw_of(patterns)
    if flaw:
        raise ConfigError(f"{where} {flaw}")
    return GitIgnoreSpec.from_lines(patterns)


def flaw_of(patterns: Iterable[str]) -> str | None:
    """Return what to say of the first of *patterns* that cannot be read; None if all can."""
    for pattern in patterns:
        from pathspec import GitIgnoreSpec

        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error):
            return f"holds the pattern {pattern!r}, which cannot be read; expected gitignore's syntax."
    return None
