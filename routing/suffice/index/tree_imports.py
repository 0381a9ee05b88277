"""What an import statement of another language than Python says, taken from its place in the syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from suffice.checker.languages import GO, JAVA, JAVASCRIPT, RUST, TSX, TYPESCRIPT, Grammar
from suffice.index.symbols import LONGEST_SPECIFIER_CHARS, Import

if TYPE_CHECKING:
    from tree_sitter import Node

_Text = Callable[["Node | None"], str]
"""What stands at a node, "" where there is none."""

_JAVA_IMPORT = re.compile(r"import\s+(static\s+)?([\w.]+?)(?:\.(\*|\w+))?\s*;")
_GO_VERSION = re.compile(r"v\d+")


def imports_of(node: Node, grammar: Grammar, text: Callable[[Node], str]) -> Iterator[Import]:
    """Yield each name that the statement *node* imports; *text* gives what stands at a node."""
    found = _READERS[grammar](node, lambda part: text(part) if part is not None else "")
    return (one for one in found if len(one.specifier) <= LONGEST_SPECIFIER_CHARS)


def _line(node: Node) -> int:
    return node.start_point.row + 1


def _script(node: Node, text: _Text) -> Iterator[Import]:
    """Yield what `import`, `export ... from`, `require` and the function `import` take from a module."""
    if node.type in {"import_statement", "export_statement"}:
        source = text(node.child_by_field_name("source"))[1:-1]
        names = list(_clauses(node, source, text))
        yield from names or [Import(source, "*" if node.type == "export_statement" else "", "", _line(node))]
        return
    call = node.child_by_field_name("value") or node
    arguments = call.child_by_field_name("arguments")
    called = text(call.child_by_field_name("function"))
    if called not in {"require", "import"} or arguments is None or not arguments.named_children:
        return
    source = text(arguments.named_children[0])[1:-1]
    yield from _required(node, source, text)


def _clauses(node: Node, source: str, text: _Text) -> Iterator[Import]:
    for clause in node.named_children:
        for part in clause.named_children if clause.type in {"import_clause", "export_clause"} else ():
            if part.type == "identifier":
                yield Import(source, "default", text(part), _line(part))
            elif part.type == "namespace_import":
                yield Import(source, "", text(part.named_children[-1]), _line(part))
            for each in part.named_children if part.type == "named_imports" else [part]:
                if each.type in {"import_specifier", "export_specifier"}:
                    name = text(each.child_by_field_name("name"))
                    yield Import(source, name, text(each.child_by_field_name("alias")) or name, _line(each))


def _required(node: Node, source: str, text: _Text) -> Iterator[Import]:
    pattern = node.child_by_field_name("name")
    if pattern is None or pattern.type != "object_pattern":
        yield Import(source, "", text(pattern), _line(node))
        return
    for part in pattern.named_children:
        if part.type == "shorthand_property_identifier_pattern":
            yield Import(source, text(part), text(part), _line(part))
        elif part.type == "pair_pattern":
            key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
            yield Import(source, text(key), text(value), _line(part))


def _go(node: Node, text: _Text) -> Iterator[Import]:
    path = text(node.child_by_field_name("path"))[1:-1]
    *above, last = path.split("/")
    package = above[-1] if above and _GO_VERSION.fullmatch(last) else last
    yield Import(path, "", text(node.child_by_field_name("name")) or package, _line(node))


def _rust(node: Node, text: _Text) -> Iterator[Import]:
    """Yield each path of a `use`, whose lists may be nested, and the file that a `mod` without a body names."""
    if node.type == "mod_item":
        name = text(node.child_by_field_name("name"))
        yield Import("self", name, name, _line(node))
        return
    waiting = [(node.child_by_field_name("argument"), "")]
    while waiting:
        part, above = waiting.pop()
        if part is None:
            continue
        if part.type in {"scoped_use_list", "use_list"}:
            inner = part.child_by_field_name("list") or part
            prefix = _joined(above, text(part.child_by_field_name("path")))
            if len(prefix) <= LONGEST_SPECIFIER_CHARS:
                waiting.extend((each, prefix) for each in reversed(inner.named_children))
        elif part.type == "use_wildcard":
            yield Import(_joined(above, text(part.named_child(0))), "*", "", _line(part))
        elif part.type == "use_as_clause":
            yield _rust_path(
                above, text(part.child_by_field_name("path")), part, text(part.child_by_field_name("alias"))
            )
        elif part.type in {"identifier", "scoped_identifier", "self", "crate", "super"}:
            yield _rust_path(above, text(part), part, "")


def _rust_path(above: str, written: str, part: Node, alias: str) -> Import:
    whole = above if written == "self" and above else _joined(above, written)
    specifier, _, name = whole.rpartition("::")
    return Import(specifier or name, name if specifier else "", alias or name, _line(part))


def _joined(above: str, below: str) -> str:
    return f"{above}::{below}" if above and below else above or below


def _java(node: Node, text: _Text) -> Iterator[Import]:
    match = _JAVA_IMPORT.fullmatch(text(node).strip())
    if match and match[3]:
        yield Import(match[2], match[3], "" if match[3] == "*" else match[3], _line(node))


_READERS: Mapping[Grammar, Callable[[Node, _Text], Iterator[Import]]] = {
    JAVASCRIPT: _script,
    TYPESCRIPT: _script,
    TSX: _script,
    GO: _go,
    RUST: _rust,
    JAVA: _java,
}
