"""The pieces of code that stand beside an edit in its prompt, and the room they may take.

Texts are raw: fences and the removal of secrets are the prompt writer's. No line number is put into them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from suffice.lanes import estimate_tokens

LABEL_TOKENS = 16
"""What a fence and a line that says what is in it take beside a part."""


class Why(StrEnum):
    """What a part is to the edit. The first three hold what is selected; the project's own text is data, no order."""

    FILE = "file"
    ENCLOSING = "enclosing"
    SELECTION = "selection"
    HEADERS = "headers"
    IMPORTS = "imports"
    OUTLINE = "outline"
    DEFINITION = "definition"
    CALLER = "caller"
    TEST = "test"
    CONVENTIONS = "conventions"


VERBATIM = frozenset({Why.FILE, Why.ENCLOSING, Why.SELECTION})


class Part(NamedTuple):
    """A piece of the file *path* that comes from its lines `first` to `last` (1-based, inclusive).

    `name` is what it defines or uses, "" where it is about none; `others` is how many other definitions share the
    name. `...` stands for what is left out.
    """

    path: str
    first: int
    last: int
    why: Why
    text: str
    tokens: int
    name: str = ""
    others: int = 0


class Room:
    """What is left of *budget_tokens*, the parts that took it, and what found no place in it."""

    def __init__(self, budget_tokens: int) -> None:
        self.left = budget_tokens
        self.parts: list[Part] = []
        self.left_out: list[str] = []

    def put(self, part: Part, *, reserved_tokens: int = 0) -> None:
        """Take *part* in; *reserved_tokens* of it were taken from the budget before."""
        self.left -= max(0, part.tokens + LABEL_TOKENS - reserved_tokens)
        self.parts.append(part)

    def offer(self, part: Part, *, most_tokens: int | None = None) -> bool:
        """Take *part* in if there is room, at most *most_tokens* for it, and what it shows is not there yet."""
        most = self.left if most_tokens is None else min(self.left, most_tokens)
        if not part.text.strip() or self.shows(part.path, part.first, part.last) or part.tokens + LABEL_TOKENS > most:
            return False
        self.put(part)
        return True

    def shows(self, path: str, first: int, last: int) -> bool:
        """Whether lines *first* to *last* of *path* are there already, whole or as a definition."""
        return any(
            one.path == path and one.first <= first and last <= one.last
            for one in self.parts
            if one.why in VERBATIM or one.why in {Why.DEFINITION, Why.CALLER, Why.TEST}
        )


def part_of(path: str, lines: tuple[int, int], why: Why, text: str, *, name: str = "", others: int = 0) -> Part:
    """Return a part with its tokens estimated."""
    return Part(path, lines[0], lines[1], why, text, estimate_tokens(text), name, others)
