"""Which languages have symbols, and how they are found: the one place that knows both parsers."""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import lru_cache

from suffice.checker.file_roles import is_python
from suffice.checker.languages import GO, JAVA, JAVASCRIPT, RUST, TSX, TYPESCRIPT, grammar_of
from suffice.index.symbols import FORMAT, NOTHING, Symbols


class Family(StrEnum):
    """Languages whose files can mean one another's names."""

    PYTHON = "python"
    SCRIPT = "script"
    GO = "go"
    RUST = "rust"
    JAVA = "java"


_FAMILIES = {
    JAVASCRIPT: Family.SCRIPT,
    TYPESCRIPT: Family.SCRIPT,
    TSX: Family.SCRIPT,
    GO: Family.GO,
    RUST: Family.RUST,
    JAVA: Family.JAVA,
}


@lru_cache(maxsize=65536)
def family_of(path: str) -> Family | None:
    """Return the family of the file at *path*, None where we know no symbols."""
    if is_python(path):
        return Family.PYTHON
    grammar = grammar_of(path)
    return None if grammar is None else _FAMILIES.get(grammar)


def dialect(path: str) -> str:
    """Return what, besides its text, decides which symbols a file has: language, parser, our own format."""
    grammar = grammar_of(path)
    name = f"Python {sys.version_info.major}.{sys.version_info.minor}" if grammar is None else grammar.name
    return f"{FORMAT} {name}"


def symbols_in(text: str, path: str) -> Symbols:
    """Return the symbols of *text*, in the language that *path* names; none where we know none."""
    family = family_of(path)
    if family is Family.PYTHON:
        from suffice.index.python_symbols import python_symbols

        return python_symbols(text)
    grammar = grammar_of(path)
    if family is None or grammar is None:
        return NOTHING
    from suffice.index.tree_symbols import tree_symbols

    return tree_symbols(text, grammar)
