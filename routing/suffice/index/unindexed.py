"""What is no work of the project's own hands: vendored, generated and minified files. No context is taken from them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

LONGEST_LINE_CHARS = 5000
"""No hand writes such a line; minifiers put whole programs into one."""

_VENDORED = frozenset(
    {"node_modules", "vendor", "_vendor", "vendored", "third_party", "bower_components", "site-packages", ".venv"}
)
_GENERATED_NAMES = re.compile(r".*(?:_pb2(?:_grpc)?\.pyi?|\.pb\.go|[._]generated\.\w+|\.min\.[cm]?js|[-.]bundle\.js)")
_MARK = re.compile(r"@generated\b|\bgenerated\b[^\n]{0,200}(?:\n[^\n]{0,40})?\bdo not (?:edit|modify)\b", re.IGNORECASE)
_HEAD_CHARS = 1000


def is_vendored(path: str) -> bool:
    """Whether the file at *path* was taken over from elsewhere, by its folders."""
    return not _VENDORED.isdisjoint(PurePosixPath(path).parts[:-1])


def is_named_generated(path: str) -> bool:
    """Whether the name of the file says that a program wrote it."""
    return _GENERATED_NAMES.fullmatch(PurePosixPath(path).name) is not None


def is_generated(text: str) -> bool:
    """Whether the head of *text* says in one of the two usual ways that nobody may edit it."""
    return _MARK.search(text[:_HEAD_CHARS]) is not None


def is_minified(text: str) -> bool:
    """Whether *text* has a line that no hand wrote."""
    at = 0
    while at + LONGEST_LINE_CHARS < len(text):
        end = text.rfind("\n", at, at + LONGEST_LINE_CHARS)
        if end < 0:
            return True
        at = end + 1
    return False
