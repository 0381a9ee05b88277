"""Fences: text from outside is always shown to a model between marks that it cannot end itself."""

from __future__ import annotations

import re

_LANGUAGES = {".py": "python", ".pyi": "python", ".js": "javascript", ".ts": "typescript", ".toml": "toml"}


def fenced(text: str, path: str = "") -> str:
    """Return *text* in a fence that is longer than any it holds; *path* says which language it is."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    language = next((name for ending, name in _LANGUAGES.items() if path.endswith(ending)), "")
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
