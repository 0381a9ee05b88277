"""What of a file can stand for it: the lines that a fact is about first, then the headers of what else it defines."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from suffice.context.definitions import defined, forms
from suffice.index.language import symbols_in
from suffice.index.symbols import Symbol
from suffice.outline import outline, parse
from suffice.positions import LineIndex
from suffice.review.structure.fact import Fact

_MOST_IMPORTS = 8
"""Import statements that a fact can be about, of one file."""

_SHORT_LINES = 10
"""A definition of at most so many lines is shown whole."""

_MOST_LINE_CHARS = 200
_LONGEST_PARSED_CHARS = 200_000
"""Parsing takes about a second per megabyte and some 24 files are shown; so much code is rarely written by hand."""

_PYTHON = (".py", ".pyi")
_WORD = re.compile(r"\w+")
_OPENING = re.compile(
    r"\s{0,8}(?:export|import|from|use|mod|package|module|pub|public|protected|abstract|async|func|fn|function|def"
    r"|class|interface|type|struct|enum|trait|impl|const|declare|namespace|extern|static)\b"
)
"""How a line starts that imports or defines something, in most languages that nothing here can parse."""

_ABOUT, _IMPORT, _DEFINITION, _OTHER_IMPORT = range(4)
"""What is taken first: what a fact is about, the import it means, what else is defined and imported."""


class Piece(NamedTuple):
    """Lines `first` to `last` of a file (1-based, inclusive), as they may be shown, the fullest form first.

    `place` orders pieces by what they are worth: the smallest is taken first.
    """

    place: int
    first: int
    last: int
    forms: tuple[str, ...]


def pieces_of(path: str, text: str, index: LineIndex, about: Sequence[Fact]) -> list[Piece]:
    """Return what can be shown of the file at *path*, which the facts *about* speak of."""
    if len(text) > _LONGEST_PARSED_CHARS:
        return _opening_lines(index)
    words = frozenset(word for fact in about for word in _WORD.findall(fact.text))
    others = frozenset(_module_name(other) for fact in about for other in fact.paths if other != path)
    found = _of_python(text, index, words, others) if path.endswith(_PYTHON) else None
    if found is None:
        found = _of_symbols(path, text, index, words, others)
    return found or _opening_lines(index)


def _of_python(text: str, index: LineIndex, words: frozenset[str], others: frozenset[str]) -> list[Piece] | None:
    """Return what can be shown of a Python file, None where this Python cannot parse it."""
    if outline(text) is None:
        return None
    definitions = [
        Piece(_ABOUT, block.first, block.last, shown)
        if name in words
        else Piece(_DEFINITION, block.first, block.last, shown[-1:])
        for name, block in defined(text).items()
        if (shown := forms(block, index))
    ]
    first_line = [Piece(_ABOUT, 1, 1, (_line(index, 1),))] if index.count else []
    return [*first_line, *_imports(text, index, others), *definitions]


def _imports(text: str, index: LineIndex, others: frozenset[str]) -> list[Piece]:
    """Return the imports in *text*, those of one of the modules *others* within functions too."""
    module = parse(text)
    if module is None:
        return []
    top = set(module.body)
    meant, others_at_top = list[Piece](), list[Piece]()
    for node in ast.walk(module):
        if isinstance(node, ast.Import | ast.ImportFrom):
            last = node.end_lineno or node.lineno
            lines = (index.text(node.lineno, last).rstrip(),)
            if not others.isdisjoint(_imported(node)):
                meant.append(Piece(_IMPORT, node.lineno, last, lines))
            elif node in top:
                others_at_top.append(Piece(_OTHER_IMPORT, node.lineno, last, lines))
    return [*sorted(meant, key=_first)[:_MOST_IMPORTS], *others_at_top]


def _of_symbols(path: str, text: str, index: LineIndex, words: frozenset[str], others: frozenset[str]) -> list[Piece]:
    """Return what can be shown of a file in another language, nothing where no grammar knows it."""
    symbols = symbols_in(text, path)
    found = dict.fromkeys((one.line, not others.isdisjoint(_WORD.findall(one.specifier))) for one in symbols.imports)
    imports = [
        Piece(_IMPORT if is_meant else _OTHER_IMPORT, line, line, (_line(index, line),)) for line, is_meant in found
    ]
    return [*imports, *(_definition(symbol, index, words) for symbol in symbols.definitions)]


def _definition(symbol: Symbol, index: LineIndex, words: frozenset[str]) -> Piece:
    place = _ABOUT if symbol.name in words else _DEFINITION
    is_short = symbol.last - symbol.first < _SHORT_LINES
    form = index.text(symbol.first, symbol.last).rstrip() if is_short else f"{symbol.header} ..."
    return Piece(place, symbol.first, symbol.last, (form,))


def _first(piece: Piece) -> int:
    return piece.first


def _module_name(path: str) -> str:
    """Return the last part of the name by which the file at *path* is imported."""
    parts = path.rpartition(".")[0].split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the last parts of all names that *node* may import a module by."""
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    return {name.rpartition(".")[2] for name in (module, *(alias.name for alias in node.names))}


def _opening_lines(index: LineIndex) -> list[Piece]:
    """Return the lines that import or define something."""
    lines = enumerate(index.lines, 1)
    return [Piece(_DEFINITION, number, number, (_line(index, number),)) for number, line in lines if _opens(line)]


def _opens(line: str) -> bool:
    return _OPENING.match(line) is not None


def _line(index: LineIndex, number: int) -> str:
    return index.text(number, number).rstrip()[:_MOST_LINE_CHARS]
