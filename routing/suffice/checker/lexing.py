"""The strings and comments of a Python text without parsing it: for text that cannot be parsed, and for comments.

Every pattern takes each character once, so that hostile text costs no more than its length.
"""

from __future__ import annotations

import re
from typing import NamedTuple

WORD = re.compile(r"\w\w+")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_LITERAL_OR_COMMENT = re.compile(
    r'''
      (?P<string>"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?+ | \'\'\'(?:[^'\\]|\\.|'(?!''))*+(?:\'\'\')?+
      | "(?:[^"\\\r\n]|\\.)*+"?+ | '(?:[^'\\\r\n]|\\.)*+'?+)
    | (?P<comment>\#[^\r\n]*+)
    ''',
    re.VERBOSE | re.DOTALL,
)


class Code(NamedTuple):
    """A text with its strings emptied and its comments dropped, and what it names."""

    code: str
    words: tuple[str, ...]

    @property
    def definitions(self) -> list[str]:
        """The names of functions and classes."""
        return _DEFINITION.findall(self.code)

    @property
    def names(self) -> list[str]:
        """All names and keywords."""
        return IDENTIFIER.findall(self.code)


def without_strings(text: str) -> Code:
    """Return what of *text* is neither string nor comment, and the words in its strings."""
    words = [word for match in _LITERAL_OR_COMMENT.finditer(text) for word in WORD.findall(match["string"] or "")]
    return Code(_LITERAL_OR_COMMENT.sub(lambda match: '""' if match["string"] else "", text), tuple(words))


def comment_words(text: str) -> set[str]:
    """Return the words in the comments of *text*."""
    if "#" not in text:
        return set()
    return {word for match in _LITERAL_OR_COMMENT.finditer(text) for word in WORD.findall(match["comment"] or "")}
