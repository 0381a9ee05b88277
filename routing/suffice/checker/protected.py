"""What is never patched, as paths.toml says it: by name, in all the ways in which a file system may read a name.

To some file systems `.GIT`, `.git.`, `.git::$INDEX_ALLOCATION` and a `.git` with an invisible character are `.git`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from suffice.checker.verdict import ALWAYS, LINT_FIXES, MENDING
from suffice.shipped import shipped_text
from suffice.task import Kind

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_UNASKED = LINT_FIXES | MENDING
_INVISIBLE = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_SHORT_NAME = re.compile(r"[^./]{1,6}~[0-9]{1,4}(?:\.[^./]{0,3})?")
_NAMED_GROUP = re.compile(r"\(\?P<\w+>")


class _Protected(NamedTuple):
    """Some patterns, why they stand there, and for which kinds of tasks."""

    why: str
    kinds: frozenset[Kind]
    patterns: tuple[str, ...]


def why_protected(path: str, kind: Kind) -> str | None:
    """Return why a task of *kind* must not patch *path*, None if it may."""
    seen = as_seen(path)
    if any(map(_SHORT_NAME.fullmatch, seen.split("/"))):
        return "it is the short name by which Windows reaches another file"
    return next((entry.why for entry in _matching(seen) if kind in entry.kinds), None)


def never_patched() -> GitIgnoreSpec:
    """Return the patterns of what no kind of task may patch; hold `as_seen(path)` against them."""
    return _spec(tuple(pattern for entry in _entries() if entry.kinds == ALWAYS for pattern in entry.patterns))


def as_seen(path: str) -> str:
    """Return *path* as the least strict file system reads it."""
    folded = unicodedata.normalize("NFC", _INVISIBLE.sub("", path)).casefold()
    return "/".join(part if part in {".", ".."} else _part(part) for part in folded.split("/"))


def _part(part: str) -> str:
    return part.partition(":")[0].rstrip(" .")


@lru_cache(maxsize=4096)
def _matching(seen: str) -> tuple[_Protected, ...]:
    """Return all that *seen* is protected by: nearly always nothing, which one expression tells."""
    if not _any_pattern().match(seen):
        return ()
    return tuple(entry for entry in _entries() if _spec(entry.patterns).match_file(seen))


@cache
def _any_pattern() -> re.Pattern[str]:
    regexes = [pattern.regex for entry in _entries() for pattern in _spec(entry.patterns).patterns if pattern.include]
    return re.compile("|".join(_NAMED_GROUP.sub("(?:", regex.pattern) for regex in regexes if regex))


@cache
def _entries() -> tuple[_Protected, ...]:
    data = tomllib.loads(shipped_text("checker/paths.toml"))
    return tuple(
        _Protected(entry["why"], kinds, tuple(pattern.casefold() for pattern in entry["patterns"]))
        for section, kinds in (("never", ALWAYS), ("unasked", _UNASKED))
        for entry in data[section]
    )


@cache
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)
