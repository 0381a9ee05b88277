"""How the indentation in a reply relates to that of the file, learned from the lines that both have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_UNITS = (4, 2, 8, 3)
"""So many blanks may stand for a tab, the likely first."""


class Shift(NamedTuple):
    """Turns an indentation of the reply into that of the file: first tabs to blanks or back, then so much more or less.

    `tab_width` blanks of the reply are one tab of the file where it is positive, the other way round where negative.
    """

    added: str = ""
    removed: str = ""
    tab_width: int = 0

    def line(self, text: str) -> str:
        """Return the line *text* as it is indented in the file."""
        bare = text.lstrip(" \t")
        if not bare:
            return text
        indent = self.indent(text[: len(text) - len(bare)])
        return f"{indent}{bare}"

    def indent(self, own: str) -> str:
        """Return the indentation that stands for *own* in the file; none where there is less than is taken away."""
        converted = _converted(own, self.tab_width)
        if self.removed:
            return converted[len(self.removed) :] if converted.startswith(self.removed) else ""
        return f"{self.added}{converted}"


AS_SENT = Shift()


def indent_of(line: str) -> str:
    """Return the blanks and tabs that *line* begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def shift_between(pairs: Iterable[tuple[str, str]]) -> Shift | None:
    """Return the one shift of all *pairs* (line of the reply, line of the file), None if there is none.

    Blank lines say nothing.
    """
    indents = list(dict.fromkeys((indent_of(sent), indent_of(own)) for sent, own in pairs if sent.strip()))
    if all(sent == own for sent, own in indents):
        return AS_SENT
    width = _tab_width(indents)
    if width is None:
        return None
    return _moved([(_converted(sent, width), own) for sent, own in indents], width)


def _moved(indents: Sequence[tuple[str, str]], width: int) -> Shift | None:
    sent, own = indents[0]
    if own.endswith(sent):
        added = own[: len(own) - len(sent)]
        return Shift(added, "", width) if all(b == f"{added}{a}" for a, b in indents) else None
    if sent.endswith(own):
        removed = sent[: len(sent) - len(own)]
        return Shift("", removed, width) if all(a == f"{removed}{b}" for a, b in indents) else None
    return None


def _tab_width(indents: Sequence[tuple[str, str]]) -> int | None:
    """Return how many blanks of the reply are a tab of the file (negative: the other way round), 0 if none are."""
    sent = {char for a, _ in indents for char in a}
    own = {char for _, b in indents for char in b}
    if sent == {" "} and own == {"\t"}:
        return next((unit for unit in _UNITS if _moved([(_converted(a, unit), b) for a, b in indents], unit)), None)
    if sent == {"\t"} and own == {" "}:
        return next((-unit for unit in _UNITS if _moved([(_converted(a, -unit), b) for a, b in indents], -unit)), None)
    return 0


def _converted(indent: str, tab_width: int) -> str:
    if tab_width > 0:
        tabs, rest = divmod(len(indent), tab_width)
        return "\t" * tabs + " " * rest if set(indent) <= {" "} else indent
    return indent.replace("\t", " " * -tab_width) if tab_width else indent
