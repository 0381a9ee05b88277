"""Prompts: one Markdown file for each kind, with a version that the ledger and the cache remember."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from suffice.shipped import shipped_text

_VERSION = re.compile(r"<!-- version: (\d+) -->\n")


class PromptFile(NamedTuple):
    """The instructions of a kind, and their version, such as `lint-fix/1`."""

    version: str
    text: str


@cache
def prompt_file(kind: str) -> PromptFile:
    """Return the shipped instructions for *kind*."""
    text = shipped_text(f"prompts/{kind}.md")
    found = _VERSION.match(text)
    assert found, f"prompts/{kind}.md starts with its version"  # noqa: S101 - a shipped file
    return PromptFile(f"{kind}/{found[1]}", text[found.end() :])
