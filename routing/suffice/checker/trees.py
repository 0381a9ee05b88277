"""Syntax trees of the parts of a Python file that a patch touches.

Around each changed run of lines the innermost whole function, or else the whole statements, are parsed before and
after; the rest of the file is equal. Where they stand is first guessed from the indentation, which is cheap; where
the guess cannot be parsed alone, the outline of the whole file says it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from suffice.checker.profile import Profile, of_text, of_tree
from suffice.checker.surface import Public, surface
from suffice.checker.tree_equality import Docstrings, differ
from suffice.edits.edit import FileChange, LineEdit
from suffice.outline import around, outline, parse
from suffice.positions import split_lines

_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|(class))\s+(\w+)")
_CONTINUES = re.compile(r"\s*(?:[)\]}#]|(?:else|elif|except|finally|case)\b|$)")
IMPORTS = re.compile(r"^(?:from[ \t][^\n(]*\([^)]*\)|from[ \t][^\n]*|import[ \t][^\n]*)", re.MULTILINE)


class Contents(NamedTuple):
    """What a part of a file holds, before or after: counted, and its public names with their signatures."""

    profile: Profile
    surface: Mapping[str, Public]


class Region(NamedTuple):
    """One touched part of a file, as text before and after.

    `scope` is the path of classes and functions around it (`Console.print.`), `in_function` whether one of them
    is a function; `parsed` whether both sides can be parsed alone.
    """

    before: str
    after: str
    parsed: bool
    scope: str = ""
    in_function: bool = False

    @property
    def contents(self) -> tuple[Contents, Contents]:
        """What the part holds before and after."""
        if not self.parsed:
            return Contents(of_text(self.before), {}), Contents(of_text(self.after), {})
        in_class = bool(self.scope) and not self.in_function
        sides = (_contents(text, local=self.in_function, in_class=in_class) for text in (self.before, self.after))
        before, after = (side for side in sides if side)
        return before, after

    @property
    def is_same_tree(self) -> bool:
        """Whether nothing but layout and comments differs."""
        return not differ(parse_part(self.before), parse_part(self.after))

    @property
    def is_same_layout(self) -> bool:
        """Whether nothing but layout and comments differs, and white space in docstrings."""
        return not differ(parse_part(self.before), parse_part(self.after), Docstrings.BLANKS_ASIDE)


@lru_cache(maxsize=4096)
def _contents(text: str, *, local: bool, in_class: bool) -> Contents | None:
    """Return what *text* holds, None if it cannot be parsed.

    The same part is often asked for twice: a patch alone
    and among the others of its file.
    """
    tree = parse_part(text)
    if tree is None:
        return None
    if is_wrapped(text) and isinstance(tree.body[0], ast.If):
        tree = ast.Module(body=tree.body[0].body, type_ignores=[])  # our `if` is no part of it
    return Contents(of_tree(tree, text, in_function=local), dict(surface(tree, in_class=in_class)))


class _Place(NamedTuple):
    """0-based lines `start` to `end` (exclusive) of the old text, and the definitions around them."""

    start: int
    end: int
    scope: str = ""
    in_function: bool = False


def regions(change: FileChange) -> tuple[Region, ...]:
    """Return the parts of a Python file that *change* touches, in order."""
    before, after = change.before or "", change.after or ""
    edits = change.line_edits
    old = split_lines(before)
    for placed in () if len(edits) * len(old) > _MOST_SEARCHED else (_by_statement, _by_indentation, _by_outline):
        places = [placed(before, old, edit) for edit in edits]
        if None in places or (placed is not _by_outline and not all(_is_sound(old, p) for p in places if p)):
            continue
        found = tuple(_cut([place for place in places if place], edits, old))
        if all(region.parsed for region in found):
            return found
    return (Region(before, after, parsed=parse_part(after) is not None and parse_part(before) is not None),)


def imports(text: str) -> str:
    """Return the top-level import statements of *text*."""
    return "\n".join(match[0] for match in IMPORTS.finditer(text))


def _is_sound(lines: Sequence[str], place: _Place) -> bool:
    """Whether a statement may well start at the guessed *place*: not within a string or a bracket."""
    above = "".join(lines[: place.start])
    if any(above.count(quotes) % 2 for quotes in ('"""', "'''")):
        return False
    written = (line for line in reversed(lines[: place.start]) if not _SAYS_NOTHING.match(line))
    nearest = next(written, None)
    if nearest is None or nearest.rstrip().endswith(_OPEN_ENDS):
        return nearest is None
    own = next((_indent(line) for line in lines[place.start : place.end] if line.strip()), 0)
    header = next((line for line in chain([nearest], written) if _indent(line) < own), None) if own else None
    return header is None or _HEADER.match(header) is not None


