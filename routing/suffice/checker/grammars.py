"""Whether text in other languages than Python can be parsed, and whether two texts say the same.

A grammar is imported when the first file of its language is looked at. It can lag behind its language, so only "no
worse than before" is ever concluded from it, and a linter that brings the project's own parser is believed instead.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from suffice.checker.languages import JSON, TOML, Grammar, grammar_of, is_installed
from suffice.toml_source import read_toml

if TYPE_CHECKING:
    from tree_sitter import Language, Node

MOST_ERRORS = 1000
"""Counting stops there: who has as many is broken, and the count is for comparing."""

PARSE_S = 1.0
"""Seconds of processor time after which a parse is given up: the worst text of 1 MiB that we found takes ten."""

_CHUNK_BYTES = 65536


class Errors(NamedTuple):
    """How many places of a text its grammar does not understand; `first_line` is 1-based, 0 where there is none."""

    number: int
    first_line: int = 0


@lru_cache(maxsize=64)
def errors(text: str, path: str) -> Errors | None:
    """Return the syntax errors of *text*, None where no grammar knows the file at *path* or it took too long."""
    grammar = grammar_of(path)
    if grammar is None or not is_installed(grammar):
        return None
    read = _READERS.get(grammar)
    if read is not None:
        problem = _problem(read, text)
        return Errors(0) if problem is None else problem
    root = _parsed(text, grammar)
    if root is None:
        return None
    lines = [line for _, line in zip(range(MOST_ERRORS), _error_lines(root), strict=False)]
    return Errors(len(lines), min(lines, default=0))


def same_tree(before: str, after: str, path: str) -> bool | None:
    """Return whether nothing but layout and comments differs, None where that cannot be said of the file at *path*.

    A text with syntax errors has no tree that one could build on.
    """
    grammar = grammar_of(path)
    if grammar is None or any(found is None or found.number for found in (errors(before, path), errors(after, path))):
        return None
    read = _READERS.get(grammar)
    if read is not None:
        try:
            return repr(read(before)) == repr(read(after))
        except RecursionError:  # it was read, but its `repr` goes deeper
            return None
    return _same(before, after, grammar)


def language_of(grammar: Grammar) -> Language:
    """Return the loaded *grammar*, which must be installed and not one that the standard library reads."""
    return _language(grammar)


def tree_of(text: str, grammar: Grammar) -> Node | None:
    """Return the root of the syntax tree of *text*, None where *grammar* is not installed or it took too long."""
    if grammar in _READERS or not is_installed(grammar):
        return None
    return _parsed(text, grammar)


def _read_json(text: str) -> object:
    # Numbers stay text: expected, any number is read; actual, int() refuses one of over 4,300 digits.
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse, object_pairs_hook=tuple)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


_READERS: Mapping[Grammar, Callable[[str], object]] = {JSON: _read_json, TOML: read_toml}
"""What the standard library reads. What is read can be compared by its `repr`."""

_AT_LINE = re.compile(r"at line (\d+)")


def _problem(read: Callable[[str], object], text: str) -> Errors | None:
    try:
        read(text)
    except json.JSONDecodeError as error:
        return Errors(1, error.lineno)
    except (ValueError, RecursionError) as error:
        line = _AT_LINE.search(str(error))
        return Errors(1, int(line[1]) if line else 1)
    return None


@cache
def _language(grammar: Grammar) -> Language:
    from importlib import import_module

    from tree_sitter import Language

    return Language(getattr(import_module(grammar.package), grammar.function)())


@lru_cache(maxsize=2)
def _parsed(text: str, grammar: Grammar) -> Node | None:
    """Return the root of the tree of *text*, None if it takes too long."""
    from tree_sitter import Parser

    content = text.encode("utf-8", errors="surrogatepass")
    is_over = _timer()

    def read(offset: int, _point: object) -> bytes:
        return content[offset : offset + _CHUNK_BYTES]

    try:  # a callback reads, since with plain bytes `progress_callback` has no effect; a parser serves one thread
        parser = Parser(_language(grammar))
        return parser.parse(read, encoding="utf8", progress_callback=lambda _at, _error: is_over()).root_node
    except ValueError:  # "Parsing failed": it was cancelled
        return None


def _timer() -> Callable[[], bool]:
    ends_at = time.thread_time() + PARSE_S
    return lambda: time.thread_time() > ends_at


def _error_lines(root: Node) -> Iterator[int]:
    """Yield the line of each node that is an error, or was put in to go on, without visiting sound parts."""
    waiting = [root] if root.has_error else []
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            yield node.start_point.row + 1
        waiting.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)


def _same(before: str, after: str, grammar: Grammar) -> bool | None:
    """Return whether the sound trees of two texts are equal but for comments and the space between tokens."""
    old_root, new_root = _parsed(before, grammar), _parsed(after, grammar)
    if old_root is None or new_root is None:
        return None
    # Not Node.text: of a tree that was parsed piece by piece it copies 64 KiB for every node.
    old_bytes, new_bytes = before.encode(), after.encode()
    waiting, is_over = [(old_root, new_root)], _timer()
    while waiting:
        if is_over():
            return None
        old, new = waiting.pop()
        if old.type != new.type:
            return False
        old_text = old_bytes[old.start_byte : old.end_byte]
        new_text = new_bytes[new.start_byte : new.end_byte]
        if old_text == new_text:
            continue  # the same text under the same symbol is the same tree
        old_parts, new_parts = _parts(old), _parts(new)
        if len(old_parts) != len(new_parts) or not (old_parts or _is_layout(old, old_text, new_text)):
            return False
        if _between(old, old_text) != _between(new, new_text):
            return False
        waiting.extend(zip(old_parts, new_parts, strict=True))
    return True


def _parts(node: Node) -> list[Node]:
    return [child for child in node.children if "comment" not in child.type]


def _is_layout(token: Node, old: bytes, new: bytes) -> bool:
    """Whether *token*, *old* and then *new*, is nothing but space that the grammar calls by no name: a line end."""
    return not (token.is_named or old.strip() or new.strip())


def _between(node: Node, text: bytes) -> list[bytes]:
    """Return what stands between the children of *node* and is no space: part of it, though no child says so."""
    start, found = node.start_byte, []
    at = 0
    for child in node.children:
        found.append(text[at : child.start_byte - start])
        at = child.end_byte - start
    found.append(text[at:])
    return [gap for gap in found if gap.strip()] if node.children else []
