"""The lines of one text, searched as a string is: every distinct line becomes one character.

So that the longest reply against the largest file costs no more than Python's own, linear, search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

_MARKS = {
    "'": "\u2018\u2019\u201a\u201b\u2032",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    " ": "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "...": "\u2026",
}
_PLAIN = str.maketrans({char: plain for plain, chars in _MARKS.items() for char in chars})

_HASH = (".py", ".pyi", ".sh", ".bash", ".rb", ".toml", ".yml", ".yaml", ".pl", ".r", ".jl", ".tf", ".cfg", ".mk")
_WEB = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".scss", ".php", ".dart")
_SLASHES = (*_WEB, ".java", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".go", ".rs", ".swift", ".kt", ".scala")
_DASHES = (".sql", ".lua", ".hs", ".elm")
"""Endings of files by how a line begins that is only a comment."""


class Coded(NamedTuple):
    """A text with one character a line; `numbers` are the lines (0-based) that the characters stand for."""

    codes: dict[str, str]
    text: str
    numbers: Sequence[int]

    def places(self, keys: Sequence[str]) -> Iterator[int]:
        """Yield where in `numbers` the lines with *keys* stand one after the other."""
        if not keys or any(key not in self.codes for key in keys):
            return
        needle = "".join(self.codes[key] for key in keys)
        place = self.text.find(needle)
        while place >= 0:
            yield place
            place = self.text.find(needle, place + 1)


class Page:
    """The lines of one file, without line ends, and what they look like to each step of the search."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self.path = path
        self.lines = lines
        self.is_comment = comment_test(path)

    @cached_property
    def exact(self) -> Coded:
        """Every line as it is."""
        return _coded(self.lines)

    @cached_property
    def without_trailing_space(self) -> Coded:
        """Every line without the blanks at its end."""
        return _coded([line.rstrip() for line in self.lines])

    @cached_property
    def bare(self) -> Coded:
        """Every line without indentation."""
        return _coded([line.strip() for line in self.lines])

    @cached_property
    def plain(self) -> Coded:
        """Every line without indentation and with plain quotes, dashes and blanks."""
        return _coded(self._plain_lines)

    @cached_property
    def without_blanks(self) -> Coded:
        """The plain lines that are not blank."""
        return _coded(self._plain_lines, [n for n, line in enumerate(self._plain_lines) if line])

    @cached_property
    def without_comments(self) -> Coded:
        """The plain lines that are neither blank nor only a comment."""
        lines = self._plain_lines
        return _coded(lines, [n for n, line in enumerate(lines) if line and not self.is_comment(line)])

    @cached_property
    def _plain_lines(self) -> list[str]:
        return [plain(line) for line in self.lines]


def _coded(keys: Sequence[str], numbers: Sequence[int] | None = None) -> Coded:
    if numbers is not None:
        keys = [keys[n] for n in numbers]
    codes = {key: chr(number) for number, key in enumerate(dict.fromkeys(keys))}
    return Coded(codes, "".join([codes[key] for key in keys]), range(len(keys)) if numbers is None else numbers)


def plain(line: str) -> str:
    """Return *line* without indentation, its quotes, dashes and blanks in their plain form."""
    return line.strip() if line.isascii() else line.translate(_PLAIN).strip()


def comment_test(path: str) -> Callable[[str], bool]:
    """Return what says whether a line of the file at *path* is only a comment; never, where the language is unknown."""
    ending = PurePosixPath(path).suffix.lower()
    if ending in _HASH:
        return lambda line: line.lstrip().startswith("#")
    if ending in _SLASHES:
        return lambda line: line.lstrip().startswith(("//", "/*", "*/", "* ")) or line.strip() == "*"
    if ending in _DASHES:
        return lambda line: line.lstrip().startswith("--")
    return lambda _: False


_ELISION = re.compile(r"\.{3}|\u2026|(?:#|//|--|/\*|<!--)[ \t]*(?:\.{3}|\u2026).*")


def is_elision(line: str) -> bool:
    """Whether *line* stands for lines that were left out."""
    return len(line) < 200 and bool(_ELISION.fullmatch(line.strip()))  # noqa: PLR2004 - no elision is longer