_SAYS_NOTHING = re.compile(r"[ \t]*(?:#|[\r\n]|$)")
_OPEN_ENDS = ("(", "[", "{", ",", "\\", "=", "+", " and", " or", " in", " if", " else")
_HEADER = re.compile(
    r"\s*(?:async\s+)?(?:(?:def|class|if|elif|else|for|while|with|try|except|finally|match|case)\b|[)\]}].*:)"
)


def _cut(places: Sequence[_Place], edits: Sequence[LineEdit], old: Sequence[str]) -> Iterator[Region]:
    """Yield a region for each run of overlapping *places* (one for each of *edits*)."""
    runs: list[tuple[_Place, list[LineEdit]]] = []
    for place, edit in zip(places, edits, strict=True):
        if runs and place.start < runs[-1][0].end:
            earlier, own = runs.pop()
            runs.append((_joined(earlier, place), [*own, edit]))
        else:
            runs.append((place, [edit]))
    for place, own in runs:
        before = "".join(old[place.start : place.end])
        after = _edited(old, place, own)
        stays = len({_first_indent(text) for text in (before, after)} - {None}) < _SIDES  # in its class or function
        parsed = stays and all(parse_part(text) is not None for text in (before, after))
        yield Region(before, after, parsed, place.scope, place.in_function)


_SIDES = 2

_MOST_SEARCHED = 300_000
"""Edits times lines: the place of each edit is searched for line by line, and from here on to parse all is quicker."""


def _first_indent(text: str) -> int | None:
    """Return how far the first line of code in *text* is indented, None if there is none."""
    lines = (line for line in split_lines(text) if line.strip() and not line.lstrip().startswith("#"))
    first = next(lines, None)
    return None if first is None else _indent(first)


def _joined(one: _Place, other: _Place) -> _Place:
    wider = max(one, other, key=lambda place: place.end - place.start)
    return wider._replace(start=min(one.start, other.start), end=max(one.end, other.end))


def _edited(old: Sequence[str], place: _Place, edits: Sequence[LineEdit]) -> str:
    parts, line = [], place.start
    for edit in edits:
        parts += [*old[line : edit.start_line - 1], edit.new_text]
        line = edit.end_line
    return "".join((*parts, *old[line : place.end]))


@lru_cache(maxsize=16)
def parse_part(text: str) -> ast.Module | None:
    """Return the syntax tree of some whole lines, indented or not; None if they cannot be parsed alone.

    Indented lines stand under an `if` of ours, so that their line numbers are one too high. The last few trees are
    kept, for one check after the other asks for the same part: nobody changes what they say.
    """
    return parse(f"if 1:\n{text}") if is_wrapped(text) else parse(text)


def is_wrapped(text: str) -> bool:
    """Whether `parse_part` puts *text* under an `if`."""
    return bool(_first_indent(text))


def function_lines(text: str, line: int) -> tuple[int, int] | None:
    """Return about which lines (1-based) the function around *line* has, None outside of any."""
    place = _by_indentation(text, split_lines(text), LineEdit(start_line=line, end_line=line, new_text=""))
    own = split_lines(text)[place.start : place.end] if place else ()
    is_function = any(_DEFINITION.match(header) for header in own[:_MOST_DECORATORS])
    return (place.start + 1, place.end) if place and is_function else None


_MOST_DECORATORS = 4


def _by_statement(text: str, lines: Sequence[str], edit: LineEdit) -> _Place | None:
    """Guess the statements around *edit* within its function's body; the whole function where its header is touched."""
    place = _by_indentation(text, lines, edit)
    first, last = edit.start_line - 1, edit.end_line
    body = _body_start(lines, place) if place else None
    touched = [line for line in lines[first:last] or lines[first : first + 1] if line.strip()]
    if place is None or body is None or first < body or not touched:
        return place
    indent = min(map(_indent, touched))
    start = next((n for n in range(min(first, len(lines) - 1), body - 1, -1) if _starts(lines[n], indent)), None)
    if start is None:
        return place
    end = next((n for n in range(max(last, start + 1), place.end) if _ends(lines[n], indent)), place.end)
    return _Place(start, end, place.scope, in_function=True)


