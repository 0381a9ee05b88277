"""The names that a project's manifests hold: what it may import besides itself.

Every word of a manifest counts, in whichever table it stands: a made-up dependency stands in none of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

from suffice.snapshot import Snapshot

PYTHON = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "requirements.txt",
    "requirements-dev.txt",
    "dev-requirements.txt",
    "requirements/base.txt",
    "requirements/dev.txt",
    "Pipfile",
    "environment.yml",
    "tox.ini",
)
SCRIPT = ("package.json",)

_NAME = re.compile(r"[A-Za-z0-9@][\w./@-]*")
_SEPARATORS = re.compile(r"[-_.]+")


def named_in(manifests: tuple[str, ...], snapshot: Snapshot, path: str) -> frozenset[str] | None:
    """Return all words of *manifests* in the folders above *path*, normalised; None if there is no such file."""
    folders = list(PurePosixPath(path).parents)
    places = [str(folder / name) for folder in folders for name in manifests]
    texts = tuple(snapshot.text(place) for place in places if snapshot.exists(place) and snapshot.has(place))
    return _words(texts) if texts else None


@lru_cache(maxsize=64)
def _words(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(normalised(word) for text in texts for word in _NAME.findall(text))


def normalised(name: str) -> str:
    """Return *name* as package indexes compare it."""
    return _SEPARATORS.sub("-", name).lower()
