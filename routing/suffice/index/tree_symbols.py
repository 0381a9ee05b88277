"""The symbols of a file in a language that tree-sitter parses: found by its query engine, sorted out here."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from suffice.checker.grammars import language_of, tree_of
from suffice.checker.languages import GO, Grammar
from suffice.index.grammar_queries import DEFINITIONS, USES
from suffice.index.symbols import MOST_DEFINITIONS, MOST_IMPORTS, NOTHING, Import, Symbol, Symbols, What, cut_header
from suffice.index.tree_imports import imports_of
from suffice.positions import split_lines

if TYPE_CHECKING:
    from tree_sitter import Node, Query, QueryCursor

QUERY_S = 1.0
"""Seconds of processor time after which a file is given up: a file of 1 MiB takes a fifth of it."""

_DEEPEST = 256
"""Each step of a query looks at all nodes above: what nests a hundred thousand levels would take minutes."""

_MOST_OPEN_MATCHES = 4096

_MOST_SIGNS = 2000
"""Tokens without a name under one node: a query looks from each of them for the next with a name, so that a million
brackets would take hours. What hands write has far fewer; tables of data may have more."""

_SMALL_BYTES = 16 * 1024
"""What is smaller cannot hold enough of them to take half a second."""

_MOST_ATTRIBUTE_LINES = 40
"""Above a definition in Rust; each definition of a line looks for them."""

_WHOLE_IMPORTS = frozenset(
    {"import_statement", "export_statement", "import_spec", "use_declaration", "import_declaration"}
)
_GO_RECEIVER = re.compile(r"func \([^)\n]{0,200}?(\w+)(?:\[[^\]\n]{0,200}\])?\)")


class _Part(NamedTuple):
    """Something that others can stand in, from byte `start` to `end`.

    `what` is None for what defines nothing itself: a scope, which has no name, or a container. `value` is what a
    variable is declared to be.
    """

    start: int
    end: int
    node: Node
    name: str = ""
    what: What | None = None
    line: int = 0
    value: Node | None = None

    @property
    def is_closed(self) -> bool:
        """Whether no other file can mean what is defined in it."""
        return self.what in {What.FUNCTION, What.METHOD} or not self.name


class _Captured(NamedTuple):
    """All that the query found: `parts` by the place of their names, names used by their place.

    `content` is what was parsed: `Node.text` would copy 64 KiB of it for each name.
    """

    content: bytes
    parts: dict[int, _Part]
    scopes: list[_Part]
    uses: dict[int, tuple[str, int]]
    members: dict[int, tuple[str, int]]
    imports: dict[int, Node]

    def text(self, node: Node) -> str:
        """Return what stands at *node*."""
        return self.content[node.start_byte : node.end_byte].decode("utf-8", errors="replace")


def tree_symbols(text: str, grammar: Grammar) -> Symbols:
    """Return the symbols of *text*; none where nobody can parse it, or it took too long."""
    if text.count("\r") != text.count("\r\n") or grammar not in DEFINITIONS:
        return NOTHING  # tree-sitter would count other lines than we do
    root = tree_of(text, grammar)
    captured = _captured(root, text.encode("utf-8", errors="surrogatepass"), grammar) if root is not None else None
    if captured is None:
        return NOTHING
    outside = _outside(captured)
    return Symbols(
        definitions=tuple(islice(_definitions(captured, split_lines(text), grammar), MOST_DEFINITIONS)),
        uses=_by_name(captured.uses, lambda at: at not in captured.members and outside(at)),
        members=_by_name(captured.members, outside),
        imports=tuple(islice(_imports(captured, grammar), MOST_IMPORTS)),
    )


@cache
def _query(grammar: Grammar, source: str) -> Query:
    from tree_sitter import Query

    return Query(language_of(grammar), source)


def _cursor(grammar: Grammar, source: str) -> QueryCursor:
    from tree_sitter import QueryCursor

    cursor = QueryCursor(_query(grammar, source), match_limit=_MOST_OPEN_MATCHES)
    cursor.set_max_start_depth(_DEEPEST)
    return cursor


def _captured(root: Node, content: bytes, grammar: Grammar) -> _Captured | None:
    """Return what is in the tree, None if it takes too long.

    Expected: a query can be stopped by its `progress_callback`. Actual: with one, `matches` and `captures` of
    tree-sitter 0.26.1 end the process (a fault in the extension), so that depth and matches are bounded instead.
    """
    ends_at = time.thread_time() + QUERY_S
    if len(content) > _SMALL_BYTES and not _is_bearable(root, ends_at):
        return None
    found = _Captured(content, {}, [], {}, {}, {})
    for _, captures in _cursor(grammar, DEFINITIONS[grammar]).matches(root):
        _note(found, captures)
        if time.thread_time() > ends_at:
            return None
    for kind, nodes in _cursor(grammar, USES[grammar]).captures(root).items():
        names = found.uses if kind == "use" else found.members
        for node in nodes:
            names[node.start_byte] = (found.text(node), node.start_point.row + 1)
        if time.thread_time() > ends_at:
            return None
    return found


def _is_bearable(root: Node, ends_at: float) -> bool:
    """Whether a query over the tree takes no longer than in proportion to its size."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count - node.named_child_count > _MOST_SIGNS or time.thread_time() > ends_at:
            return False
        waiting.extend(child for child in node.named_children if child.child_count)
    return True


