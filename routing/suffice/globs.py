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
        if _choices(pattern) > _MOST_CHOICES:
            return f"holds the pattern {pattern!r}, which has too many stars to be looked up; write several patterns."
    return None


_MOST_CHOICES = 3
"""Each more multiplies the steps of a look-up by the length of a name: with 4 a hostile pattern takes a minute."""

_STARS = re.compile(r"(?<!\\)\*+")


def _choices(pattern: str) -> int:
    """Return how many of the stars in *pattern* may end at more than one place."""
    if pattern.startswith("#"):
        return 0
    parts = pattern.rstrip("/ ").split("/")
    names = (part for part in parts if part != "**")
    return parts[:-1].count("**") + sum(max(0, len(_STARS.findall(name)) - 1) for name in names)
