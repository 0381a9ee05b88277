"""What a model wrote as Markdown that an editor may show: code, lists and emphasis, and nothing that does something.

No link, picture or HTML comes through, so that nothing is fetched, opened or run from an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from suffice.fences import fenced
from suffice.told import printable

_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})\s*(?P<language>[\w+#-]{0,20})")
_MARKUP = re.compile(r"[\\\[\]|~$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ADDRESS = re.compile(r"(?<=:)//|\bwww\.|@", re.IGNORECASE)
"""What viewers make a link of without any brackets."""

_BREAK = "\u200b"
"""A space of no width: what stands on both sides of it is no address."""


def harmless(text: str) -> str:
    """Return *text* as Markdown that only says what it says."""
    return "\n".join(_blocks(printable(text).split("\n")))


def _blocks(lines: list[str]) -> Iterator[str]:
    code: list[str] = []
    opened: re.Match[str] | None = None
    for line in lines:
        if opened is None:
            opened = _FENCE.match(line)
            if opened is None:
                yield _line(line)
        elif line.strip().startswith(opened["fence"]) and not line.strip(" \t`~"):
            yield _code(code, opened)
            code, opened = [], None
        else:
            code.append(line)
    if opened is not None:
        yield _code(code, opened)


def _code(lines: list[str], opened: re.Match[str]) -> str:
    block = fenced("\n".join(lines))
    fence = block[: len(block) - len(block.lstrip("`"))]
    return f"{fence}{opened['language']}{block[len(fence) :]}"


def _line(line: str) -> str:
    """Return *line* with its code as it is, if every backtick has its counterpart, and all else without effect."""
    if "``" in line or line.count("`") % 2:
        return _plain(line).replace("`", "\\`")
    return "`".join(part if number % 2 else _plain(part) for number, part in enumerate(line.split("`")))


def _plain(text: str) -> str:
    marked = _MARKUP.sub(lambda found: f"\\{found[0]}", text)
    entities = "".join(_ENTITIES.get(char, char) for char in marked)
    return _ADDRESS.sub(lambda found: f"{found[0][:-1]}{_BREAK}{found[0][-1]}", entities)