def _note(found: _Captured, captures: Mapping[str, Sequence[Node]]) -> None:
    for node in captures.get("import", ()):
        found.imports.setdefault(node.start_byte, node)
    for node in captures.get("scope", ()):
        found.scopes.append(_Part(node.start_byte, node.end_byte, node))
    for name in captures.get("name", ()):
        kind, (node, *_) = next((kind, nodes) for kind, nodes in captures.items() if kind != "name")
        if kind == "container":
            named = found.text(name).partition("<")[0]
            found.scopes.append(_Part(node.start_byte, node.end_byte, node, named))
        elif kind != What.VARIABLE or name.start_byte not in found.parts:
            own = name.parent or node  # of several variables in one statement each has its part
            value = own.child_by_field_name("value") if own.type == "variable_declarator" else None
            found.parts[name.start_byte] = _Part(
                own.start_byte, own.end_byte, node, found.text(name), What(kind), name.start_point.row + 1, value
            )


def _definitions(captured: _Captured, lines: Sequence[str], grammar: Grammar) -> Iterator[Symbol]:
    """Yield what no function encloses, with the name of what does enclose it."""
    around: list[_Part] = []
    parts = [*captured.parts.values(), *captured.scopes]
    for part in sorted(parts, key=lambda one: (one.start, -one.end)):
        while around and (around[-1].end <= part.start or around[-1][:2] == part[:2]):
            around.pop()
        if around and around[-1].is_closed:  # nothing is put on top of such a one
            continue
        if part.what is not None:
            header = _header(part, lines, captured.content)
            yield _placed(_symbol(part, part.what, header, lines), around[-1] if around else None, grammar)
        around.append(part)


def _statement(node: Node) -> Node:
    """Return *node*, or the `export` around it."""
    above = node.parent
    return above if above is not None and above.type == "export_statement" else node


def _symbol(part: _Part, what: What, header: str, lines: Sequence[str]) -> Symbol:
    node = _statement(part.node)
    first, last = node.start_point.row + 1, node.end_point.row + (node.end_point.column > 0)
    highest = max(1, first - _MOST_ATTRIBUTE_LINES)
    while first > highest and lines[first - 2].lstrip().startswith("#["):
        first -= 1
    return Symbol(part.name, what, first, max(first, last), part.line, header)


def _placed(symbol: Symbol, around: _Part | None, grammar: Grammar) -> Symbol:
    """Return *symbol* with what it stands in; Go writes that into the header of a method."""
    if around is not None:
        is_method = symbol.what is What.FUNCTION and around.what in {None, What.CLASS}
        return symbol._replace(within=around.name, what=What.METHOD if is_method else symbol.what)
    if grammar is GO and symbol.what is What.METHOD and (receiver := _GO_RECEIVER.match(symbol.header)):
        return symbol._replace(within=receiver[1])
    return symbol


def _header(part: _Part, lines: Sequence[str], content: bytes) -> str:
    """Return the lines before the body of a definition, that of an opening brace with them."""
    whole = _statement(part.node)
    first, last = whole.start_point.row, whole.end_point.row + 1
    holder = part.value if part.what is What.VARIABLE else part.value or part.node
    body = holder.child_by_field_name("body") if holder is not None else None
    if body is not None:
        is_braced = content[body.start_byte : body.start_byte + 1] == b"{"
        last = body.start_point.row + is_braced
    elif part.what not in {What.FUNCTION, What.METHOD}:
        last = first + 1
    return cut_header(lines[first : max(last, first + 1)])


def _imports(captured: _Captured, grammar: Grammar) -> Iterator[Import]:
    """Yield every import once: `const a = require("b")` is found as a declaration and as a call."""
    taken = 0
    for start, node in sorted(captured.imports.items()):
        found = list(imports_of(node, grammar, captured.text)) if start >= taken else ()
        if found:  # other calls look the same, and imports can stand in them
            yield from found
            taken = node.end_byte


def _outside(captured: _Captured) -> Callable[[int], bool]:
    """Return what tells whether a name at a byte is used there: not defined, and no part of an import."""
    whole = sorted(
        (node.start_byte, node.end_byte) for node in captured.imports.values() if node.type in _WHOLE_IMPORTS
    )
    starts = [start for start, _ in whole]

    def is_outside(at: int) -> bool:
        nearest = bisect_right(starts, at) - 1
        return at not in captured.parts and (nearest < 0 or at >= whole[nearest][1])

    return is_outside


def _by_name(found: Mapping[int, tuple[str, int]], counts: Callable[[int], bool]) -> Mapping[str, tuple[int, ...]]:
    lines: dict[str, set[int]] = {}
    for at, (name, line) in found.items():
        if counts(at):
            lines.setdefault(name, set()).add(line)
    return {name: _sorted(numbers) for name, numbers in lines.items()}


def _sorted(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers))
