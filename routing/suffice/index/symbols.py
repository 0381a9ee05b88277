"""What one file defines, uses and imports: data that depend on its text and language alone.

Nothing here knows another file, so whatever was found for a blob stays true wherever and whenever the blob is met.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

FORMAT = 2
"""Changes whenever the same text would give other symbols, so that what was stored before is found no more."""

MOST_HEADER_LINES = 12
MOST_HEADER_CHARS = 600
"""A header is for reading beside other code; a signature that is longer is cut, with `...` in its place."""


MOST_DEFINITIONS = 10_000
"""Of one file. What has more is data; all of them, with their headers, would be a hundred times its size."""

MOST_IMPORTS = 10_000
"""Of one file: what a package that passes on all its names may have, and then some."""

LONGEST_SPECIFIER_CHARS = 500
"""What is longer names no module; a path of a hundred thousand parts takes minutes to follow."""


class What(StrEnum):
    """What a name stands for."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"
    TYPE = "type"
    VARIABLE = "variable"
    MODULE = "module"


class Symbol(NamedTuple):
    """A definition at the top of a file or in a class: its lines (1-based, inclusive, decorators with it).

    `line` is where its name stands, `header` what comes before its body, `within` the name of the class, module or
    object around it, "" at the top.
    """

    name: str
    what: What
    first: int
    last: int
    line: int
    header: str
    within: str = ""


class Import(NamedTuple):
    """One name that a file imports, as it is written there.

    `specifier` is the module (`..shop.cart`, `./cart`, `crate::cart`), `name` what is taken from it ("" for the whole
    module, `*` for everything), `bound` what it is called in the file ("" where it gets no name), `line` is 1-based.
    """

    specifier: str
    name: str
    bound: str
    line: int


class Symbols(NamedTuple):
    """All of a file. `uses` are the lines on which a name stands alone, `members` those on which it follows a dot.

    Lines are 1-based and ascending; neither holds the places where a name is defined or imported.
    """

    definitions: tuple[Symbol, ...] = ()
    uses: Mapping[str, tuple[int, ...]] = {}
    members: Mapping[str, tuple[int, ...]] = {}
    imports: tuple[Import, ...] = ()

    @property
    def size(self) -> int:
        """How many names there are, each with its lines."""
        return 1 + len(self.definitions) + len(self.uses) + len(self.members) + len(self.imports)

    def lines_of(self, name: str) -> tuple[int, ...]:
        """Return the lines that use *name*, alone or after a dot."""
        return tuple(sorted({*self.uses.get(name, ()), *self.members.get(name, ())}))

    def around(self, first: int, last: int) -> tuple[Symbol, ...]:
        """Return the definitions that hold all lines *first* to *last*, outermost first."""
        holding = (one for one in self.definitions if one.first <= first and last <= one.last)
        return tuple(sorted(holding, key=lambda one: (one.first, -one.last)))

    def innermost(self, lines: Iterable[int]) -> Iterator[tuple[int, Symbol | None]]:
        """Yield each of *lines* (ascending) with the last of the definitions around it, None at the top of the file."""
        waiting = deque(sorted(self.definitions, key=lambda one: (one.first, -one.last)))
        holding: list[Symbol] = []
        for line in lines:
            while waiting and waiting[0].first <= line:
                holding.append(waiting.popleft())
            while holding and holding[-1].last < line:
                holding.pop()
            yield line, holding[-1] if holding else None


NOTHING = Symbols()
"""Of a file that is not looked at, or that nobody can parse."""


def cut_header(lines: Sequence[str]) -> str:
    """Return *lines* (with their ends) as a header of bearable length."""
    text = "".join(lines[:MOST_HEADER_LINES]).rstrip()
    if len(lines) <= MOST_HEADER_LINES and len(text) <= MOST_HEADER_CHARS:
        return text
    return f"{text[:MOST_HEADER_CHARS].rstrip()} ..."


def written(symbols: Symbols) -> str:
    """Return *symbols* as JSON."""
    return json.dumps(symbols, ensure_ascii=True, separators=(",", ":"))


def read(text: str) -> Symbols | None:
    """Return what `written` gave, None where it is something else."""
    try:
        definitions, uses, members, imports = json.loads(text)
        return Symbols(
            tuple(Symbol(name, What(what), *rest) for name, what, *rest in definitions),
            _lines(uses),
            _lines(members),
            tuple(Import(*one) for one in imports),
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _lines(value: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
    return {name: tuple(numbers) for name, numbers in value.items()}
