"""Text from outside as Markdown that says what it says and does nothing: no link, picture, heading, HTML, or mention.

A model never writes Markdown here; what it writes is one line that our renderers put where they want it.
"""

from __future__ import annotations

import re

from suffice.fences import fenced
from suffice.review.architecture_finding import one_line

_BREAK = "\u200b"
"""A space of no width: expected, `\\@name` mentions nobody; actual, GitHub looks for mentions after it took the escapes
out, so something must stand between."""

_MARKUP = re.compile(r"[\\`*_\[\]~|$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_REFERENCE = re.compile(r"@|#|\bGH-|(?<=:)//|\bwww\b", re.IGNORECASE)
"""What GitHub makes a mention, a reference to an issue, or a link of."""

_BLOCK_START = re.compile(r"(?:[-+=]|\d+[.)])")


def prose(text: str) -> str:
    """Return *text* as one line of Markdown; what stands between backticks is code, all else plain text."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    shown = "".join(code(part) if number % 2 else _escaped(part) for number, part in enumerate(parts))
    return _not_a_block(shown)


def code(text: str) -> str:
    """Return *text* as one line of code, "" for nothing."""
    line = one_line(text)
    if not line:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    return f"{fence}{line}{fence}" if len(fence) == 1 else f"{fence} {line} {fence}"


def block(text: str) -> str:
    """Return *text* as a block of code, its lines as they are without control characters."""
    lines = ("".join(char for char in line if char.isprintable() or char == "\t") for line in text.splitlines())
    return fenced("\n".join(lines))


def _escaped(text: str) -> str:
    marked = _MARKUP.sub(lambda found: f"\\{found[0]}", text)
    entities = "".join(_ENTITIES.get(char, char) for char in marked)
    return _REFERENCE.sub(_broken, entities)


def _broken(found: re.Match[str]) -> str:
    return f"{found[0][:1]}{_BREAK}{found[0][1:]}" if found[0] != "//" else f"/{_BREAK}/"


def _not_a_block(shown: str) -> str:
    """Return *shown* so that it opens no list, rule or underlined heading where a line begins with it."""
    found = _BLOCK_START.match(shown)
    return f"{shown[: found.end() - 1]}\\{shown[found.end() - 1 :]}" if found else shown
