"""What a line of code says, told from its text alone: nothing, a remark, or where the program goes next."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

_HASH = frozenset({".py", ".pyi", ".rb", ".sh", ".bash", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".r", ".jl", ".pl"})
_REMARK = {True: re.compile(r"\s*#(?!!)"), False: re.compile(r"\s*(?://|/\*|\*(?:\s|/|$)|<!--|--\s)")}
_STEERS = re.compile(
    r"\b(?:if|elif|else|for|while|loop|try|except|catch|finally|with|match|switch|case|when|unless|guard|select|return"
    r"|raise|throw|throws|break|continue|goto|yield|await|async|defer|go|panic!?|assert)\b|&&|\|\||\?\?"
)

LONGEST_LOOKED_AT = 1000
"""So much of a line is looked at: what makes a line longer is data."""


def is_remark(path: str, line: str) -> bool:
    """Whether *line* of the file *path* is a comment, as far as a line alone can tell."""
    return _remark_of(path).match(line) is not None


@lru_cache(maxsize=64)
def _remark_of(path: str) -> re.Pattern[str]:
    return _REMARK[PurePosixPath(path).suffix.lower() in _HASH]


def is_code(path: str, line: str) -> bool:
    """Whether *line* says something to the machine."""
    return bool(line.strip()) and not is_remark(path, line)


def steers(line: str) -> bool:
    """Whether *line* decides where the program goes next."""
    return _STEERS.search(line[:LONGEST_LOOKED_AT]) is not None