def _body_start(lines: Sequence[str], place: _Place) -> int | None:
    """Return the first line of the body of the function that *place* is, None if it is none or has no own lines."""
    depth = 0
    for number in range(place.start, min(place.end, place.start + _MOST_HEADER_LINES)):
        code = _COMMENT.sub("", _STRING.sub("''", lines[number])).strip()
        header = depth or _DEFINITION.match(lines[number])
        if not header and not code.startswith("@"):
            return None
        depth += sum(code.count(bracket) for bracket in "([{") - sum(code.count(bracket) for bracket in ")]}")
        if header and depth == 0 and not code.startswith("@"):
            return number + 1 if code.endswith(":") else None
    return None


_MOST_HEADER_LINES = 40
_COMMENT = re.compile(r"#[^\r\n]*")
_STRING = re.compile(r"\"[^\"\r\n]*\"|'[^'\r\n]*'")


def _by_indentation(_: str, lines: Sequence[str], edit: LineEdit) -> _Place | None:
    """Guess the innermost function, or the statements, around *edit* from the indentation."""
    first, last = edit.start_line - 1, edit.end_line
    touched = [text for text in lines[first:last] or lines[first : first + 1] if not _CONTINUES.match(text)]
    indent = min(map(_indent, touched), default=0)
    headers = _headers(lines, first, indent)
    if headers and headers[0][2] and headers[0][0] == first:
        headers.pop(0)  # the line of the class itself stands outside of it
    if headers and not headers[0][2]:  # the innermost definition is a function: take all of it
        start, indent, _is_class, _name = headers.pop(0)
    else:
        start = next((n for n in range(min(first, len(lines) - 1), -1, -1) if _starts(lines[n], indent)), 0)
    while start > 0 and lines[start - 1].startswith("@", indent) and not lines[start - 1][:indent].strip():
        start -= 1
    after = max(last, start + 1)
    end = next((n for n in range(after, len(lines)) if _ends(lines[n], indent)), len(lines))
    scope = "".join(f"{name}." for _, _, _, name in reversed(headers))
    return _Place(start, end, scope, any(not is_class for _, _, is_class, _ in headers))


def _headers(lines: Sequence[str], first: int, indent: int) -> list[tuple[int, int, bool, str]]:
    """Return the definitions above line *first*, innermost first: line, indent, whether a class, name."""
    found = []
    for number in range(min(first, len(lines) - 1), -1, -1):
        line = lines[number]
        if number != first and indent and line[:indent].isspace():
            continue  # deeper inside, or blank
        own = _indent(line)
        if own >= indent and number != first:
            continue
        header = _DEFINITION.match(line)
        if header:
            found.append((number, own, bool(header[1]), header[2]))
        if own < indent and not _CONTINUES.match(line):
            indent = own
        if indent == 0 and number < first:
            break
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _starts(line: str, indent: int) -> bool:
    return _indent(line) == indent and not _CONTINUES.match(line)


def _ends(line: str, indent: int) -> bool:
    return _indent(line) <= indent and not _CONTINUES.match(line)


def _by_outline(before: str, lines: Sequence[str], edit: LineEdit) -> _Place | None:
    """Return the innermost function, or the statements, around *edit* by the outline of the whole file."""
    outlined = outline(before)
    if outlined is None:
        return None
    first, last = edit.start_line, max(edit.start_line, edit.end_line)
    enclosing = [block for block in around(outlined.blocks, first, last) if block.name]
    scope = [block for block in enclosing if block.children[0].first <= first]
    if scope and not scope[-1].is_class:
        own = scope.pop()
        path = "".join(f"{block.name}." for block in scope)
        return _Place(own.first - 1, own.last, path, any(not block.is_class for block in scope))
    blocks = scope[-1].children if scope else outlined.blocks
    limits = (blocks[0].first - 1, scope[-1].last) if scope else (0, len(lines))
    cuts = [
        *limits,
        *(cut for a, b in pairwise(blocks) if a.last < b.first for cut in (a.last, b.first - 1)),
    ]
    start = max(cut for cut in cuts if cut <= edit.start_line - 1)
    end = min(cut for cut in cuts if cut >= edit.end_line)
    path = "".join(f"{block.name}." for block in scope)
    return _Place(start, end, path, any(not block.is_class for block in scope))
