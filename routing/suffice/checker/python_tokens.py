"""Which part of a Python line is string, comment or code; asked only where something suspicious was found.

By Python's own tokenizer, which refuses what it cannot read: a string that is guessed (lexing.py) may hide a
suppression.
"""

from __future__ import annotations

import io
import tokenize
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

_MOST_CHARACTERS = 200_000
"""Longer texts are not read: 1 ms a 100 lines is too long for a look."""


class Lexed(NamedTuple):
    """The strings and comments of a text: (line, column) of their starts and ends, in order. Lines are 1-based."""

    starts: tuple[tuple[int, int], ...]
    ends: tuple[tuple[int, int], ...]
    are_comments: tuple[bool, ...]

    def works_at(self, line: int, column: int, *, in_comment: bool) -> bool:
        """Whether what stands at *line*, *column* (0-based) works: in a comment, or else as code."""
        place = bisect_right(self.starts, (line, column)) - 1
        is_held = place >= 0 and (line, column) < self.ends[place]
        if not is_held:
            return not in_comment
        return in_comment and self.are_comments[place]


@lru_cache(maxsize=8)
def lexed(text: str) -> Lexed | None:
    """Return the strings and comments of *text*; None where it cannot be read, so that nothing is taken for either."""
    if len(text) > _MOST_CHARACTERS:
        return None
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.ERRORTOKEN and not token.string.isspace():
                return None
            if token.type in {tokenize.STRING, tokenize.COMMENT}:
                found.append((token.start, token.end, token.type == tokenize.COMMENT))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    starts, ends, comments = zip(*found, strict=True) if found else ((), (), ())
    return Lexed(starts, ends, comments)
