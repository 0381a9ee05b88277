"""What stands beside a window in its prompt: the imports and definitions of the same file, within a budget of tokens.

What the window names nearest to the diagnosed line comes first. No other file is read, and no line number is told, so
that a prompt stays the same when lines are inserted elsewhere in the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from suffice.checker.trees import IMPORTS, is_wrapped, parse_part
from suffice.context.definitions import by_name, defined, forms
from suffice.context.inside import inside
from suffice.lanes import estimate_tokens
from suffice.outline import Block, around, outline
from suffice.snapshot import SourceFile
from suffice.windows import Window

_MOST_IMPORT_LINES = 40
"""More lines of imports are cut to those that the window needs, whatever the budget."""

_PYTHON = (".py", ".pyi")
_WORD = re.compile(r"(?:\b(?:self|cls)\.)?[^\W\d]\w*")


class LintContext(NamedTuple):
    """Texts to be read beside a window, empty where there is nothing to show; `...` stands for what is left out."""

    imports: str
    definitions: str
    inside: str


class _Names(NamedTuple):
    """The names that a window uses, with their distance in lines from the diagnosed one.

    `used` are those that it does not bind itself, `own` those of `self`; `bound` it binds itself, perhaps anew.
    """

    used: Mapping[str, int]
    own: Mapping[str, int]
    bound: frozenset[str] = frozenset()


class _Found(NamedTuple):
    """A definition that the window names; `scope` is the line of the class it stands in, or empty."""

    distance: int
    block: Block
    scope: str = ""


def lint_context(file: SourceFile, window: Window, *, line: int, budget_tokens: int) -> LintContext:
    """Return what the names in *window* mean, those nearest to *line* (of the file, 1-based) first.

    With the window about *budget_tokens* at most, but that the headers around it are there whatever the budget.
    """
    text = file.index.text(window.first, window.last)
    names = _names(text, line - window.first + 1)
    around_it = _inside(file, window, names, budget_tokens - estimate_tokens(text))
    left = budget_tokens - estimate_tokens(text) - estimate_tokens(around_it)
    statements = _imports(file.text)
    every = "".join(statements)
    found = _found(file, window, names)
    if every.count("\n") <= _MOST_IMPORT_LINES:
        shown = _chosen(found, file, left - estimate_tokens(every))
        if len(shown) == len(found) and left >= estimate_tokens(every):
            return LintContext(every, _joined(shown), around_it)
    needed = _cut([narrowed for one in statements if (narrowed := _narrowed(one, names))], left)
    return LintContext(needed, _joined(_chosen(found, file, left - estimate_tokens(needed))), around_it)


def _inside(file: SourceFile, window: Window, names: _Names, left: int) -> str:
    """Return what *window* stands inside, in the fuller form if that leaves half of the room to the rest."""
    if not file.path.endswith(_PYTHON):
        return ""
    full, headers = inside(file.text, file.index, window, names={*names.used, *names.bound})
    return full if estimate_tokens(full) <= left // 2 else headers


@lru_cache(maxsize=512)
def _imports(text: str) -> tuple[str, ...]:
    """Return the top-level import statements of *text*, each ending its line."""
    outlined = outline(text)
    return tuple(f"{match[0].rstrip()}\n" for match in IMPORTS.finditer(outlined.imports if outlined else text))


def _narrowed(statement: str, names: _Names) -> str:
    """Return the lines of the import *statement* that bind *names*, with its first and last; empty if none does."""
    head, _, bound = statement.partition("import")
    first, *inner = bound.splitlines(keepends=True)
    if not inner:
        return statement if _binds(bound, names) else ""
    needed = [line for line in inner[:-1] if _binds(line, names)]
    return f"{head}import{first}{''.join(needed)}{inner[-1]}" if needed or _binds(first + inner[-1], names) else ""


def _binds(imported: str, names: _Names) -> bool:
    return not names.used.keys().isdisjoint(_WORD.findall(imported))


def _cut(statements: Sequence[str], left: int) -> str:
    """Return the first of *statements* that fit, and a mark that there are more."""
    imported = ""
    for statement in statements:
        if estimate_tokens(f"{imported}{statement}...\n") > left or imported.count("\n") >= _MOST_IMPORT_LINES:
            break
        imported += statement
    return f"{imported}...\n" if imported else ""


def _found(file: SourceFile, window: Window, names: _Names) -> list[_Found]:
    """Return the definitions outside of *window* that it names, nearest first."""
    outlined = outline(file.text) if file.path.endswith(_PYTHON) else None
    if outlined is None:
        return []
    of_module = defined(file.text)
    found = [_Found(names.used[name], of_module[name]) for name in names.used.keys() & of_module.keys()]
    classes = [block for block in around(outlined.blocks, window.first, window.last) if block.is_class]
    if classes:
        members, scope = by_name(classes[-1].children, file.index), file.index.text(classes[-1].line, classes[-1].line)
        found += [_Found(names.own[name], members[name], scope) for name in names.own.keys() & members.keys()]
    apart = [one for one in found if one.block.last < window.first or one.block.first > window.last]
    nearest = {one.block.first: one for one in sorted(apart, key=lambda one: (-one.distance, one.block.first))}
    return sorted(nearest.values(), key=lambda one: (one.distance, one.block.first))


def _chosen(found: Iterable[_Found], file: SourceFile, left: int) -> list[tuple[_Found, str]]:
    """Return those of *found* for which there is room, each in its fullest form that leaves half of it to the rest."""
    chosen = []
    for one in found:
        *fuller, shortest = forms(one.block, file.index)
        text = next((form for form in fuller if estimate_tokens(form) <= left // 2), shortest)
        if estimate_tokens(text) <= left:
            chosen.append((one, text))
            left -= estimate_tokens(text)
    return chosen


def _joined(shown: Iterable[tuple[_Found, str]]) -> str:
    """Return the definitions in the order of the file, those of the window's own class under its first line."""
    parts, scope = [], ""
    for one, text in sorted(shown, key=lambda pair: (bool(pair[0].scope), pair[0].block.first)):
        parts.append(text if one.scope == scope else f"{one.scope.rstrip()}\n{text}")
        scope = one.scope
    return "\n".join(parts)


def _names(text: str, line: int) -> _Names:
    """Return the names that *text* uses and does not bind itself; *line* (1-based) is the diagnosed one."""
    tree = parse_part(text)
    if tree is None:
        return _names_without_tree(text, line)
    line += is_wrapped(text)
    used: dict[str, int] = {}
    own: dict[str, int] = {}
    bound: set[str] = set()
    outer: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                _note(used, name, abs(node.lineno - line))
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                _note(own, name, abs(node.lineno - line))
            case ast.Global(names=names):
                outer.update(names)
                for name in names:
                    _note(used, name, abs(node.lineno - line))
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)) | ast.alias(name=name):
                bound.add(name)
    bound -= outer
    return _Names({name: distance for name, distance in used.items() if name not in bound}, own, frozenset(bound))


def _names_without_tree(text: str, line: int) -> _Names:
    used: dict[str, int] = {}
    own: dict[str, int] = {}
    for number, written in enumerate(text.splitlines(), start=1):
        for word in _WORD.findall(written):
            receiver, dot, name = word.partition(".")
            _note(own if dot else used, name if dot else receiver, abs(number - line))
    return _Names(used, own)


def _note(distances: dict[str, int], name: str, distance: int) -> None:
    distances[name] = min(distance, distances.get(name, distance))
