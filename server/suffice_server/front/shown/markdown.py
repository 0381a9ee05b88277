"""Texts from outside in Markdown of ours: they say what they say and do nothing, as they are no link, picture or HTML.

What linters, models and repositories say is outside.
"""

from __future__ import annotations

import re

from suffice_server.wording import one_line

_LONGEST = 300

_MARKUP = re.compile(r"[\\`*_\[\]<>~|$&#!]|(?<=:)//|@|\bwww\b", re.IGNORECASE)
_BREAK = "\u200b"
"""A space of no width: editors make links of bare addresses, which no backslash prevents."""

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*|`|\u200b")


def prose(text: str, most: int = _LONGEST) -> str:
    """Return *text* as one line that Markdown shows as it is, of at most *most* characters of *text*."""
    return _MARKUP.sub(_escaped, one_line(text, most))


def quoted(text: str, most: int = _LONGEST) -> str:
    """Return *text* as one line of code."""
    line = one_line(text, most)
    fence = "`" * (max(map(len, re.findall(r"`+", line)), default=0) + 1)
    padding = " " if len(fence) > 1 or not line.strip() else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def as_text(markdown: str) -> str:
    """Return *markdown* of ours for an editor that shows none."""
    return _ESCAPED.sub(lambda found: found[1] or "", markdown)


def _escaped(found: re.Match[str]) -> str:
    marked = found[0]
    if marked == "//":
        return f"/{_BREAK}/"
    if marked == "@" or len(marked) > 1:
        return f"{marked}{_BREAK}"
    return f"\\{marked}"
