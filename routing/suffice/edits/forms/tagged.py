"""`<file>`, `<original>` and `<patched>` tags: SEARCH/REPLACE as some agents have their models write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import unescape

from suffice.edits.applied import Rejected
from suffice.edits.operation import Create, Operation, Parsed, Update, plain_lines, replacement

START = "<original>"
_ORDER = (START, "</original>", "<patched>", "</patched>")
_ADVICE = "send <file>path</file>, <original>lines to find</original>, <patched>new lines</patched>"


def parse_tagged(text: str) -> Parsed | Rejected:
    """Return what the tagged edits of *text* ask for."""
    operations: list[Operation] = []
    path, seen, number = None, 0, 0
    prose: list[str] = []
    while (start := text.find(START, seen)) >= 0:
        number += 1
        between = text[seen:start]
        path = _path(between) or path
        cut = _cut(text, start)
        if cut is None:
            return Rejected(f"modification {number} lacks one of its tags; {_ADVICE}")
        if path is None:
            return Rejected(f"modification {number} names no file; {_ADVICE}")
        old, new, seen = cut
        old, new = _unescaped(old, new)
        operations.append(_operation(f"modification {number}", path, old, new))
        prose += plain_lines(between)
    return Parsed((tuple(operations),), prose=(*prose, *plain_lines(text[seen:])))


def _path(text: str) -> str | None:
    start, end = text.rfind("<file>"), text.rfind("</file>")
    return text[start + len("<file>") : end].strip() or None if 0 <= start < end else None


def _cut(text: str, start: int) -> tuple[str, str, int] | None:
    """Return the old text, the new one and where the edit that begins at *start* ends; None if a tag is missing."""
    places = [start]
    for tag in _ORDER[1:]:
        places.append(text.find(tag, places[-1]))
        if places[-1] < 0:
            return None
    if START in text[start + len(START) : places[3]] or text[places[1] + len(_ORDER[1]) : places[2]].strip():
        return None
    old, new = (text[places[n] + len(_ORDER[n]) : places[n + 1]] for n in (0, 2))
    return old, new, places[3] + len(_ORDER[3])


def _unescaped(old: str, new: str) -> tuple[str, str]:
    """Return both texts with XML's entities read, where a model has written all of both in them."""
    both = old + new
    if not _ENTITY.search(both) or "<" in both or ">" in both:
        return old, new
    return unescape(old, _QUOTES), unescape(new, _QUOTES)


_ENTITY = re.compile("&(?:lt|gt);")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


def _operation(name: str, path: str, old: str, new: str) -> Operation:
    if not old.strip():
        return Create(path, "".join(f"{line}\n" for line in _content(new)))
    return Update(path, (replacement(name, tuple(_content(old)), tuple(_content(new))),))


def _content(text: str) -> Iterator[str]:
    """Yield the lines between two tags, without the line ends that only set the tags apart."""
    lines = plain_lines(text)
    first = 1 if lines and not lines[0].strip() else 0
    last = len(lines) - (1 if len(lines) > first and not lines[-1].strip() else 0)
    yield from lines[first:last]
