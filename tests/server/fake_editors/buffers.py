"""A text as an editor holds it: its versions grow, one applied edit is one undo step.

Positions are converted over the encoded bytes, by another way than the server's. An edit that lies outside of the
text, cuts a character or a line break in two, or overlaps another is an error of the server: BadEditError.
"""

import re
from itertools import pairwise

UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


class BadEditError(Exception):
    """The server sent an edit that no text can take."""


def lines_of(text):
    """Return the lines of *text* with their ends, and the empty one behind a final line end."""
    found = _LINES.findall(text)
    return found if found and not found[-1].endswith(("\n", "\r")) else [*found, ""]


def offset(text, place, encoding):
    """Return the offset of *place*. Raises BadEditError where no character begins."""
    lines, line = lines_of(text), place["line"]
    if line >= len(lines):
        raise BadEditError(f"line {line} of {len(lines)}")
    codec, size = UNITS[encoding]
    content = lines[line].rstrip("\r\n").encode(codec, "surrogatepass")
    end = place["character"] * size
    if end > len(content):
        raise BadEditError(f"character {place['character']} of {len(content) // size} in line {line}")
    try:
        before = len(content[:end].decode(codec, "surrogatepass"))
    except UnicodeDecodeError as error:
        raise BadEditError(f"character {place['character']} of line {line} is inside of a character") from error
    if codec == "utf-16-le" and 0xDC00 <= int.from_bytes(content[end : end + 2], "little") <= 0xDFFF:
        raise BadEditError(f"character {place['character']} of line {line} is inside of a surrogate pair")
    return sum(map(len, lines[:line])) + before


def position(text, at, encoding):
    """Return the position of the offset *at*."""
    codec, size = UNITS[encoding]
    lines = re.split(r"\r\n|\n|\r", text[:at])
    return {"line": len(lines) - 1, "character": len(lines[-1].encode(codec, "surrogatepass")) // size}


class Buffer:
    """One open text."""

    def __init__(self, text, encoding, version=1):
        self.text = text
        self.version = version
        self.encoding = encoding
        self.steps = []

    def place(self, start, end):
        """Return the range from offset *start* to offset *end*."""
        return {"start": position(self.text, start, self.encoding), "end": position(self.text, end, self.encoding)}

    def span(self, place):
        """Return the offsets of the range *place*."""
        start, end = (offset(self.text, place[side], self.encoding) for side in ("start", "end"))
        if end < start:
            raise BadEditError("the end lies before the start")
        return start, end

    def replace(self, start, end, new):
        """Put *new* in the place of what stands from *start* to *end*; return the change as the server is told."""
        self.steps.append(self.text)
        return self._put([(start, end, new)])

    def apply(self, edits):
        """Make all *edits* of the text as one step; return the changes as the server is told."""
        spans = sorted((*self.span(edit["range"]), edit["newText"]) for edit in edits)
        if any(one[1] > other[0] for one, other in pairwise(spans)):
            raise BadEditError("two edits overlap")
        self.steps.append(self.text)
        return self._put(spans)

    def undo(self):
        """Take back the last step; return the change as the server is told."""
        return self._put([(0, len(self.text), self.steps.pop())])

    def _put(self, spans):
        changes = []
        for start, end, new in reversed(spans):
            changes.append({"range": self.place(start, end), "text": new})
            self.text = self.text[:start] + new + self.text[end:]
        self.version = max(self.version + 1, 2)
        return changes
